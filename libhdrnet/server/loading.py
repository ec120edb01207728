"""The libraries that jobs need, loaded in a thread of their own while the first client still asks: torch takes seconds.

What is being imported here is imported nowhere else until it is there: two threads that import modules of one package
at once can see each other's half of it.
"""

import contextlib
import ctypes
import sys
import threading

_M_ARENA_MAX = -8
readers, everything = threading.Event(), threading.Event()
"""Whether the modules that read pictures, and all of them, are not being loaded: a job waits for what it needs."""
readers.set()
everything.set()


def start() -> None:
    """Begin to load."""
    _share_one_heap()
    readers.clear()
    everything.clear()
    threading.Thread(target=_load, name="loader", daemon=True).start()


def _share_one_heap() -> None:
    """Have all threads to come allocate from the first heap, where glibc has one for each of them.

    Of the others it never gives back the upper end: 64 MB of an idle server.
    """
    if sys.platform.startswith("linux"):
        with contextlib.suppress(OSError, AttributeError):  # another C library
            ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def _load() -> None:
    try:
        import cv2  # noqa: F401

        import libhdrnet.io.reduced
        import libhdrnet.io.write

        readers.set()
        import libhdrnet.server.previewing  # noqa: F401
        from libhdrnet.engine.memory import keep_freed_memory

        keep_freed_memory()
    finally:  # else jobs would wait for good; they meet the same error
        readers.set()
        everything.set()
