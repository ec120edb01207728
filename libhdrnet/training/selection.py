"""Train the network that selects among what a bracket captured (`networks.selection`)."""

import json
import logging
import math
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from libhdrnet.networks.blocks import mu_law
from libhdrnet.networks.selection import SelectionNet, features, fine_difference
from libhdrnet.training.bank import Bank, load_pack
from libhdrnet.training.captured import REDUCED, Captured, capture
from libhdrnet.training.fusion import fuse, log_weights
from libhdrnet.training.movement import Dice
from libhdrnet.training.queued import Batch, Queued, save

log = logging.getLogger(__name__)
FRAMES = (3, 3, 4)
"""Frames of the brackets, in turn."""
_EDGES = 0.5
"""Weight of the loss of differences between neighbours, which seams and patchy noise have."""
_AVERAGE = 0.998


@dataclass(frozen=True)
class SelectionRun:
    """How to train."""

    pack: Path
    out: Path
    minutes: float
    device: str = "cpu"
    batch: int = 8
    size: int = 128
    margin: int = 24
    rate: float = 3e-3
    seed: int = 1
    threads: int = 1
    kept: int = 16
    """Batches that are held and seen again: making one takes longer than a step."""
    start: Path | None = None
    limit: int | None = None
    since: float = 0.0
    """Part of the schedule that an earlier run has done, [0, 1)."""
    until: float = 1.0


def train_selection(run: SelectionRun) -> dict[str, float]:
    """Train for so many minutes and write the averaged weights; return the last means of the losses."""
    device = torch.device(run.device)
    bank = load_pack(run.pack, device, run.limit)
    network = SelectionNet().to(device, memory_format=torch.channels_last)
    if run.start is not None:
        network.load_state_dict(load_file(run.start))
    average = {name: value.clone() for name, value in network.state_dict().items()}
    adam = torch.optim.AdamW(network.parameters(), run.rate, weight_decay=1e-4)
    dice = Dice(run.batch, torch.Generator(device).manual_seed(run.seed))

    def make(count: int, pool: ThreadPoolExecutor) -> Batch:
        return prepared(bank, dice, run.size, run.margin, FRAMES[count % len(FRAMES)], pool)

    begun, step, waited, sums, means = time.monotonic(), 0, 0.0, torch.zeros(4, device=device), {}
    with Queued(make, run.threads, run.kept, run.seed) as batches:
        while (done := (time.monotonic() - begun) / 60 / run.minutes) < 1:
            part = run.since + (run.until - run.since) * done
            for group in adam.param_groups:
                warm = min(1.0, (step + 1) / 100)
                group["lr"] = run.rate * warm * (0.5 + 0.5 * math.cos(math.pi * part)) + 1e-2 * run.rate
            asked = time.monotonic()
            batch = batches.next()
            waited += time.monotonic() - asked
            sums += _step(network, adam, batch)
            step += 1
            with torch.no_grad():
                keep = min(_AVERAGE, step / (step + 10))
                for name, value in network.state_dict().items():
                    average[name].lerp_(value, 1 - keep)
            if step % 50 == 0:
                names = ("loss", "edges", "reference", "least noise")
                means = dict(zip(names, (sums / 50).tolist(), strict=True))
                sums = torch.zeros_like(sums)
                minutes = (time.monotonic() - begun) / 60
                log.info(
                    "%d steps, %.1f min (%.0f %% waiting): %s", step, minutes, 100 * waited / 60 / minutes,
                    json.dumps({name: round(value, 5) for name, value in means.items()}),
                )  # fmt: skip
                save(average, run.out)
    save(average, run.out)
    return means


def _step(network: SelectionNet, adam: torch.optim.Optimizer, batch: Batch) -> Tensor:
    seen, weight, radiance, there, truth, white = batch
    with torch.autocast(seen.device.type, torch.bfloat16):
        logits = network(seen, there)
    fused, _ = fuse(radiance, weight, logits.float(), there)
    near, edges = losses(fused, truth, white)
    loss = near + _EDGES * edges
    adam.zero_grad()
    if torch.isfinite(loss):
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), 0.5)
        adam.step()
    with torch.no_grad():
        plain, _ = fuse(radiance, weight, torch.zeros_like(logits), there)
        told = [near, edges, losses(radiance[:, 0], truth, white)[0], losses(plain, truth, white)[0]]
        return torch.nan_to_num(torch.stack(told))


def losses(fused: Tensor, truth: Tensor, white: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean difference in the mu-law domain up to `white` (B,), and of differences between neighbours."""
    scale = white.view(-1, 1, 1, 1)
    gap = mu_law(fused / scale) - mu_law(truth / scale)
    edges = gap.diff(dim=-1).abs().mean() + gap.diff(dim=-2).abs().mean()
    return gap.abs().mean(), edges


def prepared(bank: Bank, dice: Dice, size: int, margin: int, frames: int, pool: ThreadPoolExecutor) -> Batch:
    """Make a batch and all of it that is not learned: features, log weights, radiance, there, truth, white."""
    made = capture(bank, dice, size, margin, frames, pool)
    white = made.candidates.white.masked_fill(made.there[:, :, None] == 0, 0).amax((1, 2))
    seen, weight = seen_and_weights(made, frames)
    return seen, weight, made.candidates.radiance, made.there, made.truth, white


def seen_and_weights(made: Captured, frames: int) -> tuple[Tensor, Tensor]:
    """Return the selection's features and the logarithms of the weights of least noise."""
    candidates = made.candidates
    seen = features(candidates.reduced(REDUCED), fine_difference(candidates, REDUCED))
    return seen, log_weights(candidates, frames)
