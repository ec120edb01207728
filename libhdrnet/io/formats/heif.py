"""HEIF: HEIC and HIF of cameras through pillow-heif, which is optional, and AVIF through imagecodecs.

What their boxes tell of the main picture (ISO 23008-12) is read here: size, colours, turns, depth.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from libhdrnet.errors import InputError, warn
from libhdrnet.io.cicp import CodePoints
from libhdrnet.io.formats.boxes import FULL, boxes, outer_boxes
from libhdrnet.io.formats.decoded import Array, Decoded, Header, damaged, decoded_by_points, full_scale
from libhdrnet.io.orientation import applied, upright_size

_MAX_META = 1 << 24
_SEQUENCES = (b"avis", b"msf1")
"""Brands of files that are sequences in the first place."""
_TURNED = {0: 1, 1: 8, 2: 3, 3: 6}
"""EXIF orientations of quarter turns anticlockwise."""
_MIRRORED = {0: {1: 4, 8: 5, 3: 2, 6: 7}, 1: {1: 2, 8: 7, 3: 4, 6: 5}}
"""EXIF orientation after exchanging top and bottom (0) or left and right (1) of what is turned already."""


@dataclass(frozen=True)
class MainPicture:
    """What the boxes tell of the main picture, as it is stored."""

    height: int = 0
    width: int = 0
    left: int = 0
    top: int = 0
    """What a clean aperture cuts off; height and width are what it leaves."""
    orientation: int = 1
    """EXIF's number for its turns and mirrors."""
    bits: int = 8
    codec: str = "hevc"
    """"hevc" or "av1"."""
    points: CodePoints | None = None
    """None: unspecified or unknown ones."""
    icc: bytes | None = None


def header(path: Path) -> Header:
    """Size of the main picture upright; EXIF's orientation does not count (ISO 23008-12)."""
    picture = main_picture(path)
    size = upright_size(picture.height, picture.width, picture.orientation)
    return Header(*size, orientation=1, turned=picture.orientation)


def decode(path: Path) -> Decoded:
    """Decode the main picture upright: 8 bits, or more as full-scale uint16.

    PQ and HLG become linear Rec.709 whatever profile stands beside them; else a profile counts before code points.
    A HdrnetWarning tells that an AVIF is an animation.
    Raises InputError for HEIC where pillow-heif is not installed.
    """
    picture = main_picture(path)
    array = _av1(path, picture) if picture.codec == "av1" else _hevc(path)
    points = picture.points
    if picture.icc is not None and points is not None and points.is_bounded:
        points = None
    return decoded_by_points(array, points, picture.icc)


def _av1(path: Path, picture: MainPicture) -> Array:
    import imagecodecs

    data = path.read_bytes()
    if data[8:12] in _SEQUENCES:
        warn(f"'{path}' is an animation: only its first picture is read.")
    # By this brand the main picture is decoded. Of a sequence the decoder would write all pictures into memory for one.
    array = np.asarray(imagecodecs.avif_decode(data[:8] + b"avif" + data[12:], 0))
    array = array[picture.top : picture.top + picture.height, picture.left : picture.left + picture.width]
    return applied(full_scale(array, (1 << picture.bits) - 1), picture.orientation)


def _hevc(path: Path) -> Array:
    try:
        import pillow_heif
    except ImportError as error:
        raise InputError(
            f"'{path}' is a HEIC file, which needs pillow-heif: pip install 'libhdrnet[heic]', or export it as TIFF."
        ) from error
    image = pillow_heif.open_heif(path, convert_hdr_to_8bit=False)
    array, bits = np.asarray(image), int(image.info["bit_depth"])
    # Deeper samples come shifted to the upper bits.
    return full_scale(array >> np.uint16(16 - bits), (1 << bits) - 1) if array.dtype == np.uint16 else array


def main_picture(path: Path) -> MainPicture:
    """Read the boxes. Raises InputError where there are none or they are damaged."""
    try:
        inner = dict(boxes(_meta(path)))
        properties = dict(boxes(inner[b"iprp"]))
        listed = boxes(properties[b"ipco"])
        main = int.from_bytes(inner[b"pitm"][FULL : FULL + (4 if inner[b"pitm"][0] else 2)], "big")
        # Of a picture of tiles the coding is told by the tiles.
        picture = MainPicture(codec="av1" if any(name == b"av1C" for name, _ in listed) else "hevc")
        for index in _indices(properties[b"ipma"], main):
            if 0 < index <= len(listed):
                picture = _with_property(picture, *listed[index - 1])
    except (struct.error, IndexError, KeyError) as error:
        raise damaged(path, "its boxes make no sense") from error
    if not picture.height or not picture.width:
        raise damaged(path, "no size of the main picture")
    return picture


def _meta(path: Path) -> bytes:
    with path.open("rb") as file:
        for name, begins, ends in outer_boxes(file):
            if name == b"meta":
                file.seek(begins + FULL)
                return file.read(min(ends - begins - FULL, _MAX_META))
    raise damaged(path, "no description of its pictures")


def _with_property(picture: MainPicture, name: bytes, body: bytes) -> MainPicture:
    if name == b"ispe":
        width, height = struct.unpack_from(">II", body, FULL)
        return replace(picture, height=height, width=width)
    if name == b"clap":
        return _cropped(picture, body)
    if name == b"pixi":
        return replace(picture, bits=max(body[FULL + 1 : FULL + 1 + body[FULL]]))
    if name == b"av1C":  # of a file without pixi
        return replace(picture, bits=12 if body[2] & 0x20 else 10 if body[2] & 0x40 else 8)
    if name == b"irot":
        return replace(picture, orientation=_TURNED[body[0] & 3])
    if name == b"imir":
        return replace(picture, orientation=_MIRRORED[body[0] & 1][picture.orientation])
    if name == b"colr" and body[:4] == b"nclx":
        # Decoders give RGB of full range.
        return replace(picture, points=CodePoints.known(*struct.unpack_from(">HH", body, 4)))
    if name == b"colr" and body[:4] in (b"prof", b"rICC"):
        return replace(picture, icc=body[4:])
    return picture


def _cropped(picture: MainPicture, clap: bytes) -> MainPicture:
    values = struct.unpack_from(">IIIIiIiI", clap)
    width, height, across, down = (values[at] / max(values[at + 1], 1) for at in range(0, 8, 2))
    left, top = round((picture.width - width) / 2 + across), round((picture.height - height) / 2 + down)
    inside = 0 <= left <= left + round(width) <= picture.width and 0 <= top <= top + round(height) <= picture.height
    return replace(picture, left=left, top=top, width=round(width), height=round(height)) if inside else picture


def _indices(ipma: bytes, wanted: int) -> Iterator[int]:
    """Yield the numbers, from 1, of an item's properties, in the order in which they apply."""
    version, wide = ipma[0], ipma[3] & 1
    (count,) = struct.unpack_from(">I", ipma, FULL)
    position = FULL + 4
    for _ in range(count):
        (item,) = struct.unpack_from(">I" if version else ">H", ipma, position)
        position += 4 if version else 2
        associations = ipma[position]
        position += 1
        for _ in range(associations):
            if item == wanted:
                yield struct.unpack_from(">H", ipma, position)[0] & 0x7FFF if wide else ipma[position] & 0x7F
            position += 2 if wide else 1
