"""What the networks are set beside: one frame, Debevec's weighted mean, Mertens's fusion. None knows motion.

Frames are encoded with gamma 2.2, float32 (H, W, 3) in [0, 1], from short to long; times are relative to the
shortest, which is 1. Results are radiance (H, W, 3), 1.0 = saturation of the shortest exposure.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from libhdrnet.radiometry import FloatImage, decode_gamma


def reference_alone(frames: Sequence[FloatImage], times: Sequence[float], reference: int) -> FloatImage:
    """Radiance of frame `reference` by itself."""
    return np.asarray(np.clip(decode_gamma(frames[reference]) / np.float32(times[reference]), 0, 1), np.float32)


def debevec(frames: Sequence[FloatImage], times: Sequence[float], reference: int) -> FloatImage:
    """Mean of the radiances, weighted by a hat over the codes and by exposure (after Debevec and Malik 1997).

    The hat is 1 - |2 L - 1|^6; the shortest exposure keeps its highlights, and the longest its shadows.
    """
    total, weights = np.zeros_like(frames[0]), np.zeros_like(frames[0])
    for index, (frame, time) in enumerate(zip(frames, times, strict=True)):
        weight = np.clip(1 - np.abs(2 * frame - 1) ** 6, 1e-3, 1)
        if index == 0:
            weight = np.where(frame > 0.5, 1, weight)
        if index == len(frames) - 1:
            weight = np.where(frame < 0.5, 1, weight)
        total += weight * decode_gamma(frame)
        weights += weight * np.float32(time)
    return np.asarray(np.clip(total / weights, 0, 1), np.float32)


def mertens(frames: Sequence[FloatImage], times: Sequence[float], reference: int) -> FloatImage:
    """Exposure fusion (Mertens et al. 2007), decoded and brought to the reference's scale by one gain.

    A fused picture is no radiance: its figures say how far the look of the scene is from it, and no more. The gain
    makes the median equal to that of the reference frame where that is neither dark nor saturated.
    """
    codes = [np.round(frame * 255).astype(np.uint8) for frame in frames]
    fused = decode_gamma(np.clip(cv2.createMergeMertens().process(codes), 0, 1))
    seen = (frames[reference] > 0.05) & (frames[reference] < 0.95) & (fused > 0)
    own = reference_alone(frames, times, reference)
    gain = float(np.median(own[seen] / fused[seen])) if seen.any() else 1 / times[reference]
    return np.asarray(np.clip(fused * np.float32(gain), 0, 1), np.float32)


def aligned_by_mtb(frames: Sequence[FloatImage], reference: int) -> list[FloatImage]:
    """Move frames by whole pixels onto frame `reference` (median threshold bitmaps, Ward 2003)."""
    mtb = cv2.createAlignMTB()
    greys = [cv2.cvtColor(np.round(frame * 255).astype(np.uint8), cv2.COLOR_RGB2GRAY) for frame in frames]
    height, width = greys[reference].shape
    aligned = []
    for frame, grey in zip(frames, greys, strict=True):
        across, down = mtb.calculateShift(greys[reference], grey)
        shift = np.array([[1, 0, across], [0, 1, down]], np.float32)
        moved = cv2.warpAffine(frame, shift, (width, height), flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
        aligned.append(np.asarray(moved, np.float32))
    return aligned
