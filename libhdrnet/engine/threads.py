"""How many threads the work may use: torch's, OpenCV's and the library's own (`pools`)."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from libhdrnet.errors import InputError
from libhdrnet.pools import BOUND

_changing = Lock()
_bounds: list[int] = []
"""In force in any thread, the newest last."""
_usual: list[int] = []
"""Of torch and of OpenCV, where nothing is bounded."""


def give_way() -> None:
    """Have threads of torch's that wait for others sleep, in a process of our own; takes effect before torch is loaded.

    They would try again for milliseconds, on cores that other programs, or our own pools, could use: beside a busy
    machine's work a preview takes twice as long then (two cores).
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")


@contextmanager
def bounded(threads: int | None) -> Iterator[None]:
    """Let torch, OpenCV and pools of our own use at most `threads` inside the block; None: as the process has it.

    torch and OpenCV know one number for the whole process; it is put back at the end.

    Raises:
        InputError: `threads` is below 1.
    """
    if threads is None:
        yield
        return
    if threads < 1:
        raise InputError(f"threads {threads} is out of range; give 1 or more.")
    import cv2
    import torch

    token = BOUND.set(threads)
    with _changing:
        if not _bounds:
            _usual[:] = torch.get_num_threads(), cv2.getNumThreads()
        _bounds.append(threads)
        _set(threads, threads)
    try:
        yield
    finally:
        with _changing:
            _bounds.remove(threads)
            _set(*((_bounds[-1],) * 2 if _bounds else _usual))
        BOUND.reset(token)


def _set(for_torch: int, for_opencv: int) -> None:
    import cv2
    import torch

    torch.set_num_threads(for_torch)
    cv2.setNumThreads(for_opencv)
