"""How networks were run, and whether they can be run as is asked. Nothing here needs torch."""

from dataclasses import dataclass
from typing import Any

from libhdrnet.options import Settings


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
    """Raise InputError if the device is not there; only one that may not be is looked for, which takes torch."""
    if settings.device not in ("auto", "cpu"):
        from libhdrnet.engine.device import choose_device

        choose_device(settings.device)
