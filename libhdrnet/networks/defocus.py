"""Defocus map estimation and map-guided deblurring (thesis, chapter 4, Figures 4.1-4.4).

Input: (B, 3, H, W), display-encoded (sRGB) in [0, 1]; H and W multiples of 2.
Outputs: the defocus map (B, 1, H, W), radius of the circle of confusion in pixels; the deblurred picture
(B, 3, H, W), encoded like the input.
The thesis gives no widths for the deblurring net. Ours works at half resolution with 128 channels, where a
13-block stack sees a blur disc of any size that it is trained for and costs a quarter.
"""

from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from libhdrnet.networks.blocks import PooledStatistics, conv3x3, initialise, spread


@dataclass(frozen=True)
class DefocusNetOptions:
    """What the thesis's ablations vary (Table 4.3); the defaults are its full network."""

    modulation: Literal["none", "sft", "sft-dec", "sft-fdec"] = "sft-dec"
    """"none" is the baseline; "sft": gamma and beta whole; "sft-dec": gamma split into a channel and a spatial
    part; "sft-fdec": both split."""
    channels: int = 128
    """Channels of the deblurring net (at half resolution)."""
    conditions: int = 64
    """Channels of the condition features."""
    blocks: int = 13
    """Number of conditioned residual blocks."""
    estimation_stride: int = 2
    """2: the estimation net works at half resolution and sees twice as far; 1: full resolution."""
    max_radius: float = 20.0
    """Largest radius of the circle of confusion the map can show, in pixels."""


class ResidualBlock(nn.Module):
    """Two convolutions with a skip."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = conv3x3(channels, channels)
        self.conv2 = conv3x3(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to the same shape."""
        return x + F.relu(self.conv2(F.relu(self.conv1(x))))


class EstimationNet(nn.Module):
    """Defocus map from a picture (Sec. 4.3.1; the network of DID-ANet [32])."""

    def __init__(self, options: DefocusNetOptions) -> None:
        super().__init__()
        self.stride = options.estimation_stride
        self.max_radius = options.max_radius
        self.enter = conv3x3(3, 64, self.stride)
        self.blocks = nn.Sequential(*(ResidualBlock(64) for _ in range(4)))
        self.leave = conv3x3(64, 64)
        self.output = conv3x3(64, 1)

    def forward(self, image: Tensor) -> Tensor:
        """Return the radius (B, 1, H, W) in pixels, in [0, max_radius]."""
        x = F.relu(self.leave(self.blocks(F.relu(self.enter(image)))))
        radius = self.max_radius * torch.sigmoid(self.output(x))
        if self.stride == 1:
            return radius
        return F.interpolate(radius, scale_factor=float(self.stride), mode="bilinear", align_corners=False)


class ConditionNet(nn.Sequential):
    """Three convolutions from the defocus map (B, 1, H, W) to conditions at half resolution (Sec. 4.3.2)."""

    def __init__(self, conditions: int) -> None:
        super().__init__(
            conv3x3(1, conditions, 2),
            nn.ReLU(),
            conv3x3(conditions, conditions),
            nn.ReLU(),
            conv3x3(conditions, conditions),
            nn.ReLU(),
        )


class WholeTransform(nn.Sequential):
    """A value for each channel and place, from the conditions (Figure 4.3)."""

    def __init__(self, conditions: int, channels: int) -> None:
        super().__init__(
            nn.Conv2d(conditions, conditions, 1),
            nn.ReLU(),
            nn.Conv2d(conditions, channels, 1),
        )


