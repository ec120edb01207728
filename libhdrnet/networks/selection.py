"""Selection among what a bracket captured: how far each candidate may be believed beside the reference.

A candidate is a frame as it lies, or as a dense flow brings it to the reference; candidate 0 is the reference. All are
radiances in common tones, 1 = white of the reference. The network sees pairs of reference and candidate at a reduced
size, with the same weights for each, pooled over the candidates: any number of frames in any order. Its logits are
added to the logarithms of the weights of least noise (a doubted frame's by `trust.doubted`), and the picture is the
mean of captured values with the softmax of that: no invented pixel, no switch. Not in the thesis.
Tensors are (B, n, C, H, W), n candidates; those with `there` 0 only fill up a batch.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import reduce

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from libhdrnet.networks.blocks import ExactConvolution, at_precision

FEATURES = 20
"""Channels that `features` gives for each candidate."""
WIDE = (3, 9)
"""Edges of squares, in cells of the smallest scale (8 pixels of the reduced size): at the end of the encoder a cell
also sees the means of the square around it and of that one's eight neighbours, for squares of each edge."""
BOUND = 8.0
"""Largest logit: decisions stay soft."""
_TONE = 500.0
_RELATIVE = 0.02
"""Part of the light that tones differ by after calibration."""


@dataclass(frozen=True)
class Candidates:
    """What is known of each candidate, (B, n, C, H, W), at one size; numbers are (B, n) or (B, n, 3)."""

    radiance: Tensor
    """C = 3."""
    saturation: Tensor
    """C = 1, 0 to 1: how far the frame's brightest channel is in FADE."""
    confidence: Tensor
    """C = 1, 0 to 1: of the flow, times the frame's coverage; 1 for a frame as it lies."""
    length: Tensor
    """C = 1: of the flow, in pixels of the whole picture."""
    white: Tensor
    """(B, n, 3): radiance where the frame's code is BRIGHT."""
    black: Tensor
    """(B, n, 3): radiance where its code is DARK."""
    stops: Tensor
    """(B, n): log2 of the exposure over the reference's."""
    shot: Tensor
    """(B, n): variance of a frame's linear value x, 1 = saturation, is shot x + read."""
    read: Tensor
    """(B, n)."""

    def strip(self, top: int, bottom: int) -> "Candidates":
        """Cut out some rows."""
        rows = slice(top, bottom)
        return replace(
            self, radiance=self.radiance[..., rows, :], saturation=self.saturation[..., rows, :],
            confidence=self.confidence[..., rows, :], length=self.length[..., rows, :],
        )  # fmt: skip

    def reduced(self, factor: int) -> "Candidates":
        """Average over factor x factor pixels."""
        radiance, saturation, confidence, length = (
            averaged(x, factor) for x in (self.radiance, self.saturation, self.confidence, self.length)
        )
        return replace(
            self, radiance=radiance, saturation=saturation, confidence=confidence, length=length,
            shot=self.shot / factor**2, read=self.read / factor**2,
        )  # fmt: skip


def fine_difference(frames: Candidates, factor: int) -> Tensor:
    """Return the mean over factor x factor pixels of how far the brightness differs, (B, n, 1, H, W): see `features`.

    What is finer than the reduced size shows here: a picture that lies half a pixel off is softer.
    """
    reference, other = _comparable(frames, _brightness)
    gap = (other - reference).abs()
    error = _deviation(frames, reference)
    return averaged(torch.log1p(gap / error) / 3, factor)


def averaged(x: Tensor, factor: int) -> Tensor:
    """Average (B, n, C, H, W) over factor x factor pixels."""
    return torch.unflatten(F.avg_pool2d(x.flatten(0, 1), factor), 0, x.shape[:2])


def features(frames: Candidates, fine: Tensor) -> Tensor:
    """Return what the network sees of reduced candidates, (B, n, FEATURES, H, W); fine: of `fine_difference`."""
    reference, other = _comparable(frames)
    own = frames.radiance[:, :1].expand_as(frames.radiance)
    error = _deviation(frames, reference.mean(2, keepdim=True))
    gap = other - reference
    signed = (gap.mean(2, keepdim=True) / error / 4).clamp(-1.5, 1.5)
    largest = torch.log1p(_largest(gap.abs(), 2) / error) / 3
    structure = (_structure(other) - _structure(reference)).abs().clamp(max=4) / 3
    one = torch.ones_like(frames.saturation)
    return torch.cat(
        [
            tone(own),
            tone(frames.radiance),
            (5 * (tone(other) - tone(reference))).clamp(-1.5, 1.5),
            signed,
            largest,
            structure,
            fine,
            frames.saturation[:, :1].expand_as(frames.saturation),
            frames.saturation,
            _darkness(own, frames.black[:, :1].expand_as(frames.black)),
            _darkness(frames.radiance, frames.black),
            frames.stops[:, :, None, None, None] / 4 * one,
            frames.confidence,
            torch.log1p(frames.length) / 4,
        ],
        2,
    )


