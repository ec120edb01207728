"""How strong a picture's structures of one pixel are, of two, of four...: what blur takes from fine ones first."""

import numpy as np

from libhdrnet.radiometry import FloatImage

CELL = 32
"""Edge in pixels of the cells that are measured."""


def octaves(grey: FloatImage, count: int) -> FloatImage:
    """Return the mean squares of what differs from one pixel to two, from two to four... in each cell.

    Args:
        grey: (H, W), any unit; at the right and lower border it is continued to whole cells.
        count: octaves, up to five.

    Returns:
        float32 (count, ceil(H / CELL), ceil(W / CELL)), in that unit's square.
    """
    import cv2

    grey, powers = _whole(grey), []
    size = (grey.shape[1] // CELL, grey.shape[0] // CELL)
    for _ in range(count + 1):
        powers.append(cv2.resize(grey * grey, size, interpolation=cv2.INTER_AREA))
        grey = cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return -np.diff(np.stack(powers), axis=0)


def of_cells(plane: FloatImage) -> FloatImage:
    """Return the mean of a plane (H, W) in each cell, continued as in `octaves`: (ceil(H / CELL), ceil(W / CELL))."""
    import cv2

    whole = _whole(plane)
    size = (whole.shape[1] // CELL, whole.shape[0] // CELL)
    return np.asarray(cv2.resize(whole, size, interpolation=cv2.INTER_AREA), np.float32)


def _whole(plane: FloatImage) -> FloatImage:
    import cv2

    height, width = plane.shape
    return np.asarray(cv2.copyMakeBorder(plane, 0, -height % CELL, 0, -width % CELL, cv2.BORDER_REPLICATE), np.float32)
