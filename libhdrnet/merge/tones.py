"""Local tones: a shorter frame is brought to the colours that the reference gives to what both show around each place.

Cameras pale their highlights by hue, set a white balance for each frame and lift shadows locally; no tone curve of a
frame tells that. Where the reference gives way to a shorter frame it would be a change of colour, with an edge.
"""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from libhdrnet.merge.blacks import darkness
from libhdrnet.merge.candidates import DARKEST, Bracket, Candidate
from libhdrnet.merge.filling import filler
from libhdrnet.radiometry import FloatImage
from libhdrnet.trust import disbelieved

_CELLS = 3
"""Edge in cells of the square that has to show the same light all over: the rims of windows and lamps do not; without
it libraryhall's panes have stains of the wall's green."""
_MOST = 0.7
"""Largest difference (log) that is a tone: with 1 the grey windows in libraryhall's green wall turn more violet where
only the two longer frames are merged."""
_FAR = 0.1
"""Weight of what is far from saturation, beside that of what is half saturated; not tuned."""


def in_local_tones(bracket: Bracket, candidates: Sequence[Candidate], logits: FloatImage) -> list[Candidate]:
    """Return the candidates, those of shorter frames with their local tone; `logits` (n, h, w) of the selection."""
    reference = candidates[0]
    measured = (1 - reference.saturation) * (_FAR + 4 * reference.saturation)

    def toned(candidate: Candidate, lead: FloatImage) -> Candidate:
        if bracket.times[candidate.frame] >= bracket.times[bracket.reference]:
            return candidate
        shared = measured * candidate.confidence * (1 - darkness(bracket, candidate)) * (1 - disbelieved(lead))
        shared = cv2.erode(shared, np.ones((_CELLS, _CELLS), np.uint8))
        if not shared.any():
            return candidate
        known, light = (np.maximum(c.radiance, np.float32(DARKEST)) for c in (reference, candidate))
        logs = filler(np.dstack([shared] * 3))(np.clip(np.log(known / light), -_MOST, _MOST))
        tone = np.exp(logs * (1 - candidate.saturation)[..., None])  # white stays white
        return replace(
            candidate, radiance=candidate.radiance * tone, tone=np.ascontiguousarray(tone.transpose(2, 0, 1))
        )

    return [toned(candidate, logits[0] - logit) for candidate, logit in zip(candidates, logits, strict=True)]
