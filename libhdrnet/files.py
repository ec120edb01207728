"""Files that appear whole or not at all."""

import contextlib
import errno
import os
import re
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from libhdrnet.errors import InputError, OutputError, sentence

_PART = ".hdrnet-"
_ADVICE = {
    errno.ENOSPC: sentence("free some space or choose another folder"),
    errno.EDQUOT: sentence("free some space or choose another folder"),
    errno.EROFS: sentence("choose another folder"),
    errno.EACCES: sentence("choose another folder"),
    errno.ENOENT: sentence("create its folder first"),
}

_CUT_SHORT = re.compile(r"requested and \d+ written")
"""How numpy, which tells no number, says that a file ended early."""


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Name a hidden temporary file beside `path` that takes its place when the block is done.

    The temporary file is removed if anything fails. Any OSError becomes an OutputError that names `path`.
    """
    # A link stays a link: what it points to is replaced.
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f"{_PART}{uuid.uuid4().hex}{target.suffix}")
    try:
        with writing(path):
            temporary.touch(exist_ok=False)
            yield temporary
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
            os.replace(temporary, target)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextmanager
def writing(path: Path, *, into: bool = False) -> Iterator[None]:
    """Make an OSError inside an OutputError that names `path`, or `into` that folder the file that it speaks of."""
    try:
        yield
    except OutputError:
        raise
    except OSError as error:
        raise output_error(Path((into and error.filename) or path), error) from error


def check_new(path: str | Path, *, overwrite: bool) -> None:
    """Raise InputError for an output that is there already and is not to be replaced."""
    if not overwrite and Path(path).exists():
        raise InputError(f"{path} exists; give another name, or --overwrite to replace it.")


def natural(name: str) -> list[str | int]:
    """Return what sorts names as people do: numbers by value."""
    # Text and numbers alternate, so equal positions always hold the same type.
    return [int(part) if index % 2 else part for index, part in enumerate(re.split(r"(\d+)", name.lower()))]


def sweep(folder: Path, left_alone: float = 3600.0) -> None:
    """Remove what killed processes were writing into `folder`: hidden parts untouched for so many seconds."""
    for part in folder.glob(f"{_PART}*"):
        with contextlib.suppress(OSError):
            if time.time() - part.stat().st_mtime >= left_alone:
                part.unlink()


def write_whole(path: Path, data: bytes) -> None:
    """Write bytes by way of `whole_file`."""
    with whole_file(path) as temporary:
        temporary.write_bytes(data)


def output_error(path: Path, error: OSError) -> OutputError:
    """Name the file, the reason and the way out in one sentence."""
    if error.errno is None and _CUT_SHORT.search(str(error)):
        error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    reason = (error.strerror or str(error) or "unknown reason").lower()
    advice = _ADVICE.get(error.errno or 0, sentence("try again or choose another folder"))
    return OutputError("'{path}' cannot be written ({reason}): {advice}.", path=path, reason=reason, advice=advice)
