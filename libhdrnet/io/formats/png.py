"""PNG: 1 to 16 bits, grey, RGB and palette, with and without transparency.

Of the chunks that tell colours the first of cICP, iCCP, sRGB, gAMA with cHRM counts. mDCV and cLLI describe the
display a picture was mastered on and its brightest pixels; no value depends on them, and they are not read.
"""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from libhdrnet.errors import warn
from libhdrnet.io import colour
from libhdrnet.io.chromaticities import rec709_matrix
from libhdrnet.io.cicp import CodePoints
from libhdrnet.io.formats.decoded import Array, Decoded, Header, damaged, decoded_by_points

_SIGNATURE = 8
_UNIT = 100_000
"""gAMA and cHRM hold numbers times this."""
_SRGB_GAMMA = 0.45455
_SAME_GAMMA, _SAME_COLOUR = 5e-3, 2e-3
_GAMMAS = (0.1, 10.0)
_MAX_PROFILE, _MAX_TEXT = 1 << 24, 1 << 20
_METRE = 1


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
    array = imagecodecs.png_decode(data)
    frames = int.from_bytes(chunks.get(b"acTL", b"")[:4], "big")
    if frames > 1:
        warn(f"'{path}' is an animation of {frames} pictures: only the one that still viewers show is read.")
    points = CodePoints.from_bytes(chunks.get(b"cICP", b""))
    if points is None and b"cICP" in chunks:
        numbers = "-".join(str(number) for number in chunks[b"cICP"])
        warn(
            f"'{path}' names its colours by code points that are not known (cICP {numbers}): "
            "the profile or gamma beside them counts, else sRGB."
        )
    return decoded_by_points(array, points, _profile(chunks, path) if points is None else None)


def unbounded_code_points(path: Path) -> CodePoints | None:
    """Read the code points of a PNG that `decode` gives as linear values, None for any other."""
    points = CodePoints.from_bytes(dict(_chunks(path.read_bytes())).get(b"cICP", b""))
    return None if points is None or points.is_bounded else points


def resolution(data: bytes) -> tuple[int, int] | None:
    """Return pixels a metre across and down; None where the file does not say."""
    body = dict(_chunks(data)).get(b"pHYs", b"")
    if len(body) != 9:
        return None
    across, down, unit = struct.unpack(">IIB", body)
    return (across, down) if unit == _METRE and across and down else None


def texts(data: bytes) -> dict[str, str]:
    """Return keywords ("Author", "Copyright", …) and their texts; those that are damaged are left out."""
    found: dict[str, str] = {}
    for name, body in _chunks(data):
        keyword, _, rest = body.partition(b"\0")
        try:
            if name == b"tEXt":
                text = rest.decode("latin-1")
            elif name == b"zTXt":
                text = _inflated(rest[1:], _MAX_TEXT).decode("latin-1")
            elif name == b"iTXt":
                content = rest[2:].split(b"\0", 2)[2]
                text = (_inflated(content, _MAX_TEXT) if rest[0] else content).decode()
            else:
                continue
        except (zlib.error, UnicodeError, IndexError):
            continue
        found.setdefault(keyword.decode("latin-1"), text)
    return found


def encode(
    pixels: Array, *, icc: bytes | None, code_points: CodePoints | None = None, per_metre: tuple[int, int] | None = None
) -> bytes:
    """(H, W), (H, W, 2), (H, W, 3) or (H, W, 4) uint8 or uint16 to a PNG file.

    The profile is embedded; `code_points` say instead what the pixels are encoded by. `per_metre`: the resolution,
    pixels across and down.
    """
    import imagecodecs

    data = bytes(imagecodecs.png_encode(np.ascontiguousarray(pixels), level=5))
    if code_points is not None:
        data = _with_chunk(data, b"cICP", code_points.to_bytes())
    elif icc:
        data = _with_chunk(data, b"iCCP", b"ICC profile\0\0" + zlib.compress(icc, 9))
    return data if per_metre is None else _with_chunk(data, b"pHYs", struct.pack(">IIB", *per_metre, _METRE))


def _with_chunk(data: bytes, name: bytes, content: bytes) -> bytes:
    after_header = _SIGNATURE + 25
    body = name + content
    chunk = struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))
    return data[:after_header] + chunk + data[after_header:]


def _inflated(data: bytes, most: int) -> bytes:
    return zlib.decompressobj().decompress(data, most)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = _SIGNATURE
    while position + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, position)
        if position + 12 + length > len(data):
            return
        yield name, b"" if name == b"IDAT" else data[position + 8 : position + 8 + length]
        position += 12 + length


def _profile(chunks: dict[bytes, bytes], path: Path) -> bytes | None:
    """Take the embedded profile, or make one of gAMA and cHRM where they say other than sRGB."""
    if b"iCCP" in chunks:
        _, _, rest = chunks[b"iCCP"].partition(b"\0")
        try:
            return _inflated(rest[1:], _MAX_PROFILE)
        except zlib.error:
            return None
    if b"sRGB" in chunks:
        return None
    gamma, places = _gamma(chunks.get(b"gAMA", b""), path), _places(chunks.get(b"cHRM", b""), path)
    if np.allclose(places, colour.REC709, rtol=0, atol=_SAME_COLOUR):
        if gamma is None or abs(gamma - _SRGB_GAMMA) < _SAME_GAMMA:
            return None
        places = colour.REC709
    return colour.make_profile(places, None if gamma is None else 1 / gamma)


def _gamma(chunk: bytes, path: Path) -> float | None:
    """Read gAMA, the exponent of encoding; None where it is missing or makes no sense: sRGB's curve counts."""
    if len(chunk) != 4:
        return None
    gamma = int.from_bytes(chunk, "big") / _UNIT
    if _GAMMAS[0] <= gamma <= _GAMMAS[1]:
        return float(gamma)
    warn(f"'{path}' has a gamma that makes no sense (gAMA {gamma:g}): its tones are taken as sRGB.")
    return None


def _places(chunk: bytes, path: Path) -> tuple[float, ...]:
    """Read cHRM, which begins with white; sRGB's where it is missing or describes no colours."""
    if len(chunk) != 32:
        return colour.REC709
    x, y, *primaries = (value / _UNIT for value in struct.unpack(">8i", chunk))
    places = (*primaries, x, y)
    try:
        rec709_matrix(places)
    except ValueError as error:
        warn(f"'{path}' has chromaticities that describe no colours (cHRM: {error}): they are taken as sRGB's.")
        return colour.REC709
    return places
