"""Which of a source's tags stay true for a picture made from it."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from libhdrnet.io.exiv2 import Tags, exif_as_xmp, iptc_as_xmp
from libhdrnet.io.metadata import Metadata

_IMAGE_TAGS = frozenset({
    "ImageDescription", "DocumentName", "Make", "Model", "DateTime", "Artist", "Copyright", "HostComputer",
    "XResolution", "YResolution", "ResolutionUnit", "Rating", "RatingPercent", "XPTitle", "XPComment", "XPAuthor",
    "XPKeywords", "XPSubject", "DateTimeOriginal", "ExposureTime", "FNumber", "ExposureProgram", "ISOSpeedRatings",
    "ShutterSpeedValue", "ApertureValue", "BrightnessValue", "ExposureBiasValue", "MaxApertureValue",
    "SubjectDistance", "MeteringMode", "LightSource", "Flash", "FocalLength", "TimeZoneOffset", "SelfTimerMode",
})  # fmt: skip
"""IFD0 also describes how its own file is stored, so only what describes the photograph is taken."""
_WRONG_PHOTO_TAGS = frozenset({
    "MakerNote", "PixelXDimension", "PixelYDimension", "ColorSpace", "ComponentsConfiguration",
    "CompressedBitsPerPixel", "CFAPattern", "InteroperabilityTag", "SpatialFrequencyResponse", "RelatedSoundFile",
})  # fmt: skip
_XMP_SPACES = frozenset({
    "dc", "xmp", "xmpRights", "photoshop", "iptc", "iptcExt", "plus", "lr", "digiKam", "MicrosoftPhoto", "exif",
    "exifEX", "aux", "tiff", "acdsee", "mwg-rs", "mwg-kw",
})  # fmt: skip
"""Development settings (crs, darktable), gain maps and histories would describe the result wrongly."""
_WRONG_XMP = re.compile(
    r"Xmp\.(tiff\.(Orientation|ImageWidth|ImageLength|BitsPerSample|Compression|Photometric|SamplesPer|Planar|YCbCr"
    r"|Primary|White|Transfer|Reference|Native)|exif\.(Pixel|ColorSpace|Components|CompressedBits|CFA|Native|Maker)"
    r"|hdrgm\.|G?Container\.|Item\.|HDRGainMap\.|apdi\.|GDepth\.|GImage\.|GCamera\.(Motion|Micro)|xmpNote\.HasExtended"
    r"|photoshop\.(ICC|ColorMode|History|DocumentAncestors)|xmp\.Thumbnails)"
)
_MAX_VALUE = 16_000
"""Characters: JPEG has room for 64 KiB of EXIF in all, and longer values are makers' private data."""
_WRONG_IPTC = re.compile(r"Iptc\.\w+\.(0x|Preview|RasterizedCaption)")
_CHARACTER_SET, _UTF_8 = "Iptc.Envelope.CharacterSet", "\x1b%G"
_LENS = "Exif.Photo.LensModel"
_LENS_ELSEWHERE = ("Exif.Canon.LensModel", "Exif.OlympusEq.LensModel", "Exif.Panasonic.LensType", "Xmp.aux.Lens")
"""Where older cameras and converters name the lens; the maker's notes themselves are not kept."""
_LENS_RANGE, _NIKON_RANGE = "Exif.Photo.LensSpecification", "Exif.Nikon3.Lens"
_FREE_TEXT = ("Exif.Image.ImageDescription", "Exif.Photo.UserComment")
_HIERARCHY, _INTERNAL = "Xmp.lr.hierarchicalSubject", "darktable|"
_LISTS = ("Xmp.dc.subject", "Xmp.photoshop.SupplementalCategories")
_ENVELOPE = re.compile(r"Iptc\.(Envelope\.|Application2\.(RecordVersion|Program|(Date|Time)Created))")
"""What needs no counterpart in XMP, or has one."""


