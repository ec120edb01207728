"""Which kind of picture a file is, by its first bytes and never by its name."""

from pathlib import Path

from libhdrnet.errors import InputError
from libhdrnet.formats import FORMATS, RAW_SUFFIXES, READABLE
from libhdrnet.io.formats import tiff

_REFUSED = (
    (0, b"8BPS", "Photoshop"), (4, b"ftyp", "video"), (0, b"gimp xcf", "GIMP"), (0, b"%PDF", "PDF"),
    (0, b"PF\n", "PFM"), (0, b"<", "text or SVG"),
)  # fmt: skip

_DNG_VERSION = 50706
_CFA, _LINEAR_RAW = 32803, 34892


def kind_of(path: Path) -> str:
    """Recognise the kind of the picture in `path`.

    Raises InputError for a missing file, a folder, an empty or unreadable file and an unsupported kind.
    """
    if path.is_dir():
        raise InputError("'{path}' is a folder: name a picture in it.", path=path)
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except FileNotFoundError:
        raise InputError("'{path}' does not exist: check the name.", path=path) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(
            "'{path}' cannot be opened ({reason}): check its name and permissions.", path=path, reason=reason
        ) from error
    if not head:
        raise InputError("'{path}' is empty (0 bytes): copy it again from the camera or the backup.", path=path)
    kind = next((format.kind for format in FORMATS if format.mark.match(head)), None)
    if kind == "tiff" and len(head) >= 16 and _is_tiff_raw(path, head):
        return "raw"
    if kind is not None:
        return kind
    for offset, magic, name in _REFUSED:
        if head[offset : offset + len(magic)] == magic:
            raise InputError(
                "'{path}' is a {kind} file, which cannot be read: export it as TIFF, PNG or JPEG.", path=path, kind=name
            )
    if path.suffix.lower() in RAW_SUFFIXES:
        return "raw"
    raise InputError("'{path}' is no picture of a known kind: {kinds} can be read.", path=path, kinds=READABLE)


def _is_tiff_raw(path: Path, head: bytes) -> bool:
    # Nearly all RAW formats are TIFF inside; a sensor mosaic or the DNG tag tells them from pictures.
    if path.suffix.lower() in RAW_SUFFIXES or head[8:10] == b"CR":
        return True
    try:
        with tiff.opened(path) as file:
            first = file.pages.first
            pages = [first, *(first.pages or ())]
            return any(_DNG_VERSION in page.tags or int(page.photometric) in (_CFA, _LINEAR_RAW) for page in pages)
    except Exception:  # damaged in a way that no library documents: reading the picture says so
        return False
