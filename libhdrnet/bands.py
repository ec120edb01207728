"""Pictures are worked on in bands of rows, so that temporary arrays stay small; smaller maps are enlarged for them."""

from typing import Any

import numpy as np
import numpy.typing as npt

BAND = 256
"""Rows worked on at a time."""


def bands(height: int) -> list[slice]:
    """Return the bands of a picture of so many rows."""
    return [slice(top, min(top + BAND, height)) for top in range(0, height, BAND)]


def enlarged(
    plane: npt.NDArray[Any], shape: tuple[int, ...], rows: slice, columns: slice = slice(None)
) -> npt.NDArray[np.float32]:
    """Return a rectangle of a map (h, w) or (h, w, C) at the full size `shape`, (H, W, ...), in its units.

    Interpolated, pixel centre on pixel centre.
    """
    import cv2

    top, bottom, _ = rows.indices(shape[0])
    left, right, _ = columns.indices(shape[1])
    sy, sx = plane.shape[0] / shape[0], plane.shape[1] / shape[1]
    place = np.array([[sx, 0, (left + 0.5) * sx - 0.5], [0, sy, (top + 0.5) * sy - 0.5]])
    full = cv2.warpAffine(
        plane, place, (right - left, bottom - top), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    return np.asarray(full, np.float32)
