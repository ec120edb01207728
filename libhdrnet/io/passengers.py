"""What a file holds beside its picture and what is made of it cannot carry: gain maps, depth, videos, pages, layers."""

import re
from collections.abc import Collection, Iterable
from os import PathLike
from pathlib import Path

from libhdrnet.errors import HdrnetNote, InputError, warn
from libhdrnet.io.formats import jpeg_segments, tiff
from libhdrnet.io.formats.jpeg_segments import APP1, APP2, SCAN, XMP, segments
from libhdrnet.io.kinds import kind_of

GAIN_MAP, DEPTH, VIDEO = "a gain map", "a depth map", "the video of a motion photo"
EXTENDED_XMP, PAGES, LAYERS = "XMP of more than 64 KiB", "further pages", "layers of Photoshop"

_IS = rb"\s*(?:=\s*[\"']|>)\s*"
"""Between a property's name and its value, as an attribute or as an element."""
_GAIN_MAP_XMP = re.compile(rb"hdrgm:Version|HDRGainMapVersion|aux:hdrgainmap|:Semantic" + _IS + rb"GainMap")
_DEPTH_XMP = re.compile(
    rb"GDepth:|AuxiliaryImageType" + _IS + rb"(?:depth|disparity)|:Semantic" + _IS + rb"Depth", re.IGNORECASE
)
_VIDEO_XMP = re.compile(rb":(?:MotionPhoto|MicroVideo)" + _IS + rb"1")
_SAMSUNG_VIDEO = b"MotionPhoto_Data"
_JPEG_START = re.compile(rb"\xff\xd8\xff")
_LAYER_TAG, _REDUCED, _MASK = 37724, 1, 4


def note_passengers(paths: Iterable[str | PathLike[str]], used: Collection[str] = ()) -> None:
    """Note, in one line for each kind but those `used`, what is in the files and not in what is made of them."""
    found: dict[str, list[Path]] = {}
    for path in map(Path, paths):
        for what in set(passengers(path)).difference(used):
            found.setdefault(what, []).append(path)
    for what, holders in found.items():
        others = f" and {len(holders) - 1} more hold" if len(holders) > 1 else " holds"
        warn(f"'{holders[0]}'{others} {what}, which the result does not carry: keep the original.", HdrnetNote)


def passengers(path: Path) -> list[str]:
    """Name what a JPEG or TIFF holds beside its picture; empty for other kinds and files that cannot be read."""
    try:
        kind = kind_of(path)
        if kind == "jpeg":
            return _in_jpeg(path.read_bytes())
        return _in_tiff(path) if kind == "tiff" else []
    except (InputError, OSError):
        return []


def _in_jpeg(data: bytes) -> list[str]:
    start = next((position for code, position, _ in segments(data) if code == SCAN), len(data))
    first = _description(data, 0)
    # What a scan holds never looks like the start of a JPEG, and previews lie before it.
    others = [_description(data, match.start()) for match in _JPEG_START.finditer(data, start)]
    found = []
    if (others and _GAIN_MAP_XMP.search(first)) or any(map(_GAIN_MAP_XMP.search, others)):
        found.append(GAIN_MAP)
    if any(map(_DEPTH_XMP.search, [first, *others])):
        found.append(DEPTH)
    video = _VIDEO_XMP.search(first) and data.find(b"ftyp", start) >= 0
    if video or data.find(_SAMSUNG_VIDEO, start) >= 0:
        found.append(VIDEO)
    return found + ([EXTENDED_XMP] if jpeg_segments.EXTENDED_XMP in first and DEPTH not in found else [])


def _description(data: bytes, start: int) -> bytes:
    """Join what tells the kind of the JPEG from `start`; ISO 21496-1's gain map under the name that Adobe's has."""
    head = [(code, body) for code, _, body in segments(data, start)]
    parts = [body for code, body in head if code == APP1 and body.startswith((XMP, jpeg_segments.EXTENDED_XMP))]
    iso = any(code == APP2 and body.startswith(jpeg_segments.GAIN_MAP) for code, body in head)
    return b"".join(parts) + (b"hdrgm:Version" if iso else b"")


def _in_tiff(path: Path) -> list[str]:
    try:
        with tiff.opened(path) as file:
            kinds = [int(page.subfiletype) for page in file.pages]
            layers = _LAYER_TAG in file.pages[0].tags
    except Exception:  # damaged in a way that no library documents: reading the picture says so
        return []
    pages = sum(not kind & (_REDUCED | _MASK) for kind in kinds)
    return ([PAGES] if pages > 1 else []) + ([LAYERS] if layers else [])
