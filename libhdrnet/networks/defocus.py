"""Defocus map estimation and map-guided deblurring (thesis, chapter 4, Figures 4.1-4.4).

Input: (B, 3, H, W), display-encoded (sRGB) in [0, 1]; H and W multiples of 4.
Outputs: the defocus map (B, 1, H, W), radius of the circle of confusion in pixels; the deblurred picture
(B, 3, H, W), encoded like the input.
The thesis gives no widths for the deblurring net and stacks its blocks at one resolution. Ours folds pixels into
channels and works at a half and at a quarter of the resolution, the estimation net at a quarter: so few layers see a
blur disc whole, and a pixel costs a tenth. Both nets also see the picture's detail relative to its local contrast,
the correction is in units of that contrast, and features are normalised before each block: without these the nets
learned next to nothing in their first thousands of steps.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from libhdrnet.networks.blocks import SLOPE, ChannelNorm, PooledStatistics, conv3x3, initialise, ramp, spread

HALF, QUARTER = 2, 4
"""How often the features' grid goes into the picture's."""
NEIGHBOURHOOD = 9
"""Edge in pixels of the square over which local contrast is measured."""
LEAST_CONTRAST = 0.003
"""Added to it (as a square): what rounding to 8 bits leaves in an even place."""
IN_FOCUS = (0.3, 0.6)
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
class DefocusNetOptions:
    """What the thesis's ablations vary (Table 4.3); the defaults are its full network."""

    modulation: Literal["none", "sft", "sft-dec", "sft-fdec"] = "sft-dec"
    """"none" is the baseline; "sft": gamma and beta whole; "sft-dec": gamma split into a channel and a spatial
    part; "sft-fdec": both split."""
    channels: int = 96
    """Channels of the deblurring net at a quarter of the resolution; half as many at half of it."""
    conditions: int = 32
    """Channels of the condition features."""
    blocks: int = 6
    """Number of conditioned residual blocks at a quarter of the resolution."""
    outer_blocks: int = 2
    """Number of them at half of it, before and again after."""
    max_radius: float = 20.0
    """Largest radius of the circle of confusion the map can show, in pixels."""


def detail_and_contrast(image: Tensor) -> tuple[Tensor, Tensor]:
    """Return what differs from the local mean (B, 3, H, W), over the local contrast (B, 1, H, W), and that."""
    detail = image - _local_mean(image)
    contrast = (_local_mean(detail.square().mean(1, keepdim=True)) + LEAST_CONTRAST**2).sqrt()
    return detail / contrast, contrast


