"""Where an OpenEXR file keeps what: parts, channels and chunks, checked before the library unpacks anything.

Of damaged files the library prints from C, and it reserves the memory that a header asks for. The chunk table and the
head of every chunk tell nearly all damage (a file cut off, shifted or overwritten) without unpacking. The format:
https://openexr.com/en/latest/OpenEXRFileLayout.html.
"""

import math
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from libhdrnet.io.formats.decoded import Array, damaged

SCANLINES, TILES = "scanlineimage", "tiledimage"
_MAGIC = 20000630
_VERSION, _TILED, _DEEP, _MULTIPART = 2, 0x200, 0x800, 0x1000
_KNOWN_FLAGS = 0xFF | _TILED | 0x400 | _DEEP | _MULTIPART
_MAX_NAME, _MAX_PARTS = 255, 1000
_NEEDED = {
    "channels": ("chlist", None), "compression": ("compression", 1), "dataWindow": ("box2i", 16),
    "displayWindow": ("box2i", 16), "lineOrder": ("lineOrder", 1), "pixelAspectRatio": ("float", 4),
    "screenWindowCenter": ("v2f", 8), "screenWindowWidth": ("float", 4),
}  # fmt: skip
"""Attributes that every part has: type, and bytes where they are always as many."""
_LINES = (1, 1, 1, 16, 32, 16, 32, 32, 32, 256, 256, 32, 256, 1)
"""Rows of a chunk, by the number of the compression."""
_EXPANSION = {0: 1, 1: 64, 2: 1032, 3: 1032, 5: 1400, 6: 11, 7: 11}
"""How many times its size a chunk can unpack to: raw, run lengths, deflate, PXR24, B44; others know no such limit."""
_SAMPLE_BYTES = (4, 2, 4)
_ONE_LEVEL, _MIPMAP, _RIPMAP = 0, 1, 2


class Window(NamedTuple):
    """A rectangle of pixels."""

    top: int
    left: int
    height: int
    width: int


class Channel(NamedTuple):
    """How a channel is stored."""

    sample_bytes: int
    every: tuple[int, int]
    """It holds each so many-th pixel across and down."""


@dataclass(frozen=True)
class Part:
    """One of the pictures of a file."""

    index: int
    name: str
    kind: str
    """"scanlineimage", "tiledimage", "deepscanline" or "deeptile"."""
    compression: int
    channels: Mapping[str, Channel]
    data: Window
    """The pixels that are stored."""
    display: Window
    """The picture."""
    tiles: tuple[int, int, int] | None
    """Width, height and mode."""
    aspect: float
    """Width of a pixel over its height."""
    chunk_count: int | None
    """As the file says it, in files of several parts."""

    @property
    def is_flat(self) -> bool:
        """One value a pixel and channel."""
        return self.kind in (SCANLINES, TILES)


def read_layout(path: Path) -> list[Part]:
    """Read the headers and check every chunk's head; raises InputError for a file that is damaged or incomplete."""
    size = path.stat().st_size
    try:
        with path.open("rb") as file:
            magic, version = struct.unpack("<II", file.read(8))
            if magic != _MAGIC or version & 0xFF != _VERSION or version & ~_KNOWN_FLAGS:
                raise ValueError(f"version {version & 0xFF} of OpenEXR with the flags {version >> 8:#x}")
            parts = list(_headers(file, version, size))
            table_start = file.tell()
    except (struct.error, ValueError, KeyError, IndexError, OverflowError) as error:
        raise damaged(path, f"its header ends too early or holds nonsense: {error}") from error
    _check_chunks(path, parts, table_start, multipart=bool(version & _MULTIPART))
    return parts


def _headers(file: BinaryIO, version: int, size: int) -> Iterator[Part]:
    for index in range(_MAX_PARTS):
        attributes = dict(_attributes(file, size))
        if not attributes and version & _MULTIPART and index:
            return
        yield _part(index, attributes, version)
        if not version & _MULTIPART:
            return
    raise ValueError(f"more than {_MAX_PARTS} parts")


def _attributes(file: BinaryIO, size: int) -> Iterator[tuple[str, tuple[str, bytes]]]:
    while name := _text(file):
        kind = _text(file)
        (length,) = struct.unpack("<i", file.read(4))
        if not 0 <= length <= size - file.tell():
            raise ValueError(f"{length} bytes for '{name}'")
        yield name, (kind, file.read(length))


def _text(file: BinaryIO) -> str:
    found = bytearray()
    while (byte := file.read(1)) != b"\0":
        if not byte or len(found) == _MAX_NAME:
            raise ValueError("a name without an end")
        found += byte
    return found.decode("utf-8", "replace")


def _part(index: int, attributes: Mapping[str, tuple[str, bytes]], version: int) -> Part:
    for name, (kind, length) in _NEEDED.items():
        found, value = attributes[name]
        if found != kind or length not in (None, len(value)):
            raise ValueError(f"'{name}' of the type '{found}' with {len(value)} bytes")
    kind = attributes["type"][1].decode() if "type" in attributes else ""
    if not version & (_MULTIPART | _DEEP):
        kind = TILES if version & _TILED else SCANLINES  # what the file says is only then binding
    tiles = struct.unpack("<IIB", attributes["tiles"][1]) if kind.endswith(("tile", TILES)) else None
    if tiles is not None and not (0 < tiles[0] < 1 << 31 and 0 < tiles[1] < 1 << 31 and tiles[2] & 15 <= _RIPMAP):
        raise ValueError(f"tiles of {tiles[0]} x {tiles[1]} pixels")
    return Part(
        index=index,
        name=attributes["name"][1].decode("utf-8", "replace") if "name" in attributes else "",
        kind=kind,
        compression=attributes["compression"][1][0],
        channels=dict(_channels(attributes["channels"][1])),
        data=_window(attributes["dataWindow"][1]),
        display=_window(attributes["displayWindow"][1]),
        tiles=tiles,
        aspect=struct.unpack("<f", attributes["pixelAspectRatio"][1])[0],
        chunk_count=struct.unpack("<i", attributes["chunkCount"][1])[0] if "chunkCount" in attributes else None,
    )


