"""Resolution and texts of a PNG: the chunks pHYs, tEXt, zTXt and iTXt."""

import struct
import zlib
from collections.abc import Iterator

_HEAD = 8 + 25
"""Bytes of the signature and of IHDR, after which all these chunks may stand."""
_MAX_TEXT = 1 << 20
_METRE = 1


def resolution(data: bytes) -> tuple[int, int] | None:
    """Return pixels a metre across and down; None where the file does not say."""
    for name, body in _chunks(data):
        if name == b"pHYs" and len(body) == 9:
            across, down, unit = struct.unpack(">IIB", body)
            return (across, down) if unit == _METRE and across and down else None
    return None


def with_resolution(data: bytes, across: int, down: int) -> bytes:
    """Insert the resolution, in pixels a metre."""
    body = b"pHYs" + struct.pack(">IIB", across, down, _METRE)
    return data[:_HEAD] + struct.pack(">I", 9) + body + struct.pack(">I", zlib.crc32(body)) + data[_HEAD:]


def texts(data: bytes) -> dict[str, str]:
    """Return keywords ("Author", "Copyright", …) and their texts; those that are damaged are left out."""
    found: dict[str, str] = {}
    for name, body in _chunks(data):
        keyword, _, rest = body.partition(b"\0")
        try:
            if name == b"tEXt":
                text = rest.decode("latin-1")
            elif name == b"zTXt":
                text = _inflated(rest[1:]).decode("latin-1")
            elif name == b"iTXt":
                content = rest[2:].split(b"\0", 2)[2]
                text = (_inflated(content) if rest[0] else content).decode()
            else:
                continue
        except (zlib.error, UnicodeError, IndexError):
            continue
        found.setdefault(keyword.decode("latin-1"), text)
    return found


def _inflated(data: bytes) -> bytes:
    return zlib.decompressobj().decompress(data, _MAX_TEXT)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = 8
    while position + 12 <= len(data):
        length, name = struct.unpack_from(">I4s", data, position)
        yield name, b"" if name == b"IDAT" else data[position + 8 : position + 8 + length]
        position += 12 + length
