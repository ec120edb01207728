"""Where and how networks are to be run, and how they were. Nothing here needs torch."""

from dataclasses import dataclass
from typing import Any

from libhdrnet.errors import InputError

DEVICES = ("auto", "cpu", "cuda", "mps")
PRECISIONS = ("auto", "fp32", "bf16", "fp16")
SMALLEST_TILE, LARGEST_TILE = 64, 65536
"""Pixels of an edge."""


@dataclass(frozen=True)
class Settings:
    """Where and how to run; see `engine.device` for the names."""

    device: str = "auto"
    precision: str = "auto"
    tile: int | None = None
    """Edge of a tile in pixels, margin included; None: chosen for the device."""
    threads: int | None = None
    """Most threads the whole operation may use (`engine.threads.bounded`); None: as the process has it."""


@dataclass(frozen=True)
class Report:
    """How a network was run."""

    network: str
    sha256: str
    device: str
    precision: str
    tile: int
    notes: tuple[str, ...] = ()
    """One sentence for each fallback that was taken."""

    def as_record(self) -> dict[str, Any]:
        """JSON-able facts for an output's record."""
        return {"network": self.network, "weights_sha256": self.sha256, "device": self.device,
                "precision": self.precision, "tile": self.tile, "notes": list(self.notes)}  # fmt: skip


def check_settings(settings: Settings) -> None:
    """Raise InputError if the device, the precision or the tile cannot be used here.

    Only a device that may not be there is looked for, which takes torch.
    """
    if settings.device not in ("auto", "cpu"):
        from libhdrnet.engine.device import choose_device

        choose_device(settings.device)
    check_precision(settings.precision)
    if settings.tile is not None and not SMALLEST_TILE <= settings.tile <= LARGEST_TILE:
        raise InputError(f"tile {settings.tile} is out of range; give {SMALLEST_TILE} to {LARGEST_TILE} pixels.")


def check_precision(name: str) -> None:
    """Raise InputError if it is none of PRECISIONS."""
    if name not in PRECISIONS:
        raise InputError(f"precision {name!r} is unknown; choose one of {', '.join(PRECISIONS)}.")
