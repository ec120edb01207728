"""AVIF for HDR displays: codes of PQ on BT.2020's primaries, 10 or 12 bits, with EXIF, XMP and the level of light.

The encoder of imagecodecs takes none of the last three; they go into the boxes around its picture (ISO 23008-12).
"""

import struct
from io import BytesIO

import numpy as np

from libhdrnet.io.formats.boxes import FULL, box, boxes, outer_boxes
from libhdrnet.io.formats.decoded import Array
from libhdrnet.io.pq import Light

_BT2020, _PQ, _YCBCR = 9, 16, 9
"""Code points of H.273: primaries, transfer, and the matrix of BT.2020 with non-constant luminance."""
_QUALITY, _SPEED = 95, 8
"""On seven merged brackets 12 bits keep luminance to 0.019 stops in the mean with 2.7 bits a pixel; quality 90 to
0.036 with 1.5. Speed 6 takes four times as long for 4 % smaller files."""
_COLOURS = 1
"""Number of the item that holds the colours; a second one holds alpha."""


def encode(codes: Array, bits: int, *, light: Light, exif: bytes = b"", xmp: bytes = b"") -> bytes:
    """Encode (H, W, 3 or 4) uint16, `bits` deep, the fourth channel alpha that is not multiplied in.

    `exif`: a TIFF structure; `xmp`: a packet. They become items whose contents follow the picture, and the level of
    light a property.
    """
    import imagecodecs

    data = bytes(imagecodecs.avif_encode(
        np.ascontiguousarray(codes), level=_QUALITY, speed=_SPEED, bitspersample=bits, pixelformat="444",
        primaries=_BT2020, transfer=_PQ, matrix=_YCBCR,
    ))  # fmt: skip
    begins, ends = next((begins, ends) for name, begins, ends in outer_boxes(BytesIO(data)) if name == b"meta")
    meta = data[begins:ends]
    blocks = [(b"Exif", b"", bytes(4) + exif)] if exif else []  # 4: the offset at which TIFF begins
    blocks += [(b"mime", b"application/rdf+xml\0", xmp)] if xmp else []
    inner = dict(boxes(meta[FULL:]))
    items = int.from_bytes(inner[b"iinf"][FULL : FULL + 2], "big")
    inner[b"iprp"] = _with_light(inner[b"iprp"], light)
    inner[b"iinf"] = _with_items(inner[b"iinf"], items, blocks)
    inner[b"iref"] = inner.get(b"iref", bytes(FULL)) + b"".join(
        box(b"cdsc", struct.pack(">HHH", number, 1, _COLOURS)) for number in range(items + 1, items + 1 + len(blocks))
    )
    located, sizes = inner[b"iloc"], [len(content) for *_, content in blocks]
    inner[b"iloc"] = _located(located, items, sizes, 0, 0)  # of the size that it will have
    grown = len(_meta(meta, inner)) - len(meta) - 8
    inner[b"iloc"] = _located(located, items, sizes, grown, len(data) + grown + 8)
    more = box(b"mdat", b"".join(content for *_, content in blocks))
    return data[: begins - 8] + _meta(meta, inner) + data[ends:] + more


def _with_light(iprp: bytes, light: Light) -> bytes:
    parts = dict(boxes(iprp))
    number = len(boxes(parts[b"ipco"])) + 1
    parts[b"ipco"] += box(b"clli", struct.pack(">HH", light.brightest, light.mean))
    ipma, position = parts[b"ipma"], FULL + 4
    if ipma[:FULL] != bytes(FULL):
        raise ValueError("associations of properties in a form that is not known")
    while struct.unpack_from(">H", ipma, position)[0] != _COLOURS:
        position += 3 + ipma[position + 2]
    count = ipma[position + 2]
    end = position + 3 + count
    parts[b"ipma"] = ipma[: position + 2] + bytes([count + 1]) + ipma[position + 3 : end] + bytes([number]) + ipma[end:]
    return b"".join(box(name, body) for name, body in parts.items())


def _with_items(iinf: bytes, items: int, blocks: list[tuple[bytes, bytes, bytes]]) -> bytes:
    entries = b"".join(
        box(b"infe", b"\2\0\0\1" + struct.pack(">HH", number, 0) + kind + b"\0" + more)  # \1: nothing to look at
        for number, (kind, more, _) in enumerate(blocks, items + 1)
    )
    return iinf[:FULL] + struct.pack(">H", items + len(blocks)) + iinf[FULL + 2 :] + entries


def _located(iloc: bytes, items: int, sizes: list[int], moved: int, begins: int) -> bytes:
    """Move the contents of the `items` by `moved` bytes and add more that lie after each other from `begins`."""
    if iloc[: FULL + 2] != bytes(FULL) + b"\x44\0":
        raise ValueError("places of items in a form that is not known")
    result, position = iloc[: FULL + 2] + struct.pack(">H", items + len(sizes)), FULL + 4
    for _ in range(items):
        (extents,) = struct.unpack_from(">H", iloc, position + 4)
        result += iloc[position : position + 6]
        position += 6
        for _ in range(extents):
            offset, size = struct.unpack_from(">II", iloc, position)
            result += struct.pack(">II", offset + moved, size)
            position += 8
    for number, size in enumerate(sizes, items + 1):
        result += struct.pack(">HHHII", number, 0, 1, begins, size)
        begins += size
    return result


def _meta(meta: bytes, inner: dict[bytes, bytes]) -> bytes:
    return box(b"meta", meta[:FULL] + b"".join(box(name, body) for name, body in inner.items()))
