"""Defocus map estimation and map-guided deblurring (thesis, chapter 4, Figures 4.1-4.4).

Input: (B, 3, H, W), display-encoded (sRGB) in [0, 1].
Outputs: the defocus map (B, 1, H, W), radius of the circle of confusion in pixels, half the diameter of Eq. 1.3; the
deblurred picture (B, 3, H, W), encoded like the input.
The thesis gives the parameters of the whole, 5.12 million, and the estimation net's layers by [32]; the widths and the
number of blocks of the deblurring net are chosen to give that sum. `defocus_fast` is our own network for the task.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch.nn.functional as F
from torch import Tensor, nn

from libhdrnet.networks.blocks import ExactConvolution, PooledStatistics, at_precision, conv3x3, initialise
from libhdrnet.networks.form import THESIS, Form, ResidualBlock
from libhdrnet.networks.modulation import SFT, Conditions


@dataclass(frozen=True)
class DefocusNetOptions:
    """What the thesis's ablations vary (Table 4.3); the defaults are its full network."""

    modulation: Literal["none", "sft", "sft-dec", "sft-fdec"] = "sft-dec"
    """"none" is the baseline; "sft": gamma and beta whole; "sft-dec": gamma split into a channel and a spatial part;
    "sft-fdec": both split."""
    channels: int = 128
    """Channels of the deblurring net."""
    conditions: int = 64
    """Channels of the condition features."""
    blocks: int = 14
    """Number of conditioned residual blocks."""
    max_radius: float = 20.0
    """Largest radius of the circle of confusion the map can show, in pixels."""


class EstimationNet(nn.Module):
    """Defocus map from a picture (Sec. 4.3.1), DID-ANet's [32]."""

    def __init__(self, max_radius: float) -> None:
        super().__init__()
        self.max_radius = max_radius
        self.enter = ExactConvolution(3, 64)
        self.blocks = nn.Sequential(*(ResidualBlock(64, THESIS) for _ in range(4)))
        self.leave = conv3x3(64, 64)
        self.output = ExactConvolution(64, 1)

    def forward(self, image: Tensor) -> Tensor:
        """Return the radius (B, 1, H, W) in pixels, in [0, max_radius]; in training not clipped."""
        x = self.blocks(at_precision(F.relu(self.enter(image)), self.leave))
        radius: Tensor = self.max_radius * self.output(F.relu(self.leave(x)))
        return radius if self.training else radius.clamp(0, self.max_radius)


class ConditionNet(nn.Module):
    """Three convolutions from the defocus map (B, 1, H, W) to the conditions (Sec. 4.3.2)."""

    def __init__(self, conditions: int) -> None:
        super().__init__()
        self.conv1 = ExactConvolution(1, conditions)
        self.conv2 = conv3x3(conditions, conditions)
        self.conv3 = conv3x3(conditions, conditions)
        self.pool = PooledStatistics()

    def forward(self, radius: Tensor) -> Conditions:
        """Return the conditions."""
        features = self.conv3(F.relu(self.conv2(at_precision(F.relu(self.conv1(radius)), self.conv2))))
        return Conditions(features, self.pool(features), self.pool.cell)


class ConditionedResidualBlock(nn.Module):
    """SFT, convolution, SFT, convolution and a skip (Figure 4.2); `signed` as in `SFT`."""

    def __init__(self, options: DefocusNetOptions, channels: int, *, signed: bool, form: Form = THESIS) -> None:
        super().__init__()
        self.form = form
        self.norm = form.norm(channels)
        self.modulated = options.modulation != "none"
        if self.modulated:
            self.sft1 = SFT(options.modulation, options.conditions, channels, signed=signed)
            self.sft2 = SFT(options.modulation, options.conditions, channels, signed=signed)
        self.conv1 = conv3x3(channels, channels)
        self.conv2 = conv3x3(channels, channels)

    def forward(self, x: Tensor, conditions: Conditions, spatial: Sequence[Tensor | None] = (None, None)) -> Tensor:
        """Map (B, C, H, W) to the same shape; `spatial` are the gammas' spatial parts, if they are known."""
        y = self.norm(x)
        y = self.sft1(y, conditions, spatial[0]) if self.modulated else y
        y = self.form.activated(self.conv1(y))
        y = self.sft2(y, conditions, spatial[1]) if self.modulated else y
        out: Tensor = x + self.conv2(y)
        return out


class DeblurringNet(nn.Module):
    """The picture and the conditions to the deblurred picture (Sec. 4.3.3)."""

    def __init__(self, options: DefocusNetOptions) -> None:
        super().__init__()
        n = options.channels
        self.enter = ExactConvolution(3, n)
        self.blocks = nn.ModuleList(ConditionedResidualBlock(options, n, signed=True) for _ in range(options.blocks))
        self.leave = conv3x3(n, n)
        self.output = ExactConvolution(n, 3)

    def forward(self, image: Tensor, conditions: Conditions) -> Tensor:
        """Return the deblurred picture (B, 3, H, W), not clipped."""
        x = at_precision(F.relu(self.enter(image)), self.leave)
        for block in self.blocks:
            x = block(x, conditions)
        restored: Tensor = image + self.output(F.relu(self.leave(x)))
        return restored


class DefocusNet(nn.Module):
    """The three nets together (Figure 4.1), which `parts` are.

    `estimation` maps a picture to radii; `condition` maps radii, as shares of `max_radius`, to what guides; and
    `deblurring` maps the picture and that to the deblurred picture.
    """

    parts: ClassVar[tuple[Callable[..., nn.Module], ...]] = (EstimationNet, ConditionNet, DeblurringNet)

    def __init__(self, options: DefocusNetOptions = DefocusNetOptions()) -> None:  # noqa: B008 (frozen)
        super().__init__()
        self.options, self.max_radius = options, options.max_radius
        estimation, condition, deblurring = self.parts
        self.estimation = estimation(options.max_radius)
        self.condition = condition(options.conditions)
        self.deblurring = deblurring(options)
        initialise(self)

    def estimate(self, image: Tensor) -> Tensor:
        """Return the defocus map (B, 1, H, W), radius in pixels."""
        radius: Tensor = self.estimation(image)
        return radius

    def restore(self, image: Tensor, radius: Tensor) -> Tensor:
        """Return the picture (B, 3, H, W) deblurred, guided by `radius` (B, 1, H, W) in pixels; not clipped."""
        restored: Tensor = self.deblurring(image, self.condition(radius.clamp(0, self.max_radius) / self.max_radius))
        return restored

    def deblur(self, image: Tensor, radius: Tensor) -> Tensor:
        """Do that; in training not clipped."""
        restored = self.restore(image, radius)
        return restored if self.training else restored.clamp(0, 1)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Return the deblurred picture (B, 3, H, W) and the defocus map (B, 1, H, W)."""
        radius = self.estimate(image)
        return self.deblur(image, radius), radius
