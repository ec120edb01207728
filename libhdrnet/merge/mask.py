"""What a merge's mask and layers say of each pixel: which frames made it, and what was guessed."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from libhdrnet.bands import bands
from libhdrnet.errors import InputError
from libhdrnet.merge.candidates import Bracket, Candidate
from libhdrnet.merge.fusion import Weights
from libhdrnet.merge.reconstruction import Unknown
from libhdrnet.radiometry import FloatImage

Choices = npt.NDArray[np.integer[Any]]
"""What is decided by hand, (H, W): 0 nothing, k > 0 takes the place from image k, -1 from the network."""

MEASURED, REPAIRED, GUESSED = 1.0, 0.5, 0.0
"""Grades of the mask."""
_FEATHER = 1 / 400
"""Of the long edge: standard deviation of how the edge of a choice fades."""


def grades(bracket: Bracket, unknown: Unknown, network: FloatImage | float) -> FloatImage:
    """Return the mask (H, W): 1 measured, 0.5 made by the network, 0 guessed; `network` is its share (h, w)."""
    made = np.broadcast_to(np.float32(network), bracket.size)
    out = np.empty(bracket.shape, np.float32)
    for rows in bands(bracket.shape[0]):
        repaired, lost = (bracket.enlarged(np.ascontiguousarray(x), rows) > 0.5 for x in (made, unknown.lost))
        out[rows] = np.where(lost, GUESSED, np.where(repaired, REPAIRED, MEASURED))
    return out


def shares_of_frames(bracket: Bracket, candidates: Sequence[Candidate], weights: Weights) -> FloatImage:
    """Return the share of each frame, as it lies or as a flow brings it, (frames, h, w) at the reduced size."""
    shares = np.zeros((len(bracket.frames), *bracket.size), np.float32)
    for candidate, share in zip(candidates, weights.shares, strict=True):
        shares[candidate.frame] += share
    return shares


def fitted_choices(choices: Choices, shape: tuple[int, ...], frames: int) -> Choices:
    """Return a map of choices at the pictures' size (H, W): each pixel is that of the map at its place.

    Raises:
        InputError: the map has another aspect ratio, or holds what is no choice.
    """
    if choices.ndim != 2 or choices.dtype.kind not in "iu" or not _alike(choices.shape, shape):
        raise InputError(
            f"choices are {choices.dtype} {choices.shape}; give whole numbers {shape}, or fewer of that aspect ratio."
        )
    low, high = int(choices.min()), int(choices.max())
    if low < -1 or high > frames:
        raise InputError(f"choices hold {low if low < -1 else high}; give -1 (network), 0 or a frame, 1 to {frames}.")
    rows, columns = (np.arange(new) * old // new for old, new in zip(choices.shape, shape, strict=True))
    return choices if choices.shape == shape else choices[rows][:, columns]


def shares_of_choices(choices: Choices) -> dict[str, float]:
    """Return the share of the picture that was decided by hand, by frame, counted from 1, or "network"."""
    labels, counts = np.unique(choices, return_counts=True)
    named = zip(labels.tolist(), counts.tolist(), strict=True)
    return {"network" if label == -1 else str(label): count / choices.size for label, count in named if label != 0}


def _alike(shape: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Say whether two sizes are of one aspect ratio, edges rounded to whole pixels."""
    (height, width), (h, w) = other, shape
    return h * w > 0 and (abs(h - height * w / width) < 1 or abs(w - width * h / height) < 1)


def feathered(bracket: Bracket, choices: Choices) -> dict[int, FloatImage]:
    """Return for each choice but 0 where it holds, (h, w) in [0, 1] with soft edges, at the reduced size."""
    import cv2

    deviation = max(_FEATHER * max(bracket.size), 1.0)
    return {
        int(label): cv2.GaussianBlur(
            cv2.resize((choices == label).astype(np.float32), bracket.size[::-1], interpolation=cv2.INTER_AREA),
            (0, 0), deviation,
        )
        for label in np.unique(choices)
        if label != 0
    }  # fmt: skip


def renumbered(choices: Choices, left_out: Sequence[int], count: int) -> Choices:
    """Count `count` frames without those left out, which are chosen nowhere; what is none is left to be refused."""
    kept = [index for index in range(count) if index not in left_out]
    out = np.where((choices < 0) | (choices > count), choices, 0)
    for number, index in enumerate(kept, 1):
        out[choices == index + 1] = number
    return out
