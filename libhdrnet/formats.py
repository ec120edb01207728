"""The formats of pictures: the one table of who reads and writes them, how they are recognised, what they hold."""

import re
from dataclasses import dataclass
from importlib import import_module
from os import PathLike
from pathlib import Path
from typing import Any

from libhdrnet.errors import InputError


@dataclass(frozen=True)
class Format:
    """What pictures of one format are called, how they are recognised, and what is written so."""

    name: str
    kind: str
    """The module of `io.formats` that reads it; what else is of the same kind is read alike."""
    suffixes: tuple[str, ...]
    """In lower case."""
    mark: re.Pattern[bytes]
    """Matches the first bytes of a file."""
    holds: frozenset[str]
    """What can be written: "radiance", "linear" radiance on any scale, a picture for a "display", a "map", and "like"
    the picture that it was made of."""
    depths: tuple[int, ...]
    """Bits, where those of radiance can be chosen."""
    writer: str
    """The module of `io.formats` that writes it."""
    longest: int
    """Pixels of a side that can be written: what the format, or its readers as they usually are, take."""


def _format(
    name: str, kind: str, suffixes: str, mark: bytes, holds: str = "", *depths: int, writer: str = "",
    longest: int = 2**31 - 1,
) -> Format:  # fmt: skip
    dotted = tuple(f".{suffix}" for suffix in suffixes.split())
    pattern = re.compile(mark, re.DOTALL)
    return Format(name, kind, dotted, pattern, frozenset(holds.split()), depths, writer or kind, longest)


FORMATS = (
    _format("JPEG", "jpeg", "jpg jpeg jpe", rb"\xff\xd8\xff", "display map like", longest=65500),
    _format("PNG", "png", "png", rb"\x89PNG\r\n\x1a\n", "display map like"),
    _format("OpenEXR", "exr", "exr", rb"\x76\x2f\x31\x01", "radiance linear map like"),
    # The name after the first two characters is the program's; some leave the line out.
    _format("Radiance HDR", "hdr", "hdr", rb"#\?|FORMAT=32-bit_rl", "radiance linear like"),
    _format("TIFF", "tiff", "tif tiff", rb"II[*+]\0|MM\0[*+]", "radiance linear display map like"),
    _format("HEIF", "heif", "heic heif hif", rb".{4}ftyp(?:he[iv]|mif1|msf1)"),
    _format("AVIF", "heif", "avif", rb".{4}ftypavi[fs]", "radiance", 10, 12, writer="avif", longest=32768),
    _format("JPEG XL", "jxl", "jxl", rb"\xff\x0a|\0\0\0\x0cJXL \r\n\x87\n", "radiance", 10, 12, 16, longest=1 << 18),
    _format("WebP", "other", "webp", rb"RIFF....WEBP"),
    _format("JPEG 2000", "other", "jp2 j2k", rb".{4}jP  |\xff\x4f\xff\x51"),
    # With the size of its second header.
    _format("BMP", "other", "bmp", rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0"),
    _format("GIF", "other", "gif", rb"GIF8[79]a"),
    _format("PPM", "other", "ppm pgm pbm", rb"P[1-6]\s"),
    _format("DNG", "raw", "dng", rb"(?!)", "radiance", writer="dng"),  # a TIFF by its first bytes
    _format(
        "camera RAW", "raw",
        "3fr arw cr2 cr3 crw dcr erf fff iiq kdc mef mos mrw nef nrw orf pef raf raw rw2 rwl sr2 srf srw x3f",
        rb"IIR[OS]|MMOR|IIU\0|FUJIFILMCCD-RAW|FOVb|\0MRM|.{6}HEAPCCDR|.{4}ftypcrx ",
    ),
)  # fmt: skip
"""All that can be read and written; the one list of it."""


def codec(name: str) -> Any:
    """Return the module of `io.formats` that reads a kind of picture, or that writes a format."""
    return import_module(f"libhdrnet.io.formats.{name}")


def suffixes(*, kind: str | None = None, holds: str | None = None) -> tuple[str, ...]:
    """Return the suffixes of all formats, those of a kind, or those that hold something."""
    fit = (f for f in FORMATS if kind in (None, f.kind) and (holds is None or holds in f.holds))
    return tuple(suffix for format in fit for suffix in format.suffixes)


READ_SUFFIXES = frozenset(suffixes())
RAW_SUFFIXES = frozenset(suffixes(kind="raw"))
READABLE = f"{', '.join(format.name for format in FORMATS[:-1])} and {FORMATS[-1].name}"
WRITE_SUFFIXES: dict[str, tuple[str, ...]] = {
    **{holds: suffixes(holds=holds) for holds in ("radiance", "display", "map")},
    "merged": tuple(dict.fromkeys((*suffixes(holds="radiance"), *suffixes(holds="display")))),
    "any": suffixes(holds="like"),
}
BY_SUFFIX = {suffix: format for format in FORMATS for suffix in format.suffixes}
TIFF, JPEG = suffixes(kind="tiff"), suffixes(kind="jpeg")
HDR_BITS = {suffix: format.depths for format in FORMATS if format.depths for suffix in format.suffixes}
"""Depths of the formats for HDR displays."""


def check_depth(path: str | PathLike[str], bits: int | None) -> None:
    """Raise InputError if `path` names a format for HDR displays that has no such depth; None: as usual."""
    known = HDR_BITS.get(Path(path).suffix.lower(), ())
    if known and bits is not None and bits not in known:
        raise InputError(f"'{path}' cannot have {bits} bits: choose one of {', '.join(map(str, known))}.")
