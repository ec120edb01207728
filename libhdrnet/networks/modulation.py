"""Conditions from a defocus map, and the features that they modulate (thesis, Sec. 4.3.2, Figures 4.3 and 4.4)."""

from collections.abc import Sequence
from typing import NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from libhdrnet.networks.blocks import conv3x3, everywhere, spread


class Conditions(NamedTuple):
    """What guides the blocks of one resolution."""

    features: Tensor
    """(B, K, H, W)."""
    pooled: Tensor
    """Their `PooledStatistics`."""
    cell: int
    """One place of `pooled` is so many of the features' on an edge."""


class WholeTransform(nn.Sequential):
    """A value for each channel and place, from the conditions (Figure 4.3)."""

    def __init__(self, conditions: int, channels: int) -> None:
        super().__init__(
            nn.Conv2d(conditions, conditions, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(conditions, channels, 1),
        )

    def forward(self, conditions: Conditions) -> Tensor:
        """Return (B, C, H, W)."""
        whole: Tensor = super().forward(conditions.features)  # type: ignore[no-untyped-call]
        return whole


class DecomposedTransform(nn.Module):
    """The product of a value for each channel and a value for each place (Figure 4.4).

    Both are gates around 1; `signed`: the channel's has either sign and no bounds, and begins around `start`.
    """

    def __init__(self, conditions: int, channels: int, *, signed: bool = False, start: float = 0.0) -> None:
        super().__init__()
        self.signed = signed
        self.squeeze = nn.Conv2d(conditions, conditions // 4, 1)
        self.expand = nn.Conv2d(conditions // 4, channels, 1)
        self.spatial = conv3x3(conditions, 1)
        if start:
            nn.init.constant_(cast(Tensor, self.expand.bias), start)

    def parts(self, conditions: Conditions, spatial: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the channel part (B, C, 1 or H, 1 or W) and the spatial part (B, 1, H, W), the latter if not given."""
        features, pooled, cell = conditions
        channel: Tensor = self.expand(F.relu(self.squeeze(pooled)))
        channel = channel if self.signed else 2 * torch.sigmoid(channel)
        return spread(channel, features, cell), spatial_parts([self], features)[0] if spatial is None else spatial

    def forward(self, conditions: Conditions) -> Tensor:
        """Return (B, C, H, W)."""
        channel, spatial = self.parts(conditions)
        return channel * spatial


def spatial_parts(transforms: Sequence[DecomposedTransform], features: Tensor) -> Sequence[Tensor]:
    """Return the spatial parts (B, 1, H, W) of several transforms of the same features.

    By one convolution: to one channel it takes a CPU as long as to eight.
    """
    weight = torch.cat([transform.spatial.weight for transform in transforms])
    bias = torch.cat([cast(Tensor, transform.spatial.bias) for transform in transforms])
    return torch.split(2 * torch.sigmoid(F.conv2d(features, weight, bias, padding=1)), 1, 1)


class SFT(nn.Module):
    """Spatial feature transform: gamma * F + beta (Eq. 4.2).

    `signed`: a decomposed gamma has either sign, as the whole one has.
    """

    def __init__(self, modulation: str, conditions: int, channels: int, *, signed: bool = False) -> None:
        super().__init__()
        decomposed = modulation in ("sft-dec", "sft-fdec")
        self.gamma: nn.Module = (
            DecomposedTransform(conditions, channels, signed=signed, start=1.0)
            if decomposed
            else WholeTransform(conditions, channels)
        )
        self.beta: nn.Module = (
            DecomposedTransform(conditions, channels, signed=True)
            if modulation == "sft-fdec"
            else WholeTransform(conditions, channels)
        )

    def forward(self, features: Tensor, conditions: Conditions, spatial: Tensor | None = None) -> Tensor:
        """Modulate features (B, C, H, W); `spatial` is the spatial part of a decomposed gamma, if it is known."""
        beta = self.beta(conditions)
        if isinstance(self.gamma, DecomposedTransform):
            channel, spatial = self.gamma.parts(conditions, spatial)
            return torch.addcmul(beta, channel * features, everywhere(spatial, features))
        return torch.addcmul(beta, self.gamma(conditions) + 1, features)
