"""Put the source's metadata and the record of how a picture was made into a file; read the record back."""

import json
import os
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from libhdrnet._version import __version__
from libhdrnet.errors import HdrnetWarning, InputError
from libhdrnet.io.formats import exr, hdr
from libhdrnet.io.kinds import kind_of
from libhdrnet.io.metadata import (
    EXR_NUMBERS,
    EXR_TEXTS,
    Metadata,
    blank_jpeg,
    exiv2_image,
    exposure_values,
    xmp_packet,
)

SOFTWARE = f"libhdrnet {__version__}"
_RECORD = "Xmp.hdrnet.record"
_EXR_RECORD = "hdrnetRecord"

_IMAGE_TAGS = frozenset(
    {
        "ImageDescription",
        "DocumentName",
        "Make",
        "Model",
        "DateTime",
        "Artist",
        "Copyright",
        "HostComputer",
        "XResolution",
        "YResolution",
        "ResolutionUnit",
        "Rating",
        "RatingPercent",
        "XPTitle",
        "XPComment",
        "XPAuthor",
        "XPKeywords",
        "XPSubject",
        "DateTimeOriginal",
        "ExposureTime",
        "FNumber",
        "ExposureProgram",
        "ISOSpeedRatings",
        "ShutterSpeedValue",
        "ApertureValue",
        "BrightnessValue",
        "ExposureBiasValue",
        "MaxApertureValue",
        "SubjectDistance",
        "MeteringMode",
        "LightSource",
        "Flash",
        "FocalLength",
        "TimeZoneOffset",
        "SelfTimerMode",
    }  # fmt: skip
)
"""IFD0 also describes how its own file is stored, so only what describes the photograph is taken."""
_WRONG_PHOTO_TAGS = frozenset(
    {
        "MakerNote",
        "PixelXDimension",
        "PixelYDimension",
        "ColorSpace",
        "ComponentsConfiguration",
        "CompressedBitsPerPixel",
        "CFAPattern",
        "InteroperabilityTag",
        "SpatialFrequencyResponse",
        "RelatedSoundFile",
    }  # fmt: skip
)
_XMP_SPACES = frozenset(
    {
        "dc",
        "xmp",
        "xmpRights",
        "photoshop",
        "iptc",
        "iptcExt",
        "plus",
        "lr",
        "digiKam",
        "MicrosoftPhoto",
        "exif",
        "exifEX",
        "aux",
        "tiff",
        "acdsee",
        "mwg-rs",
        "mwg-kw",
    }  # fmt: skip
)
"""Development settings (crs, darktable), gain maps and histories would describe the result wrongly."""
_WRONG_XMP = re.compile(
    r"Xmp\.(tiff\.(Orientation|ImageWidth|ImageLength|BitsPerSample|Compression|Photometric|SamplesPer|Planar|YCbCr"
    r"|Primary|White|Transfer|Reference|Native)|exif\.(Pixel|ColorSpace|Components|CompressedBits|CFA|Native|Maker)"
    r"|hdrgm\.|GContainer\.|photoshop\.(ICC|ColorMode|History|DocumentAncestors)|xmp\.Thumbnails)"
)
_MAX_VALUE = 16_000
"""Characters: JPEG has room for 64 KiB of EXIF in all, and longer values are makers' private data."""

Tags = dict[str, Any]


def inherited(metadata: Metadata) -> tuple[Tags, Tags]:
    """Choose the EXIF and XMP tags of a source that stay true for a picture made from it."""
    exif = {key: value for key, value in metadata.exif.items() if _keeps_exif(key, value)}
    xmp = {
        key: value
        for key, value in metadata.xmp.items()
        if key.split(".", 2)[1] in _XMP_SPACES and not _WRONG_XMP.match(key)
    }
    return exif, xmp


def embed(
    path: Path,
    shown: Path,
    metadata: Metadata | None,
    record: Mapping[str, Any] | None,
    *,
    srgb: bool,
    packet: str = "",
) -> bool:
    """Write tags into the JPEG, PNG or TIFF at `path`; warnings speak of the file as `shown`.

    `packet`: the XMP of a source with the same picture, kept whole but for what describes how it was stored.

    False, with a HdrnetWarning, if they cannot be written: the file may then be damaged.
    """
    exif, xmp = inherited(metadata or Metadata())
    exif |= {
        "Exif.Image.Orientation": "1",
        "Exif.Image.Software": SOFTWARE,
        "Exif.Photo.ColorSpace": "1" if srgb else "65535",
    }
    own = {} if record is None else {_RECORD: json.dumps(record)}
    whole = path.read_bytes() if os.name == "nt" else None
    try:
        exif = _writable(exif, "exif")
        xmp = own if packet else _writable(xmp | own, "xmp")
        # Exiv2 takes file names in the system's code page on Windows, bytes everywhere.
        with exiv2_image(path if whole is None else whole) as image:
            image.modify_exif(exif)
            if packet:
                image.modify_raw_xmp(packet)
                xmp |= {key: None for key in image.read_xmp() if _WRONG_XMP.match(key)}
            if xmp:
                image.modify_xmp(xmp)
            if whole is not None:
                path.write_bytes(image.get_bytes())
        return True
    except (RuntimeError, ValueError, TypeError, UnicodeError) as error:
        _warn(shown, error)
        return False


