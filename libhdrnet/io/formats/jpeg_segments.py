"""The segments in the head of a JPEG."""

import struct
from collections.abc import Iterator

APP0, APP1, APP2, APP14, TABLES, SCAN, _END = 0xE0, 0xE1, 0xE2, 0xEE, 0xDB, 0xDA, 0xD9
"""Codes of markers: where JFIF, EXIF and XMP, profiles and gain maps, and Adobe's mark stand; quantisation; a scan."""
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Codes of the markers that start a picture."""
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})
LONGEST = 65533
"""Bytes that fit into one."""
XMP, EXTENDED_XMP = b"http://ns.adobe.com/xap/1.0/\0", b"http://ns.adobe.com/xmp/extension/\0"
GAIN_MAP = b"urn:iso:std:iso:ts:21496:-1\0"
"""How contents begin."""
_ICC = b"ICC_PROFILE\0"


def segments(data: bytes, start: int = 0) -> Iterator[tuple[int, int, bytes]]:
    """Yield marker code, position of the content in `data`, and content, up to the first scan with it.

    `start`: where the JPEG begins.
    """
    position = start + 2
    while position + 4 <= len(data) and data[position] == 0xFF:
        code = data[position + 1]
        if code == 0xFF or code in _STANDALONE:
            position += 1 if code == 0xFF else 2
            continue
        if code == _END:
            return
        (length,) = struct.unpack_from(">H", data, position + 2)
        yield code, position + 4, data[position + 4 : position + 2 + length]
        if code == SCAN:
            return
        position += 2 + length


def segment(code: int, body: bytes) -> bytes:
    """Write one. Raises ValueError for contents that are too long."""
    if len(body) > LONGEST:
        raise ValueError(f"a segment of {len(body)} bytes")
    return struct.pack(">BBH", 0xFF, code, len(body) + 2) + body


def profile_of(data: bytes) -> bytes | None:
    """Return the ICC profile in the head of a JPEG; None: there is none."""
    bodies = [body for code, _, body in segments(data) if code == APP2 and body.startswith(_ICC)]
    parts = {body[len(_ICC)]: body[len(_ICC) + 2 :] for body in bodies if len(body) > len(_ICC) + 2}
    return b"".join(parts[number] for number in sorted(parts)) or None


def with_profile(data: bytes, icc: bytes) -> bytes:
    """Insert an ICC profile into a JPEG."""
    room = LONGEST - len(_ICC) - 2
    parts = [icc[start : start + room] for start in range(0, len(icc), room)]
    marked = [_ICC + bytes([number, len(parts)]) + part for number, part in enumerate(parts, 1)]
    after = 20 if data[6:11] == b"JFIF\0" else 2  # JFIF asks for the first place
    return data[:after] + b"".join(segment(APP2, body) for body in marked) + data[after:]