def tone(radiance: Tensor) -> Tensor:
    """Compress radiance, 1 = white of the reference, so that dark and bright places count alike."""
    return torch.log1p(_TONE * radiance.clamp(min=0)) / math.log1p(_TONE)


def _brightness(radiance: Tensor) -> Tensor:
    return radiance.mean(2, keepdim=True)


def _comparable(frames: Candidates, of: Callable[[Tensor], Tensor] = lambda x: x) -> tuple[Tensor, Tensor]:
    """Return reference and candidates (B, n, 3, H, W), or a mean `of` their channels, clipped to what both can show.

    Where a channel saturates cameras turn the others white, too: there only the brightest channels are compared.
    """
    white, black = (x[..., None, None] for x in (frames.white, frames.black))
    low, high = torch.maximum(black, black[:, :1]), torch.minimum(white, white[:, :1])
    other = torch.minimum(torch.maximum(frames.radiance, low), high)
    reference = torch.minimum(torch.maximum(frames.radiance[:, :1], low), high)
    top = torch.minimum(white.amin(2, keepdim=True), white[:, :1].amin(2, keepdim=True))
    near = torch.maximum(frames.saturation, frames.saturation[:, :1])
    brightest = (torch.minimum(_largest(x, 2), top) for x in (frames.radiance[:, :1], frames.radiance))
    reference, other = (x + near * (b - x) for x, b in zip((of(reference), of(other)), brightest, strict=True))
    return reference, other


def variance_of(frames: Candidates, light: Tensor) -> Tensor:
    """Return the variance of the candidates' radiance where it is `light` (B, n or 1, 1, H, W)."""
    shot, read, time = (x[:, :, None, None, None] for x in (frames.shot, frames.read, 2.0**frames.stops))
    return shot * light / time + read / time**2


def _deviation(frames: Candidates, light: Tensor) -> Tensor:
    """Return by how much reference and candidate may differ, (B, n, 1, H, W): noise, and an error of tones."""
    variance = variance_of(frames, light.clamp(min=1e-5))
    return (variance + variance[:, :1]).sqrt() + _RELATIVE * light + 1e-6


def _structure(radiance: Tensor) -> Tensor:
    """Return the local contrast (B, n, 1, H, W), brightness and its range taken away."""
    level = torch.log(radiance.mean(2, keepdim=True).clamp(min=0) + 1e-3).flatten(0, 1)
    mean = box(level, 2)
    spread = (box(level * level, 2) - mean * mean).clamp(min=0).sqrt() + 0.05
    return torch.unflatten((level - mean) / spread, 0, radiance.shape[:2])


def _darkness(radiance: Tensor, black: Tensor) -> Tensor:
    level = black.mean(2)[:, :, None, None, None].clamp(min=1e-6)
    return torch.sigmoid(4 - 2 * radiance.mean(2, keepdim=True) / level)


def box(x: Tensor, reach: int) -> Tensor:
    """Average (N, C, H, W) over 2 reach + 1 pixels."""
    padded = F.pad(x, (reach,) * 4, mode="replicate")
    size = 2 * reach + 1
    return F.avg_pool2d(F.avg_pool2d(padded, (1, size), 1), (size, 1), 1)


@dataclass(frozen=True)
class SelectionOptions:
    """Widths at each scale; the defaults give 99,269 parameters."""

    widths: tuple[int, int, int] = (20, 28, 40)


