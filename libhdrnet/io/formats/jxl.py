"""JPEG XL: 1 to 16 bits and floats, grey and RGB, through imagecodecs.

Written for HDR displays: codes of PQ on BT.2020's primaries, lossless, with EXIF and XMP (ISO/IEC 18181-2).
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from libhdrnet.errors import InputError, warn
from libhdrnet.io.formats.boxes import box, boxes
from libhdrnet.io.formats.decoded import Array, Decoded, decoded_by_points, full_scale
from libhdrnet.io.formats.jxl_header import header, with_pq
from libhdrnet.io.pq import Light

_EFFORT = 3
"""0.3 s a megapixel; 5 takes six times as long for files 2 % smaller (seven merged brackets, 12 bits: 15.5 bits a pixel
with 3, 17.0 with 1)."""
_SIGNATURE = bytes.fromhex("0000000c4a584c200d0a870a")
_TYPE = b"jxl \0\0\0\0jxl "


def decode(path: Path) -> Decoded:
    """Decode the first frame; a HdrnetWarning tells of others, and of a profile that cannot be had.

    The codestream holds a profile packed: pillow-jxl-plugin, which is optional, unpacks it.
    """
    import imagecodecs

    found = header(path)
    linear = found.has_icc and found.xyb
    if linear and found.bits <= 8:
        raise InputError(
            f"'{path}' is a lossy JPEG XL of 8 bits with a profile, which is decoded to too few tones: save a TIFF."
        )
    array = np.asarray(imagecodecs.jpegxl_decode(path.read_bytes(), 0, keeporientation=True))
    if found.animated:
        warn(f"'{path}' is an animation: only its first picture is read.")
    array = array.astype(np.float32) if array.dtype.kind == "f" else full_scale(array, (1 << found.bits) - 1)
    icc = _unpacked_profile(path) if found.has_icc and not linear else found.icc
    decoded = decoded_by_points(array, found.points, icc, associated=found.associated)
    return replace(decoded, linear=True) if linear else decoded


def encode(codes: Array, bits: int, *, light: Light, exif: bytes = b"", xmp: bytes = b"") -> bytes:
    """Encode (H, W, 3 or 4) uint16, `bits` deep, the fourth channel alpha that is not multiplied in.

    `exif`: a TIFF structure; `xmp`: a packet.
    """
    import imagecodecs

    # The encoder takes all that is deeper than 8 bits for linear Rec.709: lossless, that is but a word in the head.
    data = imagecodecs.jpegxl_encode(
        np.ascontiguousarray(codes), lossless=True, bitspersample=bits, effort=_EFFORT, usecontainer=True
    )
    made = dict(boxes(bytes(data)))
    level = [box(b"jxll", made[b"jxll"])] if b"jxll" in made else []
    described = [box(b"Exif", bytes(4) + exif)] if exif else []  # 4: the offset at which TIFF begins
    described += [box(b"xml ", xmp)] if xmp else []
    picture = box(b"jxlc", with_pq(made[b"jxlc"], light.brightest))
    return b"".join([_SIGNATURE, box(b"ftyp", _TYPE), *level, *described, picture])


def _unpacked_profile(path: Path) -> bytes | None:
    try:
        import pillow_jxl  # noqa: F401 (makes itself known to Pillow)
        from PIL import Image
    except ImportError:
        warn(
            f"'{path}' has a colour profile, which needs pillow-jxl-plugin (pip install 'libhdrnet[jxl]'): "
            "its colours are taken as sRGB."
        )
        return None
    with Image.open(path) as image:
        profile: bytes | None = image.info.get("icc_profile")
    return profile
