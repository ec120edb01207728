"""Batches one after the other, or made on a thread beside the training and each seen several times."""

import itertools
import random
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import cv2
from torch import Tensor

Batch = tuple[Tensor, ...]
Make = Callable[[int, ThreadPoolExecutor], Batch]
"""Makes batch number so many, from 0; the pool is for work on the CPU."""
REPEATS = 8
"""How often a batch is seen at most, turned and flipped at random: to make one takes longer than a step."""
KEPT = 16
"""Batches that are held and drawn from."""
_AHEAD = 5
"""Batches that are made before they are asked for."""


@contextmanager
def batches(make: Make, *, first: int, threads: int, seed: int) -> Iterator[Iterator[Batch]]:
    """Give an endless iterator of batches from number `first` on; what `make` raises is raised where it is waited for.

    With no threads they are made when they are asked for, and each is seen once: the run can be repeated to the bit.
    Otherwise they are made beside the training, with a pool of so many threads, and drawn from the latest KEPT.
    """
    with ThreadPoolExecutor(threads or 1) as pool:
        if not threads:
            yield (make(number, pool) for number in itertools.count(first))
            return
        maker = ThreadPoolExecutor(1, initializer=cv2.setNumThreads, initargs=(1,))  # threads are left to the pool
        try:
            yield _drawn((maker.submit(make, number, pool) for number in itertools.count(first)), random.Random(seed))
        finally:
            maker.shutdown(cancel_futures=True)


def _drawn(making: Iterator[Future[Batch]], chance: random.Random) -> Iterator[Batch]:
    """Draw from what is held, each REPEATS times at most; wait for a batch only if all have been seen often enough.

    A new one is taken in as soon as it is made, so that none is seen more often than the device's pace asks for.
    """
    ahead = deque(itertools.islice(making, _AHEAD))
    held: list[tuple[Batch, int]] = []
    while True:
        for _ in range(_AHEAD):
            if held and not ahead[0].done():
                break
            held = [*held, (ahead.popleft().result(), 0)][-KEPT:]
            ahead.append(next(making))
        place = chance.randrange(len(held))
        batch, seen = held.pop(place)
        if seen + 1 < REPEATS:
            held.insert(place, (batch, seen + 1))
        yield _turned(batch, chance)


def _turned(batch: Batch, chance: random.Random) -> Batch:
    flips = [axis for axis in (-1, -2) if chance.random() < 0.5]
    turn = chance.random() < 0.5

    def turned(x: Tensor) -> Tensor:
        if x.dim() < 4:
            return x
        x = x.flip(flips) if flips else x
        return x.transpose(-1, -2) if turn else x

    return tuple(turned(x) for x in batch)
