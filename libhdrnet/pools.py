"""Threads of our own, for work in numpy and OpenCV: how many there may be, and how they are used."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar, copy_context
from typing import Any, TypeVar

Result = TypeVar("Result")
BOUND: ContextVar[int | None] = ContextVar("threads", default=None)
"""The most that are allowed; None: as many as there are cores."""


def count() -> int:
    """Return how many threads a pool of our own may have: the bound in force, or the cores this process may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return BOUND.get() or cores


def each(function: Callable[..., Result], *items: Iterable[Any]) -> list[Result]:
    """Return what `map` does, several items at a time and in this context; once one fails no more are begun."""
    if count() == 1:
        return list(map(function, *items))
    context = copy_context()
    with ThreadPoolExecutor(count()) as pool:
        try:
            return list(pool.map(lambda *item: context.copy().run(function, *item), *items))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
