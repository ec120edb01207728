"""The two forms of the networks that merge: the thesis's, and ours, for a CPU and a short training.

They differ in nothing but what `Form` lists; the modules that have one read like the thesis's chapters. Here is also
the block that all of them are made of.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from libhdrnet.networks.blocks import LOG_1_MU, MU, SLOPE, ChannelNorm, activated, conv3x3, convolved, mu_law

DIFFERENCE = 10.0
"""Unit of difference from the baseline radiance, a tenth of the mu-law's range, ..."""
CORRECTION = 0.1
"""... and of the correction."""


@dataclass(frozen=True)
class Form:
    """What may differ from the thesis; the defaults are its form."""

    fold: int = 1
    """So many pixels on an edge are folded into channels, and the features are of that coarser grid: with 2 a pixel
    costs a quarter and is seen from twice as far."""
    slope: float = 0.0
    """Of the activations below zero; 0 is a ReLU."""
    normalised: bool = False
    """Normalise features before each block, without which little was learned in hours."""
    baseline: bool = False
    """Correct a radiance that was fused without the network in the mu-law domain, in place of a sigmoid, and show the
    network how each exposure differs from it: the brightness is right from the first step."""

    @property
    def inputs(self) -> int:
        """Channels of an exposure as the first convolution sees it."""
        return (9 if self.baseline else 6) * self.fold**2

    @property
    def outputs(self) -> int:
        """Channels that the last convolution gives."""
        return 3 * self.fold**2

    def norm(self, channels: int) -> nn.Module:
        """Return what comes before a block."""
        return ChannelNorm(channels) if self.normalised else nn.Identity()

    def activated(self, x: Tensor) -> Tensor:
        """Apply the activation."""
        return activated(x, self.slope)

    def seen(self, exposures: Tensor, baseline: Tensor | None) -> Tensor:
        """Return what a network sees (B * images, inputs, H / fold, W / fold) of exposures (B, images, 6, H, W).

        That is [L, H], or, with a baseline (B, 3, H, W): L, the radiance and its difference from the baseline, both in
        the mu-law domain, where the loss is; a linear H shows a network next to nothing of dark places.
        """
        if not self.baseline:
            return F.pixel_unshuffle(exposures.flatten(0, 1), self.fold)
        radiance = mu_law(exposures[:, :, 3:])
        difference = (DIFFERENCE * (radiance - mu_law(_given(baseline))[:, None])).clamp(-1, 1)
        channels = torch.cat([exposures[:, :, :3] - 0.5, radiance - 0.5, difference], 2)
        return F.pixel_unshuffle(channels.flatten(0, 1), self.fold)

    def radiance(self, out: Tensor, baseline: Tensor | None) -> Tensor:
        """Return the radiance (B, 3, H, W) in [0, 1] that the last convolution's `out` means."""
        unfolded = F.pixel_shuffle(out, self.fold)
        return corrected(_given(baseline), unfolded) if self.baseline else torch.sigmoid(unfolded)


THESIS = Form()
"""As in the thesis."""
FAST = Form(fold=2, slope=SLOPE, normalised=True, baseline=True)
"""Ours. After as much processor time, five minutes of one core from random weights, PSFNet's L1 (Eq. 2.6) on samples
that it never learned from is 0.0116 in this form (0.0119 is the baseline's) and 0.0547 in the thesis's."""


class ResidualBlock(nn.Module):
    """Two convolutions with a skip."""

    def __init__(self, channels: int, form: Form) -> None:
        super().__init__()
        self.form = form
        self.norm = form.norm(channels)
        self.conv1 = conv3x3(channels, channels)
        self.conv2 = conv3x3(channels, channels)

    def branch(self, x: Tensor) -> Tensor:
        """Return what is added to x."""
        added: Tensor = self.conv2(self.form.activated(convolved(self.norm, self.conv1, x)))
        return added

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to the same shape."""
        return x + self.branch(x)


def _given(baseline: Tensor | None) -> Tensor:
    if baseline is None:
        raise TypeError("a network of this form corrects a baseline radiance; give one.")
    return baseline


def corrected(radiance: Tensor, correction: Tensor) -> Tensor:
    """Add a correction, in units of CORRECTION, in the mu-law domain, and return the radiance in [0, 1].

    In the domain of the sigmoid's logit the darkest pixels would have next to no gradient.
    """
    value = mu_law(radiance) + CORRECTION * correction
    return (torch.expm1(value.clamp(0, 1) * LOG_1_MU) / MU).clamp(0, 1)
