"""Building blocks shared by the three networks.

Tensors are (B, C, H, W) float. Nothing here reads files or knows a device.
Pictures, radiances, maps and flows are float32 whatever number format the features have: the first convolution that
sees them and the last one are float32 (`ExactConvolution`), what is between has the precision (`at_precision`).

Pooled statistics (channel attention, SFFB) are global means over the patch while training. On a picture that
is larger than the training patch they are taken over a window of the patch's size around each place
(`use_local_statistics`), so that a tile gives the same numbers as the whole picture.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

STATISTICS_GRID = 16
"""Local statistics live on a grid of this many pixels; tiles must start on a multiple of it."""


SLOPE = 0.1
"""Of our networks' leaky activations below zero; a plain ReLU died in most channels at the rates that a short training
needs. The thesis names no activation in most places."""
PAIR = 128
"""Bytes in two of a processor's longest vectors (AVX-512), of which torch's loops take two at a time. What it saves was
measured with AVX2 alone."""
HALF, QUARTER = 2, 4
"""How often the grids of the defocus network's features go into the picture's."""


def at_precision(x: Tensor, layer: nn.Module) -> Tensor:
    """Bring float32 features to the number format of the weights of what is to see them."""
    return x.to(next(layer.parameters()).dtype)


def unshuffle(x: Tensor, factor: int) -> Tensor:
    """Fold each square of places into channels, as `F.pixel_unshuffle`, channels last as convolutions like it.

    First the rows of a square come together, then its places: in one step it takes a CPU up to three times as long.
    """
    batch, channels, height, width = x.shape
    height, width = height // factor, width // factor
    rows = x.reshape(batch, channels, height, factor, width, factor).transpose(1, 2)
    squares = rows.reshape(batch, height, channels * factor, width, factor).transpose(2, 3)
    return squares.reshape(batch, height, width, channels * factor**2).permute(0, 3, 1, 2)


def activated(x: Tensor, slope: float = SLOPE) -> Tensor:
    """Apply a leaky activation: in place, unless it is to be differentiated, so to what nobody else reads."""
    return F.leaky_relu(x, slope, inplace=not torch.is_grad_enabled())


class ExactConvolution(nn.Conv2d):
    """A convolution that keeps the size, float32 at any precision: the first or last of a network.

    bf16 has no more steps between black and white than a picture of 8 bits.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int = 3) -> None:
        super().__init__(inputs, outputs, kernel, padding=kernel // 2)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve pictures or features of any number format; the result is float32, in mixed training, too."""
        with torch.autocast(x.device.type, enabled=False):
            return super().forward(x.float())


def set_precision(network: nn.Module, dtype: torch.dtype) -> nn.Module:
    """Bring a network's weights to `dtype`, but for those of its first and last convolutions; features follow."""
    for module in network.modules():
        wanted = torch.float32 if isinstance(module, ExactConvolution) else dtype
        for parameter in module.parameters(recurse=False):
            parameter.data = parameter.data.to(wanted)
    return network


def conv3x3(inputs: int, outputs: int, stride: int = 1) -> nn.Conv2d:
    """3x3 convolution that keeps the size (or divides it by `stride`)."""
    return nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1)


