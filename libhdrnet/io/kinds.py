"""Which kind of picture a file is, by its first bytes and never by its name."""

import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from libhdrnet.errors import InputError, sentence

Kind = Literal["jpeg", "png", "tiff", "exr", "hdr", "heif", "jxl", "other", "raw"]


@dataclass(frozen=True)
class Format:
    """What pictures of one format are called, who reads them, and how they are recognised."""

    name: str
    kind: Kind
    """The module of `io.formats` that reads it."""
    suffixes: str
    """In lower case, with blanks between."""
    mark: re.Pattern[bytes]
    """Matches the first bytes of a file."""


def _format(name: str, kind: Kind, suffixes: str, mark: bytes) -> Format:
    return Format(name, kind, suffixes, re.compile(mark, re.DOTALL))


FORMATS = (
    _format("JPEG", "jpeg", "jpg jpeg jpe", rb"\xff\xd8\xff"),
    _format("PNG", "png", "png", rb"\x89PNG\r\n\x1a\n"),
    _format("TIFF", "tiff", "tif tiff", rb"II[*+]\0|MM\0[*+]"),
    _format("OpenEXR", "exr", "exr", rb"\x76\x2f\x31\x01"),
    # The name after the first two characters is the program's; some leave the line out.
    _format("Radiance HDR", "hdr", "hdr", rb"#\?|FORMAT=32-bit_rl"),
    _format("HEIF", "heif", "heic heif hif", rb".{4}ftyp(?:he[iv]|mif1|msf1)"),
    _format("AVIF", "heif", "avif", rb".{4}ftypavi[fs]"),
    _format("JPEG XL", "jxl", "jxl", rb"\xff\x0a|\0\0\0\x0cJXL \r\n\x87\n"),
    _format("WebP", "other", "webp", rb"RIFF....WEBP"),
    _format("JPEG 2000", "other", "jp2 j2k", rb".{4}jP  |\xff\x4f\xff\x51"),
    # With the size of its second header.
    _format("BMP", "other", "bmp", rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0"),
    _format("GIF", "other", "gif", rb"GIF8[79]a"),
    _format("PPM", "other", "ppm pgm pbm", rb"P[1-6]\s"),
    _format(
        "camera RAW", "raw",
        "3fr arw cr2 cr3 crw dcr dng erf fff iiq kdc mef mos mrw nef nrw orf pef raf raw rw2 rwl sr2 srf srw x3f",
        rb"IIR[OS]|MMOR|IIU\0|FUJIFILMCCD-RAW|FOVb|\0MRM|.{6}HEAPCCDR|.{4}ftypcrx ",
    ),
)  # fmt: skip
"""All that can be read; the one list of it."""
SUFFIXES = frozenset(f".{suffix}" for format in FORMATS for suffix in format.suffixes.split())
RAW_SUFFIXES = frozenset(f".{suffix}" for suffix in FORMATS[-1].suffixes.split())
READABLE = f"{', '.join(format.name for format in FORMATS[:-1])} and {FORMATS[-1].name}"

_REFUSED = (
    (0, b"8BPS", "Photoshop"), (4, b"ftyp", "video"), (0, b"gimp xcf", "GIMP"), (0, b"%PDF", "PDF"),
    (0, b"PF\n", "PFM"), (0, b"<", "text or SVG"),
)  # fmt: skip

_DNG_VERSION, _PHOTOMETRIC, _SUB_IFDS = 50706, 262, 330
_CFA, _LINEAR_RAW = 32803, 34892


def kind_of(path: Path) -> Kind:
    """Recognise the kind of the picture in `path`.

    Raises InputError for a missing file, a folder, an empty or unreadable file and an unsupported kind.
    """
    if path.is_dir():
        raise InputError(sentence("'{path}' is a folder: name a picture in it.", path=path))
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except FileNotFoundError:
        raise InputError(sentence("'{path}' does not exist: check the name.", path=path)) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(
            sentence("'{path}' cannot be opened ({reason}): check its name and permissions.", path=path, reason=reason)
        ) from error
    if not head:
        raise InputError(
            sentence("'{path}' is empty (0 bytes): copy it again from the camera or the backup.", path=path)
        )
    kind = next((format.kind for format in FORMATS if format.mark.match(head)), None)
    if kind == "tiff" and len(head) >= 16 and _is_tiff_raw(path, head):
        return "raw"
    if kind is not None:
        return kind
    for offset, magic, name in _REFUSED:
        if head[offset : offset + len(magic)] == magic:
            raise InputError(
                sentence(
                    "'{path}' is a {kind} file, which cannot be read: export it as TIFF, PNG or JPEG.",
                    path=path, kind=name,
                )
            )  # fmt: skip
    if path.suffix.lower() in RAW_SUFFIXES:
        return "raw"
    raise InputError(
        sentence("'{path}' is no picture of a known kind: {kinds} can be read.", path=path, kinds=READABLE)
    )


def _is_tiff_raw(path: Path, head: bytes) -> bool:
    # Nearly all RAW formats are TIFF inside; a sensor mosaic or the DNG tag tells them from pictures.
    if path.suffix.lower() in RAW_SUFFIXES or head[8:10] == b"CR":
        return True
    if head[2] in b"+" or head[3] in b"+":  # BigTIFF: no camera writes it
        return False
    order = "<" if head[:1] == b"I" else ">"
    with path.open("rb") as file:
        queue, seen = [struct.unpack(order + "I", head[4:8])[0]], set[int]()
        while queue and len(seen) < 16:
            offset = queue.pop()
            if offset in seen or not offset:
                continue
            seen.add(offset)
            file.seek(offset)
            count_bytes = file.read(2)
            if len(count_bytes) < 2:
                continue
            count = struct.unpack(order + "H", count_bytes)[0]
            entries = file.read(12 * count)
            for start in range(0, len(entries) - 11, 12):
                tag, dtype, number, value = struct.unpack_from(order + "HHII", entries, start)
                if tag == _DNG_VERSION:
                    return True
                if tag == _PHOTOMETRIC:
                    code = value >> 16 if order == ">" and dtype == 3 else value & 0xFFFF
                    if code in (_CFA, _LINEAR_RAW):
                        return True
                if tag == _SUB_IFDS and 0 < number <= 8:
                    if number == 1:
                        queue.append(value)
                    else:
                        file.seek(value)
                        data = file.read(4 * number)
                        queue.extend(struct.unpack(order + f"{len(data) // 4}I", data[: len(data) // 4 * 4]))
    return False
