"""Which kind of picture a file is, by its first bytes and never by its name."""

import re
import struct
from pathlib import Path
from typing import Literal

from libhdrnet.errors import InputError

Kind = Literal["jpeg", "png", "tiff", "exr", "hdr", "raw", "other"]

RAW_SUFFIXES = frozenset(
    f".{name}"
    for name in (
        "3fr",
        "arw",
        "cr2",
        "cr3",
        "crw",
        "dcr",
        "dng",
        "erf",
        "fff",
        "iiq",
        "kdc",
        "mef",
        "mos",
        "mrw",
        "nef",
        "nrw",
        "orf",
        "pef",
        "raf",
        "raw",
        "rw2",
        "rwl",
        "sr2",
        "srf",
        "srw",
        "x3f",
    )  # fmt: skip
)
READABLE = "JPEG, PNG, TIFF, OpenEXR, Radiance HDR, WebP, JPEG 2000, BMP, GIF, PPM and camera RAW"

_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_RAW = (b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"FUJIFILMCCD-RAW", b"FOVb", b"\0MRM")
_RADIANCE = (b"#?", b"FORMAT=32-bit_rl")
"""The name after the first two characters is the program's; some leave the line out."""
_OTHER = re.compile(
    rb"GIF8[79]a|BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0|RIFF....WEBP|.{4}jP  |\xff\x4f\xff\x51|P[1-6]\s", re.S
)
"""GIF, BMP (with the size of its second header), WebP, JPEG 2000 in its two forms, PBM, PGM and PPM."""
_REFUSED = (
    (0, b"8BPS", "Photoshop"), (0, b"\xff\x0a", "JPEG XL"), (4, b"JXL ", "JPEG XL"), (4, b"ftyp", "HEIF or AVIF"),
    (0, b"gimp xcf", "GIMP"), (0, b"%PDF", "PDF"), (0, b"PF\n", "PFM"), (0, b"<", "text or SVG"),
)  # fmt: skip

_DNG_VERSION, _PHOTOMETRIC, _SUB_IFDS = 50706, 262, 330
_CFA, _LINEAR_RAW = 32803, 34892


def kind_of(path: Path) -> Kind:
    """Recognise the kind of the picture in `path`.

    Raises InputError for a missing file, a folder, an empty or unreadable file and an unsupported kind.
    """
    if path.is_dir():
        raise InputError(f"'{path}' is a folder: name a picture in it.")
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except FileNotFoundError:
        raise InputError(f"'{path}' does not exist: check the name.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"'{path}' cannot be opened ({reason}): check its name and permissions.") from error
    if not head:
        raise InputError(f"'{path}' is empty (0 bytes): copy it again from the camera or the backup.")
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith(b"\x76\x2f\x31\x01"):
        return "exr"
    if head.startswith(_RADIANCE):
        return "hdr"
    if head.startswith(_RAW) or head[6:14] == b"HEAPCCDR" or head[4:12] == b"ftypcrx ":
        return "raw"
    if head.startswith(_TIFF):
        return "raw" if len(head) >= 16 and _is_tiff_raw(path, head) else "tiff"
    if _OTHER.match(head):
        return "other"
    for offset, magic, name in _REFUSED:
        if head[offset : offset + len(magic)] == magic:
            raise InputError(f"'{path}' is a {name} file, which cannot be read: export it as TIFF, PNG or JPEG.")
    if path.suffix.lower() in RAW_SUFFIXES:
        return "raw"
    raise InputError(f"'{path}' is no picture of a known kind: {READABLE} can be read.")


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
