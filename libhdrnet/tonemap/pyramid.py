"""Gaussian and Laplacian pyramids of planes (H, W), the finest level first."""

import cv2
import numpy as np

from libhdrnet.radiometry import FloatImage

_SMALLEST = 6  # short edge in pixels of the coarsest level


def gaussian(plane: FloatImage) -> list[FloatImage]:
    """Return the plane and its reductions by two, down to a few pixels."""
    levels = [plane]
    while min(levels[-1].shape) >= 2 * _SMALLEST:
        levels.append(np.asarray(cv2.pyrDown(levels[-1]), np.float32))
    return levels


def laplacian(plane: FloatImage) -> list[FloatImage]:
    """Return what each level of `gaussian` has beyond the next coarser one, and that one's last level."""
    levels = gaussian(plane)
    return [fine - _enlarged(coarse, fine) for fine, coarse in zip(levels, levels[1:], strict=False)] + levels[-1:]


def collapsed(levels: list[FloatImage]) -> FloatImage:
    """Return the plane whose `laplacian` is `levels`."""
    plane = levels[-1]
    for level in levels[-2::-1]:
        plane = level + _enlarged(plane, level)
    return plane


def _enlarged(coarse: FloatImage, fine: FloatImage) -> FloatImage:
    return np.asarray(cv2.pyrUp(coarse, dstsize=fine.shape[::-1]), np.float32)
