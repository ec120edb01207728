"""What a preview marks: where a frame shows something else than the result, which moved, and what no frame shows."""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from libhdrnet.merge.candidates import Bracket, Candidate
from libhdrnet.merge.findings import Decision
from libhdrnet.radiometry import FloatImage

MARKS = (
    ("measured", (0, 0, 0)),
    ("moved: taken from some of the frames", (0, 160, 255)),
    ("made by the network", (255, 150, 0)),
    ("guessed", (255, 0, 110)),
)
"""Each label's name and its tint, RGB; the first has none."""
_MEASURED, _MOVED, _NETWORK, _GUESSED = range(len(MARKS))
_SHOWN = 0.12, 0.8
"""Encoded values of a frame between which it can show a place well."""
_UNUSED = 0.5
"""Part of its share if nothing moved below which a frame is not used."""
_UNLIKE, _UNLIKE_COLOUR = 0.25, 0.5
"""Part of the light by which a place's brightness, or one of its channels, differs that moved. With these, 7 of 9 real
still brackets are marked by 3 % at most, the others where a screen and a lamp were switched."""
_AROUND, _SPECK = 5, 3
"""Pixels of the reduced size over which light is compared, and below which a mark is a speck."""
_OPACITY = 0.6
_MEAN = np.full(3, 1 / 3, np.float32)


def labels_of(
    bracket: Bracket, candidates: Sequence[Candidate], decision: Decision, still: FloatImage
) -> npt.NDArray[np.uint8]:
    """Return for each pixel (H, W) an index of MARKS; `still` are the shares (frames, h, w) if nothing moved."""
    shares = decision.weights.shares
    result = sum(share[..., None] * candidate.radiance for candidate, share in zip(candidates, shares, strict=True))
    moved = np.zeros(bracket.size, np.bool_)
    for candidate, share in zip(candidates, shares, strict=True):
        if candidate.flow is None:
            moved |= (share < _UNUSED * still[candidate.frame]) & _differs(bracket, candidate, np.asarray(result))
    moved = cv2.morphologyEx(moved.astype(np.float32), cv2.MORPH_OPEN, np.ones((_SPECK, _SPECK)))

    def over(plane: FloatImage, limit: float) -> npt.NDArray[np.bool_]:
        whole = bracket.enlarged(np.ascontiguousarray(plane), slice(None))
        return np.asarray(whole > limit)

    labels = np.where(over(moved, 0.5), np.uint8(_MOVED), np.uint8(_MEASURED))
    labels[over(decision.network, 0.5)] = _NETWORK
    labels[over(decision.unknown.lost, 0.5)] = _GUESSED
    return labels


def _differs(bracket: Bracket, candidate: Candidate, result: FloatImage) -> npt.NDArray[np.bool_]:
    """Return where a frame shows something else than the result (h, w, 3), though it could show that, too.

    By how much the frame is brighter as a whole does not count: its exposure may be told wrong.
    """
    low, high = (bracket.calibration.at(candidate.frame, code) for code in _SHOWN)
    own, brightness, own_brightness = candidate.radiance, result @ _MEAN, candidate.radiance @ _MEAN
    both = np.ones(bracket.size, np.bool_)
    for light in (brightness, own_brightness):
        both &= (light > low.mean()) & (light < high.mean())
    if both.mean() > 0.01:  # of fewer the median may be what moved
        own = own / np.median(own_brightness[both] / brightness[both])
    light = np.clip(result, low, high)
    gap, light = (cv2.blur(x, (_AROUND, _AROUND)) for x in (np.clip(own, low, high) - light, light))
    light = light @ _MEAN
    differs = np.abs(gap @ _MEAN) > _UNLIKE * light
    for channel in range(3):
        differs |= np.abs(gap[..., channel]) > _UNLIKE_COLOUR * light
    return np.asarray(differs & (candidate.coverage > 0.5))


def marked(picture: npt.NDArray[np.uint8], labels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return a picture (h, w, 3) with the tints of its labels (h, w)."""
    kept = np.array([1.0] + [1 - _OPACITY] * (len(MARKS) - 1), np.float32)
    tints = np.array([tint for _, tint in MARKS], np.float32) * np.float32(_OPACITY)
    return np.asarray(picture * kept[labels][..., None] + tints[labels], np.uint8)
