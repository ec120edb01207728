"""Estimation of the defocus map (thesis, Sec. 4.3.1), at a quarter of the resolution and coarser."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from libhdrnet.networks.blocks import QUARTER, ExactConvolution, activated, at_precision, conv3x3, unshuffle
from libhdrnet.networks.detail import detail_and_contrast
from libhdrnet.networks.form import FAST, ResidualBlock


class LightBlock(ResidualBlock):
    """A residual block whose second convolution sees one place: little more than half the time of two that see nine."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels, FAST)
        self.conv2 = nn.Conv2d(channels, channels, 1)


class Surroundings(nn.Module):
    """What lies further around, at an eighth and a sixteenth of the resolution.

    An even place is as blurred as the edges around it. A picture's height and width may be any multiple of 4; tiles
    begin on a grid of 16, as these features do.
    """

    def __init__(self, channels: int, coarsest: int = 96) -> None:
        super().__init__()
        self.eighth = conv3x3(channels, channels, 2)
        self.before = nn.Sequential(*(ResidualBlock(channels, FAST) for _ in range(2)))
        self.sixteenth = conv3x3(channels, coarsest, 2)
        self.blocks = nn.Sequential(*(ResidualBlock(coarsest, FAST) for _ in range(3)))
        self.up = nn.Conv2d(coarsest, channels, 1)
        self.after = nn.Sequential(*(ResidualBlock(channels, FAST) for _ in range(2)))
        self.output = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to what is to be added to it."""
        eighth = self.before(activated(self.eighth(x)))
        sixteenth = self.blocks(activated(self.sixteenth(eighth)))
        eighth = self.after(eighth + _doubled(self.up(sixteenth), eighth))
        return _doubled(self.output(eighth), x)


def _doubled(coarse: Tensor, like: Tensor) -> Tensor:
    """Bring features to twice their resolution, cut to the size of `like`."""
    height, width = like.shape[-2:]
    return F.interpolate(coarse, scale_factor=2.0, mode="bilinear", align_corners=False)[..., :height, :width]


class EstimationNet(nn.Module):
    """Defocus map from a picture (Sec. 4.3.1; after the network of DID-ANet [32], at a quarter of the resolution)."""

    def __init__(self, max_radius: float) -> None:
        super().__init__()
        self.max_radius = max_radius
        self.enter = ExactConvolution(6 * QUARTER**2, 64, 1)
        self.near = nn.Sequential(*(LightBlock(64) for _ in range(2)))
        self.rest = nn.Sequential(*(LightBlock(64) for _ in range(2)))
        self.surroundings = Surroundings(64)
        self.leave = conv3x3(64, 64)
        self.output = ExactConvolution(64, 1)

    def forward(self, image: Tensor) -> Tensor:
        """Return the radius (B, 1, H, W) in pixels, in [0, max_radius]; in training not clipped.

        A clipped or squashed one has no gradient once it is zero everywhere, which is a good guess at first.
        """
        seen = torch.cat([image - 0.5, detail_and_contrast(image)[0]], 1)
        x = at_precision(activated(self.enter(unshuffle(seen, QUARTER))), self.leave)
        x = self.near(x)
        x = self.rest(x + self.surroundings(x))
        x = activated(self.leave(x))
        radius = self.max_radius * self.output(x)
        radius = radius if self.training else radius.clamp(0, self.max_radius)
        return F.interpolate(radius, scale_factor=float(QUARTER), mode="bilinear", align_corners=False)