def inherited(metadata: Metadata) -> Metadata:
    """Choose what stays true for a picture made from the source: EXIF, XMP, IPTC and comment, without profile.

    The lens is taken from the maker's notes where EXIF itself does not name it; IPTC is marked as UTF-8.
    """
    exif = {key: value for key, value in metadata.exif.items() if _keeps_exif(key, value)}
    xmp = {
        key: value
        for key, value in metadata.xmp.items()
        if key.split(".", 2)[1] in _XMP_SPACES and not describes_storage(key)
    }
    iptc = {key: value for key, value in metadata.iptc.items() if not _WRONG_IPTC.match(key)}
    xmp, iptc = _without_internal_tags(xmp, iptc)
    if _CHARACTER_SET in iptc or not all(str(value).isascii() for value in iptc.values()):
        iptc = {_CHARACTER_SET: _UTF_8} | iptc | {_CHARACTER_SET: _UTF_8}
    return Metadata(_lens(metadata) | exif, xmp, iptc=iptc, comment=metadata.comment)


def describes_storage(key: str) -> bool:
    """Say whether an XMP tag tells how its own file was stored, or of pictures in it that are not carried."""
    return _WRONG_XMP.match(key) is not None


def with_comment_in_exif(kept: Metadata) -> Metadata:
    """Move the comment to where EXIF has free text, for formats that have no comments of their own."""
    free = next((key for key in _FREE_TEXT if not str(kept.exif.get(key, "")).strip()), None)
    if not kept.comment or free is None or kept.comment in map(str, kept.exif.values()):
        return replace(kept, comment="")
    text = kept.comment if free == _FREE_TEXT[0] else f"charset=Unicode {kept.comment}"
    return replace(kept, exif={**kept.exif, free: text}, comment="")


def as_xmp(kept: Metadata) -> Tags:
    """Express all as XMP; what the XMP itself says goes before IPTC, and that before EXIF. No keyword comes twice."""
    iptc = iptc_as_xmp(kept.iptc)
    found = {**exif_as_xmp(kept.exif), **iptc, **kept.xmp}
    for key in _LISTS:
        if key in iptc and key in kept.xmp:
            found[key] = list(dict.fromkeys([*_items(kept.xmp[key]), *_items(iptc[key])]))
    return found


def without_xmp(iptc: Mapping[str, Any]) -> list[str]:
    """Name the fields of IPTC that have no counterpart in XMP."""
    left = (key for key, value in iptc.items() if not _ENVELOPE.match(key) and not iptc_as_xmp({key: value}))
    return [key.rsplit(".", 1)[1] for key in left]


def _without_internal_tags(xmp: Tags, iptc: Tags) -> tuple[Tags, Tags]:
    """Leave out what darktable itself tags files with (darktable|format|dng): it is true of the source alone."""
    paths = _items(xmp.get(_HIERARCHY, []))
    theirs = {word for path in paths if path.startswith(_INTERNAL) for word in path.split("|")}
    own = {word for path in paths if not path.startswith(_INTERNAL) for word in path.split("|")}
    if not theirs:
        return xmp, iptc
    xmp, iptc = dict(xmp), dict(iptc)
    for tags, key in ((xmp, _HIERARCHY), (xmp, "Xmp.dc.subject"), (iptc, "Iptc.Application2.Keywords")):
        words = [word for word in _items(tags.pop(key, [])) if word not in theirs - own]
        words = [word for word in words if not word.startswith(_INTERNAL)]
        tags |= {key: words} if words else {}
    return xmp, iptc


def _lens(metadata: Metadata) -> Tags:
    tags = {**metadata.xmp, **metadata.exif}
    found: Tags = {}
    name = next((str(tags[key]).strip() for key in _LENS_ELSEWHERE if str(tags.get(key, "")).strip()), None)
    if name:
        found[_LENS] = name
    if len(str(tags.get(_NIKON_RANGE, "")).split()) == 4:
        found[_LENS_RANGE] = tags[_NIKON_RANGE]
    return found


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _keeps_exif(key: str, value: Any) -> bool:
    _, group, tag = key.split(".", 2)
    if len(str(value)) > _MAX_VALUE or tag.startswith("0x"):
        return False
    if group == "Image":
        return tag in _IMAGE_TAGS
    if group == "Photo":
        return tag not in _WRONG_PHOTO_TAGS
    return group == "GPSInfo"
