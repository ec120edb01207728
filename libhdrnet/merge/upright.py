"""Orientation tags that contradict each other while the pixels lie alike, as when a camera was pointed at the floor."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from libhdrnet.errors import HdrnetNote, warn
from libhdrnet.io.orientation import applied, undone
from libhdrnet.merge.codes import Codes
from libhdrnet.radiometry import FloatImage

_EDGE = 64
"""Pixels of the long edge at which pictures are compared."""
_ALIKE, _BETTER = 0.3, 0.1
"""Rank correlation of two pictures that lie alike, and by how much it has to exceed that of the other way."""


@dataclass(frozen=True)
class Turned:
    """A frame's codes, turned upright by what its file says."""

    name: str
    codes: Codes
    """(H, W, 3)."""
    coverage: Codes | None
    orientation: int
    """EXIF orientation, 1 to 8."""


def lay_alike(frames: Sequence[Turned]) -> list[Turned]:
    """Turn frames like most of the others, with a note, where their tags differ and their pixels lie alike."""
    counts = Counter(frame.orientation for frame in frames)
    if len(counts) == 1:
        return list(frames)
    usual = max(counts, key=counts.__getitem__)  # of equally many the first frame's
    pictures = [_ranks(frame.codes) for frame in frames if frame.orientation == usual]
    return [frame if frame.orientation == usual else _like(frame, usual, pictures) for frame in frames]


def _like(frame: Turned, usual: int, pictures: Sequence[FloatImage]) -> Turned:
    own = _ranks(frame.codes)
    other = applied(undone(own, frame.orientation), usual)
    better = _likeness(other, pictures)
    if better < _ALIKE or better < _likeness(own, pictures) + _BETTER:
        return frame
    warn(
        f"'{frame.name}' says it is turned another way (orientation {frame.orientation}) than the other frames "
        f"({usual}), but its pixels lie like theirs: it is read as they are.",
        HdrnetNote,
    )
    coverage = None if frame.coverage is None else applied(undone(frame.coverage, frame.orientation), usual)
    return Turned(frame.name, applied(undone(frame.codes, frame.orientation), usual), coverage, usual)


def likenesses(pictures: Sequence[Codes]) -> list[float]:
    """Return for each picture, all of one size, its largest rank correlation with another one."""
    ranks = [_ranks(codes) for codes in pictures]
    return [_likeness(own, [*ranks[:i], *ranks[i + 1 :]]) for i, own in enumerate(ranks)]


def _ranks(codes: Codes) -> FloatImage:
    """Return the ranks of a small picture's brightness, which exposures and responses leave as they are, in [-1, 1]."""
    import cv2

    factor = _EDGE / max(codes.shape[:2])
    size = [max(1, round(edge * factor)) for edge in codes.shape[1::-1]]
    small = cv2.resize(codes, size, interpolation=cv2.INTER_AREA).mean(-1)
    _, places, counts = np.unique(small, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts + 1) / 2  # what is saturated or black alike has one rank
    return np.asarray(2 * ranks[places].reshape(small.shape) / small.size - 1, np.float32)


def _likeness(picture: FloatImage, others: Sequence[FloatImage]) -> float:
    """Return the largest correlation with one of the others; 0 where none has its size."""
    found = [
        float(np.corrcoef(picture.ravel(), other.ravel())[0, 1])
        for other in others
        if other.shape == picture.shape and min(picture.std(), other.std()) > 0
    ]
    return max(found, default=0.0)
