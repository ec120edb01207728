"""Checkpoints: one safetensors file with weights, their average and Adam's moments; no pickle.

A checkpoint is written beside its final name and renamed, so a kill leaves the one before.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from libhdrnet.errors import InputError, OutputError
from libhdrnet.files import whole_file


@dataclass
class Progress:
    """How far a run has come."""

    network: str
    step: int = 0
    seconds: float = 0.0
    seed: int = 0
    batch: int = 0
    ablation: str | None = None
    only: str | None = None


def save_checkpoint(
    path: Path, progress: Progress, network: nn.Module, average: dict[str, Tensor], adam: torch.optim.Adam
) -> None:
    """Write the whole state of a run to `path`.

    Raises:
        OutputError: it cannot be written; the checkpoint before is kept.
    """
    tensors: dict[str, Tensor] = {}
    for name, parameter in network.named_parameters():
        tensors[f"weights.{name}"] = parameter.detach().contiguous()
        tensors[f"average.{name}"] = average[name].contiguous()
        if parameter in adam.state:
            tensors[f"step.{name}"] = adam.state[parameter]["step"].clone()
            tensors[f"first.{name}"] = adam.state[parameter]["exp_avg"].contiguous()
            tensors[f"second.{name}"] = adam.state[parameter]["exp_avg_sq"].contiguous()
    with whole_file(path) as temporary:
        try:
            save_file(tensors, temporary, metadata={"progress": json.dumps(asdict(progress))})
        except SafetensorError as error:
            raise OutputError(f"'{path}' cannot be written ({error}): free some space or choose another.") from error


def load_checkpoint(path: Path, network: nn.Module, average: dict[str, Tensor], adam: torch.optim.Adam) -> Progress:
    """Restore what `save_checkpoint` wrote, in place.

    Raises:
        InputError: the file is not a checkpoint of this network.
    """
    try:
        with safe_open(path, framework="pt") as file:
            progress = Progress(**json.loads(file.metadata()["progress"]))
            for name, parameter in network.named_parameters():
                parameter.data.copy_(file.get_tensor(f"weights.{name}"))
                average[name].copy_(file.get_tensor(f"average.{name}"))
                if f"first.{name}" in file.keys():  # noqa: SIM118 (safe_open is no mapping)
                    adam.state[parameter] = {
                        "step": file.get_tensor(f"step.{name}"),
                        "exp_avg": file.get_tensor(f"first.{name}").to(parameter.device),
                        "exp_avg_sq": file.get_tensor(f"second.{name}").to(parameter.device),
                    }
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError, OSError) as error:
        raise InputError(f"{path}: not a checkpoint of this network ({error}); train without --resume.") from error
    return progress
