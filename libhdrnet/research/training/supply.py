"""What a run trains on: a network's batches, made of a bank of textures on its device."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from typing import cast

from libhdrnet.networks import SelectionNet
from libhdrnet.research.training.bank import Bank
from libhdrnet.research.training.defocus import defocus_batch
from libhdrnet.research.training.queued import Batch, Make, batches
from libhdrnet.research.training.reconstruction import reconstruction_batch
from libhdrnet.research.training.selection import selection_batch
from libhdrnet.research.training.sharpness import SharpCuts
from libhdrnet.weights import load_network, weights_folder

Supply = Callable[[int, int, int], AbstractContextManager[Iterator[Batch]]]
"""Opens a run's batches from a seed, the number of the first and how many workers make them; see `queued.batches`."""


def supply_of(task: str, bank: Bank, *, count: int, size: int) -> Supply:
    """Return batches of so many samples for a network with that task, made on the bank's device.

    PSFNet and MSFFNet correct what the selection of `weights_folder` fuses.

    Raises:
        WeightsError: no weights of the selection.
    """
    make = _maker(task, bank, count, size)
    return lambda seed, first, workers: batches(make(seed), first=first, threads=workers, seed=seed)


def _maker(task: str, bank: Bank, count: int, size: int) -> Callable[[int], Make]:
    if task == "defocus":
        return partial(partial, defocus_batch, SharpCuts.of(bank), count, size)
    if task == "selection":
        return partial(partial, selection_batch, bank, count, size)
    selection = cast(SelectionNet, load_network("selection", weights_folder())[0].to(bank.tiles.device))
    return partial(partial, reconstruction_batch, bank, selection, 3 if task == "psfnet" else 2, count, size)
