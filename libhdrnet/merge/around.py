"""What is found in a share of the places, in the mean around every place."""

from collections.abc import Sequence

import numpy as np

from libhdrnet.radiometry import FloatImage


def mean_around(
    values: FloatImage, weights: FloatImage, reaches: Sequence[float], little: float, edge: int
) -> FloatImage:
    """Return the weighted mean of values around each place, (h, w, 3), 0 where too few have weight.

    Args:
        values: (h, w, 3).
        weights: of each, (h, w, 3).
        reaches: standard deviations of the surroundings, of the long edge; where the first finds too little, the next.
        little: weight around that counts half.
        edge: long edge in pixels at which the means are found, at most.
    """
    import cv2

    height, width = weights.shape[:2]
    scale = min(1.0, edge / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    sums = [cv2.resize(part, size, interpolation=cv2.INTER_AREA) for part in (weights * values, weights)]
    found, left = np.zeros_like(sums[0]), np.float32(1)
    for reach in reaches:
        total, weight = (cv2.GaussianBlur(part, (0, 0), reach * max(size)) for part in sums)
        found += left * total / (weight + np.float32(little))
        left = left * np.float32(little) / (weight + np.float32(little))
    return np.asarray(cv2.resize(found, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
