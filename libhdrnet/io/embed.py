"""Put the source's metadata and the record of how a picture was made into a file; read the record back."""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from libhdrnet._version import __version__
from libhdrnet.errors import InputError, readable, warn
from libhdrnet.formats import JPEG
from libhdrnet.io.exiv2 import UNREADABLE, Tags, blank_jpeg, blank_png, exiv2_image, xmp_packet
from libhdrnet.io.formats import exr, hdr, hdr_comments
from libhdrnet.io.formats.jpeg_segments import segments
from libhdrnet.io.inherit import as_xmp, describes_storage, inherited, with_comment_in_exif, without_xmp
from libhdrnet.io.kinds import kind_of
from libhdrnet.io.metadata import EXR_NUMBERS, EXR_TEXTS, Metadata, exposure_values

Record = Mapping[str, Any]
SOFTWARE = f"libhdrnet {__version__}"
_RECORD = "Xmp.hdrnet.record"
_EXR_RECORD = "hdrnetRecord"
_EXIF = b"Exif\0\0"
_MOST_IN_MEMORY = 1 << 31
"""Bytes of a file that pyexiv2 does not take."""
_HDR_ROOM = 48_000
"""Characters of tags in the header of a Radiance file: readers look for the picture in its first 64 KiB."""


@dataclass(frozen=True)
class Target:
    """A file that is to be written, and what goes into it beside its picture.

    Raises InputError for a record that JSON cannot hold.
    """

    path: Path
    metadata: Metadata = Metadata()
    """Of the source."""
    record: Record | None = None
    """How the picture was made."""

    def __post_init__(self) -> None:
        try:
            json.dumps(self.record)
        except (TypeError, ValueError) as error:
            raise InputError(f"The record cannot be written as JSON ({error}): use numbers, texts, lists.") from error


def embed(path: Path, target: Target, *, srgb: bool, packet: str = "") -> None:
    """Write tags into the JPEG, PNG, TIFF or DNG at `path`; where they cannot be written the file stays as it is.

    `packet`: the XMP of a source with the same picture, kept whole but for what describes how it was stored. A
    HdrnetWarning tells of what is not written; it speaks of the file as the target.
    """
    kept = inherited(target.metadata)
    if path.suffix.lower() in (".tif", ".tiff", ".dng"):
        kept = with_comment_in_exif(kept)
    try:
        exif, iptc = _writable(_exif(kept, srgb=srgb), "exif"), _writable(dict(kept.iptc), "iptc")
        xmp = _writable({**kept.xmp, **_own(target.record)}, "xmp")
        if path.suffix.lower() in JPEG:
            xmp = _fit_for_jpeg(xmp, target.path)
        # Of files Exiv2 does not see that the disk is full, and on Windows it takes names in the system's code page.
        in_memory = path.stat().st_size < _MOST_IN_MEMORY
        with exiv2_image(path.read_bytes() if in_memory else path) as image:
            image.modify_exif(exif)
            if packet:
                image.modify_raw_xmp(packet)
                there = image.read_xmp()
                xmp = {key: value for key, value in xmp.items() if there.get(key) != value}
                xmp |= {key: None for key in there if describes_storage(key)}
            if xmp:
                image.modify_xmp(xmp)
            if iptc:
                image.modify_iptc(iptc)
            if kept.comment:
                image.modify_comment(kept.comment)
            data = image.get_bytes() if in_memory else None
    except UNREADABLE as error:
        _warn(target.path, error)
        return
    if data is not None:
        path.write_bytes(data)


def write_blank(path: Path, metadata: Metadata, record: Record | None) -> Path:
    """Write a JPEG without a picture that carries what a picture made from `metadata`'s source inherits."""
    path.write_bytes(blank_jpeg())
    embed(path, Target(path, metadata, record), srgb=False)
    return path


def exr_attributes(target: Target) -> Tags:
    """Express metadata as OpenEXR's standard attributes, all of it as XMP in `xmp`, and add the record."""
    kept, record = with_comment_in_exif(inherited(target.metadata)), target.record
    attributes: Tags = {"software": SOFTWARE}
    values = dict(zip(EXR_NUMBERS, exposure_values(target.metadata), strict=True))
    attributes |= {name: float(value) for name, value in values.items() if value is not None}
    attributes |= {name: str(kept.exif[key]) for name, key in EXR_TEXTS.items() if kept.exif.get(key)}
    if record is not None:
        attributes[_EXR_RECORD] = json.dumps(record)
        attributes |= {"whiteLuminance": float(record["white_luminance"])} if "white_luminance" in record else {}
    if xmp := as_xmp(kept):
        try:
            attributes["xmp"] = xmp_packet(_writable(xmp, "xmp"))
        except UNREADABLE as error:
            _warn(target.path, error)
    return attributes