class DecomposedTransform(nn.Module):
    """The product of a value for each channel and a value for each place (Figure 4.4)."""

    def __init__(self, conditions: int, channels: int) -> None:
        super().__init__()
        self.pool = PooledStatistics()
        self.squeeze = nn.Conv2d(conditions, conditions // 4, 1)
        self.expand = nn.Conv2d(conditions // 4, channels, 1)
        self.spatial = conv3x3(conditions, 1)

    def parts(self, conditions: Tensor) -> tuple[Tensor, Tensor]:
        """Return the channel part (B, C, 1 or H, 1 or W) and the spatial part (B, 1, H, W), both around 1."""
        channel = 2 * torch.sigmoid(self.expand(F.relu(self.squeeze(self.pool(conditions)))))
        return spread(channel, conditions), 2 * torch.sigmoid(self.spatial(conditions))

    def forward(self, conditions: Tensor) -> Tensor:
        """Return (B, C, H, W)."""
        channel, spatial = self.parts(conditions)
        return channel * spatial


class SFT(nn.Module):
    """Spatial feature transform: gamma * F + beta (Eq. 4.2)."""

    def __init__(self, modulation: str, conditions: int, channels: int) -> None:
        super().__init__()
        decomposed = modulation in ("sft-dec", "sft-fdec")
        self.offset = 0.0 if decomposed else 1.0
        self.gamma: nn.Module = (DecomposedTransform if decomposed else WholeTransform)(conditions, channels)
        self.beta: nn.Module = (DecomposedTransform if modulation == "sft-fdec" else WholeTransform)(
            conditions, channels
        )

    def forward(self, features: Tensor, conditions: Tensor) -> Tensor:
        """Modulate features (B, C, H, W) by conditions (B, K, H, W)."""
        modulated: Tensor = (self.gamma(conditions) + self.offset) * features + self.beta(conditions)
        return modulated


class ConditionedResidualBlock(nn.Module):
    """SFT, convolution, SFT, convolution and a skip (Figure 4.2)."""

    def __init__(self, options: DefocusNetOptions) -> None:
        super().__init__()
        n = options.channels
        self.modulated = options.modulation != "none"
        if self.modulated:
            self.sft1 = SFT(options.modulation, options.conditions, n)
            self.sft2 = SFT(options.modulation, options.conditions, n)
        self.conv1 = conv3x3(n, n)
        self.conv2 = conv3x3(n, n)

    def forward(self, x: Tensor, conditions: Tensor) -> Tensor:
        """Map (B, C, H, W) to the same shape."""
        y = self.sft1(x, conditions) if self.modulated else x
        y = F.relu(self.conv1(y))
        y = self.sft2(y, conditions) if self.modulated else y
        out: Tensor = x + self.conv2(y)
        return out


class DeblurringNet(nn.Module):
    """The picture and the conditions to a correction of the picture (Sec. 4.3.3)."""

    def __init__(self, options: DefocusNetOptions) -> None:
        super().__init__()
        n = options.channels
        self.enter = conv3x3(3, n // 2)
        self.down = conv3x3(n // 2, n, 2)
        self.blocks = nn.ModuleList(ConditionedResidualBlock(options) for _ in range(options.blocks))
        self.leave = conv3x3(n, n)
        self.up = conv3x3(n, 2 * n)
        self.output = conv3x3(n // 2, 3)

    def forward(self, image: Tensor, conditions: Tensor) -> Tensor:
        """Return the deblurred picture (B, 3, H, W), not clipped."""
        full = F.relu(self.enter(image))
        half = F.relu(self.down(full))
        x = half
        for block in self.blocks:
            x = block(x, conditions)
        x = self.leave(x) + half
        x = F.pixel_shuffle(self.up(x), 2) + full
        restored: Tensor = image + self.output(F.relu(x))
        return restored


class DefocusNet(nn.Module):
    """Estimation, condition and deblurring net together (Figure 4.1)."""

    def __init__(self, options: DefocusNetOptions = DefocusNetOptions()) -> None:  # noqa: B008 (frozen)
        super().__init__()
        self.options = options
        self.estimation = EstimationNet(options)
        self.condition = ConditionNet(options.conditions)
        self.deblurring = DeblurringNet(options)
        initialise(self)

    def estimate(self, image: Tensor) -> Tensor:
        """Return the defocus map (B, 1, H, W), radius in pixels."""
        radius: Tensor = self.estimation(image)
        return radius

    def deblur(self, image: Tensor, radius: Tensor) -> Tensor:
        """Return the picture (B, 3, H, W) deblurred under the guidance of `radius` (B, 1, H, W), in pixels."""
        conditions = self.condition(radius / self.options.max_radius)
        restored: Tensor = self.deblurring(image, conditions)
        return restored if self.training else restored.clamp(0, 1)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Return the deblurred picture (B, 3, H, W) and the defocus map (B, 1, H, W)."""
        radius = self.estimate(image)
        return self.deblur(image, radius), radius
