"""The training loop: `hdrnet train NET` from synthesis to weights and their card.

The rate follows a cosine over the run's budget of minutes or steps; a checkpoint every few minutes survives a
kill. With a budget of steps a run that was interrupted ends with the same weights as one that was not, where each batch
is seen once: defocus, and any network with no workers.
"""

import csv
import logging
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from libhdrnet.errors import InputError
from libhdrnet.files import output_error
from libhdrnet.networks import NETWORKS, DefocusNet, MSFFNet, PSFNet, build
from libhdrnet.networks.ablations import ABLATIONS, Ablation, ablations_of
from libhdrnet.training.bank import load_pack, pack_bank
from libhdrnet.training.checkpoint import Progress, load_checkpoint, save_checkpoint
from libhdrnet.training.objectives import PARTS, objective, part_of
from libhdrnet.training.supply import Supply, bracket_supply, defocus_supply
from libhdrnet.weights import load_network, save_weights

log = logging.getLogger(__name__)
CHECKPOINT_SECONDS = 180.0
LARGEST_GRADIENT = 0.3
"""Norm to which gradients are cut: one odd batch must not throw a young network off."""


@dataclass(frozen=True)
class TrainingOptions:
    """One training run."""

    network: str
    """Name in `networks.NETWORKS`."""
    data: Path | None
    """Folder with hdr/ and sharp/, or None where there is a pack."""
    out: Path
    """Folder for the checkpoint, the log and the weights."""
    minutes: float = 60.0
    """Budget of training time, earlier stretches included."""
    batch: int = 4
    """Samples a step."""
    patch: int = 64
    """Edge of a training patch in pixels; also the window of local statistics at inference."""
    rate: float = 1e-4
    """First learning rate; the last is a hundredth of it (thesis: 1e-4 to 1e-6)."""
    seed: int = 0
    """Seed of weights and samples."""
    resume: bool = False
    """Go on from the checkpoint in `out`."""
    workers: int = 1
    """What makes samples: processes of defocus, threads of brackets; 0: the training itself, one after the other."""
    device: str = "cpu"
    """torch device."""
    average: float = 0.998
    """Decay of the averaged weights that are exported; 0 exports the last ones."""
    limit: int | None = None
    """Read only that many pictures of each kind."""
    steps: int | None = None
    """Budget in steps, earlier stretches included, instead of `minutes`."""
    start: Path | None = None
    """Folder with the weights and the card of an earlier run to start from, instead of random ones."""
    ablation: str | None = None
    """Name in `networks.ablations`; None: the full network."""
    pack: Path | None = None
    """File of `bank.make_pack`, instead of `data`; for networks that merge."""
    only: str | None = None
    """Train that part of the defocus network alone, a name in `objectives.PARTS`: the other stays as it is."""

    @property
    def configuration(self) -> Ablation:
        """The ablation, or the full network."""
        return Ablation(self.network, "", "") if self.ablation is None else ABLATIONS[self.ablation]

    def spent(self, progress: Progress) -> float:
        """Share of the budget that is spent."""
        if self.steps is not None:
            return progress.step / self.steps
        return progress.seconds / (60 * self.minutes)


