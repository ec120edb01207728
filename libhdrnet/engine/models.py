"""Networks that stay in memory once they are loaded; the least recently used go when memory is short."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from libhdrnet.engine.memory import free_memory
from libhdrnet.networks import set_precision, use_local_statistics
from libhdrnet.weights import Card, load_network, weights_folder

SPARE = 1 << 30
"""Bytes that have to be free on a device; below, networks go."""
LIMIT = 8
Key = tuple[str, str, torch.dtype]


class Models:
    """Networks by name, device, number format and folder of weights; called, it returns one, ready to run."""

    def __init__(self, free: Callable[[str], int | None] = free_memory, spare: int = SPARE) -> None:
        self._free = free
        self._spare = spare
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[Key, Path], tuple[nn.Module, Card]] = OrderedDict()

    def __call__(self, name: str, device: str, dtype: torch.dtype) -> tuple[nn.Module, Card]:
        """Return network `name` with its weights on `device`."""
        with self._lock:
            entry = (name, device, dtype), weights_folder()
            if entry in self._kept:
                self._kept.move_to_end(entry)
            else:
                self._make_room(device)
                self._kept[entry] = _load(*entry)
            return self._kept[entry]

    def trim(self) -> None:
        """Let networks go, the least recently used first, as long as memory is short on their device."""
        with self._lock:
            for device in {key[1] for key, _ in self._kept}:
                self._make_room(device)

    def kept(self) -> list[Key]:
        """Name, device and number format of what is in memory, the least recently used first."""
        return [key for key, _ in self._kept]

    def cache_clear(self) -> None:
        """Let all go."""
        with self._lock:
            self._kept.clear()

    def _make_room(self, device: str) -> None:
        while len(self._kept) >= LIMIT:
            self._kept.popitem(last=False)
        for entry in [entry for entry in self._kept if entry[0][1] == device]:
            free = self._free(device)
            if free is None or free >= self._spare:
                return
            del self._kept[entry]


def _load(key: Key, folder: Path) -> tuple[nn.Module, Card]:
    name, device, dtype = key
    network, card = load_network(name, folder)
    use_local_statistics(network, card.patch)
    # Channels last is the faster layout everywhere, in float32 on a CPU by 4 to 21 %.
    network = network.to(torch.device(device), memory_format=torch.channels_last)  # type: ignore[call-overload]
    return set_precision(network, dtype), card


loaded = Models()
"""The networks of this process."""
