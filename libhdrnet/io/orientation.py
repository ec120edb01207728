"""The eight EXIF orientations: turn stored pixels upright."""

from typing import Any

import numpy as np
import numpy.typing as npt

_FIRST_TRANSPOSED = 5


def swaps_sides(orientation: int) -> bool:
    """Say whether height and width of the stored picture change places."""
    return orientation >= _FIRST_TRANSPOSED


def applied(array: npt.NDArray[Any], orientation: int) -> npt.NDArray[Any]:
    """Turn and mirror (H, W) or (H, W, C) as the EXIF orientation 1-8 asks; contiguous."""
    if swaps_sides(orientation):
        array = array.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        array = array[::-1]
    if orientation in (2, 3, 6, 7):
        array = array[:, ::-1]
    return np.ascontiguousarray(array)


def undone(array: npt.NDArray[Any], orientation: int) -> npt.NDArray[Any]:
    """Turn upright (H, W) or (H, W, C) back to how it was stored; contiguous."""
    return applied(array, {6: 8, 8: 6}.get(orientation, orientation))
