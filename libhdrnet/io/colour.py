"""Colour encodings: sRGB, ICC profiles and CMYK to linear Rec.709, and back."""

import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache, lru_cache, partial
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from libhdrnet.bands import bands
from libhdrnet.errors import InputError, readable
from libhdrnet.radiometry import FloatImage, decode_srgb, encode_srgb

Encoding = Literal["srgb", "icc", "linear"]
Array = npt.NDArray[Any]

D65 = (0.3127, 0.3290)
"""CIE x and y."""
REC709 = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, *D65)
"""x and y of red, green, blue and white."""
_LEAST_WHITE = 1e-4


def to_linear(pixels: Array, *, encoding: Encoding = "srgb", icc: bytes | None = None) -> FloatImage:
    """Decode (H, W, 3) uint8, uint16 or float pixels to linear Rec.709 float32, 1.0 = white of the encoding.

    "srgb" is IEC 61966-2-1, "linear" is linear Rec.709, "icc" is what the profile `icc` says (RGB or grey,
    relative colorimetric, float precision). Colours outside Rec.709 keep their negative and > 1 values.
    Beyond the result, temporaries of some tens of megabytes are needed whatever the size.

    Raises InputError for another shape, dtype or encoding, and for a profile that cannot be used.
    """
    pixels = _checked(pixels)
    if encoding == "srgb":
        if pixels.dtype.kind == "f":
            return by_bands(pixels, decode_srgb)
        table = _srgb_table(pixels.dtype.str)
        return by_bands(pixels, lambda band: table[band])
    if encoding == "linear":
        if pixels.dtype.kind == "f":
            return pixels.astype(np.float32)
        scale = np.float32(1 / np.iinfo(pixels.dtype).max)
        return by_bands(pixels, lambda band: band * scale)
    if encoding != "icc":
        raise InputError(f"The encoding {encoding!r} is unknown: choose 'srgb', 'icc' or 'linear'.")
    if icc is None:
        raise InputError("The encoding 'icc' needs the profile's bytes in `icc`.")
    return _from_profile(pixels, icc)


def from_linear(
    linear: Array, *, encoding: Encoding, icc: bytes | None = None, dtype: npt.DTypeLike = np.float32
) -> Array:
    """Undo `to_linear`: (H, W, 3) as uint8 or uint16 (clipped to [0, 1], rounded) or float32.

    Raises InputError as `to_linear` does.
    """
    linear = _checked(linear)
    convert: Callable[[Array], Array]
    if encoding == "srgb":
        convert = encode_srgb
    elif encoding == "linear":
        convert = np.asarray
    elif encoding == "icc" and icc is not None:
        space = "gray" if profile_space(icc) == "GRAY" else "rgb"
        convert = partial(_transform, source=linear_profile(), target=icc, target_space=space)
    else:
        raise InputError(f"The encoding {encoding!r} is unknown or lacks its profile: choose 'srgb' or 'linear'.")
    # What is grey has but two dimensions.
    return by_bands(linear, lambda band: change_depth(np.atleast_3d(convert(band)), dtype), np.dtype(dtype))


