"""The libraries that jobs need, loaded in a thread of their own while the first client still asks: torch takes seconds.

What is being imported here is imported nowhere else until it is there: two threads that import modules of one package
at once can see each other's half of it.
"""

import threading

readers, everything = threading.Event(), threading.Event()
"""Whether the modules that read pictures, and all of them, are not being loaded: a job waits for what it needs."""
readers.set()
everything.set()


def start() -> None:
    """Begin to load."""
    readers.clear()
    everything.clear()
    threading.Thread(target=_load, name="loader", daemon=True).start()


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
