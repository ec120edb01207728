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

    grey = cv2.copyMakeBorder(grey, 0, -grey.shape[0] % CELL, 0, -grey.shape[1] % CELL, cv2.BORDER_REPLICATE)
    size = (grey.shape[1] // CELL, grey.shape[0] // CELL)
    powers = []
    for _ in range(count + 1):
        powers.append(cv2.resize(grey * grey, size, interpolation=cv2.INTER_AREA))
        grey = cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return -np.diff(np.stack(powers), axis=0)
