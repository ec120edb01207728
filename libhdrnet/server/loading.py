"""The libraries that jobs need, loaded in a thread of their own while the first client still asks: torch takes seconds.

A job waits for the part that it needs. A preview needs torch only once its frames are aligned and compared, and waits
for it by importing what runs the network.
"""

import gc
import threading

from libhdrnet.engine.memory import keep_freed_memory, share_one_heap

without_torch, everything = threading.Event(), threading.Event()
"""Whether the modules that read and compare pictures, and all of them, are not being loaded."""
without_torch.set()
everything.set()


def start() -> None:
    """Begin to load."""
    share_one_heap()
    without_torch.clear()
    everything.clear()
    threading.Thread(target=_load, name="loader", daemon=True).start()


def _load() -> None:
    gc.disable()  # a tenth of the time goes into looking through what stays
    try:
        import cv2  # noqa: F401

        import libhdrnet.server.previewing  # noqa: F401

        keep_freed_memory()
        without_torch.set()
        import libhdrnet.merge.selection  # noqa: F401

        gc.freeze()
    finally:  # else jobs would wait for good; they meet the same error
        gc.enable()
        without_torch.set()
        everything.set()
