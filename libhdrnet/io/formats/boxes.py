"""Boxes of ISO's base media format (ISO 14496-12), which HEIF, AVIF and JPEG XL are kept in."""

import os
import struct
from collections.abc import Iterator
from io import BytesIO
from typing import BinaryIO

FULL = 4
"""Bytes of version and flags in front of some boxes' contents."""


def outer_boxes(file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Yield each box's name and where its contents begin and end; a length of 0 reaches to the end of the file.

    The file's position may be changed between two boxes. Raises struct.error where it ends early.
    """
    size, position = file.seek(0, os.SEEK_END), 0
    while position + 8 <= size:
        file.seek(position)
        head = file.read(16)
        length, name = struct.unpack_from(">I4s", head)
        begins = 8
        if length == 1:
            (length,), begins = struct.unpack_from(">Q", head, 8), 16
        length = length or size - position
        yield name, position + begins, position + length
        position += max(length, begins)


def boxes(data: bytes) -> list[tuple[bytes, bytes]]:
    """Return the names and contents of the boxes that `data` consists of."""
    return [(name, data[begins:ends]) for name, begins, ends in outer_boxes(BytesIO(data))]


def box(name: bytes, body: bytes) -> bytes:
    """Write one."""
    if len(body) < (1 << 32) - 8:
        return struct.pack(">I4s", 8 + len(body), name) + body
    return struct.pack(">I4sQ", 1, name, 16 + len(body)) + body