def change_depth(pixels: Array, dtype: npt.DTypeLike) -> Array:
    """Convert between full-scale uint8, uint16 and floats, where [0, 1] is full scale; rounded, clipped in integers."""
    target = np.dtype(dtype)
    if pixels.dtype == target:
        return pixels
    if pixels.dtype.kind == target.kind == "f":
        return pixels.astype(target)
    if pixels.dtype.kind == "f":
        scaled = np.clip(np.asarray(pixels, np.float32), 0, 1) * np.float32(np.iinfo(target).max)
        scaled += np.float32(0.5)
        return scaled.astype(target)
    if target.kind == "f":
        return np.asarray(pixels, np.float32) / np.float32(np.iinfo(pixels.dtype).max)
    if target == np.uint16:
        return pixels.astype(np.uint16) * np.uint16(257)
    return ((pixels.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)


def cmyk_to_srgb(inks: Array, icc: bytes | None) -> Array:
    """Convert (H, W, 4) uint8 or uint16 inks, 0 = no ink, to sRGB pixels of the same dtype.

    Through the profile if it is one for CMYK, else by the plain (1 - ink)(1 - black).
    """

    def by_formula(band: Array) -> Array:
        light = 1 - band.astype(np.float32) / np.float32(np.iinfo(inks.dtype).max)
        return change_depth(light[..., :3] * light[..., 3:], inks.dtype)

    if icc and profile_space(icc) == "CMYK":
        with suppress(InputError):
            return by_bands(inks, lambda band: _transform(band, icc, srgb_profile(), dtype=inks.dtype.name), inks.dtype)
    return by_bands(inks, by_formula, inks.dtype)


def make_profile(chromaticities: Sequence[float], gamma: float | None) -> bytes:
    """Make the ICC profile of an RGB space from x and y of red, green, blue and white, and a power law.

    `gamma=None`: sRGB's curve.
    """
    import imagecodecs

    curve = None if gamma is not None else decode_srgb(np.linspace(0, 1, 4096, dtype=np.float32))
    *primaries, white = ([x, y, 1.0] for x, y in zip(chromaticities[::2], chromaticities[1::2], strict=True))
    profile = imagecodecs.cms_profile(
        "rgb", whitepoint=white, primaries=sum(primaries, []), gamma=gamma, transferfunction=curve
    )
    return _undated(profile)


@cache
def srgb_profile() -> bytes:
    """Return the profile written into sRGB pictures (588 bytes, the same in every run)."""
    import imagecodecs

    return _undated(imagecodecs.cms_profile("srgb"))


@cache
def linear_profile() -> bytes:
    """Return the profile written into linear Rec.709 TIFFs."""
    return make_profile(REC709, 1.0)


@cache
def adobe_rgb_profile() -> bytes:
    """Return the space that cameras mean by the EXIF mark R03 when they embed no profile."""
    return make_profile((0.64, 0.33, 0.21, 0.71, 0.15, 0.06, *D65), 563 / 256)


def profile_space(icc: bytes) -> str:
    """Name the colour space a profile is for: "RGB", "GRAY", "CMYK"...; "" if it is no profile."""
    return icc[16:20].decode("latin-1").strip() if len(icc) > 128 and icc[36:40] == b"acsp" else ""


def is_srgb_profile(icc: bytes) -> bool:
    """Say whether a profile maps all colours as sRGB does, within 2/1000; its name does not matter."""
    return _agrees(icc, "srgb")


def is_linear_profile(icc: bytes) -> bool:
    """Say whether a profile is that of linear Rec.709."""
    return _agrees(icc, "linear")


def is_usable_profile(icc: bytes) -> bool:
    """Say whether `to_linear` can work with a profile."""
    try:
        primaries_of(icc)
    except InputError:
        return False
    return True


@lru_cache(maxsize=4)
def primaries_of(icc: bytes) -> FloatImage:
    """Return the matrix (3, 3) from a profile's own linear RGB to linear Rec.709, for columns (r, g, b).

    Exact for profiles of curves and a matrix; of tables (LUT) it is what full red, green and blue become, with white
    staying white. The identity for grey. Raises InputError for a profile that cannot be used.
    """
    pure = _from_profile(np.eye(4, 3, dtype=np.float32)[None], icc)[0]
    if profile_space(icc) == "GRAY":
        return np.eye(3, dtype=np.float32)
    matrix = (pure[:3] - pure[3]).T
    white = matrix.sum(1, keepdims=True)
    if not (white > _LEAST_WHITE).all():
        raise InputError("The colour profile has a white without light: convert the picture to sRGB.")
    return np.asarray(matrix / white, np.float32)


@lru_cache(maxsize=4)
def is_linear(icc: bytes) -> bool:
    """Say whether the values of pictures with this profile are proportional to light, within 2/1000."""
    ramp = np.repeat(np.linspace(0, 1, 33, dtype=np.float32)[None, :, None], 3, 2)
    try:
        return bool(np.abs(_from_profile(ramp, icc) - ramp).max() < 2e-3)
    except InputError:
        return False


def by_bands(pixels: Array, convert: Callable[[Array], Array], dtype: npt.DTypeLike = np.float32) -> Array:
    """Convert (H, W, C) pixels to (H, W, 3) by pieces of rows, so that temporaries stay small."""
    result = np.empty((*pixels.shape[:2], 3), dtype)
    for rows in bands(len(pixels)):
        result[rows] = convert(pixels[rows])
    return result


def _checked(pixels: Array) -> Array:
    if pixels.ndim != 3 or pixels.shape[2] != 3 or 0 in pixels.shape:
        raise InputError(f"The picture has the shape {pixels.shape}: it has to be (height, width, 3).")
    if pixels.dtype not in (np.uint8, np.uint16) and pixels.dtype.kind != "f":
        raise InputError(f"The picture has the type {pixels.dtype}: it has to be uint8, uint16 or float32.")
    return pixels


@lru_cache(maxsize=4)
def _srgb_table(dtype: str) -> FloatImage:
    top = int(np.iinfo(np.dtype(dtype)).max)
    return decode_srgb(np.asarray(np.arange(top + 1) / top, np.float32))


def _from_profile(pixels: Array, icc: bytes) -> FloatImage:
    space = profile_space(icc)
    target = linear_profile()
    if space == "GRAY":
        return by_bands(pixels, lambda band: _transform(np.ascontiguousarray(band[..., 0]), icc, target))
    if space != "RGB":
        named = readable(space) or "an unknown space"
        raise InputError(f"The embedded profile is for {named}, not for RGB: convert to sRGB.")
    if pixels.dtype.kind != "f" and _is_matrix_profile(icc):
        zero, tables = _additive_tables(icc, pixels.dtype.str)

        def convert(band: Array) -> Array:
            out = tables[0][band[..., 0]]
            out += tables[1][band[..., 1]]
            out += tables[2][band[..., 2]]
            out += zero
            return out

        return by_bands(pixels, convert)
    return by_bands(pixels, lambda band: _transform(band, icc, target))


@lru_cache(maxsize=4)
def _additive_tables(icc: bytes, dtype: str) -> tuple[Array, list[Array]]:
    """Turn curves and matrix of a profile into one table a channel.

    Such a transform is a sum of one function a channel, so pure red, green and blue ramps describe it wholly;
    three look-ups are some ten times as fast as lcms's float pipeline and as exact.
    """
    size = int(np.iinfo(np.dtype(dtype)).max) + 1
    ramp = np.linspace(0, 1, size, dtype=np.float32)
    colours = np.zeros((3, size, 3), np.float32)
    for channel in range(3):
        colours[channel, :, channel] = ramp
    linear = _transform(colours, icc, linear_profile())
    zero = linear[0, 0].copy()
    return zero, list(linear - zero)


def _is_matrix_profile(icc: bytes) -> bool:
    count = struct.unpack_from(">I", icc, 128)[0] if len(icc) >= 132 else 0
    tags = {icc[132 + 12 * i : 136 + 12 * i] for i in range(min(count, 200))}
    return {b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC"} <= tags and not any(tag[:3] in (b"A2B", b"D2B") for tag in tags)


def _transform(
    values: Array, source: bytes, target: bytes, *, target_space: str = "rgb", dtype: str = "float32"
) -> Array:
    import imagecodecs

    source_space = "gray" if values.ndim == 2 else "cmyk" if values.shape[2] == 4 else "rgb"
    values = np.ascontiguousarray(values, np.float32 if values.dtype.kind == "f" else None)
    try:
        return np.asarray(
            imagecodecs.cms_transform(
                values, source, target, colorspace=source_space, outcolorspace=target_space, outdtype=dtype,
                intent=imagecodecs.CMS.INTENT.RELATIVE_COLORIMETRIC,  # white stays white
            )
        )  # fmt: skip
    except Exception as error:
        raise InputError(
            f"The colour profile cannot be used ({readable(error)}): convert the picture to sRGB."
        ) from error


@lru_cache(maxsize=32)
def _agrees(icc: bytes, encoding: Literal["srgb", "linear"]) -> bool:
    steps = np.array([0, 10, 40, 128, 200, 255], np.uint8)
    lattice = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(6, 36, 3)
    if profile_space(icc) == "GRAY":
        lattice = np.repeat(lattice[..., :1], 3, axis=2)
    try:
        found = _from_profile(lattice, icc)
    except InputError:
        return False
    return bool(np.abs(found - to_linear(lattice, encoding=encoding)).max() < 2e-3)


def _undated(icc: bytes) -> bytes:
    # A fixed date, so that equal pictures give equal files.
    return icc[:24] + struct.pack(">6H", 2020, 1, 1, 0, 0, 0) + icc[36:]
