"""Random numbers for a batch of samples: all that is random in it comes from one generator, on the batch's device."""

import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Dice:
    """Random numbers for a batch, on its device."""

    count: int
    generator: torch.Generator

    @staticmethod
    def of(count: int, device: torch.device, seed: int, number: int) -> "Dice":
        """Return the dice of batch `number` of a run: they depend on these alone, and on the kind of device."""
        state = int(np.random.SeedSequence([seed, number]).generate_state(1, np.uint32)[0])
        return Dice(count, torch.Generator(device).manual_seed(state))

    @property
    def device(self) -> torch.device:
        """Where the numbers are."""
        return self.generator.device

    def uniform(self, low: float = 0.0, high: float = 1.0, *shape: int) -> Tensor:
        """Return (count, *shape) numbers."""
        return low + (high - low) * torch.rand(self.count, *shape, generator=self.generator, device=self.device)

    def log_uniform(self, low: float, high: float, *shape: int) -> Tensor:
        """Return (count, *shape) positive numbers whose logarithms are uniform."""
        return torch.exp(self.uniform(math.log(low), math.log(high), *shape))

    def normal(self, *shape: int) -> Tensor:
        """Return (count, *shape) numbers."""
        return torch.randn(self.count, *shape, generator=self.generator, device=self.device)

    def happens(self, share: float) -> Tensor:
        """Return 1 with that probability, else 0, (count,)."""
        return (self.uniform() < share).float()

    def field(self, cells: int, size: int, channels: int = 2) -> Tensor:
        """Return smooth noise (count, channels, size, size) of unit variance on so many cells."""
        coarse = self.normal(channels, cells, cells)
        return F.interpolate(coarse, size=(size, size), mode="bicubic", align_corners=False)


def each(x: Tensor) -> Tensor:
    """Return numbers (B,) for use beside pictures (B, C, H, W)."""
    return x.view(-1, 1, 1, 1)
