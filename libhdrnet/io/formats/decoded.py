"""What a format module hands to the reader, before orientation and metadata."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from libhdrnet.bands import bands
from libhdrnet.errors import InputError, readable
from libhdrnet.io import colour
from libhdrnet.io.camera import Matrices
from libhdrnet.io.cicp import CodePoints

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Header:
    """Size of a picture as it is stored, from the file's first bytes."""

    height: int
    width: int
    orientation: int | None = None
    """EXIF orientation 1-8 where the format itself holds it; None: look into EXIF."""
    turned: int = 1
    """EXIF orientation 1-8 by which its decoder has turned the picture already."""


@dataclass(frozen=True)
class Decoded:
    """Pixels as they are stored, with what is needed to interpret them."""

    pixels: Array
    """(H, W, 3) uint8, uint16 or float32."""
    alpha: Array | None
    """(H, W) of the same dtype."""
    grey: bool
    associated: bool = False
    """The pixels are already multiplied by alpha."""
    icc: bytes | None = None
    icc_is_final: bool = False
    """True where `icc` replaces whatever EXIF tools find (a CMYK picture was converted, say)."""
    linear: bool = False
    """True where the values are linear Rec.709 by the format's nature; then no profile counts."""
    white_balance: tuple[float, float, float, float] | None = None
    matrices: Matrices | None = None
    """Where the pixels are white-balanced camera RGB: what leads from there to Rec.709."""
    white: float = 1.0
    """RAW: where 1 lies, as a share of what the file declares as white."""


def split(array: Array) -> tuple[Array, Array | None, bool]:
    """Take (H, W), (H, W, 1..4) apart into three-channel pixels, alpha and whether the picture was grey."""
    channels = 1 if array.ndim == 2 else array.shape[2]
    array = array.reshape(*array.shape[:2], channels)
    alpha = np.ascontiguousarray(array[..., -1]) if channels in (2, 4) else None
    grey = channels < 3
    if grey:
        return np.repeat(array[..., :1], 3, axis=2), alpha, True
    return np.ascontiguousarray(array[..., :3]), alpha, False


def full_scale(array: Array, top: int) -> Array:
    """Scale uint16 samples of which `top` is white to 0..65535, rounded; those of another type stay as they are."""
    if array.dtype != np.uint16 or top == 65535:
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
    return Decoded(linear, layer, grey, linear=True, associated=associated)


def heads(path: Path, most: int = 1 << 62) -> Iterator[bytes]:
    """Yield the beginning of a file, each time twice as much of it, until that is all, or `most` bytes.

    Doubled, since whoever looks for something in it walks through all again.
    """
    with path.open("rb") as file:
        data = b""
        while len(data) < most and (more := file.read(max(1 << 18, len(data)))):
            data += more
            yield data


def damaged(path: Path, why: object) -> InputError:
    """Error for a file that ends too early or holds nonsense."""
    reason = readable(why).rstrip(".") or "no reason given"
    return InputError(
        "'{path}' is damaged or incomplete ({reason}): copy it again from the camera or the backup.",
        path=path, reason=reason,
    )  # fmt: skip


def check_finite(path: Path, *arrays: Array | None) -> None:
    """Raise InputError where one of the arrays holds NaN or infinity."""
    for array in arrays:
        if array is None or array.dtype.kind != "f":
            continue
        if not all(bool(np.isfinite(array[rows]).all()) for rows in bands(len(array))):
            raise InputError(f"'{path}' holds NaN or infinite values: replace them (they are often dead pixels).")
