"""The line in darktable's `luarc` that loads the plug-in; every other byte of the file is the user's."""

import re
from pathlib import Path

from libhdrnet.files import write_whole

LINE = b'require "hdrnet"'
_LOADS = re.compile(
    rb"""^[ \t]*require[ \t]*\(?[ \t]*["']hdrnet["'][ \t]*\)?[ \t]*;?[ \t]*(?:--[^\r\n]*)?\r?$""", re.MULTILINE
)


def loads_plugin(path: Path) -> bool:
    """Tell whether the file has a line that loads the plug-in."""
    return bool(_LOADS.search(_read(path)))


def addition(path: Path) -> bytes:
    """Return what has to be appended so that darktable loads the plug-in; empty if it does already."""
    text = _read(path)
    if loads_plugin(path):
        return b""
    end = b"\r\n" if b"\r\n" in text else b"\n"
    return (b"" if not text or text.endswith(b"\n") else end) + LINE + end


def append(path: Path, added: bytes) -> None:
    """Append to the file, which appears if there was none; raise OutputError where it cannot be written."""
    if added:
        _write(path, _read(path) + added)


def take_away(path: Path, added: bytes) -> None:
    """Remove what was appended, and the file if nothing else was ever in it; raise as `append` does."""
    text = _read(path)
    ours = added if added in text else added.strip()
    if not ours or ours not in text:
        return
    head, _, tail = text.rpartition(ours)
    if ours != added:  # the user edited around it
        tail = re.sub(rb"\A\r?\n?", b"", tail)
    # what the user wrote below stays on lines of its own
    between = b"\n" if head and tail and not head.endswith(b"\n") else b""
    if head or tail:
        _write(path, head + between + tail)
    else:
        path.unlink()


def _read(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def _write(path: Path, data: bytes) -> None:
    mode = path.stat().st_mode & 0o7777 if path.exists() else None
    write_whole(path, data)
    if mode is not None:
        path.chmod(mode)
