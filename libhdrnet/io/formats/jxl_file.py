"""JPEG XL for HDR displays: codes of PQ on BT.2020's primaries, lossless, with EXIF and XMP (ISO/IEC 18181-2)."""

import numpy as np

from libhdrnet.io.formats.boxes import box, boxes
from libhdrnet.io.formats.decoded import Array
from libhdrnet.io.formats.jxl_header import with_pq
from libhdrnet.io.pq import Light

_EFFORT = 3
"""0.3 s a megapixel; 5 takes six times as long for files 2 % smaller (seven merged brackets, 12 bits: 15.5 bits a pixel
with 3, 17.0 with 1)."""
_SIGNATURE = bytes.fromhex("0000000c4a584c200d0a870a")
_TYPE = b"jxl \0\0\0\0jxl "


def encode(codes: Array, bits: int, *, light: Light, exif: bytes = b"", xmp: bytes = b"") -> bytes:
    """Encode (H, W, 3 or 4) uint16, `bits` deep, the fourth channel alpha that is not multiplied in.

    `exif`: a TIFF structure; `xmp`: a packet.
    """
    import imagecodecs

    # The encoder takes all that is deeper than 8 bits for linear Rec.709: lossless, that is but a word in the head.
    data = bytes(
        imagecodecs.jpegxl_encode(
            np.ascontiguousarray(codes), lossless=True, bitspersample=bits, effort=_EFFORT, usecontainer=True
        )
    )
    made = dict(boxes(data))
    level = [box(b"jxll", made[b"jxll"])] if b"jxll" in made else []
    described = [box(b"Exif", bytes(4) + exif)] if exif else []  # 4: the offset at which TIFF begins
    described += [box(b"xml ", xmp)] if xmp else []
    picture = box(b"jxlc", with_pq(made[b"jxlc"], light.brightest))
    return b"".join([_SIGNATURE, box(b"ftyp", _TYPE), *level, *described, picture])
