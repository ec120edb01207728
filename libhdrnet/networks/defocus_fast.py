"""Our own network for chapter 4's task, which a CPU can afford ("defocus-fast").

Inputs and outputs are those of `defocus`; H and W multiples of 4. It differs from the thesis's: pixels are folded into
channels, the deblurring net works at a half and at a quarter of the resolution, the estimation net at a quarter and
coarser: so few layers see a blur disc whole, and a pixel costs a tenth. Both nets also see the picture's detail
relative to its local contrast, the correction is in units of that contrast, and features are normalised before each
block: without these the nets learned next to nothing in their first thousands of steps. Gamma's parts are gates around
1.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from libhdrnet.networks.blocks import (
    HALF,
    QUARTER,
    ExactConvolution,
    PooledStatistics,
    activated,
    at_precision,
    conv3x3,
    unshuffle,
)
from libhdrnet.networks.defocus import ConditionedResidualBlock, DefocusNet, DefocusNetOptions
from libhdrnet.networks.detail import detail_and_contrast, local_mean
from libhdrnet.networks.estimation_fast import EstimationNet
from libhdrnet.networks.form import FAST
from libhdrnet.networks.modulation import SFT, Conditions, DecomposedTransform, spatial_parts
from libhdrnet.ramps import linear_step

IN_FOCUS = (0.8, 1.8)
"""Radii in pixels between which the correction begins: a disc of one pixel is what a lens and a mosaic leave."""
LOST = (10.0, 16.0)
"""Radii in pixels between which it fades again: what so large a disc has wiped out would be invented."""
BALANCE = (0.75, 0.95)
"""A lens spreads light and takes none away, so what a correction adds and takes evens out over a disc. Between these
shares of it that do not, it fades: the network misjudges what it never saw, a lamp in the dark for example."""
DISC = 33
"""Edge in pixels of the square over which it must."""
LEAST_CHANGE = 0.002
"""Mean change that is too small to be judged."""
CORRECTION = 5.0
"""The deblurring net's unit of correction, in local contrasts."""


@dataclass(frozen=True)
class DefocusFastOptions(DefocusNetOptions):
    """The thesis's, with channels and blocks at a quarter of the resolution; half as many channels at half of it."""

    channels: int = 96
    conditions: int = 32
    blocks: int = 4
    outer_blocks: int = 1
    """Number of conditioned residual blocks at half of the resolution, before and again after."""


def balance(change: Tensor) -> Tensor:
    """Return from 1 to 0 (B, 1, H, W) how far a correction (B, 3, H, W) can be one: it moves light and makes none."""
    change = change.mean(1, keepdim=True)
    kept, moved = local_mean(change, DISC).abs(), local_mean(change.abs(), DISC)
    return 1 - linear_step(kept / (moved + LEAST_CHANGE), BALANCE)


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
        first = at_precision(F.relu(self.conv1(unshuffle(radius, HALF)), inplace=True), self.conv2)
        half = F.relu(self.conv2(first), inplace=True)
        quarter = F.relu(self.conv3(half), inplace=True)
        return (
            Conditions(half, self.pool_half(half), self.pool_half.cell),
            Conditions(quarter, self.pool_quarter(quarter), self.pool_quarter.cell),
        )


class DeblurringNet(nn.Module):
    """The picture and the conditions to a correction of the picture (Sec. 4.3.3)."""

    def __init__(self, options: DefocusFastOptions) -> None:
        super().__init__()
        n = options.channels
        self.enter = ExactConvolution(6 * HALF**2, n // 2)
        self.before = self._blocks(options, options.outer_blocks, n // 2)
        self.down = conv3x3(n // 2, n, 2)
        self.blocks = self._blocks(options, options.blocks, n)
        self.up = nn.Conv2d(n, n // 2 * (QUARTER // HALF) ** 2, 1)
        self.after = self._blocks(options, options.outer_blocks, n // 2)
        self.leave = conv3x3(n // 2, n // 2)
        self.output = ExactConvolution(n // 2, 3 * HALF**2)

    @staticmethod
    def _blocks(options: DefocusFastOptions, count: int, channels: int) -> nn.ModuleList:
        blocks = (ConditionedResidualBlock(options, channels, signed=False, form=FAST) for _ in range(count))
        return nn.ModuleList(blocks)

    def forward(self, image: Tensor, conditions: tuple[Conditions, Conditions]) -> Tensor:
        """Return the deblurred picture (B, 3, H, W), not clipped."""
        half, quarter = conditions
        detail, contrast = detail_and_contrast(image)
        shown = unshuffle(torch.cat([image - 0.5, detail], 1), HALF)
        x = at_precision(activated(self.enter(shown)), self.down)
        gates = _gates([*self.before, *self.after], half)
        for block in self.before:
            x = block(x, half, next(gates))
        y = activated(self.down(x))
        inner_gates = _gates(self.blocks, quarter)
        for block in self.blocks:
            y = block(y, quarter, next(inner_gates))
        x = x + F.pixel_shuffle(self.up(y), QUARTER // HALF)
        for block in self.after:
            x = block(x, half, next(gates))
        correction = F.pixel_shuffle(self.output(activated(self.leave(x))), HALF)
        restored: Tensor = image + CORRECTION * contrast * correction
        return restored


def _gates(blocks: Iterable[nn.Module], conditions: Conditions) -> Iterator[Sequence[Tensor | None]]:
    """Yield the spatial parts of both gammas for one block after the other, if they are decomposed."""
    gammas = [module.gamma for block in blocks for module in block.children() if isinstance(module, SFT)]
    decomposed = [gamma for gamma in gammas if isinstance(gamma, DecomposedTransform)]
    if not decomposed:
        return itertools.repeat((None, None))
    parts = spatial_parts(decomposed, conditions.features)
    return zip(parts[::2], parts[1::2], strict=True)


class DefocusFast(DefocusNet):
    """The three nets together (Figure 4.1)."""

    parts = (EstimationNet, ConditionNet, DeblurringNet)

    def __init__(self, options: DefocusFastOptions = DefocusFastOptions()) -> None:  # noqa: B008 (frozen)
        super().__init__(options)

    def deblur(self, image: Tensor, radius: Tensor) -> Tensor:
        """Return the picture (B, 3, H, W) deblurred under the guidance of `radius` (B, 1, H, W), in pixels.

        In training not clipped, and whole; else what is in focus and what is lost stay, what is no correction fades.
        """
        restored = self.restore(image, radius)
        if self.training:
            return restored
        share = linear_step(radius, IN_FOCUS) * (1 - linear_step(radius, LOST)) * balance(restored - image)
        return torch.lerp(image, restored, share).clamp(0, 1)
