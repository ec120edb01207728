"""Keep a correction from making colours that are not there.

Across a strong edge the network goes a little too far, and not equally in all channels: yellow before grey gets a blue
rim. Brightness may leave the range of what is around, for blur has narrowed that range; colour hardly does.
"""

import cv2
import numpy as np
import numpy.typing as npt

from libhdrnet.bands import bands
from libhdrnet.ops.defocus import display_encoded
from libhdrnet.radiometry import FloatImage

REACH = 4
"""Pixels around a place whose colours it may have. Fifteen real pairs (data/defocus): with 1 to 6 the mean PSNR rises
by 0.008 to 0.012 dB, from 2 on in each of them; limited alike, brightness falls by 0.1 to 0.25 dB."""
_RED, _GREEN, _BLUE = 0.299, 0.587, 0.114
_LESS_LUMA = np.array([[1 - _RED, -_GREEN, -_BLUE], [-_RED, -_GREEN, 1 - _BLUE]])


def remove_fringes(correction: FloatImage, pixels: npt.NDArray[np.generic], linear: bool) -> None:
    """Limit the colour differences that `correction` (H, W, 3), encoded, gives pixels (H, W, 3) to those around.

    In place; brightness (luma) stays, and so does what no colour leaves.
    """
    height = len(pixels)
    for rows in bands(height):
        if correction[rows].any():
            start = max(0, rows.start - REACH)
            seen = display_encoded(pixels[start : rows.stop + REACH], linear)
            _limit(correction[rows], seen, rows.start - start)


def _limit(correction: FloatImage, seen: FloatImage, first: int) -> None:
    kernel = np.ones((2 * REACH + 1, 2 * REACH + 1), np.uint8)
    there = _differences(seen)
    rows = slice(first, first + len(correction))
    made = _differences(seen[rows] + correction)
    excess = np.clip(made, cv2.erode(there, kernel)[rows], cv2.dilate(there, kernel)[rows]) - made
    red, blue = excess[..., 0], excess[..., 1]
    correction[..., 0] += red
    correction[..., 1] -= (_RED * red + _BLUE * blue) / _GREEN
    correction[..., 2] += blue


def _differences(encoded: FloatImage) -> FloatImage:
    """Return red and blue less the luma (H, W, 2)."""
    return np.asarray(cv2.transform(encoded, _LESS_LUMA), np.float32)