class SelectionNet(nn.Module):
    """A small U-Net over four scales whose candidates see each other by their mean and maximum."""

    def __init__(self, options: SelectionOptions = SelectionOptions()) -> None:  # noqa: B008 (frozen)
        super().__init__()
        self.options = options
        a, b, c = options.widths
        widths = (a, b, c, c)
        self.enter = ExactConvolution(FEATURES, a)
        self.down = nn.ModuleList(_conv(i, o, 2) for i, o in zip(widths, widths[1:], strict=False))
        self.same = nn.ModuleList(_conv(w, w) for w in widths)
        # Float32: in 16 bits this scale would make most of their error (cases/two-frames-nan: 13 % at most, so 5 %).
        self.join = nn.ModuleList((ExactConvolution(b + a, a, 1), nn.Conv2d(c + b, b, 1), nn.Conv2d(c + c, c, 1)))
        self.up = nn.ModuleList((ExactConvolution(a, a), _conv(b, b), _conv(c, c, groups=c)))
        self.pool = nn.ModuleDict(
            {"0": ExactConvolution(3 * a, a, 1), "1": nn.Conv2d(3 * b, b, 1), "3": nn.Conv2d(3 * c, c, 1)}
        )
        self.wide = nn.ModuleList(nn.Conv2d(c, c, 3, 1, w, w, groups=c, bias=False) for w in WIDE)
        self.output = ExactConvolution(a, 1, 1)
        for parameter in self.wide.parameters():
            nn.init.zeros_(parameter)
        nn.init.zeros_(self.output.weight)
        nn.init.zeros_(self.output.bias if self.output.bias is not None else self.output.weight)

    def forward(self, seen: Tensor, there: Tensor | None = None) -> Tensor:
        """Return logits (B, n, 1, H, W), |logit| < BOUND, from features (B, n, FEATURES, H, W) and there (B, n).

        H and W multiples of 8; `there` None: all are.
        """
        shape = seen.shape[:2]
        entered = self.enter(seen.flatten(0, 1).contiguous(memory_format=torch.channels_last))
        x = at_precision(F.relu(entered), self.same[0])
        levels = []
        for scale, same in enumerate(self.same):
            x = F.relu(same(x if scale == 0 else F.relu(self.down[scale - 1](x))))
            levels.append(x)
        x = x + sum(layer(box(x, edge // 2)) for layer, edge in zip(self.wide, WIDE, strict=True))
        x = self._shared(x, shape, there, 3)
        for scale in (2, 1, 0):
            beside = levels[scale]
            if scale == 0:
                x, beside = x.float(), beside.float()
            above, beside = _parts(self.join[scale], x, beside)  # the convolution first: there is less to enlarge
            larger = F.interpolate(above, size=beside.shape[-2:], mode="bilinear", align_corners=False)
            x = F.relu(beside + larger)
            x = x + F.relu(self.up[scale](self._shared(x, shape, there, scale)))
        logits = 3 * torch.unflatten(self.output(x).float(), 0, shape)
        logits = logits - _mean(logits, there)
        return BOUND * torch.tanh(logits / BOUND)

    def _shared(self, x: Tensor, shape: torch.Size, there: Tensor | None, scale: int) -> Tensor:
        """Let each candidate see the mean and the maximum of all."""
        if str(scale) not in self.pool:
            return x
        each = torch.unflatten(x, 0, shape)
        present = each if there is None else each.masked_fill(there[:, :, None, None, None] == 0, -1e4)
        both = torch.cat([_mean(each, there), _largest(present, 1)], 2)
        own, common = _parts(self.pool[str(scale)], x, both[:, 0])
        return F.relu(torch.unflatten(own, 0, shape) + common[:, None]).flatten(0, 1)


def _largest(x: Tensor, dimension: int) -> Tensor:
    """Return what `amax` does, and keep the dimension; sooner where there are few."""
    parts: tuple[Tensor, ...] = torch.split(x, 1, dimension)
    return reduce(torch.maximum, parts)


def _mean(x: Tensor, there: Tensor | None) -> Tensor:
    """Return the mean over the candidates (B, 1, C, H, W) of those that are there."""
    if there is None:
        return x.sum(1, keepdim=True) / x.shape[1]
    counts = there[:, :, None, None, None].to(x.dtype)
    return (x * counts).sum(1, keepdim=True) / counts.sum(1, keepdim=True)


def _parts(layer: nn.Module, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """Return what a 1 x 1 convolution makes of the first and the other channels of its input: the sum is its result.

    So neither has to be brought to the other's size and layout.
    """
    assert isinstance(layer, nn.Conv2d)
    ahead, behind = torch.split(layer.weight, [first.shape[1], second.shape[1]], 1)
    return F.conv2d(first, ahead), F.conv2d(second, behind, layer.bias)


def _conv(inputs: int, outputs: int, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, stride, 1, groups=groups)
