"""PNG: 1 to 16 bits, grey, RGB and palette, with and without transparency."""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from libhdrnet.io import colour
from libhdrnet.io.formats.decoded import Array, Decoded, Header, damaged, split

MAX_SIDE = 2**31 - 1
_SIGNATURE = 8
_SRGB_GAMMA = 45455
"""The gAMA value that belongs to sRGB, times 100,000."""
_MAX_PROFILE = 1 << 24


def header(path: Path) -> Header:
    """Size from IHDR."""
    with path.open("rb") as file:
        head = file.read(24)
    if len(head) < 24 or head[12:16] != b"IHDR":
        raise damaged(path, "no PNG header")
    width, height = struct.unpack(">II", head[16:24])
    return Header(height, width)


def decode(path: Path) -> Decoded:
    """Decode; palettes are expanded, transparency by key or palette becomes alpha."""
    import imagecodecs

    data = path.read_bytes()
    chunks = dict(_chunks(data))
    if b"IEND" not in chunks:
        raise damaged(path, "the PNG data end too early")
    try:
        array = imagecodecs.png_decode(data)
    except Exception as error:
        raise damaged(path, error) from error
    pixels, alpha, grey = split(array)
    return Decoded(pixels, alpha, grey, icc=_profile(chunks))


def encode(pixels: Array, *, icc: bytes | None) -> bytes:
    """(H, W), (H, W, 2), (H, W, 3) or (H, W, 4) uint8 or uint16 to a PNG file with the profile embedded."""
    import imagecodecs

    data = bytes(imagecodecs.png_encode(np.ascontiguousarray(pixels), level=5))
    if not icc:
        return data
    after_header = _SIGNATURE + 25
    body = b"iCCP" + b"ICC profile\0\0" + zlib.compress(icc, 9)
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return data[:after_header] + chunk + data[after_header:]


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = _SIGNATURE
    while position + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, position)
        if position + 12 + length > len(data):
            return
        yield name, b"" if name == b"IDAT" else data[position + 8 : position + 8 + length]
        position += 12 + length


def _profile(chunks: dict[bytes, bytes]) -> bytes | None:
    """Take the embedded profile, or make one of gAMA and cHRM where they say other than sRGB."""
    if b"iCCP" in chunks:
        _, _, rest = chunks[b"iCCP"].partition(b"\0")
        try:
            return zlib.decompressobj().decompress(rest[1:], _MAX_PROFILE)
        except zlib.error:
            return None
    if b"sRGB" in chunks or len(chunks.get(b"gAMA", b"")) != 4:
        return None
    gamma = struct.unpack(">I", chunks[b"gAMA"])[0]
    if gamma == 0 or abs(gamma - _SRGB_GAMMA) < 500:
        return None
    primaries = colour.REC709_PRIMARIES
    white = colour.D65
    if len(chunks.get(b"cHRM", b"")) == 32:
        values = tuple(value / 100000 for value in struct.unpack(">8I", chunks[b"cHRM"]))
        white, primaries = values[:2], values[2:]
    return colour.make_profile(white=white, primaries=primaries, gamma=100000 / gamma)
