"""Linear DNG: a picture as a camera's sensor would have delivered it with all colours at each pixel (LinearRaw).

What readers of it do (tried: LibRaw 0.22, darktable 4.2, 5.0 and 5.4, RawTherapee 5.9 and 5.11): none but RawTherapee's
float reader heeds BaselineExposure, so brightness is told by WhiteLevel alone; all keep what lies above it, as light
that can be brought back, save LibRaw, which clips there. RawTherapee reads integers only (of floats it shows a third of
the width), no float is read by all of them when deflated, and BlackLevel is understood in three different ways.
"""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from libhdrnet.io.camera import Camera
from libhdrnet.io.formats.decoded import Array
from libhdrnet.io.formats.jpeg import encode

LARGEST = 2**32 - 2**20
"""Bytes of pixels that its offsets can address, with some room for the rest."""
_PREVIEW, _RAW = 1, 0
"""NewSubfileType of its two pictures."""
_LINEAR_RAW, _SRGB = 34892, 2
_VERSION = bytes((1, 4, 0, 0))
_PREVIEW_QUALITY = 85
_PARTS = 10_000_000
_TYPES = {"ColorMatrix": "2i", "ForwardMatrix": "2i", "CameraCalibration": "2i", "AnalogBalance": "2I",
          "CalibrationIlluminant": "H"}  # fmt: skip


def write(
    path: Path,
    pixels: Array,
    *,
    white: int,
    camera: Camera,
    make: str,
    model: str,
    preview: Array,
    noise: Sequence[tuple[float, float]] | None,
    software: str,
) -> None:
    """Write pixels (H, W, 3) uint16, float16 or float32, in which the sensor's white is `white`, uncompressed.

    `preview`: uint8 sRGB (h, w, 3). `noise`: of each colour the variances S and O of S x + O, 1 = white.
    """
    import tifffile

    height, width = pixels.shape[:2]
    about: list[tuple[Any, ...]] = [
        (50706, "B", 4, _VERSION), (50707, "B", 4, _VERSION), (50708, "s", 0, camera.name),
        (271, "s", 0, make), (272, "s", 0, model), (274, "H", 1, 1),
        (50728, "2I", 3, _rationals(camera.neutral)), (50730, "2i", 1, _rationals([0.0])),
        (50970, "I", 1, _SRGB), *map(_colour_tag, camera.matrices.items()),
    ]  # fmt: skip
    stored: list[tuple[Any, ...]] = [
        (50717, "I", 3, (white,) * 3), (50829, "I", 4, (0, 0, height, width)),
        (50719, "I", 2, (0, 0)), (50720, "I", 2, (width, height)),
    ]  # fmt: skip
    if noise is not None:
        stored.append((51041, "d", 6, tuple(value for pair in noise for value in pair)))
    with tifffile.TiffWriter(path, byteorder="<") as file:
        shown = encode(preview, quality=_PREVIEW_QUALITY, icc=None, subsampling="420")
        file.write(
            iter([shown]), shape=preview.shape, dtype=preview.dtype, photometric="ycbcr", compression="jpeg",
            rowsperstrip=len(preview), subfiletype=_PREVIEW, subifds=1, metadata=None, software=software,
            extratags=[(*tag, True) for tag in about],
        )  # fmt: skip
        file.write(
            pixels, photometric=_LINEAR_RAW, planarconfig="contig", subfiletype=_RAW, metadata=None, software=False,
            extratags=[(*tag, True) for tag in stored],
        )  # fmt: skip


def _colour_tag(item: tuple[str, Sequence[float]]) -> tuple[Any, ...]:
    from tifffile import TIFF

    name, values = item
    kind = _TYPES[name.rstrip("12")]
    whole = kind == "H"
    return TIFF.TAGS[name], kind, len(values), [int(v) for v in values] if whole else _rationals(values)


def _rationals(values: Sequence[float]) -> list[int]:
    pairs = [Fraction(float(value)).limit_denominator(_PARTS) for value in values]
    return [number for pair in pairs for number in (pair.numerator, pair.denominator)]
