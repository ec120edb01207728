"""Where the codes of a bracket's frames are kept: in memory, or in files that are mapped.

Of a mapped file only what is being looked at takes memory, and the system may drop it at any time.
"""

import contextlib
import mmap
import os
import tempfile
from typing import Any

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.uint16]

IN_MEMORY = 1.2e9
"""Bytes of codes of one bracket that are kept in memory, all frames together: eight of 24 megapixels."""


def keep(codes: Codes, frames: int) -> Codes:
    """Return a frame's codes, of any shape, read-only in a mapped file if so many frames of the size are too large.

    The file has no name (Windows: is removed when it is closed). It lies in the folder that TMPDIR names, else in
    /var/tmp, for /tmp may be memory; where it cannot be written the codes stay in memory.
    """
    if codes.nbytes * frames <= IN_MEMORY:
        return codes
    try:
        with tempfile.TemporaryFile(dir=_folder()) as file:
            file.write(np.ascontiguousarray(codes).reshape(-1).view(np.uint8).data)
            file.flush()
            return np.asarray(np.memmap(file, codes.dtype, "r", shape=codes.shape))
    except OSError:
        return codes


def let_go(*arrays: npt.NDArray[Any] | None) -> None:
    """Say that the contents of arrays are not needed for now: what `keep` has mapped no longer takes memory."""
    for array in arrays:
        base: Any = array
        while isinstance(base, np.ndarray | memoryview):
            base = base.base if isinstance(base, np.ndarray) else base.obj
        if isinstance(base, mmap.mmap) and hasattr(base, "madvise"):
            with contextlib.suppress(OSError, ValueError):
                base.madvise(mmap.MADV_DONTNEED)


def _folder() -> str | None:
    return None if "TMPDIR" in os.environ or not os.access("/var/tmp", os.W_OK) else "/var/tmp"  # noqa: S108
