"""Trained weights: TASK.safetensors in half precision with a card TASK.json beside it, and their loader.

The card says which network they are for (`networks.NETWORKS`), how they were made, and the file's SHA-256, which is
checked at every load.
"""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn

from libhdrnet.errors import WeightsError
from libhdrnet.files import write_whole
from libhdrnet.networks import NETWORKS, build

FOLDER = Path(__file__).parent
THESIS = FOLDER / "thesis"
"""Weights of networks in the thesis's form, to be compared with."""
_MEND = "reinstall libhdrnet, or give a folder with whole weights in HDRNET_WEIGHTS"


def weights_folder() -> Path:
    """Return the folder weights are read from: HDRNET_WEIGHTS, or the one inside the package."""
    return Path(os.environ["HDRNET_WEIGHTS"]) if os.environ.get("HDRNET_WEIGHTS") else FOLDER


@dataclass(frozen=True)
class Card:
    """What is known about a weights file."""

    name: str
    """The task, as the file is called."""
    network: str
    """The network, in `networks.NETWORKS`."""
    sha256: str
    """Checksum of the safetensors file."""
    patch: int
    """Edge of the training patches in pixels: the window of local statistics."""
    facts: dict[str, Any]
    """Everything in the card."""


def read_card(name: str, folder: Path = FOLDER) -> Card:
    """Read the card of the weights for task `name`.

    Raises:
        WeightsError: it is missing or damaged.
    """
    path = folder / f"{name}.json"
    try:
        facts = json.loads(path.read_text("utf-8"))
        return Card(name, str(facts["network"]), str(facts["sha256"]), int(facts["patch"]), facts)
    except FileNotFoundError as error:
        raise WeightsError(f"{path}: no weights for {name!r} there; {_MEND}.") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(f"{path}: the card of {name!r} is damaged ({error}); {_MEND}.") from error


def load_network(name: str, folder: Path = FOLDER) -> tuple[nn.Module, Card]:
    """Build the network for task `name` with its trained weights, in float32, ready for inference.

    Raises:
        WeightsError: weights or card are missing, damaged (checksum) or of another network.
    """
    card = read_card(name, folder)
    path = folder / f"{name}.safetensors"
    try:
        data = path.read_bytes()
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read ({error.strerror}); {_MEND}.") from error
    found = hashlib.sha256(data).hexdigest()
    if found != card.sha256:
        raise WeightsError(f"{path}: damaged (checksum {found[:12]}, its card says {card.sha256[:12]}); {_MEND}.")
    if card.network not in NETWORKS or NETWORKS[card.network].task != name:
        raise WeightsError(f"{path}: its card names {card.network!r}, which is no network for {name!r}; {_MEND}.")
    network = build(card.network, **card.facts.get("options", {}))
    try:
        tensors = load(data)
        missing, unexpected = network.load_state_dict(
            {key: value.float() for key, value in tensors.items()}, strict=False
        )
    except (SafetensorError, RuntimeError) as error:
        raise WeightsError(f"{path}: not weights of {name!r} ({error}); {_MEND}.") from error
    missing = [key for key in missing if not key.startswith(NETWORKS[card.network].training_only)]
    if missing or unexpected:
        raise WeightsError(f"{path}: not weights of {name!r} ({(missing + unexpected)[0]} differs); {_MEND}.")
    return network.eval().requires_grad_(False), card


def save_weights(folder: Path, name: str, tensors: dict[str, Tensor], facts: dict[str, Any]) -> Path:
    """Write `tensors` in half precision and the card `facts` with the checksum; return the weights' path.

    Raises:
        OutputError: they cannot be written.
    """
    data = save({key: value.detach().to("cpu", torch.float16).contiguous() for key, value in tensors.items()})
    card = json.dumps({**facts, "sha256": hashlib.sha256(data).hexdigest()}, indent=2).encode()
    path = folder / f"{name}.safetensors"
    write_whole(path, data)
    write_whole(path.with_suffix(".json"), card)
    return path