def train(options: TrainingOptions, on_step: Callable[[int, float, float], None] | None = None) -> Path:
    """Train a network, write `out/NET.safetensors` with its card and return that path.

    `on_step(step, loss, fraction)` is called after each step; fraction is the share of the budget that is spent.

    Raises:
        InputError: unknown network, an option out of range, no data, a checkpoint that does not fit or would be
            overwritten.
        OutputError: `out` cannot be written to.
    """
    _check(options)
    checkpoint = options.out / f"{options.network}.checkpoint"
    if checkpoint.exists() and not options.resume:
        raise InputError(f"{checkpoint}: a run was begun there; go on with --resume, or give another folder.")
    device = torch.device(options.device)
    supply = _supply(options, device)
    torch.manual_seed(options.seed)
    network, earlier = _first_network(options)
    network = network.to(device)
    if device.type == "cuda":  # slower on CPUs without half precision
        network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = {name: p.detach().clone() for name, p in network.named_parameters()}
    trained = part_of(network, options.only)
    adam = torch.optim.Adam(trained, lr=options.rate, betas=(0.9, 0.999))
    progress = Progress(
        options.network, seed=options.seed, batch=options.batch, ablation=options.ablation, only=options.only
    )
    with _writing(options.out):
        options.out.mkdir(parents=True, exist_ok=True)
    if checkpoint.exists():
        progress = load_checkpoint(checkpoint, network, average, adam)
        _check_same(checkpoint, progress, options)
    saved = time.monotonic()
    network.train()
    with supply(progress.seed, progress.step) as batches:
        while (fraction := options.spent(progress)) < 1:
            begun = time.monotonic()
            warm = min(1.0, (progress.step + 1) / 50)
            for group in adam.param_groups:
                group["lr"] = warm * options.rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * fraction)))
            batch = [tensor.to(device) for tensor in next(batches)]
            loss = objective(options.configuration, options.only, network, batch, fraction)
            _learn(loss, adam, trained)
            _update_average(average, network, min(options.average, progress.step / (progress.step + 10)))
            progress.step += 1
            progress.seconds += time.monotonic() - begun
            told, rate = float(loss.detach()), adam.param_groups[0]["lr"]
            _log_step(options.out / f"{options.network}.csv", progress, told, rate)
            if on_step:
                on_step(progress.step, told, min(1.0, options.spent(progress)))
            if time.monotonic() - saved > CHECKPOINT_SECONDS:
                save_checkpoint(checkpoint, progress, network, average, adam)
                saved = time.monotonic()
    save_checkpoint(checkpoint, progress, network, average, adam)
    return export(options, progress, average, earlier, _changed_options(network))


def _learn(loss: Tensor, adam: torch.optim.Adam, trained: list[nn.Parameter]) -> None:
    adam.zero_grad(set_to_none=True)
    if not torch.isfinite(loss):  # one batch must not end a run
        return
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(trained, LARGEST_GRADIENT)
    adam.step()


def _supply(options: TrainingOptions, device: torch.device) -> Supply:
    made = {"count": options.batch, "size": options.patch, "workers": options.workers}
    if device.type == "mps":  # knows no bicubic interpolation of places
        device = torch.device("cpu")
    if options.pack is not None:
        return bracket_supply(options.network, load_pack(options.pack, device, options.limit), **made)
    data = cast(Path, options.data)
    if options.network == "defocus":
        return defocus_supply(data, limit=options.limit, **made)
    return bracket_supply(options.network, pack_bank(data, device, options.limit), **made)


def _first_network(options: TrainingOptions) -> tuple[nn.Module, dict[str, Any] | None]:
    """Build the network, with the weights of an earlier run if there is one to start from, and that run's card."""
    network = build(options.network, **options.configuration.options)
    if options.start is None:
        return network, None
    trained, card = load_network(options.network, options.start)
    kept = {name: tensor for name, tensor in trained.state_dict().items() if not _only_in_training(options, name)}
    try:
        network.load_state_dict(kept, strict=False)
    except RuntimeError as error:
        raise InputError(
            f"{options.start}: its weights are of another configuration; give the same --ablation."
        ) from error
    told = ("steps", "hours", "reproduce", "sha256", "earlier")
    return network, {name: card.facts[name] for name in told if name in card.facts}


def _only_in_training(options: TrainingOptions, name: str) -> bool:
    prefix = NETWORKS[options.network].training_only
    return bool(prefix and name.startswith(prefix))


def _changed_options(network: nn.Module) -> dict[str, Any]:
    """Options of a network that are not its defaults: what a loader has to know."""
    chosen = cast(PSFNet | MSFFNet | DefocusNet, network).options
    return {f.name: getattr(chosen, f.name) for f in fields(chosen) if getattr(chosen, f.name) != f.default}


