"""Private folders in which clients and the server exchange pixels; shared memory where there is one.

A server's folders lie in one folder of its own, with a lock it holds while it lives: what nobody holds was left by
a crash and is removed when the next server starts.
"""

import os
import shutil
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from libhdrnet.client.hdrnet_client import check_private, home_folder, locked, runtime_folder
from libhdrnet.errors import InputError

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108
LOCK = "lock"


def memory_base() -> Path:
    """Where folders for clients of this machine lie."""
    if "HDRNET_RUNTIME" not in os.environ and sys.platform == "linux" and os.access(SHARED_MEMORY, os.W_OK | os.X_OK):
        return SHARED_MEMORY / f"libhdrnet-{os.getuid()}"
    return Path(runtime_folder(), "jobs")


def home_base() -> Path:
    """Where folders for sandboxed clients lie, which see the home folder alone."""
    return Path(home_folder(), "jobs")


def file_of(name: str, folder: Path) -> Path:
    """Return the path of a file directly in `folder`, named with or without it.

    Raises:
        InputError: the name leads elsewhere.
    """
    path = folder / name
    if path.parent != folder or path.name in ("", "..") or not name.isprintable():
        raise InputError(f"{name[:80]!r} is not in this connection's folder '{folder}'; share pixels there.")
    return path


class Exchange:
    """The folders of one server below `base`."""

    def __init__(self, base: Path) -> None:
        check_private(str(base), create=True)
        self._held = ExitStack()
        with locked(str(base / LOCK), 10):
            _remove_left_overs(base)
            self._folder = Path(tempfile.mkdtemp(prefix="server-", dir=base))
            self._held.enter_context(locked(str(self._folder / LOCK)))

    def new_folder(self) -> Path:
        """Make a folder for a connection."""
        return Path(tempfile.mkdtemp(prefix="client-", dir=self._folder))

    def close(self) -> None:
        """Remove all."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._held.close()


def _remove_left_overs(base: Path) -> None:
    for folder in base.glob("server-*"):
        if folder.is_symlink() or not folder.is_dir():
            continue
        with locked(str(folder / LOCK)) as left_over:
            if left_over:
                shutil.rmtree(folder, ignore_errors=True)
