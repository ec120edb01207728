"""MSFFNet: multi-scale feature flow for two exposures (thesis, chapter 3, Figures 3.3-3.7).

Input: (B, 2, 6, H, W), the short exposure and the reference, each [L, H] with L in [0, 1] gamma-encoded and
H = L^2.2 / (t / t_min) (Eq. 3.1); H and W multiples of 4.
Output: (B, 3, H, W) linear radiance in [0, 1], 1 = saturation of the short exposure.
"msffnet" is the thesis's; "msffnet-fast" has the form `form.FAST`, takes the radiance fused from what was captured,
too, (B, 3, H, W) in the scale of the output, and wants H and W to be multiples of 8.
Lists over scales run from the finest (s = 0) to the coarsest (s = 2); a flow is in pixels of its own scale and
points from a place in the reference to its match in the short exposure, (x, y).
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from libhdrnet.networks.blocks import ChannelAttention, ExactConvolution, at_precision, conv3x3, initialise
from libhdrnet.networks.form import THESIS, Form, ResidualBlock


@dataclass(frozen=True)
class MSFFNetOptions:
    """What the thesis's ablations vary (Table 3.4); the defaults are its full network."""

    channels: int = 64
    """Feature channels at every scale; a multiple of 8."""
    channel_attention: bool = True
    """False: "w/o CA"."""
    multi_scale: bool = True
    """False: "w/o MS": one scale only, no flow, no auxiliary reconstruction."""
    feature_flow: bool = True
    """False: "w/o FF": features are used as they lie, without warping and auxiliary reconstruction."""
    ms_fuse: bool = True
    """False: "w/o MSFF": only the finest aligned features are merged."""
    form: Form = THESIS
    """The thesis's, or ours."""


def warp(features: Tensor, flow: Tensor) -> Tensor:
    """Fetch features (B, C, H, W) from where `flow` (B, 2, H, W) float32, in pixels (x, y), points (Eq. 3.2).

    The equation maps places of the short exposure to the reference; as in SPyNet, a place of the reference fetches. In
    float32 whatever the features are: in 16 bits a place is off by pixels.
    """
    height, width = features.shape[-2:]
    xs = torch.arange(width, device=flow.device, dtype=flow.dtype)
    ys = torch.arange(height, device=flow.device, dtype=flow.dtype)
    x = (xs[None, None, :] + flow[:, 0]) * (2 / max(width - 1, 1)) - 1
    y = (ys[None, :, None] + flow[:, 1]) * (2 / max(height - 1, 1)) - 1
    grid = torch.stack([x, y], -1)
    found = F.grid_sample(features.float(), grid, mode="bilinear", padding_mode="border", align_corners=True)
    return found.to(features.dtype)


def enlarge(x: Tensor, factor: int) -> Tensor:
    """Bilinear upsampling by a whole factor."""
    return F.interpolate(x, scale_factor=float(factor), mode="bilinear", align_corners=False)


class FlowEstimator(nn.Sequential):
    """Five 7x7 convolutions from two feature maps to a flow (SPyNet's widths, [82])."""

    def __init__(self, channels: int, form: Form) -> None:
        layers: list[nn.Module] = []
        widths = (2 * channels, 32, 64, 32, 16)
        for inputs, outputs in zip(widths, widths[1:], strict=False):
            layers += [nn.Conv2d(inputs, outputs, 7, padding=3), nn.LeakyReLU(form.slope)]
        super().__init__(*layers)
        self.add_module("output", ExactConvolution(widths[-1], 2, 7))


class RCAB(ResidualBlock):
    """Residual channel attention block (Figure 3.7, [4])."""

    def __init__(self, channels: int, form: Form) -> None:
        super().__init__(channels, form)
        self.attention = ChannelAttention(channels, scale=form.fold)

    def branch(self, x: Tensor) -> Tensor:
        """Return what is added to x."""
        added: Tensor = self.attention(super().branch(x))
        return added


class AuxiliaryHead(nn.Module):
    """Reconstruct H_of from the warped features alone (Figure 3.6): it teaches the flow, and only that."""

    def __init__(self, channels: int, form: Form) -> None:
        super().__init__()
        self.form = form
        self.enter = conv3x3(3 * channels, channels)
        self.blocks = nn.Sequential(*(RCAB(channels, form) for _ in range(5)))
        self.output = ExactConvolution(channels, form.outputs)

    def forward(self, warped: list[Tensor], baseline: Tensor | None) -> Tensor:
        """Return H_of (B, 3, H, W) from the warped features of the three scales; `baseline`: what it corrects."""
        joined = torch.cat([warped[0], enlarge(warped[1], 2), enlarge(warped[2], 4)], 1)
        return self.form.radiance(self.output(self.blocks(self.form.activated(self.enter(joined)))), baseline)


