"""The three networks of the thesis, and the facts that whoever runs them needs.

A `Descriptor` says what a runner must know, as data: how many pictures go in, which sizes fit, how far a
pixel sees and over which window pooled statistics were trained.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import nn

from libhdrnet.networks.blocks import STATISTICS_GRID, set_precision, use_local_statistics
from libhdrnet.networks.defocus import DefocusNet, DefocusNetOptions
from libhdrnet.networks.msffnet import MSFFNet, MSFFNetOptions
from libhdrnet.networks.psfnet import PSFNet, PSFNetOptions
from libhdrnet.networks.selection import SelectionNet, SelectionOptions

__all__ = [
    "NETWORKS",
    "STATISTICS_GRID",
    "DefocusNet",
    "DefocusNetOptions",
    "Descriptor",
    "MSFFNet",
    "MSFFNetOptions",
    "PSFNet",
    "PSFNetOptions",
    "SelectionNet",
    "SelectionOptions",
    "build",
    "set_precision",
    "use_local_statistics",
]


@dataclass(frozen=True)
class Descriptor:
    """What a runner must know about a network."""

    name: str
    """Name in the public API and of the weights file."""
    module: Callable[[Any], nn.Module]
    """The network's class."""
    options: Callable[..., Any]
    """Its options' class."""
    margin: int
    """Pixels around a tile that still change its result by more than rounding."""
    multiple: int = STATISTICS_GRID
    """Height and width must be multiples of this."""
    training_only: str | None = None
    """Prefix of parameters that exist for training and are left out of the weights file."""


NETWORKS: dict[str, Descriptor] = {
    d.name: d
    for d in (
        Descriptor("psfnet", PSFNet, PSFNetOptions, margin=24),
        Descriptor("msffnet", MSFFNet, MSFFNetOptions, margin=48, training_only="auxiliary."),
        Descriptor("selection", SelectionNet, SelectionOptions, margin=32),
        Descriptor("defocus", DefocusNet, DefocusNetOptions, margin=48),
    )
}


def build(name: str, **options: Any) -> nn.Module:
    """Build a network with fresh weights; `options` are fields of its options' class."""
    descriptor = NETWORKS[name]
    return descriptor.module(descriptor.options(**options))