def _local_mean(x: Tensor, edge: int = NEIGHBOURHOOD) -> Tensor:
    for edges in ((edge, 1), (1, edge)):
        reach = (edges[0] // 2, edges[1] // 2)
        x = F.avg_pool2d(x, edges, stride=1, padding=reach, count_include_pad=False)
    return x


def balance(change: Tensor) -> Tensor:
    """Return from 1 to 0 (B, 1, H, W) how far a correction (B, 3, H, W) can be one: it moves light and makes none."""
    change = change.mean(1, keepdim=True)
    kept, moved = _local_mean(change, DISC).abs(), _local_mean(change.abs(), DISC)
    return 1 - ramp(kept / (moved + LEAST_CHANGE), *BALANCE)


class ResidualBlock(nn.Module):
    """Two convolutions with a skip."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = ChannelNorm(channels)
        self.conv1 = conv3x3(channels, channels)
        self.conv2 = conv3x3(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to the same shape."""
        out: Tensor = x + self.conv2(F.leaky_relu(self.conv1(self.norm(x)), SLOPE))
        return out


class Surroundings(nn.Module):
    """What lies further around, at an eighth and a sixteenth of the resolution.

    An even place is as blurred as the edges around it. A picture's height and width may be any multiple of 4; tiles
    begin on a grid of 16, as these features do.
    """

    def __init__(self, channels: int, coarsest: int = 96) -> None:
        super().__init__()
        self.eighth = conv3x3(channels, channels, 2)
        self.before = nn.Sequential(*(ResidualBlock(channels) for _ in range(2)))
        self.sixteenth = conv3x3(channels, coarsest, 2)
        self.blocks = nn.Sequential(*(ResidualBlock(coarsest) for _ in range(3)))
        self.up = nn.Conv2d(coarsest, channels, 1)
        self.after = nn.Sequential(*(ResidualBlock(channels) for _ in range(2)))
        self.output = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to what is to be added to it."""
        eighth = self.before(F.leaky_relu(self.eighth(x), SLOPE))
        sixteenth = self.blocks(F.leaky_relu(self.sixteenth(eighth), SLOPE))
        eighth = self.after(eighth + _doubled(self.up(sixteenth), eighth))
        return _doubled(self.output(eighth), x)


def _doubled(coarse: Tensor, like: Tensor) -> Tensor:
    """Bring features to twice their resolution, cut to the size of `like`."""
    height, width = like.shape[-2:]
    return F.interpolate(coarse, scale_factor=2.0, mode="bilinear", align_corners=False)[..., :height, :width]


class EstimationNet(nn.Module):
    """Defocus map from a picture (Sec. 4.3.1; after the network of DID-ANet [32], at a quarter of the resolution)."""

    def __init__(self, options: DefocusNetOptions) -> None:
        super().__init__()
        self.max_radius = options.max_radius
        self.enter = conv3x3(6 * QUARTER**2, 64)
        self.blocks = nn.Sequential(*(ResidualBlock(64) for _ in range(8)))
        self.surroundings = Surroundings(64)
        self.leave = conv3x3(64, 64)
        self.output = conv3x3(64, 1)

    def forward(self, image: Tensor) -> Tensor:
        """Return the radius (B, 1, H, W) in pixels, in [0, max_radius]; in training not clipped.

        A clipped or squashed one has no gradient once it is zero everywhere, which is a good guess at first.
        """
        seen = torch.cat([image - 0.5, detail_and_contrast(image)[0]], 1)
        x = F.leaky_relu(self.enter(F.pixel_unshuffle(seen, QUARTER)), SLOPE)
        near, rest = self.blocks[:4], self.blocks[4:]
        x = near(x)
        x = rest(x + self.surroundings(x))
        x = F.leaky_relu(self.leave(x), SLOPE)
        radius = self.max_radius * self.output(x)
        radius = radius if self.training else radius.clamp(0, self.max_radius)
        return F.interpolate(radius, scale_factor=float(QUARTER), mode="bilinear", align_corners=False)


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
        self.conv1 = conv3x3(HALF**2, conditions)
        self.conv2 = conv3x3(conditions, conditions)
        self.conv3 = conv3x3(conditions, conditions, 2)
        self.pool_half = PooledStatistics(HALF)
        self.pool_quarter = PooledStatistics(QUARTER)

    def forward(self, radius: Tensor) -> tuple[Conditions, Conditions]:
        """Return conditions at a half and at a quarter of the resolution."""
        half = F.relu(self.conv2(F.relu(self.conv1(F.pixel_unshuffle(radius, HALF)))))
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
    """The product of a value for each channel and a value for each place (Figure 4.4)."""

    def __init__(self, conditions: int, channels: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(conditions, conditions // 4, 1)
        self.expand = nn.Conv2d(conditions // 4, channels, 1)
        self.spatial = conv3x3(conditions, 1)

    def parts(self, conditions: Conditions) -> tuple[Tensor, Tensor]:
        """Return the channel part (B, C, 1 or H, 1 or W) and the spatial part (B, 1, H, W), both around 1."""
        features, pooled, cell = conditions
        channel = 2 * torch.sigmoid(self.expand(F.relu(self.squeeze(pooled))))
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
        gamma: type[nn.Module] = DecomposedTransform if decomposed else WholeTransform
        beta: type[nn.Module] = DecomposedTransform if modulation == "sft-fdec" else WholeTransform
        self.gamma = gamma(conditions, channels)
        self.beta = beta(conditions, channels)

    def forward(self, features: Tensor, conditions: Conditions) -> Tensor:
        """Modulate features (B, C, H, W)."""
        modulated: Tensor = (self.gamma(conditions) + self.offset) * features + self.beta(conditions)
        return modulated


class ConditionedResidualBlock(nn.Module):
    """SFT, convolution, SFT, convolution and a skip (Figure 4.2)."""

    def __init__(self, options: DefocusNetOptions, channels: int) -> None:
        super().__init__()
        self.norm = ChannelNorm(channels)
        self.modulated = options.modulation != "none"
        if self.modulated:
            self.sft1 = SFT(options.modulation, options.conditions, channels)
            self.sft2 = SFT(options.modulation, options.conditions, channels)
        self.conv1 = conv3x3(channels, channels)
        self.conv2 = conv3x3(channels, channels)

    def forward(self, x: Tensor, conditions: Conditions) -> Tensor:
        """Map (B, C, H, W) to the same shape."""
        y = self.norm(x)
        y = self.sft1(y, conditions) if self.modulated else y
        y = F.leaky_relu(self.conv1(y), SLOPE)
        y = self.sft2(y, conditions) if self.modulated else y
        out: Tensor = x + self.conv2(y)
        return out


class DeblurringNet(nn.Module):
    """The picture and the conditions to a correction of the picture (Sec. 4.3.3)."""

    def __init__(self, options: DefocusNetOptions) -> None:
        super().__init__()
        n = options.channels
        self.enter = conv3x3(6 * HALF**2, n // 2)
        self.before = self._blocks(options, options.outer_blocks, n // 2)
        self.down = conv3x3(n // 2, n, 2)
        self.blocks = self._blocks(options, options.blocks, n)
        self.up = nn.Conv2d(n, n // 2 * (QUARTER // HALF) ** 2, 1)
        self.after = self._blocks(options, options.outer_blocks, n // 2)
        self.leave = conv3x3(n // 2, n // 2)
        self.output = conv3x3(n // 2, 3 * HALF**2)

    @staticmethod
    def _blocks(options: DefocusNetOptions, count: int, channels: int) -> nn.ModuleList:
        return nn.ModuleList(ConditionedResidualBlock(options, channels) for _ in range(count))

    def forward(self, image: Tensor, half: Conditions, quarter: Conditions) -> Tensor:
        """Return the deblurred picture (B, 3, H, W), not clipped."""
        detail, contrast = detail_and_contrast(image)
        x = F.leaky_relu(self.enter(F.pixel_unshuffle(torch.cat([image - 0.5, detail], 1), HALF)), SLOPE)
        for block in self.before:
            x = block(x, half)
        y = F.leaky_relu(self.down(x), SLOPE)
        for block in self.blocks:
            y = block(y, quarter)
        x = x + F.pixel_shuffle(self.up(y), QUARTER // HALF)
        for block in self.after:
            x = block(x, half)
        correction = F.pixel_shuffle(self.output(F.leaky_relu(self.leave(x), SLOPE)), HALF)
        restored: Tensor = image + CORRECTION * contrast * correction
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
        """Return the picture (B, 3, H, W) deblurred under the guidance of `radius` (B, 1, H, W), in pixels.

        In training not clipped, and whole; else what is in focus and what is lost stay, what is no correction fades.
        """
        shown = radius.clamp(max=self.options.max_radius) / self.options.max_radius
        restored: Tensor = self.deblurring(image, *self.condition(shown))
        if self.training:
            return restored
        share = ramp(radius, *IN_FOCUS) * (1 - ramp(radius, *LOST)) * balance(restored - image)
        return torch.lerp(image, restored, share).clamp(0, 1)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Return the deblurred picture (B, 3, H, W) and the defocus map (B, 1, H, W)."""
        radius = self.estimate(image)
        return self.deblur(image, radius), radius
