"""Ultra HDR JPEGs (ISO 21496-1 and Android's XMP): the picture with its gain map, through libultrahdr."""

from pathlib import Path

import numpy as np

from libhdrnet.io import colour
from libhdrnet.io.formats import jpeg_segments
from libhdrnet.io.formats.decoded import Decoded

_ICC, _APP2 = b"ICC_PROFILE\0", 0xE2
_START = b"\xff\xd8\xff"


def decode(path: Path) -> Decoded:
    """Decode to linear Rec.709, float32, 1.0 = white of the plain picture, highlights up to the map's largest gain.

    Values come in half precision (steps of 0.05 to 0.1 %).
    """
    import imagecodecs

    data = path.read_bytes()
    light = np.asarray(imagecodecs.ultrahdr_decode(data, dtype=np.float16))[..., :3].astype(np.float32)
    icc = _profile(data)
    if icc is not None and colour.is_usable_profile(icc):
        matrix = colour.primaries_of(icc).T
        light = colour.by_bands(light, lambda band: band @ matrix)
    return Decoded(light, None, grey=False, linear=True, icc_is_final=True)


def _profile(data: bytes) -> bytes | None:
    """Return the profile whose primaries the light has: the gain map's own where it has one, else the picture's."""
    second = data.rfind(_START)
    return _icc_of(data[second:]) or _icc_of(data)


def _icc_of(picture: bytes) -> bytes | None:
    parts = [
        body[len(_ICC) + 2 :]
        for code, _, body in jpeg_segments.segments(picture)
        if code == _APP2 and body.startswith(_ICC)
    ]
    return b"".join(parts) or None
