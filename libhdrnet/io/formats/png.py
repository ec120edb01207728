"""PNG: 1 to 16 bits, grey, RGB and palette, with and without transparency.

Of the chunks that tell colours the first of cICP, iCCP, sRGB, gAMA with cHRM counts. mDCV and cLLI describe the
display a picture was mastered on and its brightest pixels; no value depends on them, and they are not read.
"""

import struct
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from libhdrnet.errors import HdrnetWarning
from libhdrnet.io import colour
from libhdrnet.io.chromaticities import rec709_matrix
from libhdrnet.io.cicp import CodePoints
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
    """Decode; palettes are expanded, transparency by key or palette becomes alpha.

    cICP gives pixels as they are stored with an ICC profile, for PQ, HLG and narrow range linear Rec.709 as float32.
    A HdrnetWarning names code points that are not known and the further pictures of an animation.
    """
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
    frames = int.from_bytes(chunks.get(b"acTL", b"")[:4], "big")
    if frames > 1:
        _warn(f"'{path}' is an animation of {frames} pictures: only the one that still viewers show is read.")
    points = _code_points(chunks)
    if points is None:
        if b"cICP" in chunks:
            numbers = "-".join(str(number) for number in chunks[b"cICP"])
            _warn(
                f"'{path}' names its colours by code points that are not known (cICP {numbers}): "
                "the profile or gamma beside them counts, else sRGB."
            )
        return Decoded(pixels, alpha, grey, icc=_profile(chunks, path))
    if points.is_bounded:
        return Decoded(pixels, alpha, grey, icc=points.profile(), icc_is_final=True)
    alpha = None if alpha is None else np.asarray(colour.change_depth(alpha, np.float32))
    return Decoded(points.to_linear(pixels, grey=grey), alpha, grey, linear=True, icc_is_final=True)


def unbounded_code_points(path: Path) -> CodePoints | None:
    """Read the code points of a PNG that `decode` gives as linear values, None for any other."""
    points = _code_points(dict(_chunks(path.read_bytes())))
    return None if points is None or points.is_bounded else points


def encode(pixels: Array, *, icc: bytes | None, code_points: CodePoints | None = None) -> bytes:
    """(H, W), (H, W, 2), (H, W, 3) or (H, W, 4) uint8 or uint16 to a PNG file.

    The profile is embedded; `code_points` say instead what the pixels are encoded by.
    """
    import imagecodecs

    data = bytes(imagecodecs.png_encode(np.ascontiguousarray(pixels), level=5))
    if code_points is not None:
        return _with_chunk(data, b"cICP", code_points.to_bytes())
    return _with_chunk(data, b"iCCP", b"ICC profile\0\0" + zlib.compress(icc, 9)) if icc else data


def _with_chunk(data: bytes, name: bytes, content: bytes) -> bytes:
    after_header = _SIGNATURE + 25
    body = name + content
    chunk = struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))
    return data[:after_header] + chunk + data[after_header:]


def _code_points(chunks: dict[bytes, bytes]) -> CodePoints | None:
    points = CodePoints.from_bytes(chunks.get(b"cICP", b""))
    return points if points is not None and points.is_known else None


def _warn(message: str) -> None:
    warnings.warn(message, HdrnetWarning, stacklevel=6)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = _SIGNATURE
    while position + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, position)
        if position + 12 + length > len(data):
            return
        yield name, b"" if name == b"IDAT" else data[position + 8 : position + 8 + length]
        position += 12 + length


def _profile(chunks: dict[bytes, bytes], path: Path) -> bytes | None:
    """Take the embedded profile, or make one of gAMA and cHRM where they say other than sRGB.

    A HdrnetWarning tells of primaries that make no sense.
    """
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
        try:
            rec709_matrix((*values[2:], *values[:2]))
            white, primaries = values[:2], values[2:]
        except ValueError as error:
            _warn(f"'{path}' has primaries in its chunk cHRM that make no sense ({error}): those of sRGB are taken.")
    return colour.make_profile(white=white, primaries=primaries, gamma=100000 / gamma)
