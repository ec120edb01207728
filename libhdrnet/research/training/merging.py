"""What the networks of a merge learn from: brackets made on the device, and the fusion that they are trained through.

The selection (`networks.selection`) learns to choose among what a bracket captured, PSFNet and MSFFNet to correct what
the selection fuses.
"""

import math
from concurrent.futures import ThreadPoolExecutor

import torch
import torch.nn.functional as F
from torch import Tensor

from libhdrnet.networks import SelectionNet
from libhdrnet.networks.selection import Candidates, averaged, box, features, fine_difference, variance_of
from libhdrnet.radiometry import GAMMA
from libhdrnet.ramps import linear_step
from libhdrnet.research.training.bank import Bank
from libhdrnet.research.training.captured import REDUCED, Captured, capture, stops_apart
from libhdrnet.research.training.dice import Dice
from libhdrnet.research.training.queued import Batch
from libhdrnet.trust import (
    ALIKE,
    LEAST,
    LEAST_CONFIDENCE,
    LEAST_REFERENCE,
    LEAST_SHORTEST,
    disbelieved,
    doubted,
)

FRAMES = (3, 2, 3, 4)
"""Frames of the brackets that the selection learns from, in turn."""


@torch.no_grad()
def selection_batch(bank: Bank, count: int, size: int, seed: int, number: int, pool: ThreadPoolExecutor) -> Batch:
    """Make batch `number` of `count` brackets, and all of it that is not learned.

    Returns features (B, n, FEATURES, H / 2, W / 2), the logarithms of `log_weights` (B, n, 3, H, W), the
    candidates' radiance (B, n, 3, H, W), which there are (B, n), the truth (B, 3, H, W), and the radiance of the
    bracket's white (B,), which candidates are shorter than the reference (B, n), and what `foreign` says of those.
    """
    frames = FRAMES[number % len(FRAMES)]
    made = capture(bank, Dice.of(count, bank.tiles.device, seed, number), size, frames, pool)
    white = made.candidates.white.masked_fill(made.there[:, :, None] == 0, 0).amax((1, 2))
    logs = log_weights(made.candidates, frames)
    found, shorter = made.candidates, _shorter(made.candidates)
    return seen(found), logs, found.radiance, made.there, made.truth, white, shorter, *foreign(made)


@torch.no_grad()
def reconstruction_batch(
    bank: Bank, selection: SelectionNet, images: int, count: int, size: int, seed: int, number: int,
    pool: ThreadPoolExecutor,
) -> Batch:  # fmt: skip
    """Make batch `number` of `count` brackets of 3 images (short, reference, long) or 2 (short, reference).

    Returns exposures (B, images, 6, H, W) as `networks.psfnet` takes them, what the selection fuses of them and the
    truth, both (B, 3, H, W) in [0, 1], 1 = saturation of the shortest exposure.
    """
    made = capture(bank, Dice.of(count, bank.tiles.device, seed, number), size, images, pool, around=True)
    logs, logits = log_weights(made.candidates, images), selection(seen(made.candidates), made.there)
    fused, _ = fuse(made.candidates.radiance, logs, logits, made.there, _shorter(made.candidates))
    exposures, white = exposures_of(made.candidates, images)
    scale = white.view(-1, 1, 1, 1)
    return exposures, (fused / scale).clamp(0, 1), (made.truth / scale).clamp(0, 1)


def seen(candidates: Candidates) -> Tensor:
    """Return the selection's features."""
    return features(candidates.reduced(REDUCED), fine_difference(candidates, REDUCED))


def exposures_of(frames: Candidates, images: int) -> tuple[Tensor, Tensor]:
    """Return what a network sees, from short to long, and the radiance of saturation in the shortest (B,)."""
    order = [1, 0, 2][:images]
    radiance, stops = frames.radiance[:, order], frames.stops[:, order]
    time = (2.0**stops)[:, :, None, None, None]
    white = 2.0 ** -stops.amin(1)
    encoded = (radiance * time).clamp(1e-9, 1) ** (1 / GAMMA)
    return torch.cat([encoded, (radiance / white.view(-1, 1, 1, 1, 1)).clamp(0, 1)], 2), white


def log_weights(frames: Candidates, lying: int) -> Tensor:
    """Return logarithms, (B, n, 3, H, W), of what saturation leaves, of a flow's weight and of the relative variance.

    The first `lying` candidates are frames as they lie, the others what flows bring. The light that noise depends on is
    the reference's, smoothed: the same for all, so that the mean is not biased.
    """
    light = box(frames.radiance[:, 0], 2).mean(1, keepdim=True)[:, None].clamp(min=1e-5)
    shortest = frames.stops == frames.stops.amin(1, keepdim=True)
    least = torch.where(shortest, LEAST_SHORTEST, LEAST)
    least[:, 0] = torch.where(shortest[:, 0], LEAST_SHORTEST, LEAST_REFERENCE)
    trust = torch.maximum(1 - frames.saturation, least[:, :, None, None, None])
    flow = frames.confidence.clamp(min=LEAST_CONFIDENCE) * (frames.length / 2).clamp(1e-13, 1)
    flow = torch.cat([torch.ones_like(flow[:, :lying]), flow[:, lying:]], 1)
    return torch.cat([trust.log(), flow.log(), (variance_of(frames, light) / light.square()).log()], 2)


def fuse(radiance: Tensor, logs: Tensor, logits: Tensor, there: Tensor, shorter: Tensor) -> tuple[Tensor, Tensor]:
    """Return the weighted mean (B, 3, H, W) and the weights (B, n, 1, H, W); logits may be of a reduced size.

    logs: of `log_weights`.
    """
    surely = disbelieved(logits[:, :1] - logits) * shorter[:, :, None, None, None]
    logits = logits + math.log(LEAST_REFERENCE) * surely
    full = F.interpolate(logits.flatten(0, 1), size=radiance.shape[-2:], mode="bilinear", align_corners=False)
    trust, flow, variance = torch.split(logs, 1, 2)
    belief, noise = flow + full.view_as(flow), variance.exp()
    total = trust + belief - doubted(noise[:, :1], noise, 1.0, belief[:, :1] - belief).log()
    weights = total.masked_fill(there[:, :, None, None, None] == 0, -1e4).softmax(1)
    return (weights * radiance).sum(1), weights


def foreign(made: Captured) -> tuple[Tensor, Tensor]:
    """Return how far a shorter frame shows something else than the truth where the reference is saturated, and not it.

    In [0, 1], and the weight of each place, both (B, n, 1, H / 2, W / 2).
    """
    saturated, light = made.candidates.saturation, made.candidates.radiance
    asked = saturated[:, :1] * (1 - saturated) * (made.there * _shorter(made.candidates))[:, :, None, None, None]
    other = linear_step(stops_apart(light, made.truth[:, None]), ALIKE)
    weight, part = (averaged(x, REDUCED) for x in (asked, asked * other))
    return part / weight.clamp(min=1e-6), weight


def _shorter(candidates: Candidates) -> Tensor:
    """Return which candidates are shorter than the reference, (B, n)."""
    return candidates.stops < candidates.stops[:, :1]