def export(
    options: TrainingOptions,
    progress: Progress,
    average: dict[str, Tensor],
    earlier: dict[str, Any] | None = None,
    changed: dict[str, Any] | None = None,
) -> Path:
    """Write the averaged weights in half precision with a card of how they were made, after an `earlier` run's.

    `changed` are the network's options that are not its defaults.
    """
    kept = {name: tensor for name, tensor in average.items() if not _only_in_training(options, name)}
    budget = f"--minutes {options.minutes:g}" if options.steps is None else f"--steps {options.steps}"
    kind = f" --ablation {options.ablation}" if options.ablation else ""
    kind += f" --only {options.only}" if options.only else ""
    card = {
        "network": options.network,
        **({"ablation": options.ablation} if options.ablation else {}),
        **({"options": changed} if changed else {}),
        "trained_on": "synthetic samples made from CC0 radiance panoramas and permissively licensed photographs",
        "steps": progress.step,
        "hours": round(progress.seconds / 3600, 2),
        "batch": options.batch,
        "patch": options.patch,
        "rate": options.rate,
        "seed": progress.seed,
        "device": options.device,
        "reproduce": f"hdrnet train {options.network}{kind} {budget} --batch {options.batch} "
        f"--patch {options.patch} --rate {options.rate:g} --seed {progress.seed}"
        + (" --start FOLDER, which holds the earlier weights" if earlier else ""),
        **({"earlier": earlier} if earlier else {}),
    }
    with _writing(options.out):
        return save_weights(options.out, options.network, kept, card)


def _check(options: TrainingOptions) -> None:
    if options.network not in NETWORKS:
        raise InputError(f"network {options.network!r} is unknown; choose one of {', '.join(NETWORKS)}.")
    if options.ablation is not None and options.ablation not in ablations_of(options.network):
        names = ", ".join(ablations_of(options.network))
        raise InputError(f"{options.network} has no ablation {options.ablation!r}; choose one of {names}.")
    if options.only is not None and (options.network != "defocus" or options.only not in PARTS):
        raise InputError(f"{options.network} has no part {options.only!r}; defocus has {' and '.join(PARTS)}.")
    if (options.data is None) == (options.pack is None):
        raise InputError("training needs --data FOLDER, or --pack FILE.")
    if options.pack is not None and options.network == "defocus":
        raise InputError("a pack is for networks that merge; defocus learns from --data FOLDER.")
    multiple = NETWORKS[options.network].multiple
    if options.patch < multiple or options.patch % multiple:
        raise InputError(f"patch {options.patch} does not fit; give a multiple of {multiple} pixels.")
    if options.workers < 0:
        raise InputError(f"workers {options.workers} is out of range; give 0 or more.")
    for name in ("minutes", "steps", "batch", "rate", "limit"):
        value = getattr(options, name)
        if value is not None and not (math.isfinite(value) and value > 0):
            raise InputError(f"{name} {value} is out of range; give a positive number.")


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise output_error(path, error) from error


def _check_same(checkpoint: Path, progress: Progress, options: TrainingOptions) -> None:
    if progress.ablation != options.ablation:
        before = f"--ablation {progress.ablation}" if progress.ablation else "no --ablation"
    elif progress.only != options.only:
        before = f"--only {progress.only}" if progress.only else "no --only"
    else:
        return
    raise InputError(f"{checkpoint}: its run has {before}; go on with the same, or give another folder.")


def _update_average(average: dict[str, Tensor], network: nn.Module, decay: float) -> None:
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            average[name].lerp_(parameter, 1 - decay)


def _log_step(path: Path, progress: Progress, loss: float, rate: float) -> None:
    new = not path.exists()
    with _writing(path), path.open("a", newline="") as file:
        writer = csv.writer(file)
        if new:
            writer.writerow(["step", "seconds", "loss", "rate"])
        writer.writerow([progress.step, f"{progress.seconds:.1f}", f"{loss:.6f}", f"{rate:.3e}"])
