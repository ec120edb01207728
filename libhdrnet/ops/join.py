"""Join the network's result to the classical merge in the mu-law domain, so that no edge shows.

The network's tones differ a little from the classical merge's: by a curve that is the same all over the picture
(where response and exposures do not quite fit), and by a slow offset. Both are measured where the frames agree and
the two must be equal, and taken away from the network's result.
"""

import numpy as np
import numpy.typing as npt

from libhdrnet.bands import bands
from libhdrnet.ops.tones import Rows, in_tones, tone_curve
from libhdrnet.radiometry import FloatImage, inverse_mu_law, mu_law

_OFFSET_REACH = 24.0
_MOST_OFFSET = 0.05
_SURE = 0.99


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
    curve = tone_curve(classical, lambda rows: network[rows], lambda rows: agreement(rows) * computed[rows], white)
    scale = np.float32(1 / white)
    rim = int(3 * _OFFSET_REACH)
    height = len(classical)
    for rows in bands(height):
        outer = slice(max(0, rows.start - rim), min(height, rows.stop + rim))
        if not computed[outer].any():
            continue
        weight = agreement(outer)
        valid = computed[outer]
        if not (valid & (weight < 1)).any():
            continue
        measured = mu_law(np.clip(classical[outer] * scale, 0, 1))
        repaired = in_tones(curve, mu_law(np.clip(network[outer] * scale, 0, 1)))
        repaired += _slow_offset(measured - repaired, valid & (weight > _SURE))
        inner = slice(rows.start - outer.start, rows.stop - outer.start)
        share = np.where(valid, weight, 1)[inner][..., None]
        mixed = inverse_mu_law(share * measured[inner] + (1 - share) * np.clip(repaired[inner], 0, 1)) / scale
        target = classical[rows]
        np.copyto(target, mixed, where=share < 1)
    return classical


def _slow_offset(gap: FloatImage, sure: npt.NDArray[np.bool_]) -> FloatImage:
    """Spread the gap of the sure pixels into their neighbourhood; it fades where none are near."""
    import cv2

    weight = sure.astype(np.float32)
    gap = np.clip(gap, -_MOST_OFFSET, _MOST_OFFSET) * weight[..., None]
    near = cv2.GaussianBlur(weight, (0, 0), _OFFSET_REACH)[..., None]
    return np.asarray(cv2.GaussianBlur(gap, (0, 0), _OFFSET_REACH) / (near + np.float32(0.02)), np.float32)
