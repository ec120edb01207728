"""How many threads the work may use: torch's, OpenCV's and the library's own."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from threading import Lock
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
_changing = Lock()
_bounds: list[int] = []
"""In force in any thread, the newest last."""
_usual: list[int] = []
"""Of torch and of OpenCV, where nothing is bounded."""
_BOUND: ContextVar[int | None] = ContextVar("threads", default=None)


def count() -> int:
    """Return how many threads a pool of our own may have: the bound in force, or the cores this process may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return _BOUND.get() or cores


def each(
    function: Callable[[Item], Result], items: Iterable[Item], done: Callable[[int], None] = lambda number: None
) -> list[Result]:
    """Return what `map` does, several items at a time and in this context; once one fails no more are begun.

    For work in numpy and OpenCV on arrays large enough that Python itself takes little of the time. `done` is told how
    many are, in this thread.
    """
    context = copy_context()
    results = []
    with ThreadPoolExecutor(count()) as pool:
        try:
            for result in pool.map(lambda item: context.copy().run(function, item), items):
                results.append(result)
                done(len(results))
            return results
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


@contextmanager
def bounded(threads: int | None) -> Iterator[None]:
    """Let torch, OpenCV and pools of our own use at most `threads` inside the block; None: as the process has it.

    torch and OpenCV know one number for the whole process; it is put back at the end.
    """
    if threads is None:
        yield
        return
    import cv2
    import torch

    def use(for_torch: int, for_opencv: int) -> None:
        torch.set_num_threads(for_torch)
        cv2.setNumThreads(for_opencv)

    token = _BOUND.set(threads)
    with _changing:
        if not _bounds:
            _usual[:] = torch.get_num_threads(), cv2.getNumThreads()
        _bounds.append(threads)
        use(threads, threads)
    try:
        yield
    finally:
        with _changing:
            _bounds.remove(threads)
            use(*((_bounds[-1],) * 2 if _bounds else _usual))
        _BOUND.reset(token)
