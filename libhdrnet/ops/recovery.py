"""Where deblurring recovered detail, and whether the blur explains it.

A correction is right if it gives the picture back when it is blurred again. The map that guided it may be wrong by a
third, so each place is tried with a few discs around its own; what decides is whether the correction, blurred, goes the
way from the blurred picture to the picture: their correlation. It tells harm from gain (five real pairs, data/defocus):
above 0.9 one place in eleven is made worse, below 0.2 two in five. Yet there, too, the sum is a gain: so it is told,
not used. Of the constants NEAR, WINDOW, VISIBLE, AGREEMENT and TINY none was tuned.
"""

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from libhdrnet.bands import bands, enlarged
from libhdrnet.ops.defocus import LEAST_EDGE, display_encoded
from libhdrnet.radiometry import FloatImage, decode_srgb, encode_srgb
from libhdrnet.ramps import linear_step

RADII = tuple(0.5 * 2 ** (step / 2) for step in range(10))
"""Radii in pixels of the discs that are tried, 0.5 to 11; ..."""
NEAR = 0.8
"""... of each place those that are at most so many octaves from its own."""
HALVED = (6.0, 10.0)
"""Radius in pixels from which the halved picture is heard, and from which it alone."""
WINDOW = 15
"""Edge in pixels of the square over which a place is judged."""
VISIBLE = (0.5 / 255, 2 / 255)
"""Change (root mean square) from which it counts, and counts whole."""
AGREEMENT = (0.2, 0.8)
"""Correlation up to which nothing confirms the correction, and from which it is confirmed."""
TINY = 1e-11
"""Of the powers' product: what rounding to 8 bits leaves."""


def recovery(before: npt.NDArray[Any], after: npt.NDArray[Any], linear: bool, radius: FloatImage) -> FloatImage:
    """Return for each place (H, W) what became of it: 1 recovered and confirmed, 0.5 not confirmed, 0 left alone.

    `before` and `after` are pictures (H, W, 3), `radius` (H, W) in pixels.
    """
    return _recovery(grey(before, linear), grey(after, linear), radius)


def reblurred_error(before: FloatImage, after: FloatImage, radius: FloatImage) -> FloatImage:
    """Return by how much `after`, blurred again with the best of the radii, misses `before` (root mean square; H, W).

    Encoded grey pictures (H, W), as `grey` returns them; NaN where the radius is larger than what is tried.
    """
    least = np.full(before.shape, np.nan, np.float32)
    for near, _, blurred in _tried(before, after, radius):
        error = _size(blurred - before)
        least[near] = np.fmin(least, error)[near]
    return least


def grey(pixels: npt.NDArray[Any], linear: bool) -> FloatImage:
    """Return the encoded grey picture (H, W) in [0, 1]."""
    parts = [cv2.cvtColor(display_encoded(pixels[rows], linear), cv2.COLOR_RGB2GRAY) for rows in bands(len(pixels))]
    return np.concatenate(parts)


def _recovery(before: FloatImage, after: FloatImage, radius: FloatImage) -> FloatImage:
    height, width = radius.shape
    mask = np.empty(radius.shape, np.float32)
    reach = int(RADII[-1]) + WINDOW
    for rows in bands(height):
        start = max(0, rows.start - reach)
        around = slice(start, rows.stop + reach)
        mask[rows] = _judged(before[around], after[around], radius[around])[rows.start - start :][: mask[rows].shape[0]]
    if radius.max() > HALVED[0] and min(height, width) // 2 >= LEAST_EDGE:
        size = (width // 2, height // 2)
        small = [cv2.resize(plane, size, interpolation=cv2.INTER_AREA) for plane in (before, after, radius)]
        coarse = _recovery(small[0], small[1], small[2] / 2)
        for rows in bands(height):
            mask[rows] += linear_step(radius[rows], HALVED) * (enlarged(coarse, radius.shape, rows) - mask[rows])
    return mask


def _judged(before: FloatImage, after: FloatImage, radius: FloatImage) -> FloatImage:
    changed = linear_step(_size(after - before), VISIBLE)
    agreement = np.zeros(before.shape, np.float32)
    if not changed.any():
        return changed
    for near, blurred_before, blurred in _tried(before, after, radius):
        made, wanted = blurred - blurred_before, before - blurred_before
        power = np.maximum(_mean(made * made) * _mean(wanted * wanted), 0)
        correlation = _mean(made * wanted) / np.sqrt(power + TINY)
        agreement[near] = np.maximum(agreement, correlation)[near]
    return changed * (0.5 + 0.5 * linear_step(agreement, AGREEMENT))


def _tried(
    before: FloatImage, after: FloatImage, radius: FloatImage
) -> Iterator[tuple[npt.NDArray[np.bool_], FloatImage, FloatImage]]:
    """Blur both with each disc, in linear light; yield where it may be the place's, and what becomes of them."""
    octave = np.log2(np.maximum(radius, RADII[0]))
    linear = [decode_srgb(before), decode_srgb(after)]
    for candidate in RADII:
        near = np.abs(octave - np.log2(candidate)) < NEAR
        if near.any():
            kernel = disc(candidate)
            blurred = (cv2.filter2D(plane, -1, kernel, borderType=cv2.BORDER_REFLECT) for plane in linear)
            first, second = (encode_srgb(np.maximum(plane, 0)) for plane in blurred)
            yield near, first, second


def disc(radius: float) -> FloatImage:
    """Return the kernel of a disc, with soft rims; its edge is odd."""
    reach = int(radius) + 1
    across = np.arange(-reach, reach + 1)
    kernel = np.clip(radius + 0.5 - np.hypot(across[:, None], across), 0, 1)
    return np.asarray(kernel / kernel.sum(), np.float32)


def _size(difference: FloatImage) -> FloatImage:
    """Return the root mean square around each place; sums that slide round to a little below zero."""
    return np.sqrt(np.maximum(_mean(difference * difference), 0))


def _mean(plane: FloatImage) -> FloatImage:
    return np.asarray(cv2.blur(plane, (WINDOW, WINDOW)), np.float32)
