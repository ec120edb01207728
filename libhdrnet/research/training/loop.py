"""The training loop: `hdrnet train NET` from synthesis to weights and their card.

The rate follows a cosine over the run's budget of minutes or steps; a checkpoint every two minutes survives a kill.
With a budget of steps and no workers a run that was interrupted ends with the same weights as one that was not.
"""

import csv
import logging
import math
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from libhdrnet.errors import InputError
from libhdrnet.files import writing
from libhdrnet.networks import NETWORKS, build
from libhdrnet.research.training.bank import load_pack, pack_bank
from libhdrnet.research.training.checkpoint import Progress, load_checkpoint, save_checkpoint
from libhdrnet.research.training.options import Run, check
from libhdrnet.research.training.queued import Batch, batches
from libhdrnet.research.training.tasks import TRAINING_TASKS, objective
from libhdrnet.weights import load_network, save_weights

log = logging.getLogger(__name__)
CHECKPOINT_SECONDS = 120.0
HELD_OUT = 1_000_003
"""Seed of the samples that a run is judged on and never learns from."""
JUDGED = 4
"""So many batches of them."""
OnStep = Callable[[int, float, float], None]
Supply = Callable[[int, int, int], AbstractContextManager[Iterator[Batch]]]
"""Opens a run's batches from a seed, the number of the first and how many workers make them; see `queued.batches`."""


def train(options: Run, on_step: OnStep | None = None) -> Path:
    """Train a network, write `out/TASK.safetensors` with its card and return that path.

    `on_step(step, loss, fraction)` is called after each step; fraction is the share of the budget that is spent.

    Raises:
        InputError: unknown network, an option out of range, no data, a checkpoint that does not fit or would be
            overwritten.
        OutputError: `out` cannot be written to.
    """
    check(options)
    checkpoint = options.out / f"{options.network}.checkpoint"
    if checkpoint.exists() and not options.resume:
        raise InputError(f"{checkpoint}: a run was begun there; go on with --resume, or give another folder.")
    recipe, device = options.chosen, options.place
    supply = _supply(options, device)
    torch.manual_seed(options.seed)
    network, earlier = _first_network(options)
    network = network.to(device)
    if device.type == "cuda":  # slower on CPUs without half precision
        network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        torch.backends.cudnn.benchmark = True  # all batches have one size
    average = {name: p.detach().clone() for name, p in network.named_parameters()}
    adam = torch.optim.Adam(network.parameters(), lr=recipe.rate)
    progress = Progress(options.network, seed=options.seed, what=options.what())
    with writing(options.out):
        options.out.mkdir(parents=True, exist_ok=True)
    if checkpoint.exists():
        progress = load_checkpoint(checkpoint, network, average, adam)
        _check_same(checkpoint, progress, options)
    saved = time.monotonic()
    network.train()
    with supply(progress.seed, progress.step, options.workers) as samples:
        while (fraction := options.spent(progress)) < 1:
            begun = time.monotonic()
            warm = min(1.0, (progress.step + 1) / recipe.warm_up)
            rate = warm * recipe.rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * fraction)))
            adam.param_groups[0]["lr"] = rate
            loss = objective(options, network, [tensor.to(device) for tensor in next(samples)], fraction)
            _learn(loss, adam, recipe.largest_gradient)
            share = 1 - min(recipe.average, progress.step / (progress.step + 10))
            for name, parameter in network.named_parameters():
                average[name].lerp_(parameter.detach(), share)
            progress.step += 1
            progress.seconds += time.monotonic() - begun
            told = float(loss.detach())
            _log_step(options.out / f"{options.network}.csv", progress, told, rate)
            if on_step:
                on_step(progress.step, told, min(1.0, options.spent(progress)))
            if time.monotonic() - saved > CHECKPOINT_SECONDS:
                save_checkpoint(checkpoint, progress, network, average, adam)
                saved = time.monotonic()
    save_checkpoint(checkpoint, progress, network, average, adam)
    return _export(options, progress, network, average, earlier, supply)


def _learn(loss: Tensor, adam: torch.optim.Adam, largest: float) -> None:
    adam.zero_grad(set_to_none=True)
    if not torch.isfinite(loss):  # one batch must not end a run
        return
    loss.backward()  # type: ignore[no-untyped-call]
    if torch.isfinite(nn.utils.clip_grad_norm_(adam.param_groups[0]["params"], largest)):
        adam.step()


def _supply(options: Run, device: torch.device) -> Supply:
    if device.type == "mps":  # knows no bicubic interpolation of places
        device = torch.device("cpu")
    source, read = (options.data, pack_bank) if options.pack is None else (options.pack, load_pack)
    bank = read(cast(Path, source), device, options.limit)
    make = TRAINING_TASKS[options.task].samples(bank, options.chosen.batch, options.chosen.patch)
    return lambda seed, first, workers: batches(partial(make, seed), first=first, threads=workers, seed=seed)


