"""What a file keeps when only its pixels are replaced: resolution, JPEG quality, and its whole XMP."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from libhdrnet.io.cicp import CodePoints
from libhdrnet.io.exiv2 import exiv2_image
from libhdrnet.io.formats import jpeg, png
from libhdrnet.io.kinds import kind_of
from libhdrnet.io.metadata import first_number, read_metadata

_NO_UNIT, _CENTIMETRES = 1, 3
_LEAST, _MOST = 0.05, 1e6
"""Pixels a unit that make sense; formats have no room for others."""
_EXIF_UNITS = {1: 2, 2: _CENTIMETRES}
"""JFIF's numbers for inch and centimetre, and EXIF's."""


@dataclass(frozen=True)
class Likeness:
    """How a JPEG, PNG or TIFF is stored; without arguments as this library stores new pictures."""

    quality: int = jpeg.QUALITY
    subsampling: str = "444"
    resolution: tuple[float, float, int] | None = None
    """Pixels a unit across and down, and EXIF's unit: 1 none, 2 inch, 3 centimetre."""
    packet: str = ""
    """The XMP packet; empty where the picture's XMP does not describe a file of these pixels (RAW)."""
    code_points: CodePoints | None = None
    """What a PNG of PQ, HLG or narrow range is encoded by."""

    @property
    def density(self) -> tuple[int, int, int] | None:
        """The resolution as JFIF writes it: unit, across, down."""
        if self.resolution is None:
            return None
        across, down, unit = self.resolution
        values = round(across), round(down)
        return (max(0, unit - 1), *values) if all(0 < value < 65536 for value in values) else None

    @property
    def per_metre(self) -> tuple[int, int] | None:
        """The resolution as PNG writes it: pixels a metre across and down."""
        if self.resolution is None or self.resolution[2] == _NO_UNIT:
            return None
        across, down, unit = self.resolution
        scale = 100 if unit == _CENTIMETRES else 100 / 2.54
        return round(across * scale), round(down * scale)


def likeness_of(path: Path) -> Likeness:
    """Read it from a picture; raises InputError for a file that is none."""
    kind = kind_of(path)
    if kind not in ("jpeg", "png", "tiff"):
        return Likeness()
    exif = read_metadata(path).exif
    across, down = (first_number(exif, f"Exif.Image.{axis}Resolution") for axis in "XY")
    unit = round(first_number(exif, "Exif.Image.ResolutionUnit") or 2)
    sane = all(value is not None and _LEAST < value < _MOST for value in (across, down))
    resolution = (across, down, unit) if across and down and sane and unit in (1, 2, _CENTIMETRES) else None
    packet = ""
    with suppress(RuntimeError, ValueError), exiv2_image(path) as image:
        packet = str(image.read_raw_xmp())
    if kind == "png" and resolution is None and (metre := png.resolution(path.read_bytes())):
        resolution = (metre[0] / 100, metre[1] / 100, _CENTIMETRES)
    if kind != "jpeg":
        points = png.unbounded_code_points(path) if kind == "png" else None
        return Likeness(resolution=resolution, packet=packet, code_points=points)
    quality, subsampling, density = jpeg.read_settings(path.read_bytes())
    if resolution is None and density is not None:
        resolution = (*density[1:], _EXIF_UNITS[density[0]])
    return Likeness(quality, subsampling, resolution, packet)
