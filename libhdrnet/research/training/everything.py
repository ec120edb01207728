"""`hdrnet train all`: the networks of the product one after the other, in shares of the time."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from libhdrnet.errors import InputError
from libhdrnet.research.training.loop import train
from libhdrnet.research.training.options import OURS, Run

SHARES = {"selection": 0.25, "psfnet-fast": 0.25, "msffnet-fast": 0.2, "defocus-fast": 0.3}
"""Of the time, in the order of training."""


def train_all(options: Run, on_step: Callable[[str, int, float, float], None] | None = None) -> list[Path]:
    """Train each network of `SHARES` with its share of `options.minutes`; return the paths of the weights.

    `options.network` is left out of account. With `resume` what is done stays, and what was begun goes on.
    `on_step(network, step, loss, fraction)` is called after each step; fraction is the share of the whole that is done.

    Raises:
        InputError: as `train`, and an option that fits only one network.
        OutputError: `out` cannot be written to.
    """
    for name in ("steps", "ablation", "only"):
        if getattr(options, name) is not None:
            raise InputError(f"--{name} is for one network; leave it out, or train that network alone.")
    minutes, done, paths = options.minutes or OURS.minutes, 0.0, []
    for network, share in SHARES.items():

        def told(step: int, loss: float, fraction: float, network: str = network, done: float = done,
                 share: float = share) -> None:  # fmt: skip
            if on_step:
                on_step(network, step, loss, done + share * fraction)

        paths.append(train(replace(options, network=network, minutes=share * minutes), told))
        done += share
    return paths