def exif_and_xmp(target: Target) -> tuple[bytes, bytes]:
    """Make what files carry that Exiv2 does not write: EXIF as a TIFF structure, and an XMP packet with IPTC in it."""
    kept = with_comment_in_exif(inherited(target.metadata))
    try:
        exif = _writable(_exif(kept), "exif")
        xmp = _writable(as_xmp(replace(kept, exif={})) | _own(target.record), "xmp")
        with exiv2_image(blank_jpeg()) as image:
            image.modify_exif(exif)
            head = image.get_bytes()
        packet = xmp_packet(xmp).encode() if xmp else b""
    except UNREADABLE as error:
        _warn(target.path, error)
        return b"", b""
    return next(body[len(_EXIF) :] for _, _, body in segments(head) if body.startswith(_EXIF)), packet


def xmp_losses(metadata: Metadata) -> list[str]:
    """Name what formats without IPTC have no place for."""
    fields = without_xmp(inherited(metadata).iptc)
    return [f"{', '.join(fields)} of IPTC"] if fields else []


def hdr_tags(metadata: Metadata) -> tuple[Tags, list[str]]:
    """Choose the tags for the header of a Radiance file, and name what has no room in it."""
    kept = with_comment_in_exif(inherited(metadata))
    tags, left, room = Tags(), 0, _HDR_ROOM
    for key, value in {**kept.exif, **kept.iptc, **kept.xmp}.items():
        size = len(key) + len(json.dumps(value))
        if size > room:
            left += 1
        else:
            tags[key] = value
            room -= size
    return tags, [f"{left} long tags"] if left else []


def read_record(path: str | os.PathLike[str]) -> dict[str, Any] | None:
    """Read the record that one of the library's writers put into a file; None if there is none.

    Raises InputError for a file that is no picture.
    """
    path = Path(path)
    kind, text = kind_of(path), None
    if kind == "exr":
        text = exr.read_attributes(path).get(_EXR_RECORD)
    elif kind == "hdr":
        text = hdr_comments.record_of(hdr.read_lines(path))
    else:
        with suppress(RuntimeError, ValueError), exiv2_image(path) as image:
            text = image.read_xmp().get(_RECORD)
    try:
        record = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def _exif(kept: Metadata, *, srgb: bool = False) -> Tags:
    own = {"Exif.Image.Orientation": "1", "Exif.Image.Software": SOFTWARE}
    return {**kept.exif, **own, "Exif.Photo.ColorSpace": "1" if srgb else "65535"}


def _own(record: Record | None) -> Tags:
    return {} if record is None else {_RECORD: json.dumps(record)}


def _writable(tags: Tags, kind: str) -> Tags:
    # Tried on a small file: one odd value must not cost all the others.
    if not tags or _survives(tags, kind, blank_png() if kind == "xmp" else blank_jpeg()):
        return tags
    if len(tags) == 1:
        return {}
    pairs, half = list(tags.items()), len(tags) // 2
    return _writable(dict(pairs[:half]), kind) | _writable(dict(pairs[half:]), kind)


def _fit_for_jpeg(xmp: Tags, shown: Path) -> Tags:
    """Leave out the longest tags, with a warning, until the others fit into a JPEG."""
    kept = dict(xmp)
    while kept and not _survives(kept, "xmp", blank_jpeg()):
        del kept[max(kept, key=lambda key: (key != _RECORD, len(str(kept[key]))))]
    if len(kept) < len(xmp):
        _warn(shown, f"{', '.join(key for key in xmp if key not in kept)} is too long for a JPEG")
    return kept


def _survives(tags: Tags, kind: str, blank: bytes) -> bool:
    try:
        with exiv2_image(blank) as image:
            getattr(image, f"modify_{kind}")(tags)
            data = image.get_bytes()
        # Exiv2 leaves out the whole XMP packet without a word if it cannot encode one of its values.
        with exiv2_image(data) as image:
            found = getattr(image, f"read_{kind}")()
    except UNREADABLE:
        return False
    return tags.keys() <= set(found)


def _warn(path: Path, error: object) -> None:
    warn(f"'{path}' is written, but without all metadata ({readable(error)}): copy it with exiftool if you need it.")
