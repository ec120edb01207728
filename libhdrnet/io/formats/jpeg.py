"""JPEG: baseline and progressive, 8 and 12 bits, grey, RGB and CMYK."""

import struct
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from libhdrnet.errors import InputError
from libhdrnet.io import colour
from libhdrnet.io.formats.decoded import Array, Decoded, Header, damaged, full_scale, heads, split
from libhdrnet.io.formats.jpeg_segments import APP0, APP14, FRAMES, TABLES, profile_of, segments, with_profile

QUALITY = 95
_END = b"\xff\xd9"
_SUBSAMPLINGS = {(1, 1): "444", (2, 1): "422", (2, 2): "420", (4, 1): "411", (1, 2): "440"}


@dataclass(frozen=True)
class _Frame:
    precision: int
    height: int
    width: int
    components: int
    adobe: bool
    complete: bool


def header(path: Path) -> Header:
    """Size from the frame marker."""
    for data in heads(path):  # the frame follows EXIF, ICC and maker segments of up to 64 KiB each
        if frame := _frame(data):
            return Header(frame.height, frame.width)
    raise damaged(path, "no JPEG frame")


def decode(path: Path, *, reduction: int = 1) -> Decoded:
    """Decode; CMYK is converted to sRGB, through the profile in the file if there is one.

    `reduction`: 2, 4 or 8 decodes so many times smaller, in the transform, where that can be done: 8 bits, no CMYK.
    """
    import imagecodecs

    data = path.read_bytes()
    frame, icc = _frame(data), profile_of(data)
    if frame is None:
        raise damaged(path, "no JPEG frame")
    if not frame.complete:
        raise damaged(path, "the JPEG data end too early")
    if reduction > 1 and frame.precision == 8 and frame.components < 4:
        return Decoded(_reduced(path, data, reduction), None, grey=frame.components == 1, icc=icc)
    array = imagecodecs.jpeg8_decode(data, outcolorspace="CMYK" if frame.components == 4 else None)
    array = full_scale(array, (1 << frame.precision) - 1)
    if frame.components == 4:
        pixels = colour.cmyk_to_srgb(~array if frame.adobe else array, icc)
        return Decoded(pixels, None, grey=False, icc_is_final=True)
    if array.ndim == 3 and array.shape[2] == 2:
        raise InputError(f"'{path}' is a JPEG with two channels, which cannot be read: export it as PNG.")
    return Decoded(*split(array), icc=icc)


def pixels_of(data: bytes) -> Array:
    """Decode a JPEG that `encode` made."""
    import imagecodecs

    return np.asarray(imagecodecs.jpeg8_decode(data))


def encode(
    pixels: Array,
    *,
    quality: int,
    icc: bytes | None,
    subsampling: str = "444",
    density: tuple[int, int, int] | None = None,
) -> bytes:
    """(H, W) or (H, W, 3) uint8 to a JPEG file, the profile embedded; `density`: JFIF's unit, across, down."""
    import imagecodecs

    sampled = subsampling if pixels.ndim == 3 else None
    pixels = np.ascontiguousarray(pixels)
    data = bytes(imagecodecs.jpeg8_encode(pixels, level=quality, subsampling=sampled, optimize=True))
    if density is not None and data[6:11] == b"JFIF\0":
        data = data[:13] + struct.pack(">BHH", *density) + data[18:]
    return with_profile(data, icc) if icc else data


def read_settings(data: bytes) -> tuple[int, str, tuple[int, int, int] | None]:
    """Read from the bytes of a JPEG file how it was stored; what they leave open is as `encode` does it.

    Returns:
        Quality, 1 to 100: that of this library's encoder whose table for brightness is nearest. Subsampling: "444",
        "422", "420", "411" or "440"; "444" for grey and for what the encoder cannot write. Density: JFIF's unit (1 an
        inch, 2 a centimetre) and pixels a unit; None where it names no unit.
    """
    density, components = None, b""
    for code, _, body in segments(data):
        if code == APP0 and body.startswith(b"JFIF\0") and len(body) >= 12:
            density = struct.unpack_from(">BHH", body, 7)
        elif code in FRAMES:
            components = body[6:]
    table = _tables(data).get(components[2]) if len(components) >= 3 else None
    quality = QUALITY
    if table is not None:
        distances = np.abs(np.log(np.maximum(table, 1)) - np.log(_known_tables())).sum(axis=1)
        quality = int(np.argmin(distances)) + 1
    factors = [divmod(components[index], 16) for index in (1, 4, 7)] if len(components) == 9 else []
    subsampling = _SUBSAMPLINGS.get(factors[0], "444") if factors[1:] == [(1, 1), (1, 1)] else "444"
    return quality, subsampling, density if density and density[0] in (1, 2) and all(density[1:]) else None


def _tables(data: bytes) -> dict[int, Array]:
    """Return the tables of quantisation, uint16, by their numbers."""
    found = {}
    for body in (body for code, _, body in segments(data) if code == TABLES):
        position = 0
        while position < len(body):
            wide, number = body[position] >> 4, body[position] & 15
            values = body[position + 1 : position + (129 if wide else 65)]
            if len(values) < (128 if wide else 64):
                break
            found[number] = np.frombuffer(values, ">u2" if wide else "u1").astype(np.uint16)
            position += 1 + len(values)
    return found


@cache
def _known_tables() -> Array:
    """Ask the encoder itself for its table of each quality, 1 to 100."""
    blank = np.zeros((8, 8), np.uint8)
    return np.array([_tables(encode(blank, quality=quality, icc=None))[0] for quality in range(1, 101)])


def _reduced(path: Path, data: bytes, reduction: int) -> Array:
    import cv2

    how = {2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4, 8: cv2.IMREAD_REDUCED_COLOR_8}[reduction]
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), how | cv2.IMREAD_IGNORE_ORIENTATION)
    if pixels is None:
        raise damaged(path, "it cannot be decoded")
    return np.ascontiguousarray(pixels[..., ::-1])


def _frame(data: bytes) -> _Frame | None:
    """Read the frame's header; None if it has not come yet."""
    found: tuple[int, int, int, int] | None = None
    adobe, end = False, 0
    for code, position, body in segments(data):
        adobe, end = adobe or (code == APP14 and body.startswith(b"Adobe")), position
        if code in FRAMES and len(body) >= 6 and found is None:
            found = struct.unpack_from(">BHHB", body)
    # Stuffing keeps the end's two bytes out of scans, and no table holds them; thumbnails lie before the frame.
    return None if found is None else _Frame(*found, adobe=adobe, complete=data.rfind(_END, end) >= 0)
