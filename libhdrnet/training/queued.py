"""Batches made on a thread beside the training, each seen several times; and the file that a run leaves."""

import contextlib
import itertools
import queue
import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType

import torch
from safetensors.torch import save_file
from torch import Tensor

from libhdrnet.files import whole_file

Batch = tuple[Tensor, ...]
REPEATS = 8
"""How often a batch is seen, turned and flipped at random: to make one takes longer than a step."""
_PATIENCE = 300.0


class Queued:
    """Batches from `make(count, pool)`, where pool has so many threads; the latest `kept` are drawn from."""

    def __init__(self, make: Callable[[int, ThreadPoolExecutor], Batch], threads: int, kept: int, seed: int) -> None:
        self._make, self._threads, self._kept = make, threads, kept
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

    def next(self) -> Batch:
        """Return a batch; wait for one if all have been seen often enough."""
        while True:
            try:
                batch = self._made.get(block=not self._held, timeout=_PATIENCE)
            except queue.Empty:
                break
            if isinstance(batch, Exception):
                raise batch
            self._held = [*self._held, (batch, 0)][-self._kept :]
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

        cv2.setNumThreads(1)
        made: Batch | Exception
        with ThreadPoolExecutor(self._threads) as pool, torch.no_grad():
            for count in itertools.count():
                try:
                    made = self._make(count, pool)
                except Exception as error:  # noqa: BLE001 (raised where the batch is waited for)
                    made = error
                while not self._stop.is_set():
                    with contextlib.suppress(queue.Full):
                        self._made.put(made, timeout=0.5)
                        break
                if self._stop.is_set() or isinstance(made, Exception):
                    return


def save(weights: dict[str, Tensor], out: Path) -> None:
    """Write weights; a file of that name is whole at any moment."""
    with whole_file(out) as temporary:
        save_file({name: value.contiguous() for name, value in weights.items()}, temporary)
