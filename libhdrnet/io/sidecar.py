"""XMP sidecars: ratings, keywords and captions that a program keeps beside a picture, and never inside it."""

from pathlib import Path

from libhdrnet.io.exiv2 import UNREADABLE, Tags, xmp_of_packet

_MAX_BYTES = 1 << 24


def read_sidecar(path: Path, *, raw: bool) -> Tags:
    """Read the XMP in "a.jpg.xmp" beside "a.jpg", for RAW also in "a.xmp"; empty if there is none to be read.

    "a.xmp" belongs to the RAW of that name, also where a JPEG of it lies beside.
    """
    names = [f"{path.name}{suffix}" for suffix in (".xmp", ".XMP")]
    names += [f"{path.stem}{suffix}" for suffix in (".xmp", ".XMP")] if raw else []
    for name in names:
        sidecar = path.with_name(name)
        try:
            if sidecar.is_file() and sidecar.stat().st_size <= _MAX_BYTES:
                return xmp_of_packet(sidecar.read_text("utf-8-sig"))
        except (OSError, *UNREADABLE):
            continue
    return {}
