"""What a picture says about itself: EXIF, XMP, ICC, and the exposure in them."""

import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from os import PathLike
from pathlib import Path
from typing import Any

from libhdrnet.io.exiv2 import UNREADABLE, Tags, exiv2_image, tolerant, xmp_as_exif, xmp_of_packet
from libhdrnet.io.formats import exr, hdr, hdr_comments, png
from libhdrnet.io.kinds import kind_of
from libhdrnet.radiometry import relative_exposure

_THUMBNAIL_GROUPS = ("Exif.Thumbnail.", "Exif.SubThumb", "Exif.Image2.", "Exif.Image3.")
_BULKY = frozenset({"Exif.Image.XMLPacket", "Exif.Image.InterColorProfile", "Exif.Image.ImageResources"})
"""Copies of what `xmp` and `icc` hold, or of whole Photoshop layers."""
_MAX_SIDECAR = 1 << 24
"""Bytes."""

_TIME = ("Exif.Photo.ExposureTime", "Exif.Image.ExposureTime", "Xmp.exif.ExposureTime")
_TIME_APEX = ("Exif.Photo.ShutterSpeedValue", "Exif.Image.ShutterSpeedValue", "Xmp.exif.ShutterSpeedValue")
_ISO = (
    "Exif.Photo.ISOSpeedRatings", "Exif.Image.ISOSpeedRatings", "Exif.Photo.RecommendedExposureIndex",
    "Exif.Photo.StandardOutputSensitivity", "Exif.Photo.ISOSpeed", "Xmp.exif.ISOSpeedRatings",
    "Xmp.exifEX.PhotographicSensitivity",
)  # fmt: skip
_ISO_OVERFLOW = 65535
"""EXIF's 16-bit field holds this where the speed does not fit; the true one is in another field."""
_F_NUMBER = ("Exif.Photo.FNumber", "Exif.Image.FNumber", "Xmp.exif.FNumber")
_F_NUMBER_APEX = ("Exif.Photo.ApertureValue", "Exif.Image.ApertureValue", "Xmp.exif.ApertureValue")


@dataclass(frozen=True)
class Metadata:
    """Tags under Exiv2's names, without thumbnails."""

    exif: Mapping[str, Any] = field(default_factory=dict)
    xmp: Mapping[str, Any] = field(default_factory=dict)
    icc: bytes | None = None
    iptc: Mapping[str, Any] = field(default_factory=dict)
    """IPTC IIM, the older form of captions and keywords."""
    comment: str = ""
    """The comment of a JPEG or PNG."""


def read_metadata(path: str | PathLike[str]) -> Metadata:
    """Read the metadata of a picture; empty where there is none or Exiv2 cannot read it.

    OpenEXR's standard attributes and what the library writes into Radiance files appear under their EXIF names.
    XMP in a sidecar (a.jpg.xmp, for RAW also a.xmp) goes before that in the picture.
    Raises InputError for a file that is no picture.
    """
    path = Path(path)
    kind = kind_of(path)
    if kind == "hdr":
        return _from_hdr(path)
    if kind == "exr":
        return _from_exr(path)
    sidecar = _sidecar(path, raw=kind == "raw")
    try:
        with exiv2_image(path) as image:
            exif, xmp, iptc = tolerant(image.read_exif), tolerant(image.read_xmp), tolerant(image.read_iptc)
            comment = tolerant(image.read_comment) or ""
            icc = None if kind == "raw" else bytes(tolerant(image.read_icc) or b"") or None
    except (RuntimeError, ValueError, OSError):
        return Metadata(xmp=sidecar)
    kept = {k: v for k, v in exif.items() if not k.startswith(_THUMBNAIL_GROUPS) and k not in _BULKY}
    replaced = {_property(key) for key in sidecar}
    xmp = {k: v for k, v in xmp.items() if "Thumbnails" not in k and _property(k) not in replaced}
    if kind == "png":
        texts = png.texts(path.read_bytes())
        kept = {key: texts[word] for word, key in PNG_TEXTS.items() if texts.get(word, "").strip()} | kept
        comment = comment or texts.get("Comment", "")
    return Metadata(kept, xmp | sidecar, icc, iptc, comment.strip("\0 \r\n"))


def exposure_of(metadata: Metadata) -> float | None:
    """Compute the relative exposure t = time * ISO / N^2 (seconds at ISO 1 and f/1).

    Where ISO is missing it counts as 100, a missing f-number as 1; None without an exposure time.
    """
    time, iso, f_number = exposure_values(metadata)
    return exposure_product(time, iso or 100.0, f_number or 1.0)


def exposure_product(time: float | None, iso: float | None, f_number: float | None) -> float | None:
    """Return time * ISO / N^2; None where one is missing, or the numbers are such as no camera writes."""
    if time is None or iso is None or f_number is None:
        return None
    try:
        exposure = relative_exposure(time, iso, f_number)
    except ArithmeticError:
        return None
    return exposure if math.isfinite(exposure) and exposure > 0 else None


