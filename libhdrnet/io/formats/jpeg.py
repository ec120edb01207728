"""JPEG: baseline and progressive, 8 and 12 bits, grey, RGB and CMYK."""

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from libhdrnet.errors import InputError
from libhdrnet.io import colour
from libhdrnet.io.formats.decoded import Array, Decoded, Header, damaged, split

MAX_SIDE = 65500
QUALITY = 95
_ICC_MARK = b"ICC_PROFILE\0"
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Codes of the markers that start a picture."""
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})


@dataclass(frozen=True)
class _Scan:
    height: int
    width: int
    precision: int
    components: int
    icc: bytes | None
    adobe: bool
    complete: bool


def header(path: Path) -> Header:
    """Size from the frame marker."""
    with path.open("rb") as file:
        data = b""
        # The frame follows EXIF, ICC and maker segments of up to 64 KiB each; most files need one block. Doubled, since
        # each time all is walked through again.
        while block := file.read(max(1 << 18, len(data))):
            data += block
            scan = _walk(data)
            if scan is not None:
                return Header(scan.height, scan.width)
    raise damaged(path, "no JPEG frame")


def decode(path: Path, *, reduction: int = 1) -> Decoded:
    """Decode; CMYK is converted to sRGB, through the profile in the file if there is one.

    `reduction`: 2, 4 or 8 decodes so many times smaller, in the transform, where that can be done: 8 bits, no CMYK.
    """
    import imagecodecs

    data = path.read_bytes()
    scan = _walk(data, to_the_end=True)
    if scan is None:
        raise damaged(path, "no JPEG frame")
    if not scan.complete:
        raise damaged(path, "the JPEG data end too early")
    if reduction > 1 and scan.precision == 8 and scan.components < 4:
        return Decoded(_reduced(path, data, reduction), None, grey=scan.components == 1, icc=scan.icc)
    try:
        array = imagecodecs.jpeg8_decode(data, outcolorspace="CMYK" if scan.components == 4 else None)
    except Exception as error:
        raise damaged(path, error) from error
    if array.dtype == np.uint16:
        array = _to_16_bits(array, scan.precision)
    if scan.components == 4:
        inks = ~array if scan.adobe else array
        pixels = colour.cmyk_to_srgb(inks, scan.icc)
        return Decoded(pixels, None, grey=False, icc_is_final=True)
    if array.ndim == 3 and array.shape[2] == 2:
        raise InputError(f"'{path}' is a JPEG with two channels, which cannot be read: export it as PNG.")
    pixels, alpha, grey = split(array)
    return Decoded(pixels, alpha, grey, icc=scan.icc)


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

    data = bytes(
        imagecodecs.jpeg8_encode(
            np.ascontiguousarray(pixels),
            level=quality,
            subsampling=subsampling if pixels.ndim == 3 else None,
            optimize=True,
        )
    )
    if density is not None and data[6:11] == b"JFIF\0":
        data = data[:13] + struct.pack(">BHH", *density) + data[18:]
    after = 20 if data[6:11] == b"JFIF\0" else 2  # JFIF asks for the first place
    return data[:after] + _icc_segments(icc) + data[after:] if icc else data


def _reduced(path: Path, data: bytes, reduction: int) -> Array:
    import cv2

    how = {2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4, 8: cv2.IMREAD_REDUCED_COLOR_8}[reduction]
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), how | cv2.IMREAD_IGNORE_ORIENTATION)
    if pixels is None:
        raise damaged(path, "it cannot be decoded")
    return np.ascontiguousarray(pixels[..., ::-1])


def _walk(data: bytes, *, to_the_end: bool = False) -> _Scan | None:
    """Walk through the markers; None if the frame marker has not come yet."""
    position, frame, adobe, complete = 2, None, False, False
    chunks: dict[int, bytes] = {}
    breaks: Array | None = None
    while position + 4 <= len(data):
        if data[position] != 0xFF:
            return None if frame is None else _scan(frame, chunks, adobe, False)
        code = data[position + 1]
        if code == 0xFF or code in _STANDALONE:
            position += 1 if code == 0xFF else 2
            continue
        if code == 0xD9:
            break
        length = struct.unpack_from(">H", data, position + 2)[0]
        body = data[position + 4 : position + 2 + length]
        if code in FRAMES and len(body) >= 6 and frame is None:
            frame = struct.unpack_from(">BHHB", body)
            if not to_the_end:
                break
        elif code == 0xE2 and body.startswith(_ICC_MARK) and len(body) > 14:
            chunks[body[12]] = body[14:]
        elif code == 0xEE and body.startswith(b"Adobe"):
            adobe = True
        position += 2 + length
        if code == 0xDA:
            if breaks is None:
                breaks = _marker_positions(data)
            following = int(np.searchsorted(breaks, position))
            if following == len(breaks):
                position = len(data)
                break
            position = int(breaks[following])
    if to_the_end:
        complete = data[position : position + 2] == b"\xff\xd9"
    return None if frame is None else _scan(frame, chunks, adobe, complete)


def _scan(frame: tuple[int, ...], chunks: dict[int, bytes], adobe: bool, complete: bool) -> _Scan:
    icc = b"".join(chunks[number] for number in sorted(chunks)) or None
    precision, height, width, components = frame
    return _Scan(height, width, precision, components, icc, adobe, complete)


def _marker_positions(data: bytes) -> Array:
    """Positions of all 0xFF bytes that start a marker: no stuffing, no restart, no fill byte."""
    values = np.frombuffer(data, np.uint8)
    candidates: Array = np.flatnonzero(values[:-1] == 0xFF)
    after = values[candidates + 1]
    return np.asarray(candidates[(after != 0) & (after != 0xFF) & ((after < 0xD0) | (after > 0xD7))])


def _to_16_bits(array: Array, precision: int) -> Array:
    scale = 65535 / ((1 << precision) - 1)
    return (array * np.float32(scale) + np.float32(0.5)).astype(np.uint16)


def _icc_segments(icc: bytes) -> bytes:
    room = 65535 - 2 - len(_ICC_MARK) - 2
    parts = [icc[start : start + room] for start in range(0, len(icc), room)]
    return b"".join(
        b"\xff\xe2" + struct.pack(">H", len(part) + 16) + _ICC_MARK + bytes([number, len(parts)]) + part
        for number, part in enumerate(parts, 1)
    )
