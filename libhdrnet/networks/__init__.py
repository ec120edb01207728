"""The networks, and the facts that whoever builds, runs or trains them needs.

A network is one module and one line of `NETWORKS`. A `Descriptor` says, as data, what it does (`task`), how many
pictures go in and how far a pixel sees; height and width are multiples of `STATISTICS_GRID`. The names of tasks are
those of the public API and of weights files; which network a file is for stands in its card.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from torch import nn

from libhdrnet.networks.blocks import STATISTICS_GRID, set_precision, use_local_statistics
from libhdrnet.networks.defocus import DefocusNet, DefocusNetOptions
from libhdrnet.networks.defocus_fast import DefocusFast, DefocusFastOptions
from libhdrnet.networks.form import FAST
from libhdrnet.networks.msffnet import MSFFNet, MSFFNetOptions
from libhdrnet.networks.psfnet import PSFNet, PSFNetOptions
from libhdrnet.networks.selection import SelectionNet, SelectionOptions

__all__ = [
    "NETWORKS", "STATISTICS_GRID", "TASKS", "Descriptor", "MSFFNet", "SelectionNet", "build", "set_precision",
    "use_local_statistics",
]  # fmt: skip


@dataclass(frozen=True)
class Descriptor:
    """What must be known about a network."""

    name: str
    """Of the network: in cards, and of `hdrnet train`."""
    task: str
    """What it is for, in the public API and as the name of its weights file."""
    module: Callable[[Any], nn.Module]
    """The network's class."""
    options: Callable[..., Any]
    """Makes its options, a frozen dataclass."""
    title: str
    """What reports call it."""
    frames: int | None
    """How many exposures it takes; None: one picture, or any number."""
    margin: int
    """Pixels around a tile that still change its result by more than rounding."""
    training_only: tuple[str, ...] = ()
    """Prefixes of parameters that exist for training and are left out of the weights file."""


NETWORKS: dict[str, Descriptor] = {
    d.name: d
    for d in (
        Descriptor("psfnet", "psfnet", PSFNet, PSFNetOptions, "PSFNet, the thesis's form", 3, margin=40),
        Descriptor("psfnet-fast", "psfnet", PSFNet, partial(PSFNetOptions, form=FAST), "PSFNet, ours", 3, margin=24),
        Descriptor("msffnet", "msffnet", MSFFNet, MSFFNetOptions, "MSFFNet, the thesis's form", 2,
                   margin=48, training_only=("auxiliary.",)),
        Descriptor("msffnet-fast", "msffnet", MSFFNet, partial(MSFFNetOptions, form=FAST), "MSFFNet, ours", 2,
                   margin=48, training_only=("auxiliary.",)),
        Descriptor("selection", "selection", SelectionNet, SelectionOptions, "selection", None, margin=64),
        Descriptor("defocus", "defocus", DefocusNet, DefocusNetOptions, "defocus network, the thesis's form", None,
                   margin=48),
        Descriptor("defocus-fast", "defocus", DefocusFast, DefocusFastOptions, "defocus network, ours", None,
                   margin=32),
    )
}  # fmt: skip

TASKS: tuple[str, ...] = tuple(dict.fromkeys(d.task for d in NETWORKS.values()))
"""What there are weights for."""


def build(name: str, **options: Any) -> nn.Module:
    """Build a network with fresh weights; `options` are fields of its options' class."""
    descriptor = NETWORKS[name]
    return descriptor.module(descriptor.options(**options))