def write_blank(path: Path, metadata: Metadata, record: Mapping[str, Any] | None) -> Path:
    """Write a JPEG without a picture that carries what a picture made from `metadata`'s source inherits."""
    path.write_bytes(blank_jpeg())
    embed(path, path, metadata, record, srgb=False)
    return path


def exr_attributes(metadata: Metadata | None, record: Mapping[str, Any] | None, shown: Path) -> Tags:
    """Express metadata as OpenEXR's standard attributes, XMP as `xmp`, and add the record."""
    metadata = metadata or Metadata()
    exif, xmp = inherited(metadata)
    attributes: Tags = {"software": SOFTWARE}
    values = dict(zip(EXR_NUMBERS, exposure_values(metadata), strict=True))
    attributes |= {name: float(value) for name, value in values.items() if value is not None}
    attributes |= {name: str(exif[key]) for name, key in EXR_TEXTS.items() if exif.get(key)}
    if record is not None:
        attributes[_EXR_RECORD] = json.dumps(record)
    if xmp:
        try:
            attributes["xmp"] = xmp_packet(_writable(xmp, "xmp"))
        except (RuntimeError, ValueError, TypeError, UnicodeError) as error:
            _warn(shown, error)
    return attributes


def read_record(path: str | os.PathLike[str]) -> dict[str, Any] | None:
    """Read the record that one of the library's writers put into a file; None if there is none.

    Raises InputError for a file that is no picture.
    """
    path = Path(path)
    kind = kind_of(path)
    if kind == "exr":
        text = exr.read_attributes(path).get(_EXR_RECORD)
    elif kind == "hdr":
        text = hdr.read_record(path)
    else:
        try:
            with exiv2_image(path) as image:
                text = image.read_xmp().get(_RECORD)
        except (RuntimeError, ValueError, UnicodeError):
            return None
    try:
        record = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return record if isinstance(record, dict) else None


def check_record(record: Mapping[str, Any] | None) -> None:
    """Raise InputError for a record that JSON cannot hold."""
    try:
        json.dumps(record)
    except (TypeError, ValueError) as error:
        raise InputError(f"The record cannot be written as JSON ({error}): use numbers, texts, lists.") from error


def _keeps_exif(key: str, value: Any) -> bool:
    _, group, tag = key.split(".", 2)
    if len(str(value)) > _MAX_VALUE or tag.startswith("0x"):
        return False
    if group == "Image":
        return tag in _IMAGE_TAGS
    if group == "Photo":
        return tag not in _WRONG_PHOTO_TAGS
    return group == "GPSInfo"


def _writable(tags: Tags, kind: Literal["exif", "xmp"]) -> Tags:
    # Tried on a small file: one odd value must not cost all the others.
    if not tags or _survives(tags, kind):
        return tags
    if len(tags) == 1:
        return {}
    keys = list(tags)
    half = len(keys) // 2
    return {
        **_writable({key: tags[key] for key in keys[:half]}, kind),
        **_writable({key: tags[key] for key in keys[half:]}, kind),
    }


def _survives(tags: Tags, kind: Literal["exif", "xmp"]) -> bool:
    try:
        with exiv2_image(blank_jpeg()) as image:
            if kind == "exif":
                image.modify_exif(tags)
            else:
                image.modify_xmp(tags)
            data = image.get_bytes()
        # Exiv2 leaves out the whole XMP packet without a word if it cannot encode one of its values.
        with exiv2_image(data) as image:
            found = image.read_exif() if kind == "exif" else image.read_xmp()
    except (RuntimeError, ValueError, TypeError, UnicodeError):
        return False
    return tags.keys() <= set(found)


def _warn(path: Path, error: Exception) -> None:
    warnings.warn(
        f"'{path}' is written, but without all metadata ({error}): copy it with exiftool if you need it.",
        HdrnetWarning,
        stacklevel=4,
    )