def _first_network(options: Run) -> tuple[nn.Module, dict[str, Any] | None]:
    """Build the network, with the weights of an earlier run if there is one to start from, and that run's card."""
    network = build(options.network, **options.configuration.options)
    if options.start is None:
        return network, None
    trained, card = load_network(options.task, options.start)
    if card.network != options.network:
        raise InputError(f"{options.start}: its weights are of {card.network}, not of {options.network}.")
    try:
        network.load_state_dict(_shipped(options, trained.state_dict()), strict=False)
    except RuntimeError as error:
        raise InputError(
            f"{options.start}: its weights are of another configuration; give the same --ablation."
        ) from error
    told = ("steps", "hours", "reproduce", "sha256", "earlier")
    return network, {name: card.facts[name] for name in told if name in card.facts}


def _shipped(options: Run, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Leave out what exists for training alone."""
    training_only = NETWORKS[options.network].training_only
    return {name: tensor for name, tensor in tensors.items() if not name.startswith(training_only)}


def _changed_options(options: Run, network: nn.Module) -> dict[str, Any]:
    """Options of a network that are not its defaults: what a loader has to know."""
    usual, own = NETWORKS[options.network].options(), cast(Any, network).options
    return {f.name: getattr(own, f.name) for f in fields(own) if getattr(own, f.name) != getattr(usual, f.name)}


def _export(
    options: Run, progress: Progress, network: nn.Module, average: dict[str, Tensor],
    earlier: dict[str, Any] | None, supply: Supply,
) -> Path:  # fmt: skip
    """Write the averaged weights, or their mean with those of the start, in half precision with a card of how."""
    torch.manual_seed(options.seed)
    first = _first_network(options)[0].to(options.place)
    started = _held_out_loss(options, first, supply)
    if options.start_share:
        average = {name: average[name].lerp(p.detach(), options.start_share) for name, p in first.named_parameters()}
    network.load_state_dict(average, strict=False)
    recipe = options.chosen
    words = [f"hdrnet train {options.network}", f"--recipe {options.recipe}"]
    words += [f"--{name} {value}" for name in ("ablation", "only") if (value := getattr(options, name))]
    words += [f"--steps {recipe.steps}" if recipe.steps else f"--minutes {recipe.minutes:g}"]
    words += [f"--batch {recipe.batch} --patch {recipe.patch} --rate {recipe.rate:g} --seed {progress.seed}"]
    words += [f"--start-share {options.start_share:g}"] if options.start_share else []
    words += ["--start FOLDER, which holds the earlier weights"] if earlier else []
    card = {
        "network": options.network,
        "ablation": options.ablation,
        "options": _changed_options(options, network) or None,
        "trained_on": "synthetic samples made from CC0 radiance panoramas and permissively licensed photographs",
        "recipe": options.recipe,
        "steps": progress.step,
        "hours": round(progress.seconds / 3600, 2),
        "batch": recipe.batch,
        "patch": recipe.patch,
        "rate": recipe.rate,
        "seed": progress.seed,
        "device": str(options.place),
        "reproduce": " ".join(words),
        "held_out": {"batches": JUDGED, "loss": _held_out_loss(options, network, supply), "at_the_start": started},
        "earlier": earlier,
    }
    told = {name: value for name, value in card.items() if value is not None}
    return save_weights(options.out, options.task, _shipped(options, average), told)


@torch.no_grad()
def _held_out_loss(options: Run, network: nn.Module, supply: Supply) -> float:
    """Return the mean loss, as it is at the end of a run, of samples that are never learned from."""
    device, network = options.place, network.train()
    with supply(HELD_OUT, 0, 0) as samples:
        losses = [objective(options, network, [x.to(device) for x in next(samples)], 1.0) for _ in range(JUDGED)]
    return round(float(torch.stack(losses).mean()), 6)


def _check_same(checkpoint: Path, progress: Progress, options: Run) -> None:
    for name, value in options.what().items():
        if (before := progress.what.get(name)) != value:
            told = f"--{name} {before}" if before is not None else f"no --{name}"
            raise InputError(f"{checkpoint}: its run has {told}; go on with the same, or give another folder.")


def _log_step(path: Path, progress: Progress, loss: float, rate: float) -> None:
    new = not path.exists()
    with writing(path), path.open("a", newline="") as file:
        writer = csv.writer(file)
        if new:
            writer.writerow(["step", "seconds", "loss", "rate"])
        writer.writerow([progress.step, f"{progress.seconds:.1f}", f"{loss:.6f}", f"{rate:.3e}"])
