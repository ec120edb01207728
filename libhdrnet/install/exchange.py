"""Two folders change places in one step, so that no moment exists in which there is neither or half of one."""

import ctypes
import errno
import os
import sys
from pathlib import Path
from typing import Any

_AT_FDCWD = -100
_SWAP = 2
"""RENAME_EXCHANGE of Linux; RENAME_SWAP of macOS has the same value."""


def put_in_place(new: Path, target: Path) -> None:
    """Make `new` the folder `target`; what was there gets the name `new`. Both are in one file system.

    Raises OSError where the folder cannot be written.
    """
    if not target.exists():
        new.rename(target)
    elif not _exchange(new, target):
        # no system call for it (Windows, some network drives): between the two names `target` is missing
        away = new.with_name(new.name + "-old")
        target.rename(away)
        new.rename(target)
        away.rename(new)


def _exchange(one: Path, other: Path) -> bool:
    """Return False where the system or the file system has no such step."""
    library: Any = None if sys.platform == "win32" else ctypes.CDLL(None, use_errno=True)
    names = os.fsencode(one), os.fsencode(other)
    if hasattr(library, "renamex_np"):
        failed = library.renamex_np(*names, _SWAP)
    elif hasattr(library, "renameat2"):
        failed = library.renameat2(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _SWAP)
    else:
        return False
    number = ctypes.get_errno() if failed else 0
    if number and number not in (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP):
        raise OSError(number, os.strerror(number), str(other))
    return not failed
