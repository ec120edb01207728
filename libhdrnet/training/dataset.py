"""A dataset whose sample i is made from (seed, i) alone: training can stop and go on exactly where it was."""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from libhdrnet.radiometry import FloatImage

Sample = tuple[FloatImage, ...]


class SyntheticDataset(Dataset[tuple[Tensor, ...]]):
    """Endless samples from `make(rng)`."""

    def __init__(self, make: Callable[[np.random.Generator], Sample], seed: int) -> None:
        self.make = make
        self.seed = seed

    def __getitem__(self, index: int) -> tuple[Tensor, ...]:
        """Make sample `index`."""
        rng = np.random.default_rng([self.seed, index])
        return tuple(torch.from_numpy(array) for array in self.make(rng))


class _From(Sampler[int]):
    def __init__(self, start: int) -> None:
        self.start = start

    def __iter__(self) -> Iterator[int]:
        index = self.start
        while True:
            yield index
            index += 1


def batches(dataset: SyntheticDataset, *, start: int, size: int, workers: int) -> Iterator[list[Tensor]]:
    """Yield batches of `size` samples from sample `start` on, made by `workers` processes (0: in this one)."""
    yield from DataLoader(
        dataset, batch_size=size, sampler=_From(start), num_workers=workers, worker_init_fn=_one_thread
    )


def _one_thread(_: int) -> None:
    import cv2

    cv2.setNumThreads(0)
    torch.set_num_threads(1)
