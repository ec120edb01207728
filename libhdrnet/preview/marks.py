"""What a preview marks: places taken from few of the frames, since something moved, and those that no frame shows."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from libhdrnet.merge.candidates import Bracket, Candidate
from libhdrnet.merge.findings import Decision
from libhdrnet.merge.mask import shares_of_frames
from libhdrnet.radiometry import FloatImage

MARKS = (
    ("measured", (0, 0, 0)),
    ("moved: taken from some of the frames", (0, 160, 255)),
    ("made by the network", (255, 150, 0)),
    ("guessed", (255, 0, 110)),
)
"""Each label's name and its tint, RGB; the first has none."""
_MEASURED, _MOVED, _NETWORK, _GUESSED = range(len(MARKS))
_NOTABLE = 0.5
"""Share of a place that comes from elsewhere than in the mean with the least noise, from which it is marked."""
_FAR = 2.0
"""Pixels of the reduced size by which a flow has to move something to count in full."""
_OPACITY = 0.6


def labels_of(
    bracket: Bracket, candidates: Sequence[Candidate], decision: Decision, still: FloatImage
) -> npt.NDArray[np.uint8]:
    """Return for each pixel (H, W) an index of MARKS; `still` are the shares (frames, h, w) if nothing moved."""
    elsewhere = 0.5 * np.abs(shares_of_frames(bracket, candidates, decision.weights) - still).sum(0)
    for candidate, share in zip(candidates, decision.weights.shares, strict=True):
        if candidate.flow is not None:
            elsewhere += share * np.minimum(candidate.flow.length / np.float32(_FAR), 1)

    def over(plane: FloatImage, limit: float) -> npt.NDArray[np.bool_]:
        whole = bracket.enlarged(np.ascontiguousarray(plane), slice(None))
        return np.asarray(whole > limit)

    labels = np.where(over(elsewhere, _NOTABLE), np.uint8(_MOVED), np.uint8(_MEASURED))
    labels[over(decision.network, 0.5)] = _NETWORK
    labels[over(decision.unknown.lost, 0.5)] = _GUESSED
    return labels


def marked(picture: npt.NDArray[np.uint8], labels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return a picture (h, w, 3) with the tints of its labels (h, w)."""
    kept = np.array([1.0] + [1 - _OPACITY] * (len(MARKS) - 1), np.float32)
    tints = np.array([tint for _, tint in MARKS], np.float32) * np.float32(_OPACITY)
    return np.asarray(picture * kept[labels][..., None] + tints[labels], np.uint8)
