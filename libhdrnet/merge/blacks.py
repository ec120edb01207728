"""What the reference and other frames show next to black, where codes tell little: too dark to tell, or crushed."""

import numpy as np

from libhdrnet.merge.candidates import DARKEST, Bracket, Candidate
from libhdrnet.radiometry import FloatImage, brightness
from libhdrnet.trust import DARK

LEAST_BLACK, CRUSHED = 1e-3, (1.25, 2.0)
"""Share of the picture that has to be black in the reference, and the light, relative to the reference's at DARK, that
three quarters of it exceed in a longer frame where the camera surely crushes blacks, and the most of it that counts.
Tuned on templealtar's panels (1.4), which were specks; bottlesbar's shortest frame (0.7) shows its blacks.
"""


def darkness(bracket: Bracket, candidate: Candidate) -> FloatImage:
    """Return how far a frame is too dark to tell, (h, w) in [0, 1].

    The mean is of square roots, which codes nearly are: one channel alone in the black is what JPEG leaves there.
    """
    return np.asarray(np.clip(2 - _level(bracket, candidate.frame, candidate.radiance), 0, 1), np.float32)


def near_black(bracket: Bracket, reference: Candidate, other: Candidate) -> FloatImage:
    """Return how far what is next to the reference's black there and in a longer frame may differ, (h, w) in [0, 1].

    Not at all where that shows a quarter of the reference's black as black: then its camera crushes nothing, and black
    hair before a dark wall is black hair.
    """
    own = _level(bracket, reference.frame, reference.radiance)
    black = (own < 1) & (other.coverage > 0)
    if black.mean() < LEAST_BLACK:
        return np.zeros_like(own)
    shown = _level(bracket, reference.frame, other.radiance)
    least = min(float(np.quantile(shown[black], 0.25)), CRUSHED[1])
    if least <= 1:
        return np.zeros_like(own)
    crushed = min((least - 1) / (CRUSHED[0] - 1), 1)
    near = np.clip(2 - np.maximum(own / 2, shown / np.float32(2 * least)), 0, 1)
    return np.asarray(near * np.float32(crushed), np.float32)


def _level(bracket: Bracket, index: int, radiance: FloatImage) -> FloatImage:
    """Return the light relative to a frame's at DARK, (h, w)."""
    black = np.maximum(bracket.calibration.at(index, DARK), np.float32(DARKEST))
    roots = [brightness(np.sqrt(np.maximum(light, 0))) for light in (radiance, black)]
    return np.asarray(np.square(roots[0] / roots[1]), np.float32)
