"""Conditions from a defocus map, and the features that they modulate (thesis, Sec. 4.3.2, Figures 4.3 and 4.4)."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from libhdrnet.networks.blocks import HALF, QUARTER, ExactConvolution, PooledStatistics, at_precision, conv3x3, spread


class Conditions(NamedTuple):
    """What guides the blocks of one resolution."""

    features: Tensor
    """(B, K, H, W)."""
    pooled: Tensor
    """Their `PooledStatistics`."""
    cell: int
    """One place of `pooled` is so many of the features' on an edge."""


class ConditionNet(nn.Module):
    """Three convolutions from the defocus map (B, 1, H, W) to conditions at both resolutions (Sec. 4.3.2)."""

    def __init__(self, conditions: int) -> None:
        super().__init__()
        self.conv1 = ExactConvolution(HALF**2, conditions)
        self.conv2 = conv3x3(conditions, conditions)
        self.conv3 = conv3x3(conditions, conditions, 2)
        self.pool_half = PooledStatistics(HALF)
        self.pool_quarter = PooledStatistics(QUARTER)

    def forward(self, radius: Tensor) -> tuple[Conditions, Conditions]:
        """Return conditions at a half and at a quarter of the resolution."""
        first = at_precision(F.relu(self.conv1(F.pixel_unshuffle(radius, HALF))), self.conv2)
        half = F.relu(self.conv2(first))
        quarter = F.relu(self.conv3(half))
        return (
            Conditions(half, self.pool_half(half), self.pool_half.cell),
            Conditions(quarter, self.pool_quarter(quarter), self.pool_quarter.cell),
        )


class WholeTransform(nn.Sequential):
    """A value for each channel and place, from the conditions (Figure 4.3)."""

    def __init__(self, conditions: int, channels: int) -> None:
        super().__init__(
            nn.Conv2d(conditions, conditions, 1),
            nn.ReLU(),
            nn.Conv2d(conditions, channels, 1),
        )

    def forward(self, conditions: Conditions) -> Tensor:
        """Return (B, C, H, W)."""
        whole: Tensor = super().forward(conditions.features)  # type: ignore[no-untyped-call]
        return whole


class DecomposedTransform(nn.Module):
    """The product of a value for each channel and a value for each place (Figure 4.4).

    As a scale both are gates around 1; `signed`, as an offset has to be, the channel's has either sign and no bounds.
    """

    def __init__(self, conditions: int, channels: int, *, signed: bool = False) -> None:
        super().__init__()
        self.signed = signed
        self.squeeze = nn.Conv2d(conditions, conditions // 4, 1)
        self.expand = nn.Conv2d(conditions // 4, channels, 1)
        self.spatial = conv3x3(conditions, 1)

    def parts(self, conditions: Conditions) -> tuple[Tensor, Tensor]:
        """Return the channel part (B, C, 1 or H, 1 or W) and the spatial part (B, 1, H, W)."""
        features, pooled, cell = conditions
        channel: Tensor = self.expand(F.relu(self.squeeze(pooled)))
        channel = channel if self.signed else 2 * torch.sigmoid(channel)
        return spread(channel, features, cell), 2 * torch.sigmoid(self.spatial(features))

    def forward(self, conditions: Conditions) -> Tensor:
        """Return (B, C, H, W)."""
        channel, spatial = self.parts(conditions)
        return channel * spatial


class SFT(nn.Module):
    """Spatial feature transform: gamma * F + beta (Eq. 4.2)."""

    def __init__(self, modulation: str, conditions: int, channels: int) -> None:
        super().__init__()
        decomposed = modulation in ("sft-dec", "sft-fdec")
        self.offset = 0.0 if decomposed else 1.0
        self.gamma: nn.Module = (
            DecomposedTransform(conditions, channels) if decomposed else WholeTransform(conditions, channels)
        )
        self.beta: nn.Module = (
            DecomposedTransform(conditions, channels, signed=True)
            if modulation == "sft-fdec"
            else WholeTransform(conditions, channels)
        )

    def forward(self, features: Tensor, conditions: Conditions) -> Tensor:
        """Modulate features (B, C, H, W)."""
        modulated: Tensor = (self.gamma(conditions) + self.offset) * features + self.beta(conditions)
        return modulated
