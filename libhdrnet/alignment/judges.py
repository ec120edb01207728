"""Judges of an alignment that know nothing of how it was found: agreement of the pixels, and what still shifts.

Planes are uint8 (H, W). A matrix, float64 (3, 3), maps reference coordinates to frame coordinates.
"""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.uint8]
Matrix = npt.NDArray[np.float64]

_CAP = 10.0
"""Codes beyond which a difference is "something else": what moves must not outvote the rest."""
_BURNT = 245
_BLOCKS = (4, 6)
_LEAST_RESPONSE = 0.3
"""Peak of the phase correlation from which a block's shift is believed."""
_LEAST_BLOCKS = 4


def laid_over(
    picture: npt.NDArray[Any], matrix: Matrix, border: int = cv2.BORDER_CONSTANT, kernel: int = cv2.INTER_LINEAR
) -> npt.NDArray[Any]:
    """Resample a picture, (H, W) or (H, W, C), into the reference's geometry; `border`: what lies beyond it."""
    size, flags = picture.shape[1::-1], kernel | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpPerspective(picture, matrix, size, flags=flags, borderMode=border))


def difference(reference: Plane, frame: Plane, matrix: Matrix) -> float:
    """Mean absolute difference in codes, capped, after the frame is warped and brought to the reference's tones.

    The brightness transfer function is the darker plane's median for each code of the brighter one, over the
    pixels that this alignment lays on each other: it needs neither exposure nor response.
    """
    warped = laid_over(frame, matrix, cv2.BORDER_REPLICATE)
    valid = laid_over(np.full(frame.shape, 255, np.uint8), matrix) == 255
    bright, dark = (reference, warped) if reference.mean() > frame.mean() else (warped, reference)
    valid &= bright < _BURNT
    if valid.sum() < 64:
        return np.inf
    x, y = bright[valid], dark[valid]
    counts = np.bincount(x.astype(np.int32) * 256 + y, minlength=65536).reshape(256, 256).cumsum(1)
    middle = (counts < counts[:, -1:] / 2).sum(1)
    gap = np.abs(y - middle[x].astype(np.float32))
    return float(np.minimum(gap, _CAP).mean())


def residual_motion(reference: Plane, frame: Plane, valid: Plane) -> float | None:
    """Median length in pixels of what blocks of two structure planes are shifted by; None: too little structure."""
    height, width = (reference.shape[0] // _BLOCKS[0], reference.shape[1] // _BLOCKS[1])
    if min(height, width) < 32:
        return None
    window = cv2.createHanningWindow((width, height), cv2.CV_32F)
    masked = [np.where(valid > 0, plane, 128).astype(np.float32) - 128 for plane in (reference, frame)]
    shifts = []
    for row in range(_BLOCKS[0]):
        for column in range(_BLOCKS[1]):
            where = np.s_[row * height : (row + 1) * height, column * width : (column + 1) * width]
            if (valid[where] > 0).mean() < 0.1:
                continue
            a, b = (np.ascontiguousarray(plane[where]) for plane in masked)
            shift, response = cv2.phaseCorrelate(a, b, window)
            if response > _LEAST_RESPONSE:
                shifts.append(np.hypot(*shift))
    return float(np.median(shifts)) if len(shifts) >= _LEAST_BLOCKS else None
