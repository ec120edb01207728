"""Fusion of candidates as `merge.fusion` does it, in torch: what a selection is trained through."""

import torch
import torch.nn.functional as F
from torch import Tensor

from libhdrnet.networks.selection import Candidates, box, variance_of
from libhdrnet.trust import LEAST, LEAST_CONFIDENCE, LEAST_REFERENCE, LEAST_SHORTEST


def log_weights(frames: Candidates, lying: int) -> Tensor:
    """Return the logarithm of the weight of least noise, (B, n, 1, H, W), saturation counted in.

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
    return trust.log() + flow.log() - variance_of(frames, light).log()


def fuse(radiance: Tensor, log_weight: Tensor, logits: Tensor, there: Tensor) -> tuple[Tensor, Tensor]:
    """Return the weighted mean (B, 3, H, W) and the weights (B, n, 1, H, W); logits may be of a reduced size."""
    full = F.interpolate(logits.flatten(0, 1), size=radiance.shape[-2:], mode="bilinear", align_corners=False)
    total = log_weight + full.view_as(log_weight)
    weights = total.masked_fill(there[:, :, None, None, None] == 0, -1e4).softmax(1)
    return (weights * radiance).sum(1), weights
