"""The segments in the head of a JPEG."""

import struct
from collections.abc import Iterator

SCAN = 0xDA
LONGEST = 65533
"""Bytes that fit into one."""


def segments(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield marker code, position of the content in `data`, and content, up to the first scan with it."""
    position = 2
    while position + 4 <= len(data) and data[position] == 0xFF:
        code, length = data[position + 1], struct.unpack_from(">H", data, position + 2)[0]
        yield code, position + 4, data[position + 4 : position + 2 + length]
        if code == SCAN:
            return
        position += 2 + length


def segment(code: int, body: bytes) -> bytes:
    """Write one. Raises ValueError for contents that are too long."""
    if len(body) > LONGEST:
        raise ValueError(f"a segment of {len(body)} bytes")
    return struct.pack(">BBH", 0xFF, code, len(body) + 2) + body
