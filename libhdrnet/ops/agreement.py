"""Where the frames of a bracket tell one story: a first, simple map of motion.

Each frame is compared with the reference at the same exposure, against a tolerance for noise and edges.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from libhdrnet.ops.frames import BAND, DECODE, Frame
from libhdrnet.radiometry import FloatImage, encode_gamma

NOISE = 0.02
"""Noise and quantisation of a gamma-encoded value, one standard deviation."""
SATURATED = np.float32(0.95)
"""Encoded value from which a pixel says no more than "at least"."""


def agreement_map(frames: Sequence[Frame], reference: int, *, deghost: float = 0.5) -> FloatImage:
    """Return (H, W) float32 in [0, 1] for aligned frames: 1 where all agree with the reference, 0 where one moved.

    `deghost` 0 finds nothing, 1 finds everything in doubt. Works in bands; a pixel's neighbourhood is 9x9.
    """
    import cv2

    height, width = frames[reference].codes.shape[:2]
    agreement = np.ones((height, width), np.float32)
    if deghost == 0:
        return agreement
    tolerance = np.float32(NOISE * 2.0 ** (5 - 4 * deghost))
    rim = 8
    for top in range(0, height, BAND):
        rows = slice(max(0, top - rim), min(height, top + BAND + rim))
        inner = slice(top - rows.start, min(height, top + BAND) - rows.start)
        band = np.ones((rows.stop - rows.start, width), np.float32)
        for index, frame in enumerate(frames):
            if index != reference:
                excess = _difference(frames[reference], frame, rows) / tolerance
                smooth = cv2.boxFilter(excess, -1, (9, 9))
                band = np.minimum(band, np.clip(2 - smooth, 0, 1))
        agreement[top : top + BAND] = cv2.GaussianBlur(cv2.erode(band, np.ones((5, 5), np.uint8)), (0, 0), 1.5)[inner]
    return agreement


def _difference(reference: Frame, frame: Frame, rows: slice) -> npt.NDArray[np.float32]:
    """Largest channel difference at the exposure of the darker of the two, beyond what edges explain."""
    ratio = np.float32(frame.exposure / reference.exposure)
    a, b = DECODE[reference.codes[rows]], DECODE[frame.codes[rows]]
    dark, bright = (a, b / ratio) if ratio > 1 else (b, a * ratio)
    limit = np.asarray(min(ratio, 1 / ratio), np.float32)
    x, y = encode_gamma(dark), encode_gamma(bright)
    saturated = (b if ratio > 1 else a) >= SATURATED**2.2
    gap = np.where(saturated, np.maximum(encode_gamma(limit * SATURATED**2.2) - x, 0), np.abs(x - y))
    edge = np.abs(np.gradient(x, axis=0)) + np.abs(np.gradient(x, axis=1)) if min(x.shape[:2]) > 1 else 0.0
    return np.asarray(np.maximum(gap - 0.5 * edge, 0).max(-1), np.float32)
