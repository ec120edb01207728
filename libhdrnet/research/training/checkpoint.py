"""Checkpoints: an index and safetensors files of at most 16 MiB with weights, their average and Adam's moments.

The index is written last, beside its final name, and renamed; what only an earlier one named goes after that. So a kill
leaves the checkpoint before.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from libhdrnet.errors import InputError, OutputError
from libhdrnet.files import whole_file

LARGEST = 15 << 20
"""Bytes of tensors in a file."""


@dataclass
class Progress:
    """How far a run has come."""

    network: str
    step: int = 0
    seconds: float = 0.0
    seed: int = 0
    what: dict[str, Any] = field(default_factory=dict)
    """`Run.what`."""


def save_checkpoint(
    path: Path, progress: Progress, network: nn.Module, average: dict[str, Tensor], adam: torch.optim.Adam
) -> None:
    """Write the whole state of a run: `path` is the index, the others lie beside it.

    Raises:
        OutputError: it cannot be written; the checkpoint before is kept.
    """
    names = []
    for number, tensors in enumerate(_parts(_state(network, average, adam))):
        names.append(f"{path.name}-{progress.step}-{number}")
        with whole_file(path.with_name(names[-1])) as temporary:
            try:
                save_file(tensors, temporary)
            except SafetensorError as error:
                raise OutputError(
                    f"'{path}' cannot be written ({error}): free some space or choose another."
                ) from error
    with whole_file(path) as temporary:
        temporary.write_text(json.dumps({"progress": asdict(progress), "parts": names}))
    for old in path.parent.glob(f"{path.name}-*"):
        if old.name not in names:
            old.unlink()


def load_checkpoint(path: Path, network: nn.Module, average: dict[str, Tensor], adam: torch.optim.Adam) -> Progress:
    """Restore what `save_checkpoint` wrote, in place.

    Raises:
        InputError: the file is not a checkpoint of this network.
    """
    try:
        index = json.loads(path.read_text())
        progress = Progress(**index["progress"])
        found: dict[str, Tensor] = {}
        for name in index["parts"]:
            with safe_open(path.with_name(name), framework="pt") as file:
                found |= {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (safe_open is no mapping)
        for name, parameter in network.named_parameters():
            parameter.data.copy_(found[f"weights.{name}"])
            average[name].copy_(found[f"average.{name}"])
            if f"first.{name}" in found:
                adam.state[parameter] = {
                    "step": found[f"step.{name}"],
                    "exp_avg": found[f"first.{name}"].to(parameter.device),
                    "exp_avg_sq": found[f"second.{name}"].to(parameter.device),
                }
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError, OSError) as error:
        raise InputError(f"{path}: not a checkpoint of this network ({error}); train without --resume.") from error
    return progress


def _state(network: nn.Module, average: dict[str, Tensor], adam: torch.optim.Adam) -> Iterator[tuple[str, Tensor]]:
    for name, parameter in network.named_parameters():
        yield f"weights.{name}", parameter.detach().contiguous()
        yield f"average.{name}", average[name].contiguous()
        if parameter in adam.state:
            yield f"step.{name}", adam.state[parameter]["step"].clone()
            yield f"first.{name}", adam.state[parameter]["exp_avg"].contiguous()
            yield f"second.{name}", adam.state[parameter]["exp_avg_sq"].contiguous()


def _parts(tensors: Iterator[tuple[str, Tensor]]) -> Iterator[dict[str, Tensor]]:
    part: dict[str, Tensor] = {}
    for name, tensor in tensors:
        if part and sum(t.nbytes for t in part.values()) + tensor.nbytes > LARGEST:
            yield part
            part = {}
        part[name] = tensor
    yield part
