"""What a run trains on: a network's batches, from a folder of pictures or a pack of them.

Nothing that reads pictures' files is loaded where there is a pack: a machine that trains has none of it.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from libhdrnet.networks import SelectionNet
from libhdrnet.training import dataset
from libhdrnet.training.bank import Bank
from libhdrnet.training.queued import Batch, batches
from libhdrnet.training.reconstruction import reconstruction_batch
from libhdrnet.training.selection import selection_batch
from libhdrnet.weights import load_network, weights_folder

if TYPE_CHECKING:
    import numpy as np

    from libhdrnet.training.defocus import DefocusRecipe
    from libhdrnet.training.scenes import Scenes

Supply = Callable[[int, int, int], AbstractContextManager[Iterator[Batch]]]
"""Opens a run's batches from a seed, the number of the first and how many workers make them; see `queued.batches`."""


def defocus_supply(data: Path, *, count: int, size: int, limit: int | None) -> Supply:
    """Return batches of so many defocused pictures, made by worker processes.

    Raises:
        InputError: no pictures in `data`.
    """
    from libhdrnet.training.defocus import DefocusRecipe
    from libhdrnet.training.scenes import load_scenes

    make = partial(_defocus_sample, load_scenes(data, limit=limit), DefocusRecipe(size=size))

    @contextmanager
    def opened(seed: int, first: int, workers: int) -> Iterator[Iterator[Batch]]:
        samples = dataset.SyntheticDataset(make, seed)
        made = dataset.batches(samples, start=first * count, size=count, workers=workers)
        yield (tuple(batch) for batch in made)

    return opened


def bracket_supply(task: str, bank: Bank, *, count: int, size: int) -> Supply:
    """Return batches of so many brackets for a network that merges, made on the bank's device.

    PSFNet and MSFFNet correct what the selection of `weights_folder` fuses.

    Raises:
        WeightsError: no weights of the selection.
    """
    if task == "selection":
        make = partial(selection_batch, bank, count, size)
    else:
        selection = cast(SelectionNet, load_network("selection", weights_folder())[0].to(bank.tiles.device))
        make = partial(reconstruction_batch, bank, selection, 3 if task == "psfnet" else 2, count, size)
    return lambda seed, first, workers: batches(partial(make, seed), first=first, threads=workers, seed=seed)


def _defocus_sample(scenes: "Scenes", recipe: "DefocusRecipe", rng: "np.random.Generator") -> dataset.Sample:
    from libhdrnet.training.defocus import make_defocus

    return make_defocus(scenes, recipe, rng)
