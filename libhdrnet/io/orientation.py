"""The eight EXIF orientations: turn stored pixels upright."""

from typing import Any

import numpy as np
import numpy.typing as npt


def upright_size(height: int, width: int, orientation: int) -> tuple[int, int]:
    """Return height and width of a picture once `applied` has turned it."""
    return (width, height) if orientation >= 5 else (height, width)


def applied(array: npt.NDArray[Any], orientation: int) -> npt.NDArray[Any]:
    """Turn and mirror (H, W) or (H, W, C) as the EXIF orientation 1-8 asks; contiguous."""
    if orientation >= 5:
        array = array.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        array = array[::-1]
    if orientation in (2, 3, 6, 7):
        array = array[:, ::-1]
    return np.ascontiguousarray(array)


def undone(array: npt.NDArray[Any], orientation: int) -> npt.NDArray[Any]:
    """Turn upright (H, W) or (H, W, C) back to how it was stored; contiguous."""
    return applied(array, {6: 8, 8: 6}.get(orientation, orientation))
