"""Local tones: a shorter frame is brought to the reference's colours around the places where that begins to saturate.

Cameras pale their highlights by hue, set a white balance for each frame and lift shadows locally; no tone curve of a
frame tells that. Where the reference gives way to a shorter frame both show the same light, and what they differ by in
the mean around such places is a tone: left alone, each change of source would be a change of colour.
"""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from libhdrnet.merge.around import mean_around
from libhdrnet.merge.blacks import darkness
from libhdrnet.merge.candidates import DARKEST, Bracket, Candidate
from libhdrnet.radiometry import FloatImage

_REACH, _SMALL = 1 / 60, 240
"""Standard deviation, of the long edge, of the surroundings, and the long edge at which they are looked at."""
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
        if bracket.times[candidate.frame] >= bracket.times[bracket.reference]:
            return candidate
        shared = fading * candidate.coverage * (1 - darkness(bracket, candidate)) * np.exp(-np.maximum(lead, 0))
        shared = cv2.erode(shared, np.ones((_CELLS, _CELLS), np.uint8))
        if not shared.any():
            return candidate
        known, light = (np.maximum(c.radiance, np.float32(DARKEST)) for c in (reference, candidate))
        differences = np.clip(np.log(known / light), -_MOST, _MOST)
        logs = mean_around(differences, np.dstack([shared] * 3), (_REACH,), _LITTLE, _SMALL)
        tone = np.exp(logs * (1 - candidate.saturation)[..., None])  # white stays white
        return replace(
            candidate, radiance=candidate.radiance * tone, tone=np.ascontiguousarray(tone.transpose(2, 0, 1))
        )

    return [toned(candidate, logits[0] - logit) for candidate, logit in zip(candidates, logits, strict=True)]
