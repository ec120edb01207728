"""Classical merge of aligned frames: the weighted mean of their radiances, weights from camera noise.

Each channel of each frame has the variance of a plain camera (shot and read noise) and fades out towards
saturation; nothing here knows of motion.
"""

from collections.abc import Sequence

import numpy as np

from libhdrnet.engine.progress import Reporter
from libhdrnet.ops.frames import BAND, DECODE, Frame
from libhdrnet.radiometry import FloatImage

SHOT_VARIANCE = 2e-4
"""Variance of shot noise at saturation, relative to the square of saturation."""
READ_VARIANCE = 2e-6
"""Variance of read noise and 8-bit quantisation in the dark, likewise."""
FADE = (0.80, 0.97)
"""Linear values between which a frame's brightest channel takes its weight to zero."""


def merge_classical(
    frames: Sequence[Frame],
    reference: int,
    *,
    reporter: Reporter = Reporter(),  # noqa: B008 (frozen)
) -> FloatImage:
    """Merge aligned frames to (H, W, 3) float32 radiance, 1.0 = white of frame `reference`."""
    shortest = min(range(len(frames)), key=lambda i: frames[i].exposure)
    relative = [np.float32(frame.exposure / frames[reference].exposure) for frame in frames]
    out = np.empty(frames[0].codes.shape, np.float32)
    height = len(out)
    for top in range(0, height, BAND):
        reporter(top / height, "merging the exposures")
        rows = slice(top, top + BAND)
        total = np.zeros_like(out[rows])
        weights = np.zeros_like(total)
        for index, frame in enumerate(frames):
            linear = DECODE[frame.codes[rows]]
            peak = linear.max(-1, keepdims=True)
            trust = np.clip((FADE[1] - peak) / (FADE[1] - FADE[0]), 0, 1)
            if index == shortest:  # where all are saturated the shortest is nearest to the truth
                trust = np.maximum(trust, np.float32(1e-6))
            weight = trust * relative[index] ** 2 / (SHOT_VARIANCE * linear + READ_VARIANCE)
            total += weight * (linear / relative[index])
            weights += weight
        out[rows] = total / weights
    reporter(1.0, "merging the exposures")
    return out
