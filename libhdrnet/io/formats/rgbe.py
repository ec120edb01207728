"""The scanlines of Radiance pictures: flat, with the old run-length encoding or with the new one."""

import numpy as np

from libhdrnet.io.formats.decoded import Array

_LEAST_LENGTH, _MOST_LENGTH = 8, 0x7FFF
"""Other scanlines are never in the new encoding."""
_LONGEST_RUN = 127
_RUN = b"\1\1\1"
"""How a run of the old encoding begins."""
_MANTISSA_BITS = 136
"""The exponent's excess of 128, and the 8 bits of a mantissa."""


def decode(data: bytes, count: int, length: int) -> Array:
    """Decode `count` scanlines of `length` pixels to (count, length, 3) float32, in the file's own colours.

    Bytes after the last scanline do no harm. Raises ValueError for data that end too early or make no sense.
    """
    if _is_new(data, 0, length):
        if len(data) < count * (4 + 8 * -(-length // _LONGEST_RUN)):
            raise ValueError("the scanlines end too early")
        quick = _quick(data, count, length)
        if quick is not None:
            return quick
    pixels = _scanlines(data, count, length)
    scales = np.ldexp(np.float32(1), np.arange(256) - _MANTISSA_BITS).astype(np.float32)
    scales[0] = 0
    return np.asarray(pixels[..., :3] * scales[pixels[..., 3:]], np.float32)


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
        position = _read_new(data, position + 4, row) if new else _read_old(data, position, row)
    if len(encodings) > 1 and position != len(data):
        # A damaged scanline looks like one of another encoding, but then the lengths do not come out.
        raise ValueError("the scanlines make no sense")
    return pixels


def _is_new(data: bytes, position: int, length: int) -> bool:
    head = data[position : position + 4]
    if not _LEAST_LENGTH <= length <= _MOST_LENGTH or len(head) < 4 or head[0] != 2 or head[1] != 2 or head[2] > 127:
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


def _read_old(data: bytes, position: int, row: Array) -> int:
    """Fill `row` (length, 4) from flat pixels or runs (1, 1, 1, n), each of which repeats the pixel before it.

    Further runs at once count the higher bytes of n. Returns where they end.
    """
    size, shift = 4 * len(row), 0
    flat = data[position : position + size]
    if _RUN not in flat and len(flat) == size:
        row[:] = np.frombuffer(flat, np.uint8).reshape(-1, 4)
        return position + size
    line = bytearray()
    for start in range(0, len(flat) - 3, 4):
        record = flat[start : start + 4]
        if record.startswith(_RUN):
            repeats, shift = record[3] << shift, shift + 8
            if not line or len(line) + 4 * repeats > size:
                raise ValueError("a run without a pixel before it, or too long")
            line += line[-4:] * repeats
        else:
            line += record
            shift = 0
        if len(line) == size:
            row[:] = np.frombuffer(line, np.uint8).reshape(-1, 4)
            return position + start + 4
    raise ValueError("the scanlines end too early")
