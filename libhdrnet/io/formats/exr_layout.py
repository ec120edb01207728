"""Where an OpenEXR file keeps what: parts and chunks, checked before the library unpacks anything.

Of damaged files the library prints from C, save of their headers. The chunk table and the head of every chunk tell
nearly all damage (a file cut off, shifted or overwritten) without unpacking. The format:
https://openexr.com/en/latest/OpenEXRFileLayout.html.
"""

import mmap
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from libhdrnet.io.formats.decoded import Array, damaged

_FLAT = ("scanlineimage", "tiledimage")
_MULTIPART = 0x1000
_LINES = (1, 1, 1, 16, 32, 16, 32, 32, 32, 256, 256, 32, 256, 1)
"""Rows of a chunk, by the number of the compression."""


class Window(NamedTuple):
    """A rectangle of pixels."""

    top: int
    left: int
    height: int
    width: int


@dataclass(frozen=True)
class Part:
    """One of the pictures of a file."""

    index: int
    kind: str
    """"scanlineimage", "tiledimage", "deepscanline" or "deeptile"."""
    channels: Mapping[str, int]
    """Names, and each how many-th pixel across or down they hold."""
    data: Window
    """The pixels that are stored."""
    display: Window
    """The picture."""
    attributes: Mapping[str, Any]
    """As the library gives them."""

    @property
    def is_flat(self) -> bool:
        """One value a pixel and channel."""
        return self.kind in _FLAT


def read_layout(path: Path) -> list[Part]:
    """Read the headers and check every chunk's head; raises InputError for a file that is damaged or incomplete."""
    import OpenEXR

    try:
        with OpenEXR.File(str(path), header_only=True) as file:
            parts = [_part(part) for part in file.parts]
        with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
            whole = _is_whole(data, parts)
    except Exception as error:
        raise damaged(path, "its header ends too early or holds nonsense") from error
    if not whole:
        raise damaged(path, "its pixels end too early or lie elsewhere than the header says")
    return parts


def _part(part: Any) -> Part:
    head = dict(part.header)
    channels = {channel.name: max(channel.xSampling, channel.ySampling) for channel in head["channels"]}
    windows = _window(head["dataWindow"]), _window(head["displayWindow"])
    return Part(part.part_index, part.type().name, channels, *windows, head)


def _window(corners: Array) -> Window:
    (left, top), (right, bottom) = ((int(x), int(y)) for x, y in corners)
    return Window(top, left, bottom - top + 1, right - left + 1)


def _is_whole(data: mmap.mmap, parts: list[Part]) -> bool:
    """Say whether each chunk of the full resolution of flat parts lies in the file, at its place."""
    multipart = bool(struct.unpack_from("<I", data, 4)[0] & _MULTIPART)
    start = _end_of_headers(data, multipart=multipart)
    for part in parts:
        where = _expected(part) if part.is_flat else None
        if where is None and not multipart:
            break  # deep, or a compression of the future: not read, or left to the library
        if where is not None and not _fit(data, start, where, part.index if multipart else None):
            return False
        start += 8 * part.attributes.get("chunkCount", 0)
    return True


def _end_of_headers(data: mmap.mmap, *, multipart: bool) -> int:
    """Walk over all attributes: name, type, length and value each; an empty name ends a header, and an empty header."""
    position, begins = 8, 0
    while position > begins + 1:
        begins = position
        while data[position]:
            position = data.find(b"\0", data.find(b"\0", position) + 1) + 1
            position += 4 + struct.unpack_from("<I", data, position)[0]
        position += 1
        if not multipart:
            break
    return position


def _fit(data: mmap.mmap, start: int, where: Array, index: int | None) -> bool:
    if start + 8 * len(where) > len(data):
        return False
    offsets = np.frombuffer(data[start : start + 8 * len(where)], "<i8")
    fields = 4 * (where.shape[1] + 1 + (index is not None))
    if offsets.min() < start or offsets.max() > len(data) - fields:
        return False
    heads = np.frombuffer(b"".join(data[at : at + fields] for at in offsets.tolist()), "<i4").reshape(len(where), -1)
    named, places, packed = heads[:, : -1 - where.shape[1]], heads[:, -1 - where.shape[1] : -1], heads[:, -1]
    whole = packed.min() > 0 and (offsets + fields + packed <= len(data)).all()
    return bool(whole and (named == index).all() and (places == where).all())


def _expected(part: Part) -> Array | None:
    """Return the place of each chunk (row; or tile across and down, level, level), in the table's order.

    None: it cannot be known.
    """
    data, tiles, compression = part.data, part.attributes.get("tiles"), int(part.attributes["compression"])
    if tiles is not None:
        y, x = np.mgrid[0 : -(-data.height // tiles.ySize), 0 : -(-data.width // tiles.xSize)].reshape(2, -1)
        return np.stack([x, y, 0 * x, 0 * x], axis=1)
    if compression >= len(_LINES):
        return None
    return np.arange(data.top, data.top + data.height, _LINES[compression])[:, None]
