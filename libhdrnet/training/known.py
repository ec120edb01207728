"""The radiance that needs no network, of made brackets whose tones are known: what the networks correct."""

import torch
import torch.nn.functional as F
from torch import Tensor

from libhdrnet.networks.blocks import ramp

GAMMA = 2.2
SATURATION = (0.85, 0.92)
"""Encoded values between which a pixel comes to mean "at least this much"."""
FADE = (0.75, 0.97)
"""Encoded values between which an exposure's brightest channel takes its weight to zero."""
TOLERANCE = 0.025
"""Difference of encoded values, averaged over 5x5 pixels, that noise and black level explain, ..."""
RELATIVE_TOLERANCE = 0.07
"""... and what errors of exposure and response add to it, relative."""
SHOT, READ = 1e-5, 2.5e-7
"""Variance of shot noise for each unit of light, and of read noise, relative to saturation."""
LEAST = 1e-4
"""Of the short exposure where all are saturated; the reference's, where it stands alone, is a hundredth of it."""


def known_radiance(short: Tensor, reference: Tensor, long: Tensor | None = None) -> Tensor:
    """Return the radiance (B, 3, H, W) that needs no network: the mean of what tells the same as the reference.

    The weights are those of the least noise (as in `merge.fusion`, with a fixed camera). An exposure counts as far
    as it agrees with the reference within noise, on the mean over 5x5 pixels; where the brighter of the two is
    saturated the darker one may only be above what saturation means.
    The arguments are exposures [L, H] (B, 6, H, W).
    """
    shortest = _exposure_scale(short, fallback=torch.ones((), device=short.device))
    own = _exposure_scale(reference, fallback=shortest / 4)
    exposures, scales = [short, reference], [shortest, own]
    trust = [_agreement(reference, short, shortest), None]
    if long is not None:
        longest = _exposure_scale(long, fallback=own / 4)
        exposures.append(long)
        scales.append(longest)
        trust.append(_agreement(long, reference, own))
    weights = []
    for exposure, agreement, least in zip(exposures, trust, (LEAST, LEAST / 100, 0.0), strict=False):
        weight = (1 - ramp(exposure[:, :3].amax(1, keepdim=True), *FADE)).clamp(min=least)
        weights.append(weight if agreement is None else weight * agreement)
    radiances = [exposure[:, 3:] for exposure in exposures]
    first = _weighted(radiances, [w / s for w, s in zip(weights, scales, strict=True)])
    best = [w / s.square() / (SHOT * first / s + READ) for w, s in zip(weights, scales, strict=True)]
    return _weighted(radiances, best)


def _agreement(bright: Tensor, dark: Tensor, dark_scale: Tensor) -> Tensor:
    """Tell (B, 1, H, W) from 0 to 1 whether `dark` shows what `bright` tells of it; dark_scale = t_min / t_dark."""
    told, found = ((x[:, 3:] / dark_scale).clamp(min=0) ** (1 / GAMMA) for x in (bright, dark))
    gap = found - told
    saturated = ramp(bright[:, :3], *SATURATION)
    gap = gap + saturated * (gap.clamp(max=0) - gap)
    gap, level = (F.avg_pool2d(x, 5, stride=1, padding=2, count_include_pad=False) for x in (gap, told))
    tolerance = TOLERANCE + RELATIVE_TOLERANCE * level
    return 1 - ramp(gap.abs(), tolerance, 2 * tolerance).amax(1, keepdim=True)


def _weighted(values: list[Tensor], weights: list[Tensor]) -> Tensor:
    total = sum(v * w for v, w in zip(values, weights, strict=True))
    return torch.as_tensor(total / sum(weights))


def _exposure_scale(exposure: Tensor, fallback: Tensor) -> Tensor:
    """Return t_min / t (B, 1, 1, 1) of an exposure [L, H]; `fallback` if it is wholly black."""
    linear = (exposure[:, :3] ** GAMMA).sum((1, 2, 3), keepdim=True)
    return torch.where(linear > 0, exposure[:, 3:].sum((1, 2, 3), keepdim=True) / linear.clamp(min=1e-9), fallback)