def _window(value: bytes) -> Window:
    left, top, right, bottom = struct.unpack("<4i", value)
    if right < left or bottom < top:
        raise ValueError("an empty window")
    return Window(top, left, bottom - top + 1, right - left + 1)


def _channels(value: bytes) -> Iterator[tuple[str, Channel]]:
    position = 0
    while value[position]:
        end = value.index(0, position)
        kind, across, down = struct.unpack_from("<i4x2i", value, end + 1)
        if across < 1 or down < 1:
            raise ValueError(f"a channel with each {across}. pixel")
        yield value[position:end].decode("utf-8", "replace"), Channel(_SAMPLE_BYTES[kind], (across, down))
        position = end + 17


def _check_chunks(path: Path, parts: list[Part], table_start: int, *, multipart: bool) -> None:
    data = np.memmap(path, np.uint8, "r")
    counts = [_chunk_count(part) for part in parts]
    if None in counts:
        return  # deep, or a compression of the future: not read, or left to the library
    table_end = table_start + 8 * sum(count for count in counts if count is not None)
    if table_end > data.size:
        raise damaged(path, "the table of its chunks ends too early")
    start = table_start
    for part, count in zip(parts, counts, strict=True):
        end = start + 8 * (count or 0)
        offsets = np.frombuffer(data[start:end].tobytes(), "<u8")
        start = end
        if part.is_flat and not _chunks_fit(data, offsets, part, table_end, multipart=multipart):
            raise damaged(path, "its pixels end too early or lie elsewhere than the header says")


def _chunk_count(part: Part) -> int | None:
    if not part.is_flat:
        return part.chunk_count if part.chunk_count is None or part.chunk_count >= 0 else 0
    if part.tiles is not None:
        return sum(across * down for across, down in _levels(part))
    if part.compression >= len(_LINES):
        return None
    return -(-part.data.height // _LINES[part.compression])


def _levels(part: Part) -> list[tuple[int, int]]:
    """Tiles across and down in each level of resolution, the full one first."""
    across, down, mode = part.tiles or (1, 1, _ONE_LEVEL)
    width, height = part.data.width, part.data.height
    up = bool(mode >> 4)

    def count(size: int) -> int:
        return (size - 1).bit_length() + 1 if up else size.bit_length()

    def tiles(size: int, level: int, tile: int) -> int:
        reduced = -(-size >> level) if up else size >> level
        return math.ceil(max(1, reduced) / tile)

    if mode & 15 == _RIPMAP:
        places = [(x, y) for y in range(count(height)) for x in range(count(width))]
    else:
        places = [(level, level) for level in range(count(max(width, height)) if mode & 15 == _MIPMAP else 1)]
    return [(tiles(width, x, across), tiles(height, y, down)) for x, y in places]


def _chunks_fit(data: Array, offsets: Array, part: Part, first: int, *, multipart: bool) -> bool:
    """Say whether each chunk of the full resolution lies in the file, at its place and of a size that can be."""
    where, pixels = _expected(part)
    offsets = offsets[: len(where)]
    fields = 4 * (int(multipart) + where.shape[1] + 1)
    if offsets.size and (int(offsets.min()) < first or int(offsets.max()) > data.size - fields):
        return False
    heads = data[offsets.astype(np.int64)[:, None] + np.arange(fields)].view("<i4").astype(np.int64)
    packed = heads[:, -1]
    whole = pixels * sum(channel.sample_bytes for channel in part.channels.values())
    sampled = any(channel.every != (1, 1) for channel in part.channels.values())
    least = 0 if sampled else whole // _EXPANSION.get(part.compression, 1 << 20)
    return bool(
        (not multipart or (heads[:, 0] == part.index).all())
        and (heads[:, int(multipart) : -1] == where).all()
        and (packed >= np.maximum(least, 1)).all()
        and (packed <= whole).all()
        and (offsets.astype(np.int64) + fields + packed <= data.size).all()
    )


def _expected(part: Part) -> tuple[Array, Array]:
    """Place (row; or tile across and down, level, level) and number of pixels of each chunk, in the table's order."""
    data = part.data
    if part.tiles is None:
        lines = _LINES[part.compression]
        rows = np.arange(0, data.height, lines)
        return (rows + data.top)[:, None], np.minimum(lines, data.height - rows) * data.width
    across, down, _ = part.tiles
    columns, lines = _levels(part)[0]
    x, y = np.tile(np.arange(columns), lines), np.repeat(np.arange(lines), columns)
    place = np.stack([x, y, np.zeros_like(x), np.zeros_like(x)], axis=1)
    return place, np.minimum(across, data.width - x * across) * np.minimum(down, data.height - y * down)
