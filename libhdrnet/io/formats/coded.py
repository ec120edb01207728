"""What pictures of many depths have in common, whose colours are told by code points or by a profile."""

import numpy as np

from libhdrnet.io import colour
from libhdrnet.io.cicp import CodePoints
from libhdrnet.io.formats.decoded import Array, Decoded, split


def full_scale(array: Array, top: int) -> Array:
    """Scale samples of which `top` is white to 0..65535, rounded."""
    if top == 65535:
        return array
    scaled = (np.minimum(array, top).astype(np.uint32) * 65535 + top // 2) // top
    return scaled.astype(np.uint16)


def decoded_by_points(
    array: Array, points: CodePoints | None, icc: bytes | None, *, associated: bool = False
) -> Decoded:
    """Make of (H, W) or (H, W, 1..4) what the reader takes.

    Bounded code points become a profile, PQ and HLG linear Rec.709 as float32; without points `icc` counts, else sRGB.
    """
    pixels, alpha, grey = split(array)
    if points is None or points.is_bounded:
        profile = icc if points is None else points.profile()
        return Decoded(pixels, alpha, grey, icc=profile, icc_is_final=points is not None, associated=associated)
    layer = None if alpha is None else np.asarray(colour.change_depth(alpha, np.float32))
    linear = points.to_linear(pixels, grey=grey)
    return Decoded(linear, layer, grey, linear=True, icc_is_final=True, associated=associated)
