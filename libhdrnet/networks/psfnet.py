"""PSFNet: progressive and selective fusion of three exposures (thesis, chapter 2, Figures 2.1-2.5).

Input: (B, 3, 6, H, W), the exposures from short to long, each [L, H] with L in [0, 1] gamma-encoded and
H = L^2.2 / (t / t_min) (Eq. 2.1). The middle one is the reference.
Output: (B, 3, H, W) linear radiance in [0, 1], 1 = saturation of the shortest exposure.
"psfnet" is the thesis's; "psfnet-fast" has the form `form.FAST`, takes the radiance fused from what was captured, too,
(B, 3, H, W) in the scale of the output, and wants H and W to be multiples of 2.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from libhdrnet.networks.blocks import (
    ChannelAttention,
    ExactConvolution,
    PooledStatistics,
    SpatialAttention,
    at_precision,
    conv3x3,
    convolved,
    initialise,
    spread,
)
from libhdrnet.networks.form import THESIS, Form, ResidualBlock


@dataclass(frozen=True)
class PSFNetOptions:
    """What the thesis's ablations vary; the defaults are its full network."""

    channels: int = 64
    """Feature channels N; a multiple of 8."""
    blocks: int = 6
    """Number of PSFBs; 4 to 8 in Table 2.4, 0 is "w/o PSFBs" of Table 2.3."""
    fusion: Literal["sffb", "sum", "concat"] = "sffb"
    """How a PSFB fuses the images (Table 2.2)."""
    dual_attention: bool = True
    """False: residual blocks without the dual attention block ("w/o DAB")."""
    local_skip: bool = True
    """False: "w/o LSC"."""
    global_skip: bool = True
    """False: "w/o GSC"."""
    form: Form = THESIS
    """The thesis's, or ours."""


class SFFB(nn.Module):
    """Selective feature fusion (Figure 2.3): a softmax over the images weights each channel."""

    def __init__(self, channels: int, scale: int = 1) -> None:
        super().__init__()
        self.pool = PooledStatistics(scale)
        self.squeeze = nn.Conv2d(channels, channels // 8, 1)
        self.expand = nn.Conv2d(channels // 8, 3 * channels, 1)

    def weights(self, features: Tensor) -> Tensor:
        """Return s_i (B, images, C, h, w), summing to one over the images; `features`: (B, images, C, H, W)."""
        pooled = self.pool(features.flatten(0, 1))  # of each, then summed: as the mean of the sum, and much cheaper
        z = F.relu(self.squeeze(sum(pooled.unflatten(0, features.shape[:2]).unbind(1))))
        v: Tensor = self.expand(z)
        return torch.unflatten(v, 1, (3, -1)).softmax(1)

    def forward(self, features: Tensor) -> Tensor:
        """Return F2 = sum_i s_i F_i (B, C, H, W)."""
        images = features.unbind(1)
        parts = [
            spread(s, image, self.pool.cell) * image
            for s, image in zip(self.weights(features).unbind(1), images, strict=True)
        ]
        return torch.as_tensor(sum(parts))


class SumFusion(nn.Module):
    """Ablation of Table 2.2: the plain sum."""

    def forward(self, features: Tensor) -> Tensor:
        """Return the sum over images of (B, images, C, H, W)."""
        return features.sum(1)


def concat_fusion(channels: int) -> nn.Module:
    """Ablation of Table 2.2: concatenation of the images (B, 3, C, H, W) and a 1x1 convolution to (B, C, H, W)."""
    return nn.Sequential(OrderedDict(flat=nn.Flatten(1, 2), conv=nn.Conv2d(3 * channels, channels, 1)))


class PSFB(nn.Module):
    """Progressive and selective fusion block (Figure 2.2, Eqs. 2.2-2.4)."""

    def __init__(self, channels: int, fusion: str, form: Form) -> None:
        super().__init__()
        self.form = form
        self.norm = form.norm(channels)
        self.conv1 = conv3x3(channels, channels)
        self.fusion: nn.Module = (
            SFFB(channels, scale=form.fold)
            if fusion == "sffb"
            else concat_fusion(channels)
            if fusion == "concat"
            else SumFusion()
        )
        self.conv2 = conv3x3(2 * channels, channels)

    def forward(self, features: Tensor) -> Tensor:
        """Map F0 (B, images, C, H, W) to O of the same shape."""
        images, c = features.shape[1:3]
        before = features.flatten(0, 1)
        own = self.form.activated(convolved(self.norm, self.conv1, before))  # Eq. 2.2
        fused = self.fusion(own.reshape(features.shape))  # Eq. 2.3
        # Conv2([F2, F1_i]) split by linearity: the half that sees F2 is the same for every image.
        weight = self.conv2.weight
        shared = F.conv2d(fused, weight[:, :c], self.conv2.bias, padding=1)
        compared = F.conv2d(own, weight[:, c:], padding=1)
        # All four-dimensional: sums over five dimensions lose the layout (channels last) and cost as much as a third
        # of the convolutions.
        shared = shared[:, None].expand(-1, images, -1, -1, -1).flatten(0, 1)
        return (compared + shared + before).reshape(features.shape)  # Eq. 2.4


class ResidualDualAttentionBlock(ResidualBlock):
    """Two convolutions, then channel and spatial attention side by side (Figures 2.4, 2.5)."""

    def __init__(self, channels: int, form: Form) -> None:
        super().__init__(channels, form)
        self.channel = ChannelAttention(channels, scale=form.fold)
        self.spatial = SpatialAttention()
        self.join = nn.Conv2d(2 * channels, channels, 1)

    def branch(self, x: Tensor) -> Tensor:
        """Return what is added to x."""
        y = super().branch(x)
        added: Tensor = self.join(torch.cat([self.channel(y), self.spatial(y)], 1))
        return added


class PSFNet(nn.Module):
    """The whole network (Figure 2.1)."""

    def __init__(self, options: PSFNetOptions = PSFNetOptions()) -> None:  # noqa: B008 (frozen)
        super().__init__()
        n, form = options.channels, options.form
        self.options = options
        self.extract = ExactConvolution(form.inputs, n)
        self.fusion = nn.Sequential(*(PSFB(n, options.fusion, form) for _ in range(options.blocks)))
        self.enter = conv3x3(4 * n, n)
        block = ResidualDualAttentionBlock if options.dual_attention else ResidualBlock
        self.decode = nn.Sequential(*(block(n, form) for _ in range(4)))
        self.local = conv3x3(n, n)
        self.globally = conv3x3(n, n)
        self.output = ExactConvolution(n, form.outputs)
        initialise(self)

    def forward(self, exposures: Tensor, baseline: Tensor | None = None) -> Tensor:
        """Reconstruct the radiance (B, 3, H, W) from exposures (B, 3, 6, H, W)."""
        form = self.options.form
        features = at_precision(form.activated(self.extract(form.seen(exposures, baseline))), self.enter)
        features = features.reshape(*exposures.shape[:2], *features.shape[1:])
        reference = features[:, 1]
        fused = self.fusion(features)
        z1 = form.activated(self.enter(torch.cat([fused.flatten(1, 2), reference], 1)))  # Z0 = [O1, O2, O3, F2]
        z2 = self.local(self.decode(z1))
        if self.options.local_skip:
            z2 = z2 + z1
        z3 = self.globally(form.activated(z2))
        if self.options.global_skip:
            z3 = z3 + reference
        return form.radiance(self.output(form.activated(z3)), baseline)
