"""Checkpoints: an index, and files of at most 16 MiB that are together what torch saves of a run.

The index is written last, beside its final name, and renamed; what only an earlier one named goes after that. So a kill
leaves the checkpoint before.
"""

import io
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor, nn

from libhdrnet.errors import InputError
from libhdrnet.files import write_whole

LARGEST = 15 << 20
"""Bytes of a file."""


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
    state = io.BytesIO()
    torch.save({"weights": network.state_dict(), "average": average, "adam": adam.state_dict()}, state)
    data, names = state.getvalue(), []
    for number, start in enumerate(range(0, len(data), LARGEST)):
        names.append(f"{path.name}-{progress.step}-{number}")
        write_whole(path.with_name(names[-1]), data[start : start + LARGEST])
    write_whole(path, json.dumps({"progress": asdict(progress), "parts": names}).encode())
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
        data = b"".join(path.with_name(name).read_bytes() for name in index["parts"])
        state = torch.load(io.BytesIO(data), "cpu", weights_only=True)  # where Adam's numbers of steps stay
        network.load_state_dict(state["weights"])
        adam.load_state_dict(state["adam"])
        for name, tensor in average.items():
            tensor.copy_(state["average"][name])
    except (UnpicklingError, EOFError, KeyError, TypeError, ValueError, RuntimeError, OSError) as error:
        told = str(error).partition("\n")[0]
        raise InputError(f"{path}: not a checkpoint of this network ({told}); train without --resume.") from error
    return progress
