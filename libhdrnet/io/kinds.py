"""Which kind of picture a file is, by its first bytes and never by its name."""

import struct
from pathlib import Path

from libhdrnet.errors import InputError, sentence
from libhdrnet.formats import FORMATS, RAW_SUFFIXES, READABLE

_REFUSED = (
    (0, b"8BPS", "Photoshop"), (4, b"ftyp", "video"), (0, b"gimp xcf", "GIMP"), (0, b"%PDF", "PDF"),
    (0, b"PF\n", "PFM"), (0, b"<", "text or SVG"),
)  # fmt: skip

_DNG_VERSION, _PHOTOMETRIC, _SUB_IFDS = 50706, 262, 330
_CFA, _LINEAR_RAW = 32803, 34892


def kind_of(path: Path) -> str:
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
