"""How a JPEG file was stored: quality, colour subsampling and density."""

import struct
from functools import cache

import numpy as np
import numpy.typing as npt

from libhdrnet.io.formats import jpeg
from libhdrnet.io.formats.jpeg_segments import APP0, FRAMES, TABLES, segments

_SUBSAMPLINGS = {(1, 1): "444", (2, 1): "422", (2, 2): "420", (4, 1): "411", (1, 2): "440"}


def read_settings(data: bytes) -> tuple[int, str, tuple[int, int, int] | None]:
    """Read from the bytes of a JPEG file how it was stored; what they leave open is as in `jpeg.encode`'s default.

    Returns:
        Quality, 1 to 100: that of this library's encoder whose table for brightness is nearest. Subsampling: "444",
        "422", "420", "411" or "440"; "444" for grey and for what the encoder cannot write. Density: JFIF's unit (1 an
        inch, 2 a centimetre) and pixels a unit; None where it names no unit.

    """
    tables: dict[int, npt.NDArray[np.uint16]] = {}
    density, components = None, b""
    for code, _, body in segments(data):
        if code == TABLES:
            tables |= _tables(body)
        elif code == APP0 and body.startswith(b"JFIF\0") and len(body) >= 12:
            density = struct.unpack_from(">BHH", body, 7)
        elif code in FRAMES:
            components = body[6:]
    first = tables.get(components[2]) if len(components) >= 3 else None
    return (
        jpeg.QUALITY if first is None else _nearest_quality(first),
        _subsampling(components),
        density if density and density[0] in (1, 2) and all(density[1:]) else None,
    )


def _tables(body: bytes) -> dict[int, npt.NDArray[np.uint16]]:
    found, position = {}, 0
    while position < len(body):
        wide, number = body[position] >> 4, body[position] & 15
        size = 128 if wide else 64
        values = body[position + 1 : position + 1 + size]
        if len(values) < size:
            break
        found[number] = np.frombuffer(values, ">u2" if wide else "u1").astype(np.uint16)
        position += 1 + size
    return found


def _subsampling(components: bytes) -> str:
    if len(components) != 9:
        return "444"
    factors = [divmod(components[index], 16) for index in (1, 4, 7)]
    return _SUBSAMPLINGS.get(factors[0], "444") if factors[1] == factors[2] == (1, 1) else "444"


def _nearest_quality(table: npt.NDArray[np.uint16]) -> int:
    distances = np.abs(np.log(np.maximum(table, 1)) - np.log(_known_tables())).sum(axis=1)
    return int(np.argmin(distances)) + 1


@cache
def _known_tables() -> npt.NDArray[np.uint16]:
    """Ask the encoder itself for its table of each quality, 1 to 100."""
    pixels = np.zeros((8, 8), np.uint8)
    found = []
    for quality in range(1, 101):
        data = jpeg.encode(pixels, quality=quality, icc=None)
        start = data.index(b"\xff\xdb") + 4
        found.append(_tables(data[start : start + 65])[0])
    return np.array(found)
