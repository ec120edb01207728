"""Train the network that selects among what a bracket captured (`networks.selection`)."""

import contextlib
import itertools
import json
import logging
import math
import queue
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from libhdrnet.files import whole_file
from libhdrnet.networks.blocks import mu_law
from libhdrnet.networks.selection import SelectionNet, features, fine_difference, fuse, log_weights
from libhdrnet.training.bank import Bank, load_pack
from libhdrnet.training.captured import capture
from libhdrnet.training.movement import Dice

log = logging.getLogger(__name__)
REDUCED = 2
"""Pixels of the picture on an edge that the network sees as one."""
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
    start: Path | None = None
    limit: int | None = None
    since: float = 0.0
    """Part of the schedule that an earlier run has done, [0, 1)."""
    until: float = 1.0


Batch = tuple[Tensor, ...]


def train_selection(run: SelectionRun) -> dict[str, float]:
    """Train for so many minutes and write the averaged weights; return the last means of the losses."""
    device = torch.device(run.device)
    bank = load_pack(run.pack, device, run.limit)
    network = SelectionNet().to(device, memory_format=torch.channels_last)
    if run.start is not None:
        network.load_state_dict(load_file(run.start))
    average = {name: value.clone() for name, value in network.state_dict().items()}
    adam = torch.optim.AdamW(network.parameters(), run.rate, weight_decay=1e-4)
    made: queue.Queue[Batch | Exception] = queue.Queue(4)
    stop = threading.Event()
    maker = threading.Thread(target=_make, args=(run, bank, made, stop), daemon=True)
    maker.start()
    begun, step, waited, sums, means = time.monotonic(), 0, 0.0, torch.zeros(4, device=device), {}
    try:
        while (done := (time.monotonic() - begun) / 60 / run.minutes) < 1:
            part = run.since + (run.until - run.since) * done
            for group in adam.param_groups:
                warm = min(1.0, (step + 1) / 100)
                group["lr"] = run.rate * warm * (0.5 + 0.5 * math.cos(math.pi * part)) + 1e-2 * run.rate
            asked = time.monotonic()
            batch = made.get()
            if isinstance(batch, Exception):
                raise batch
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
                _save(average, run.out)
    finally:
        stop.set()
        maker.join(30)
    _save(average, run.out)
    return means


def _save(weights: dict[str, Tensor], out: Path) -> None:
    with whole_file(out) as temporary:
        save_file({name: value.contiguous() for name, value in weights.items()}, temporary)


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


def _make(run: SelectionRun, bank: Bank, made: "queue.Queue[Batch | Exception]", stop: threading.Event) -> None:
    """Fill the queue until told to stop."""
    import cv2

    cv2.setNumThreads(1)
    dice = Dice(run.batch, torch.Generator(bank.tiles.device).manual_seed(run.seed))
    batch: Batch | Exception
    with ThreadPoolExecutor(run.threads) as pool, torch.no_grad():
        for count in itertools.count():
            try:
                batch = prepared(bank, dice, run.size, run.margin, FRAMES[count % len(FRAMES)], pool)
            except Exception as error:  # noqa: BLE001 (raised where the batch is waited for)
                batch = error
            while not stop.is_set():
                with contextlib.suppress(queue.Full):
                    made.put(batch, timeout=0.5)
                    break
            if stop.is_set() or isinstance(batch, Exception):
                return


def prepared(bank: Bank, dice: Dice, size: int, margin: int, frames: int, pool: ThreadPoolExecutor) -> Batch:
    """Make a batch and all of it that is not learned: features, log weights, radiance, there, truth, white."""
    made = capture(bank, dice, size, margin, frames, pool)
    candidates = made.candidates
    seen = features(candidates.reduced(REDUCED), fine_difference(candidates, REDUCED))
    there = made.there[:, None, :].squeeze(1)
    white = candidates.white.masked_fill(there[:, :, None] == 0, 0).amax((1, 2))
    return seen, log_weights(candidates), candidates.radiance, there, made.truth, white