class MSFFNet(nn.Module):
    """The whole network (Figure 3.3)."""

    def __init__(self, options: MSFFNetOptions = MSFFNetOptions()) -> None:  # noqa: B008 (frozen)
        super().__init__()
        n, form = options.channels, options.form
        self.options = options
        self.scales = 3 if options.multi_scale else 1
        self.flows = options.multi_scale and options.feature_flow
        self.extract = nn.ModuleList(
            [ExactConvolution(form.inputs, n), conv3x3(n, n, 2), conv3x3(n, n, 2)][: self.scales]
        )
        if self.flows:
            self.flow = nn.ModuleList(FlowEstimator(n, form) for _ in range(self.scales))
            self.auxiliary = AuxiliaryHead(n, form)
        fused = self.scales if options.ms_fuse else 1
        self.fuse = nn.ModuleList(conv3x3(2 * n, n) for _ in range(fused))
        self.enter = conv3x3(fused * n, n)
        block = RCAB if options.channel_attention else ResidualBlock
        self.blocks = nn.ModuleList(block(n, form) for _ in range(3))
        self.join = conv3x3(3 * n, n)
        self.refine = conv3x3(n, n)
        self.output = ExactConvolution(n, form.outputs)
        initialise(self)

    def features(self, exposures: Tensor, baseline: Tensor | None = None) -> tuple[list[Tensor], list[Tensor]]:
        """Extract F^s, finest first, of the short exposure and of the reference from (B, 2, 6, H, W)."""
        form = self.options.form
        pyramid = [form.seen(exposures, baseline)]
        for layer in self.extract:
            pyramid.append(at_precision(form.activated(layer(pyramid[-1])), self.enter))
        return [level[0::2] for level in pyramid[1:]], [level[1::2] for level in pyramid[1:]]

    def flow_of(self, exposures: Tensor, baseline: Tensor | None = None) -> Tensor:
        """Return the finest flow, in pixels of the picture and at its size, (B, 2, H, W)."""
        flows, _ = self.align(*self.features(exposures, baseline))
        return self._at_full_size(flows[0])

    def align(self, short: list[Tensor], reference: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        """Estimate the flow from coarse to fine (Figure 3.4); return flows and warped features, finest first."""
        flows: list[Tensor] = []
        warped: list[Tensor] = []
        for s in reversed(range(self.scales)):
            if flows:
                start = 2 * enlarge(flows[0], 2)
                flow = start + self.flow[s](torch.cat([warp(short[s], start), reference[s]], 1))
            else:
                flow = self.flow[s](torch.cat([short[s], reference[s]], 1))
            flows.insert(0, flow)
            warped.insert(0, warp(short[s], flow))
        return flows, warped

    def merge(self, warped: list[Tensor], reference: list[Tensor], baseline: Tensor | None) -> Tensor:
        """Fuse the aligned features of all scales (Figure 3.5) and reconstruct the radiance (Sec. 3.3.2)."""
        form = self.options.form
        fused = []
        for s, (conv, w, r) in enumerate(zip(self.fuse, warped, reference, strict=False)):
            level = form.activated(conv(torch.cat([w, r], 1)))
            fused.append(enlarge(level, 2**s) if s else level)
        z = form.activated(self.enter(torch.cat(fused, 1)))  # Z0 = [O^0, O^1, O^2]
        outputs = []
        for block in self.blocks:
            z = block(z)
            outputs.append(z)
        z6 = form.activated(self.join(torch.cat(outputs, 1)))  # Z5 = [Z2, Z3, Z4]
        return form.radiance(self.output(form.activated(self.refine(z6) + reference[0])), baseline)

    def forward(self, exposures: Tensor, baseline: Tensor | None = None) -> Tensor:
        """Reconstruct the radiance (B, 3, H, W) from exposures (B, 2, 6, H, W)."""
        return self.reconstruct(exposures, baseline)[0]

    def reconstruct(
        self, exposures: Tensor, baseline: Tensor | None = None, auxiliary: bool = False
    ) -> tuple[Tensor, Tensor | None]:
        """Return the radiance and, if asked for and there is a flow, H_of for the loss of Eq. 3.5."""
        short, reference = self.features(exposures, baseline)
        warped, extra = short, None
        if self.flows:
            flows, warped = self.align(short, reference)
            if auxiliary:
                form = self.options.form
                # H_of shows the flow's faults: with a baseline it corrects the warped short exposure instead.
                moved = warp(exposures[:, 0, 3:], self._at_full_size(flows[0])) if form.baseline else None
                extra = self.auxiliary(warped, moved)
        return self.merge(warped, reference, baseline), extra

    def _at_full_size(self, flow: Tensor) -> Tensor:
        fold = self.options.form.fold
        return fold * enlarge(flow, fold) if fold > 1 else flow
