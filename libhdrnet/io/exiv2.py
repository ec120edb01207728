"""Exiv2: pictures' metadata opened one at a time, XMP packets, and conversions between EXIF, IPTC and XMP."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

Tags = dict[str, Any]
RECORD_NAMESPACE = "https://libhdrnet.org/ns/1.0/"
UNREADABLE = (RuntimeError, ValueError, TypeError)
"""What pyexiv2 raises for values and files that Exiv2 cannot take."""
_LOCK = threading.Lock()
"""Exiv2's XMP part is not safe to use from several threads."""


@contextmanager
def exiv2_image(source: Path | bytes) -> Iterator[Any]:
    """Open Exiv2's view of a file or of a file's bytes, silent, one thread at a time."""
    import pyexiv2

    with _LOCK:
        pyexiv2.set_log_level(4)
        pyexiv2.registerNs(RECORD_NAMESPACE, "hdrnet")
        image = pyexiv2.ImageData(source) if isinstance(source, bytes) else pyexiv2.Image(str(source))
        del source  # it has a copy of bytes
        try:
            yield image
        finally:
            image.close()


def tolerant(read: Callable[..., Any]) -> Any:
    """Read one kind of metadata; a text that is not UTF-8 is taken as Windows-1252 and must not hide the rest."""
    try:
        return read()
    except UnicodeError:
        return _decoded(read(encoding="latin-1"))
    except RuntimeError:
        return {}


def blank_jpeg() -> bytes:
    """Make the smallest file that Exiv2 can hang metadata on."""
    import imagecodecs

    return bytes(imagecodecs.jpeg8_encode(np.zeros((8, 8), np.uint8)))


def blank_png() -> bytes:
    """Make a small file that holds XMP of any size, of which a JPEG holds 64 KiB."""
    import imagecodecs

    return bytes(imagecodecs.png_encode(np.zeros((1, 1), np.uint8)))


def xmp_packet(tags: Mapping[str, Any]) -> str:
    """Write XMP tags as the XML text that goes into files."""
    with exiv2_image(blank_png()) as image:
        image.modify_xmp(dict(tags))
        return str(image.read_raw_xmp())


def xmp_of_packet(packet: str) -> Tags:
    """Undo `xmp_packet`. Raises RuntimeError for a text that is no XMP."""
    with exiv2_image(blank_png()) as image:
        image.modify_raw_xmp(packet)
        return dict(image.read_xmp())


_NEWER_EXIF = {
    f"Exif.Photo.{name}": f"Xmp.{space}.{name}"
    for space, names in (
        ("exifEX", "LensModel LensMake LensSerialNumber BodySerialNumber CameraOwnerName LensSpecification"),
        ("exifEX", "SensitivityType RecommendedExposureIndex"),
        ("exif", "OffsetTime OffsetTimeOriginal OffsetTimeDigitized"),
    )
    for name in names.split()
}
"""Tags of EXIF 2.3 and later, which Exiv2 does not convert, and their names in XMP."""

_LENS_RANGE = "Xmp.exifEX.LensSpecification"


def exif_as_xmp(exif: Mapping[str, Any]) -> Tags:
    """Express EXIF as XMP (exif, exifEX, tiff, dc, xmp, photoshop)."""
    newer = {name: exif[key] for key, name in _NEWER_EXIF.items() if key in exif}
    if _LENS_RANGE in newer:  # four numbers, which are a list in XMP
        newer[_LENS_RANGE] = str(newer[_LENS_RANGE]).split()
    return _converted("convert_exif_to_xmp", exif) | newer


def iptc_as_xmp(iptc: Mapping[str, Any]) -> Tags:
    """Express IPTC IIM as XMP by the mapping of IPTC Core; fields without a counterpart are left out."""
    found = _converted("convert_iptc_to_xmp", iptc)
    date, time = (iptc.get(f"Iptc.Application2.{part}Created") for part in ("Date", "Time"))
    if date:  # Exiv2 leaves it out
        found["Xmp.photoshop.DateCreated"] = f"{date}T{time}" if time else str(date)
    return found


def xmp_as_exif(xmp: Mapping[str, Any]) -> Tags:
    """Undo `exif_as_xmp`, as far as XMP keeps it."""
    newer = {
        key: " ".join(value) if isinstance(value, list) else value
        for key, name in _NEWER_EXIF.items()
        if (value := xmp.get(name)) is not None
    }
    return _converted("convert_xmp_to_exif", xmp) | newer


def _converted(name: str, tags: Mapping[str, Any]) -> Tags:
    import pyexiv2

    if not tags:
        return {}
    try:
        with _LOCK:
            pyexiv2.set_log_level(4)
            return dict(getattr(pyexiv2, name)(dict(tags)))
    except UNREADABLE:
        return {}


def _decoded(value: Any) -> Any:
    """Decode texts that were read as Latin-1, each by itself: files hold both encodings."""
    if isinstance(value, str):
        code = value.encode("latin-1")
        for encoding in ("utf-8", "cp1252"):
            try:
                return code.decode(encoding)
            except UnicodeError:
                continue
        return value
    if isinstance(value, dict):
        return {key: _decoded(item) for key, item in value.items()}
    return [_decoded(item) for item in value] if isinstance(value, list) else value
