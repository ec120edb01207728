"""Local tones: a shorter frame is brought to the reference's colours around the places where that begins to saturate.

Cameras pale their highlights by hue, set a white balance for each frame and lift shadows locally; no tone curve of a
frame tells that. Where the reference gives way to a shorter frame both show the same light, and what they differ by in
the mean around such places is a tone: left alone, each change of source would be a change of colour.
"""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from libhdrnet.merge.candidates import DARKEST, Bracket, Candidate, darkness
from libhdrnet.radiometry import FloatImage

_REACH, _STEPS = 1 / 60, 4
"""Standard deviation, of the long edge, of the surroundings, and the steps of the size at which it is found."""
_CELLS = 5
"""Edge in cells of the square that has to show the same light all over: the rims of windows and lamps do not."""
_MOST = 1.0
"""Largest difference (log) that is a tone."""
_LITTLE = 0.02
"""Share of such places around that counts half. Tuned on the two longer frames of libraryhall, a wall of which keeps
yellow patches with 0.1."""


def in_local_tones(bracket: Bracket, candidates: Sequence[Candidate], logits: FloatImage) -> list[Candidate]:
    """Return the candidates, those of shorter frames with their local tone; `logits` (n, h, w) of the selection."""
    reference = candidates[0]
    fading = 4 * reference.saturation * (1 - reference.saturation)

    def toned(candidate: Candidate, lead: FloatImage) -> Candidate:
        shared = fading * candidate.coverage * (1 - darkness(bracket, candidate)) * np.exp(-np.maximum(lead, 0))
        shared = cv2.erode(shared, np.ones((_CELLS, _CELLS), np.uint8))
        if bracket.times[candidate.frame] >= bracket.times[bracket.reference] or not shared.any():
            return candidate
        known, light = (np.maximum(c.radiance, np.float32(DARKEST)) for c in (reference, candidate))
        logs = _around(np.clip(np.log(known / light), -_MOST, _MOST), shared)
        tone = np.exp(logs * (1 - candidate.saturation)[..., None])  # white stays white
        return replace(
            candidate, radiance=candidate.radiance * tone, tone=np.ascontiguousarray(tone.transpose(2, 0, 1))
        )

    return [toned(candidate, logits[0] - logit) for candidate, logit in zip(candidates, logits, strict=True)]


def _around(differences: FloatImage, shared: FloatImage) -> FloatImage:
    """Return the weighted mean of differences (h, w, 3) around each place, 0 where too few have weight."""
    height, width = shared.shape
    sigma = _REACH * max(height, width)
    step = max(1.0, sigma / _STEPS)
    size = (max(1, round(width / step)), max(1, round(height / step)))
    sums = (cv2.resize(part, size, interpolation=cv2.INTER_AREA) for part in (differences * shared[..., None], shared))
    total, weight = (cv2.GaussianBlur(part, (0, 0), sigma / step) for part in sums)
    mean = total / (weight + np.float32(_LITTLE))[..., None]
    return np.asarray(cv2.resize(mean, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