def exposure_values(metadata: Metadata) -> tuple[float | None, float | None, float | None]:
    """Find exposure time (seconds), ISO speed and f-number.

    Each is None where it is missing, zero, negative or no number.
    """
    tags = {**metadata.xmp, **metadata.exif}
    time = first_number(tags, *_TIME, positive=True)
    if time is None and (apex := first_number(tags, *_TIME_APEX)) is not None and abs(apex) < 64:
        time = 2.0**-apex
    isos = [value for name in _ISO if (value := first_number(tags, name, positive=True)) is not None]
    iso = next((value for value in isos if value != _ISO_OVERFLOW), isos[0] if isos else None)
    f_number = first_number(tags, *_F_NUMBER, positive=True)
    if f_number is None and (apex := first_number(tags, *_F_NUMBER_APEX, positive=True)) is not None and apex < 64:
        f_number = 2.0 ** (apex / 2)
    return time, iso, f_number


def number(value: Any) -> float | None:
    """Parse the first number in a value such as "1/60", "0.5", "100 0" or ["100"]; None if there is none."""
    if isinstance(value, list | tuple):
        value = value[0] if value else ""
    words = str(value).replace(",", " ").split()
    if not words:
        return None
    numerator, _, denominator = words[0].partition("/")
    try:
        result = float(numerator) / float(denominator or 1)
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
    return result if math.isfinite(result) else None


def first_number(tags: Mapping[str, Any], *names: str, positive: bool = False) -> float | None:
    """Return the first number, or the first above 0, that one of the tags holds; None if there is none."""
    numbers = (number(tags.get(name, "")) for name in names)
    return next((value for value in numbers if value is not None and (value > 0 or not positive)), None)


def _sidecar(path: Path, *, raw: bool) -> Tags:
    """Read the XMP in "a.jpg.xmp" beside "a.jpg", for RAW also in "a.xmp"; empty if there is none to be read.

    "a.xmp" belongs to the RAW of that name, also where a JPEG of it lies beside.
    """
    names = [f"{path.name}{suffix}" for suffix in (".xmp", ".XMP")]
    names += [f"{path.stem}{suffix}" for suffix in (".xmp", ".XMP")] if raw else []
    for name in names:
        sidecar = path.with_name(name)
        with suppress(OSError, *UNREADABLE):
            if sidecar.is_file() and sidecar.stat().st_size <= _MAX_SIDECAR:
                return xmp_of_packet(sidecar.read_text("utf-8-sig"))
    return {}


def _property(key: str) -> str:
    """Name the property that a part of a structure or list belongs to."""
    return key.split("/", 1)[0].split("[", 1)[0]


def _from_hdr(path: Path) -> Metadata:
    tags = hdr_comments.tags_of(hdr.read_lines(path))
    exif, xmp, iptc = ({k: v for k, v in tags.items() if k.startswith(kind)} for kind in ("Exif.", "Xmp.", "Iptc."))
    return Metadata(exif, xmp, iptc=iptc)


def _from_exr(path: Path) -> Metadata:
    attributes = exr.read_attributes(path)
    xmp: dict[str, Any] = {}
    packet = attributes.get("xmp")
    if isinstance(packet, str | bytes) and packet:
        with suppress(*UNREADABLE):
            xmp = xmp_of_packet(packet.decode() if isinstance(packet, bytes) else packet)
    exif = xmp_as_exif(xmp)
    for name, key in EXR_NUMBERS.items():
        value = attributes.get(name)
        if isinstance(value, float | int) and math.isfinite(value) and value > 0:
            exif[key] = str(round(value)) if key.endswith("ISOSpeedRatings") else rational(value)
    for name, key in EXR_TEXTS.items():
        if isinstance(attributes.get(name), str):
            exif[key] = attributes[name]
    return Metadata(exif, xmp)


PNG_TEXTS = {"Author": "Exif.Image.Artist", "Copyright": "Exif.Image.Copyright", "Title": "Exif.Image.DocumentName"}
"""PNG's keywords and the EXIF tags of the same meaning."""
EXR_NUMBERS = {
    "expTime": "Exif.Photo.ExposureTime",
    "isoSpeed": "Exif.Photo.ISOSpeedRatings",
    "aperture": "Exif.Photo.FNumber",
}
"""OpenEXR's standard attributes and the EXIF tags of the same meaning."""
EXR_TEXTS = {
    "capDate": "Exif.Photo.DateTimeOriginal",
    "owner": "Exif.Image.Copyright",
    "comments": "Exif.Image.ImageDescription",
    "cameraMake": "Exif.Image.Make",
    "cameraModel": "Exif.Image.Model",
    "cameraSerialNumber": "Exif.Photo.BodySerialNumber",
    "lensMake": "Exif.Photo.LensMake",
    "lensModel": "Exif.Photo.LensModel",
    "lensSerialNumber": "Exif.Photo.LensSerialNumber",
}


def rational(value: float) -> str:
    """Write a positive number as EXIF does: "1/60", "28/10"."""
    fraction = Fraction(value).limit_denominator(1_000_000)
    near = Fraction(1, max(1, round(1 / value))) if value < 1 else Fraction(round(value * 10), 10)
    best = near if abs(float(near) - value) <= 1e-6 * value else fraction
    return f"{best.numerator}/{best.denominator}"
