"""Stand-in for the photometric calibration, until it lands: nominal tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from libhdrnet.radiometry import FloatImage, decode_gamma


@dataclass(frozen=True)
class Noise:
    """Shot and read noise."""

    shot: float = 2e-5
    read: float = 2.5e-8
    gains: tuple[float, ...] = ()

    def variance(self, index: int, linear: Any) -> Any:
        """Return the variance at linear values, 1 = saturation."""
        gain = self.gains[index]
        return np.float32(self.shot * gain) * np.maximum(linear, 0) + np.float32(self.read * gain**2)


@dataclass(frozen=True)
class Calibration:
    """How the frames relate."""

    reference: int
    tables: tuple[FloatImage, ...]
    exposures: tuple[float, ...]
    disagreements: tuple[float | None, ...]
    noise: Noise
    notes: tuple[str, ...] = ()

    def at(self, index: int, code: float) -> FloatImage:
        """Return the radiance (3,) at an encoded value."""
        return np.asarray(self.tables[index][round(code * 65535)])


def calibrate(
    codes: Sequence[Any], exposures: Sequence[float], reference: int, *, decode: Any = None, coverage: Any = None,
    gains: Any = None, response: str = "nominal",
) -> Calibration:  # fmt: skip
    """Return the nominal calibration."""
    if decode is None:
        decode = decode_gamma(np.arange(65536, dtype=np.float32) / 65535)
    times = tuple(float(t / exposures[reference]) for t in exposures)
    tables = tuple(np.repeat((decode / np.float32(t))[:, None], 3, 1) for t in times)
    return Calibration(reference, tables, times, (None,) * len(times), Noise(gains=tuple(gains or (1.0,) * len(times))))