class PooledStatistics(nn.Module):
    """Mean over the whole patch (B, C, 1, 1), or over a window around each place on a coarse grid.

    The window and the grid are the picture's; one place of the features is `scale` of its pixels.
    """

    def __init__(self, scale: int = 1) -> None:
        super().__init__()
        self.scale = scale
        self.cell = STATISTICS_GRID // scale
        self.window: int | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, C, 1, 1), or (B, C, ceil(H / cell), ceil(W / cell)) with a window."""
        if self.window is None or self.window >= self.scale * max(x.shape[-2:]):
            return x.mean((2, 3), keepdim=True)
        cells = F.avg_pool2d(x, self.cell, ceil_mode=True, count_include_pad=False)
        reach = self.window // (2 * STATISTICS_GRID)
        return F.avg_pool2d(cells, 2 * reach + 1, stride=1, padding=reach, count_include_pad=False)


def spread(gate: Tensor, like: Tensor, cell: int = STATISTICS_GRID) -> Tensor:
    """Bring gates computed from `PooledStatistics` to the size of the features that they weight."""
    if gate.shape[-2:] == (1, 1):
        return gate
    height, width = like.shape[-2:]
    if like.is_contiguous(memory_format=torch.channels_last):  # else the product would lose that layout
        gate = gate.contiguous(memory_format=torch.channels_last)
    cells = (gate.shape[-2] * cell, gate.shape[-1] * cell)
    return F.interpolate(gate, size=cells, mode="bilinear", align_corners=False)[..., :height, :width]


def use_local_statistics(network: nn.Module, window: int | None) -> None:
    """Take pooled statistics over `window` pixels of the input around each place; None: over everything."""
    for module in network.modules():
        if isinstance(module, PooledStatistics):
            module.window = window


def everywhere(plane: Tensor, like: Tensor) -> Tensor:
    """Bring a value for each place (B, 1, H, W) to all channels.

    A product would do so by itself, but where channels lie together a CPU takes three times as long for it, if they do
    not fill pairs of its vectors.
    """
    whole = like.shape[1] * like.element_size() % PAIR == 0
    if not whole and like.is_contiguous(memory_format=torch.channels_last):
        return plane.expand_as(like).contiguous(memory_format=torch.channels_last)
    return plane.expand_as(like)


class ChannelNorm(nn.Module):
    """Divide the features of each place by their root mean square (Zhang and Sennrich 2019), times a gain each."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(1, channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to the same shape."""
        return self.divided(x) * self.gain

    @staticmethod
    def divided(x: Tensor) -> Tensor:
        """Do that without the gains."""
        power = torch.linalg.vector_norm(x, dim=1, keepdim=True).float().square() / x.shape[1]
        return x * everywhere(torch.rsqrt(power + 1e-4).to(x.dtype), x)


def convolved(norm: nn.Module, convolution: nn.Conv2d, x: Tensor) -> Tensor:
    """Return `convolution(norm(x))`; gains are given to the weights, which are fewer than the features."""
    if isinstance(norm, ChannelNorm):
        weight = convolution.weight * norm.gain
        return F.conv2d(norm.divided(x), weight, convolution.bias, padding=convolution.padding)
    result: Tensor = convolution(norm(x))
    return result


class ChannelAttention(nn.Module):
    """Weight each channel by a gate from its pooled mean (squeeze and excitation; [68] in the thesis)."""

    def __init__(self, channels: int, scale: int = 1) -> None:
        super().__init__()
        self.pool = PooledStatistics(scale)
        self.squeeze = nn.Conv2d(channels, channels // 8, 1)
        self.excite = nn.Conv2d(channels // 8, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return x times its channel gates."""
        gate = torch.sigmoid(self.excite(F.relu(self.squeeze(self.pool(x)))))
        return x * spread(gate, x, self.pool.cell)


class SpatialAttention(nn.Module):
    """Weight each place by a gate from the mean and the maximum over channels ([69] in the thesis)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 1, 5, padding=2)

    def forward(self, x: Tensor) -> Tensor:
        """Return x times its spatial gate."""
        summary = torch.cat([x.mean(1, keepdim=True), x.amax(1, keepdim=True)], 1)
        return x * torch.sigmoid(self.conv(summary))


MU = 5000.0
LOG_1_MU = math.log1p(MU)


def mu_law(radiance: Tensor) -> Tensor:
    """Return T(H) of Eq. 2.5, for radiance in [0, 1]; what is beyond is clipped."""
    return torch.log1p(MU * radiance.clamp(0, 1)) / LOG_1_MU


def initialise(network: nn.Module) -> None:
    """Draw first weights that keep the features' size through a deep stack of ReLUs (He et al. 2015).

    What is added to a skip starts small: layers named `conv2` end a residual branch, those named `output` end a
    network or a flow estimator.
    """
    for name, module in network.named_modules():
        if not isinstance(module, nn.Conv2d) or module.bias is None:
            continue
        if module.kernel_size[0] > 1:
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            nn.init.zeros_(module.bias)
        last = name.rsplit(".", 1)[-1]
        with torch.no_grad():
            module.weight.mul_({"conv2": 0.3, "output": 0.01}.get(last, 1.0))
