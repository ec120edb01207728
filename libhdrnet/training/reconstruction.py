"""Train PSFNet or MSFFNet to correct what the selection fuses, on brackets made on the device (`captured`)."""

import logging
import math
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch
from safetensors.torch import load_file
from torch import Tensor

from libhdrnet.networks import MSFFNet, build
from libhdrnet.networks.selection import SelectionNet
from libhdrnet.training.bank import Bank, load_pack
from libhdrnet.training.captured import Captured, capture
from libhdrnet.training.fusion import fuse
from libhdrnet.training.losses import flow_loss, tone_mapped_l1
from libhdrnet.training.movement import Dice
from libhdrnet.training.queued import Batch, Queued, save
from libhdrnet.training.selection import seen_and_weights

log = logging.getLogger(__name__)
_AVERAGE = 0.998


@dataclass(frozen=True)
class ReconstructionRun:
    """How to train."""

    network: str
    """"psfnet" or "msffnet"."""
    pack: Path
    selection: Path
    """Weights of the selection that fuses what the network corrects."""
    out: Path
    minutes: float
    start: Path | None = None
    device: str = "cpu"
    batch: int = 4
    size: int = 128
    margin: int = 24
    rate: float = 3e-4
    seed: int = 1
    threads: int = 1
    kept: int = 16
    limit: int | None = None


def train_reconstruction(run: ReconstructionRun) -> float:
    """Train for so many minutes and write the averaged weights; return the last mean of the loss."""
    device = torch.device(run.device)
    bank = load_pack(run.pack, device, run.limit)
    selection = SelectionNet().to(device)
    selection.load_state_dict({name: value.float() for name, value in load_file(run.selection).items()})
    network = build(run.network).to(device, memory_format=torch.channels_last)
    if run.start is not None:
        network.load_state_dict({k: v.float() for k, v in load_file(run.start).items()}, strict=False)
    average = {name: value.detach().clone() for name, value in network.state_dict().items()}
    adam = torch.optim.Adam(network.parameters(), run.rate)
    dice = Dice(run.batch, torch.Generator(device).manual_seed(run.seed))

    def make(_: int, pool: ThreadPoolExecutor) -> Batch:
        return prepared(bank, dice, selection, run, pool)

    begun, step, mean = time.monotonic(), 0, 0.0
    sums = torch.zeros(2, device=device)
    with Queued(make, run.threads, run.kept, run.seed) as batches:
        while (done := (time.monotonic() - begun) / 60 / run.minutes) < 1:
            rate = run.rate * min(1.0, (step + 1) / 100) * (0.5 + 0.5 * math.cos(math.pi * done) + 1e-2)
            for group in adam.param_groups:
                group["lr"] = rate
            exposures, known, truth = batches.next()
            with torch.autocast(device.type, torch.bfloat16):
                loss = _loss(run.network, network, exposures, known, truth)
            adam.zero_grad()
            if torch.isfinite(loss):
                loss.backward()  # type: ignore[no-untyped-call]
                torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
                adam.step()
            step += 1
            with torch.no_grad():
                sums += torch.nan_to_num(torch.stack([loss, tone_mapped_l1(known, truth)]))
                for name, value in network.state_dict().items():
                    average[name].lerp_(value, 1 - min(_AVERAGE, step / (step + 10)))
            if step % 50 == 0:
                mean, plain = (sums / 50).tolist()
                sums.zero_()
                log.info("%s: %d steps, %.1f min: %.5f (fused alone %.5f)", run.network, step,
                         (time.monotonic() - begun) / 60, mean, plain)  # fmt: skip
                save(average, run.out)
    save(average, run.out)
    return mean


def _loss(name: str, network: torch.nn.Module, exposures: Tensor, known: Tensor, truth: Tensor) -> Tensor:
    if name == "msffnet":
        return flow_loss(*cast(MSFFNet, network).reconstruct(exposures, known, auxiliary=True), truth)
    return tone_mapped_l1(network(exposures, known), truth)


def prepared(
    bank: Bank, dice: Dice, selection: SelectionNet, run: ReconstructionRun, pool: ThreadPoolExecutor
) -> Batch:
    """Make a batch: exposures (B, images, 6, H, W), what the selection fuses of them, and the truth (B, 3, H, W)."""
    images = 2 if run.network == "msffnet" else 3
    made = capture(bank, dice, run.size, run.margin, images, pool, around=True)
    seen, weight = seen_and_weights(made, images)
    with torch.autocast(seen.device.type, torch.bfloat16):
        logits = selection(seen, made.there)
    fused, _ = fuse(made.candidates.radiance, weight, logits.float(), made.there)
    exposures, white = exposures_of(made, images)
    scale = white.view(-1, 1, 1, 1)
    return exposures, (fused / scale).clamp(0, 1), (made.truth / scale).clamp(0, 1)


def exposures_of(made: Captured, images: int) -> tuple[Tensor, Tensor]:
    """Return what a network sees, from short to long, and the radiance of saturation in the shortest (B,)."""
    order = [1, 0, 2][:images]
    radiance, stops = made.candidates.radiance[:, order], made.candidates.stops[:, order]
    time = (2.0**stops)[:, :, None, None, None]
    white = 2.0 ** -stops.amin(1)
    encoded = (radiance * time).clamp(1e-9, 1) ** (1 / 2.2)
    return torch.cat([encoded, (radiance / white.view(-1, 1, 1, 1, 1)).clamp(0, 1)], 2), white
