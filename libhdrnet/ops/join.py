"""Join the network's result to the classical merge in the mu-law domain, so that no edge shows.

The network's tones differ a little from the classical merge's: by a curve that is the same all over the picture
(where response and exposures do not quite fit), and by a slow offset. Both are measured where the frames agree and
the two must be equal, and taken away from the network's result.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from libhdrnet.ops.frames import BAND
from libhdrnet.radiometry import FloatImage, inverse_mu_law, mu_law

_LEVELS, _FINE = 256, 512
_LEAST_COUNT = 50
_CURVE_REACH = 4.0
_OFFSET_REACH = 24.0
_MOST_OFFSET = 0.05
_SURE = 0.99
_MOST_PIXELS = 2e6

Rows = Callable[[slice], FloatImage]
"""Gives some rows of a picture or of a map."""


def join(
    classical: FloatImage, network: FloatImage, computed: npt.NDArray[np.bool_], agreement: Rows, white: float
) -> FloatImage:
    """Return `classical` where the frames agree and `network`, its tones matched, where they do not; in place.

    Args:
        classical: (H, W, 3), overwritten with the result.
        network: (H, W, 3) in the same units.
        computed: (H, W), where the network's result is valid.
        agreement: gives for some rows (h, W) in [0, 1].
        white: value of the radiance that the mu-law takes for 1.
    """
    curve = tone_curve(classical, lambda rows: network[rows], computed, agreement, white)
    scale = np.float32(1 / white)
    rim = int(3 * _OFFSET_REACH)
    height = len(classical)
    for top in range(0, height, BAND):
        outer = slice(max(0, top - rim), min(height, top + BAND + rim))
        if not computed[outer].any():
            continue
        weight = agreement(outer)
        valid = computed[outer]
        if not (valid & (weight < 1)).any():
            continue
        measured = mu_law(np.clip(classical[outer] * scale, 0, 1))
        repaired = in_tones(curve, mu_law(np.clip(network[outer] * scale, 0, 1)))
        repaired += _slow_offset(measured - repaired, valid & (weight > _SURE))
        inner = slice(top - outer.start, min(height, top + BAND) - outer.start)
        share = np.where(valid, weight, 1)[inner][..., None]
        mixed = inverse_mu_law(share * measured[inner] + (1 - share) * np.clip(repaired[inner], 0, 1)) / scale
        target = classical[top : top + BAND]
        np.copyto(target, mixed, where=share < 1)
    return classical


def tone_curve(
    classical: FloatImage, other: Rows, computed: npt.NDArray[np.bool_] | None, agreement: Rows, white: float
) -> npt.NDArray[np.float32]:
    """Return the median difference classical - other for each of 256 levels of the other's mu-law value, (3, 256).

    Measured where the frames agree and the other picture is `computed` (None: everywhere), in large pictures on a grid.
    """
    step = max(1, int((classical.shape[0] * classical.shape[1] / _MOST_PIXELS) ** 0.5))
    counts = np.zeros((3, _LEVELS * _FINE), np.int64)
    scale = np.float32(1 / white)
    for top in range(0, len(classical), BAND):
        rows = slice(top, top + BAND)
        if computed is not None and not computed[rows].any():
            continue
        sure = agreement(rows)[::step, ::step] > _SURE
        if computed is not None:
            sure &= computed[rows][::step, ::step]
        pair = (classical[rows][::step, ::step], other(rows)[::step, ::step])
        a, b = (mu_law(np.clip(image[sure] * scale, 0, 1)) for image in pair)
        level = np.minimum((b * _LEVELS).astype(np.int32), _LEVELS - 1)
        gap = np.clip(((a - b + 0.5) * _FINE).astype(np.int32), 0, _FINE - 1)
        for channel in range(3):
            counts[channel] += np.bincount(level[:, channel] * _FINE + gap[:, channel], minlength=_LEVELS * _FINE)
    curve = np.zeros((3, _LEVELS), np.float32)
    for channel in range(3):
        cumulated = counts[channel].reshape(_LEVELS, _FINE).cumsum(1)
        known = np.flatnonzero(cumulated[:, -1] >= _LEAST_COUNT)
        if known.size:
            medians = ((cumulated < cumulated[:, -1:] / 2).sum(1) + 0.5) / _FINE - 0.5
            curve[channel] = _smooth(np.interp(np.arange(_LEVELS), known, medians[known]).astype(np.float32))
    return curve


def _smooth(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    import cv2

    return np.asarray(cv2.GaussianBlur(values[None], (0, 0), _CURVE_REACH, borderType=cv2.BORDER_REPLICATE)[0])


def in_tones(curve: npt.NDArray[np.float32], values: FloatImage) -> FloatImage:
    """Return mu-law values (..., 3) of the other picture as the classical merge would have them."""
    middles = ((np.arange(_LEVELS) + 0.5) / _LEVELS).astype(np.float32)
    out = np.empty_like(values)
    for channel in range(3):
        out[..., channel] = values[..., channel] + np.interp(values[..., channel], middles, curve[channel])
    return out


def _slow_offset(gap: FloatImage, sure: npt.NDArray[np.bool_]) -> FloatImage:
    """Spread the gap of the sure pixels into their neighbourhood; it fades where none are near."""
    import cv2

    weight = sure.astype(np.float32)
    gap = np.clip(gap, -_MOST_OFFSET, _MOST_OFFSET) * weight[..., None]
    near = cv2.GaussianBlur(weight, (0, 0), _OFFSET_REACH)[..., None]
    return np.asarray(cv2.GaussianBlur(gap, (0, 0), _OFFSET_REACH) / (near + np.float32(0.02)), np.float32)
