"""Whether a frame of a bracket is shaken or out of focus beside another, which needs no alignment to be told.

Blur takes more from structures of a pixel or two than from those of four to eight; how bright a frame is and what its
curve does to contrast change both alike.
"""

import math
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from libhdrnet.keeping import Codes, let_go
from libhdrnet.octaves import CELL, octaves, of_cells
from libhdrnet.radiometry import FloatImage

_PIXELS = 4e6
"""A larger frame is reduced to fewer."""
_CODES = (0.1, 0.85)
"""Mean codes between which a cell shows what the scene holds."""
_STRUCTURE = (8 / 255) ** 2
"""Mean square of structures of four to eight pixels that a cell has at least."""
_LEAST_CELLS = 10
_SOFTER = 0.9
"""Octaves by which a softer frame has less energy in its fine structures, in the median: nineteen hand-held brackets
differ by up to 0.6 from frame to frame; discs of two pixels, or seven of shake, take 0.9 to 2.5."""


class Detail(NamedTuple):
    """What tells a frame's sharpness, of its cells."""

    share: FloatImage
    """(h, w): octaves by which fine structures, without noise, have more energy than coarse ones."""
    shown: npt.NDArray[np.bool_]
    """(h, w): where there are any, neither crushed nor saturated."""


def detail(frame: Codes) -> Detail:
    """Look at a frame (H, W, 3): at all of it, or at every so many rows where it is large."""
    height, width = frame.shape[:2]
    factor = math.ceil((height * width / _PIXELS) ** 0.5)
    band = 4 * CELL * factor
    fine, coarse, level = np.concatenate(
        [_cells(frame[top : top + band], factor) for top in range(0, height, factor * band)], 1
    )
    let_go(frame)
    exposed = (level > _CODES[0]) & (level < _CODES[1])
    noise = np.percentile(fine[exposed], 5) if exposed.any() else 0
    share = np.log2(np.maximum(fine - noise, 1e-7) / np.maximum(coarse, 1e-7))
    return Detail(share, exposed & (coarse > _STRUCTURE))


def _cells(rows: Codes, factor: int) -> FloatImage:
    """Return the energy of fine and of coarse structures and the mean code of each cell, (3, h, w)."""
    size = (max(1, rows.shape[1] // factor), max(1, rows.shape[0] // factor))
    grey = cv2.cvtColor(cv2.resize(rows, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY) / np.float32(65535)
    energies = octaves(grey, 3)
    return np.stack([energies[0], energies[2], of_cells(grey)])


def softer(frame: Detail, other: Detail) -> bool:
    """Return whether a frame is softer than another by so much that a picture would show it."""
    both = frame.shown & other.shown
    if both.sum() < _LEAST_CELLS:
        return False
    return bool(np.median(frame.share[both] - other.share[both]) < -_SOFTER)
