"""Ultra HDR JPEGs (ISO 21496-1 and Android's XMP): the picture with its gain map, through libultrahdr."""

from pathlib import Path

import numpy as np

from libhdrnet.io import colour
from libhdrnet.io.formats.decoded import Decoded
from libhdrnet.io.formats.jpeg_segments import profile_of

_START = b"\xff\xd8\xff"


def decode(path: Path) -> Decoded:
    """Decode to linear Rec.709, float32, 1.0 = white of the plain picture, highlights up to the map's largest gain.

    Values come in half precision (steps of 0.05 to 0.1 %).
    """
    import imagecodecs

    data = path.read_bytes()
    light = np.asarray(imagecodecs.ultrahdr_decode(data, dtype=np.float16))[..., :3].astype(np.float32)
    second = data.rfind(_START)
    icc = profile_of(data[second:]) or profile_of(data)  # the light has the primaries of the gain map's own profile
    if icc is not None and colour.is_usable_profile(icc):
        matrix = colour.primaries_of(icc).T
        light = colour.by_bands(light, lambda band: band @ matrix)
    return Decoded(light, None, grey=False, linear=True, icc_is_final=True)
