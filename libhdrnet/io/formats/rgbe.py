"""The scanlines of Radiance pictures: flat, with the old run-length encoding or with the new one."""

import numpy as np

from libhdrnet.io.formats.decoded import Array

_LEAST_LENGTH, _MOST_LENGTH = 8, 0x7FFF
"""Other scanlines are never in the new encoding."""
_LONGEST_RUN = 127
_MANTISSA_BITS = 136
"""The exponent's excess of 128, and the 8 bits of a mantissa."""


def decode(data: bytes, count: int, length: int) -> Array:
    """Decode `count` scanlines of `length` pixels to (count, length, 3) float32, in the file's own colours.

    Bytes after the last scanline do no harm. Raises ValueError for data that end too early or make no sense.
    """
    if not _LEAST_LENGTH <= length <= _MOST_LENGTH:
        return _floats(_old(data, count * length)[0].reshape(count, length, 4))
    if _is_new(data, 0, length):
        if len(data) < count * (4 + 8 * -(-length // _LONGEST_RUN)):
            raise ValueError("the scanlines end too early")
        quick = _quick(data, count, length)
        if quick is not None:
            return quick
    elif bytes((2, 2, length >> 8, length & 255)) not in data:
        return _floats(_old(data, count * length)[0].reshape(count, length, 4))
    return _floats(_scanlines(data, count, length))


def _quick(data: bytes, count: int, length: int) -> Array | None:
    """Decode scanlines that are all in the new encoding; None for others, for damage and for bytes after them."""
    import imagecodecs

    # It gives up on long lines of comment, reads only one order, and needs nothing but the size.
    head = b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y %d +X %d\n" % (count, length)
    try:
        return np.asarray(imagecodecs.rgbe_decode(head + data), np.float32)
    except (imagecodecs.RgbeError, ValueError, RuntimeError):
        return None


def _scanlines(data: bytes, count: int, length: int) -> Array:
    """Read scanlines one by one, each in its own encoding: (count, length, 4) uint8."""
    pixels = np.empty((count, length, 4), np.uint8)
    position = 0
    encodings = set()
    for row in pixels:
        new = _is_new(data, position, length)
        encodings.add(new)
        if new:
            position = _read_new(data, position + 4, row)
        else:
            row[:], used = _old(data[position : position + 4 * length], length)
            position += used
    if len(encodings) > 1 and position != len(data):
        # A damaged scanline looks like one of another encoding, but then the lengths do not come out.
        raise ValueError("the scanlines make no sense")
    return pixels


def _is_new(data: bytes, position: int, length: int) -> bool:
    head = data[position : position + 4]
    if len(head) < 4 or head[0] != 2 or head[1] != 2 or head[2] > 127:
        return False
    if (head[2] << 8 | head[3]) != length:
        raise ValueError(f"a scanline of {head[2] << 8 | head[3]} pixels where {length} belong")
    return True


def _read_new(data: bytes, position: int, row: Array) -> int:
    """Fill `row` (length, 4) from its four planes of runs and literals; return where they end."""
    length = len(row)
    for channel in range(4):
        plane = bytearray()
        while len(plane) < length:
            code = data[position] if position < len(data) else 0
            if code > 128:
                piece = data[position + 1 : position + 2] * (code - 128)
                position += 2
            else:
                piece = data[position + 1 : position + 1 + code]
                position += 1 + code
            if not piece:
                raise ValueError("the scanlines end too early")
            plane += piece
        if len(plane) > length or position > len(data):
            raise ValueError("a scanline does not end where it should")
        row[:, channel] = np.frombuffer(plane, np.uint8)
    return position


def _old(data: bytes, wanted: int) -> tuple[Array, int]:
    """Read `wanted` flat pixels or runs (1, 1, 1, n), each of which repeats the pixel before it.

    Further runs at once count the higher bytes of n. Returns (wanted, 4) uint8 and the bytes used.
    """
    records = np.frombuffer(data, np.uint8, min(len(data) // 4, wanted) * 4).reshape(-1, 4)
    is_run = records.view("<u4")[:, 0] & 0xFFFFFF == 0x010101
    if not is_run.any():
        if len(records) < wanted:
            raise ValueError("the scanlines end too early")
        return records, 4 * wanted
    places = np.arange(len(records))
    pixel_places = np.flatnonzero(~is_run)
    if is_run[0]:
        raise ValueError("a run without a pixel before it")
    order = places - np.maximum.accumulate(np.where(is_run, 0, places)) - 1
    shift = 8 * np.clip(order, 0, 3)
    if bool((records[order > 3, 3] > 0).any()):
        raise ValueError("a run that is too long")
    counts = np.where(is_run, records[:, 3].astype(np.int64) << shift, 1)
    ends = np.cumsum(counts)
    if ends[-1] < wanted:
        raise ValueError("the scanlines end too early")
    last = int(np.searchsorted(ends, wanted))
    if ends[last] > wanted:
        raise ValueError("a run that is too long")
    counts = np.add.reduceat(counts[: last + 1], pixel_places[pixel_places <= last])
    return np.repeat(records[pixel_places[: len(counts)]], counts, axis=0), 4 * (last + 1)


def _floats(pixels: Array) -> Array:
    scales = np.ldexp(np.float32(1), np.arange(256) - _MANTISSA_BITS).astype(np.float32)
    scales[0] = 0
    return np.asarray(pixels[..., :3] * scales[pixels[..., 3:]], np.float32)
