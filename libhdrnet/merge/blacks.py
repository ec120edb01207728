"""What the reference and other frames show next to black, where codes tell little: too dark to tell, or crushed."""

import numpy as np

from libhdrnet.merge.candidates import DARKEST, Bracket, Candidate
from libhdrnet.merge.codes import ENCODED, Codes
from libhdrnet.merge.saturation import CLIPPED
from libhdrnet.radiometry import FloatImage, brightness
from libhdrnet.ramps import linear_step
from libhdrnet.trust import ALIKE, DARK

LEAST_BLACK, CRUSHED = 1e-3, (1.25, 2.0)
"""Share of the picture that has to be black in the reference, and the light, relative to the reference's at DARK, that
three quarters of it exceed in a longer frame where the camera surely crushes blacks, and the most of it that counts.
Tuned on templealtar's panels (1.4), which were specks; bottlesbar's shortest frame (0.7) shows its blacks. Between the
two a longer frame is no longer as dark as lifted blacks, either (villa's gable up to 1.5; 2 behind black hair
in bottlesbar).
"""
FADING = (1.0, 1.5)
"""Light, relative to the brightest that tells no hue, between which it begins to tell it; not tuned."""
OPEN = (DARK, 2 * DARK)
"""Codes of a channel between which it goes from black to measured: those of a blue sky whose red is crushed (villa in
vivid colours), and with no more of the paler colours of a clipped reference than that."""
_OPEN: FloatImage = 1 - linear_step(ENCODED, OPEN)


def darkness(bracket: Bracket, candidate: Candidate) -> FloatImage:
    """Return how far a frame is too dark to tell, (h, w) in [0, 1].

    The mean is of square roots, which codes nearly are: one channel alone in the black is what JPEG leaves there.
    """
    return np.asarray(np.clip(2 - _level(bracket, candidate.frame, candidate.radiance), 0, 1), np.float32)


def fill_blacks(bracket: Bracket, index: int, channel: int, values: FloatImage, codes: Codes, reference: Codes) -> None:
    """Let the reference say, where it is not clipped, how dark a channel is that is black in a shorter frame, in place.

    A saturated colour is black in a channel of the short frame that shows it, crushed or with the specks of JPEG: there
    its codes say no more than that it is darker than OPEN[1].
    """
    dark = np.take(_OPEN, codes)
    if dark.any():
        table, own = (bracket.tables[i][:, channel] for i in (index, bracket.reference))
        known = np.minimum(np.take(own, reference), table[round(65535 * OPEN[1])])
        values += dark * (1 - np.take(CLIPPED, reference)) * (known - values)


def near_black(bracket: Bracket, reference: Candidate, other: Candidate) -> FloatImage:
    """Return how far what is next to the reference's black there and in a longer frame may differ, (h, w) in [0, 1].

    Not at all where that shows a quarter of the reference's black as black: then its camera crushes nothing, and black
    hair before a dark wall is black hair. But where crushed blacks were lifted to the light that is usual in them
    (`matching.lift_blacks`), what is about as dark as black codes are says nothing else than they do; nor does what is
    as bright, in the mean, as codes that are grey and smeared, for their camera took the colours away.
    """
    own = _level(bracket, reference.frame, reference.radiance)
    near = _as_bright(bracket, reference, other)
    black = (own < 1) & (other.coverage > 0)
    if black.mean() < LEAST_BLACK:
        return near
    shown = _level(bracket, reference.frame, other.radiance)
    least = max(1.0, min(float(np.quantile(shown[black], 0.25)), CRUSHED[1]))
    crushed = np.float32(min((least - 1) / (CRUSHED[0] - 1), 1))
    lifted = min(2 * _level(bracket, reference.frame, bracket.calibration.at(reference.frame, 0)), np.float32(1))
    if not crushed and not lifted:
        return near
    near = np.maximum(near, crushed * np.clip(2 - np.maximum(own / 2, shown / np.float32(2 * least)), 0, 1))
    alike = 1 - linear_step(np.maximum(own, shown), CRUSHED)
    return np.asarray(np.maximum(near, alike * lifted), np.float32)


def _as_bright(bracket: Bracket, reference: Candidate, other: Candidate) -> FloatImage:
    """Return how far a frame is as bright as a reference that tells no hue there, (h, w) in [0, 1]."""
    import cv2

    code = bracket.calibration.colourless
    if not code:
        return np.zeros(bracket.size, np.float32)
    level = brightness(bracket.calibration.at(reference.frame, code))
    lights = [cv2.blur(brightness(c.radiance), (5, 5)) for c in (reference, other)]
    own, shown = (np.maximum(light, np.float32(DARKEST)) for light in lights)
    alike = 1 - linear_step(np.abs(np.log2(shown / own)), ALIKE)
    return np.asarray(alike * (1 - linear_step(own / level, FADING)), np.float32)


def _level(bracket: Bracket, index: int, radiance: FloatImage) -> FloatImage:
    """Return the light, (h, w, 3) or (3,), relative to a frame's at DARK, (h, w)."""
    black = np.maximum(bracket.calibration.at(index, DARK), np.float32(DARKEST))
    roots = [brightness(np.sqrt(np.maximum(light, 0))) for light in (radiance, black)]
    return np.asarray(np.square(roots[0] / roots[1]), np.float32)
