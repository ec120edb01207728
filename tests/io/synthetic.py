"""Files that the tests make: pictures with EXIF, Bayer DNGs, OpenEXR files, wide-gamut profiles."""

import struct
import zlib
from fractions import Fraction
from pathlib import Path

import imagecodecs
import numpy as np
import OpenEXR
import pyexiv2
import tifffile

DISPLAY_P3 = (0.68, 0.32, 0.265, 0.69, 0.15, 0.06)
DISPLAY_P3_TO_REC709 = np.array(
    [[1.2249401, -0.2249402, 0.0], [-0.0420569, 1.0420571, 0.0], [-0.0196376, -0.0786361, 1.0982735]]
)


def profile(primaries, gamma):
    triples = [value for start in (0, 2, 4) for value in (*primaries[start : start + 2], 1.0)]
    return bytes(imagecodecs.cms_profile("rgb", whitepoint=[0.3127, 0.3290, 1.0], primaries=triples, gamma=gamma))


def tag(path: Path, exif=None, xmp=None, icc=None):
    with pyexiv2.Image(str(path)) as image:
        if exif:
            image.modify_exif(exif)
        if xmp:
            image.modify_xmp(xmp)
        if icc:
            image.modify_icc(icc)


def jpeg(path: Path, pixels, exif=None, **options):
    path.write_bytes(imagecodecs.jpeg8_encode(np.ascontiguousarray(pixels), **({"level": 95} | options)))
    if exif:
        tag(path, exif)
    return path


def png(path: Path, pixels):
    path.write_bytes(imagecodecs.png_encode(pixels))
    return path


def with_chunk(data, name, body):
    chunk = struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    return data[:33] + chunk + data[33:]


def chunks(path: Path):
    """Names and contents of a PNG's chunks."""
    data, position = path.read_bytes(), 8
    while position < len(data):
        length, name = struct.unpack_from(">I4s", data, position)
        yield name, data[position + 8 : position + 8 + length]
        position += 12 + length


def exr(path, channels, **header):
    head = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage} | header
    with OpenEXR.File(head, channels) as file:
        file.write(str(path))
    return path


def exr_header_end(path):
    """Where the table of chunks begins."""
    data, position, parts = path.read_bytes(), 8, bool(path.read_bytes()[5] & 0x10)
    while True:
        while data[position]:
            kind = data.index(b"\0", position) + 1
            length = data.index(b"\0", kind) + 1
            position = length + 4 + struct.unpack_from("<i", data, length)[0]
        position += 1
        if not parts or not data[position]:
            return position + parts


RGGB = np.array([[0, 1], [1, 2]])
X_TRANS = np.array([[1, 0, 1, 1, 2, 1], [2, 1, 2, 0, 1, 0], [1, 0, 1, 1, 2, 1], [1, 2, 1, 1, 0, 1], [0, 1, 0, 2, 1, 2],
                    [1, 2, 1, 1, 0, 1]])  # fmt: skip
"""Fujifilm's mosaic; 0 red, 1 green, 2 blue."""


def dng(
    path: Path,
    *,
    level=2000,
    red=1.0,
    blue=1.0,
    orientation=1,
    height=64,
    width=96,
    mosaic=None,
    white=16383,
    time=None,
    iso=None,
    from_xyz=None,
    model="Bayer",
    pattern=RGGB,
):
    """An uncompressed DNG, 14 bits, black 512, declared `white`; without `from_xyz` its space is linear sRGB.

    `pattern`: colour of each pixel of its mosaic, which repeats; None: the sensor knows no colours.
    """
    if mosaic is None:
        mosaic = np.full((height, width), 512 + level, np.uint16)
    xyz_to_srgb = np.array([[3.2404542, -1.5371385, -0.4985314], [-0.969266, 1.8760108, 0.041556],
                            [0.0556434, -0.2040259, 1.0572252]])  # fmt: skip

    def rationals(values):
        pairs = [Fraction(float(value)).limit_denominator(10000) for value in values]
        return [number for pair in pairs for number in (pair.numerator, pair.denominator)]

    neutral = rationals([1 / red, 1, 1 / blue])
    tags = [
        (50706, "B", 4, b"\x01\x04\x00\x00", True),
        (50708, "s", 0, "Made by a test", True),
        *mosaic_tags(pattern),
        (50714, "H", 1, 512, True),
        (50717, "H", 1, white, True),
        (50721, "2i", 9, rationals((xyz_to_srgb if from_xyz is None else np.asarray(from_xyz)).ravel()), True),
        (50778, "H", 1, 21, True),
        (50728, "2I", 3, neutral, True),
        (274, "H", 1, orientation, True),
        (271, "s", 0, "Test", True),
        (272, "s", 0, model, True),
    ]
    if time:
        tags += [(33434, "2I", 1, rationals([time]), True)]
    if iso:
        tags += [(34855, "H", 1, iso, True)]
    kind = "cfa" if pattern is not None else "minisblack"
    tifffile.imwrite(path, mosaic, photometric=kind, extratags=tags, metadata=None, software=False)
    if pattern is None:  # of one channel, which tifffile does not write
        with tifffile.TiffFile(path, mode="r+") as file:
            file.pages[0].tags["PhotometricInterpretation"].overwrite(34892)
    return path


def mosaic_tags(pattern):
    if pattern is None:
        return []
    return [(33421, "H", 2, pattern.shape, True), (33422, "B", pattern.size, pattern.astype(np.uint8).tobytes(), True)]


def bayer(light, *, red=1.0, blue=1.0, clip=16383, sigma=0.0, seed=0, pattern=RGGB):
    """The mosaic, black 512, 14 bits, that a sensor makes of linear light (H, W, 3), 1.0 = 16383.

    `clip`: the level at which it saturates; `sigma`: read noise in levels; `pattern`: as of `dng`.
    """
    light = np.asarray(light, np.float64) / (red, 1.0, blue)
    mosaic = np.empty(light.shape[:2])
    for (row, column), channel in np.ndenumerate(pattern):
        places = np.s_[row :: pattern.shape[0], column :: pattern.shape[1]]
        mosaic[places] = light[(*places, channel)]
    mosaic = 512 + mosaic * (16383 - 512) + np.random.default_rng(seed).normal(0, 1, mosaic.shape) * sigma
    return np.clip(np.rint(mosaic), 0, clip).astype(np.uint16)
