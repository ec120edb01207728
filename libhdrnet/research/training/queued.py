"""Batches one after the other, or made on a thread beside the training and each seen several times."""

import contextlib
import itertools
import queue
import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import TracebackType

from torch import Tensor

Batch = tuple[Tensor, ...]
Make = Callable[[int, ThreadPoolExecutor], Batch]
"""Makes batch number so many, from 0; the pool is for work on the CPU."""
REPEATS = 8
"""How often a batch is seen at most, turned and flipped at random: to make one takes longer than a step."""
KEPT = 16
"""Batches that are held and drawn from."""
_PATIENCE = 300.0


@contextmanager
def batches(make: Make, *, first: int, threads: int, seed: int) -> Iterator[Iterator[Batch]]:
    """Give an endless iterator of batches from number `first` on.

    With no threads they are made when they are asked for, and each is seen once: the run can be repeated to the bit.
    Otherwise `Queued` makes them beside the training, with a pool of so many threads.
    """
    if threads:
        with Queued(make, first=first, threads=threads, seed=seed) as queued:
            yield queued
    else:
        with ThreadPoolExecutor(1) as pool:
            yield (make(number, pool) for number in itertools.count(first))


class Queued:
    """Batches made on a thread; the latest KEPT are drawn from, each REPEATS times at most.

    A new one is taken in as soon as it is made, so that none is seen more often than the device's pace asks for.
    """

    def __init__(self, make: Make, *, first: int, threads: int, seed: int) -> None:
        self._make, self._first, self._threads = make, first, threads
        self._random = random.Random(seed)
        self._made: queue.Queue[Batch | Exception] = queue.Queue(4)
        self._stop = threading.Event()
        self._held: list[tuple[Batch, int]] = []
        self._maker = threading.Thread(target=self._fill, daemon=True)

    def __enter__(self) -> "Queued":
        self._maker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._maker.join(_PATIENCE)

    def __iter__(self) -> "Queued":
        return self

    def __next__(self) -> Batch:
        """Return a batch; wait for one if all have been seen often enough. What the maker raised is raised here."""
        with contextlib.suppress(queue.Empty):
            while True:
                made = self._made.get(block=not self._held)
                if isinstance(made, Exception):
                    raise made
                self._held = [*self._held, (made, 0)][-KEPT:]
        place = self._random.randrange(len(self._held))
        batch, seen = self._held.pop(place)
        if seen + 1 < REPEATS:
            self._held.insert(place, (batch, seen + 1))
        return self._turned(batch)

    def _turned(self, batch: Batch) -> Batch:
        flips = [axis for axis in (-1, -2) if self._random.random() < 0.5]
        turn = self._random.random() < 0.5

        def turned(x: Tensor) -> Tensor:
            if x.dim() < 4:
                return x
            x = x.flip(flips) if flips else x
            return x.transpose(-1, -2) if turn else x

        return tuple(turned(x) for x in batch)

    def _fill(self) -> None:
        import cv2

        cv2.setNumThreads(1)  # the pool's threads are enough
        made: Batch | Exception
        with ThreadPoolExecutor(self._threads) as pool:
            for number in itertools.count(self._first):
                try:
                    made = self._make(number, pool)
                except Exception as error:  # noqa: BLE001 (raised where the batch is waited for)
                    made = error
                while not self._stop.is_set():
                    with contextlib.suppress(queue.Full):
                        self._made.put(made, timeout=0.5)
                        break
                if self._stop.is_set() or isinstance(made, Exception):
                    return
