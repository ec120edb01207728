"""Shapes of what lies before something else: a picture's own objects, thin things and blobs, as mattes."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from libhdrnet.research.training.dice import Dice, each
from libhdrnet.research.training.movement import blob

_COARSE = 8
_BOTH_SIDES = (0.1, 0.5), (0.5, 0.95)
"""Between ranks in the two lies the level at which a picture is cut: between two of its parts, if it has such."""
_EVEN = 0.005
"""Change of level from pixel to pixel that is none: where a picture is even it has no edges."""


KINDS = ("object", "thin", "object", "blob")


def silhouette(kind: str, texture: Tensor, dice: Dice) -> Tensor:
    """Return the matte (B, 1, S, S) in [0, 1] of something that has that texture (B, 3, S, S)."""
    size = texture.shape[-1]
    if kind == "object":
        return _object(texture, dice)
    if kind == "thin":
        return _thin(dice, size)
    radius = dice.log_uniform(0.1, 0.8) * size
    return blob(dice, size, radius, dice.uniform(-0.5, 0.5, 2) * size)


def _object(texture: Tensor, dice: Dice) -> Tensor:
    """Cut a picture along its own edges: what is brighter than the rest, or darker, or of a colour."""
    grey = texture.clamp(0, 1).sqrt()
    place = (dice.uniform(0, 1) * grey[0, 0].numel()).long()
    colour = grey.flatten(2).gather(2, place.view(-1, 1, 1).expand(-1, 3, 1))[..., None]
    level = torch.where(
        each(dice.happens(0.5)) > 0, grey.mean(1, keepdim=True), -(grey - colour).square().sum(1, keepdim=True).sqrt()
    )
    level = level * torch.where(each(dice.happens(0.5)) > 0, 1.0, -1.0)
    smooth = F.interpolate(F.avg_pool2d(level, _COARSE), size=level.shape[-2:], mode="bicubic", align_corners=False)
    level = smooth + 0.3 * (level - smooth)
    ranked = smooth[..., ::_COARSE, ::_COARSE].flatten(1).sort(1).values
    low, high = (ranked.gather(1, (dice.uniform(*part) * ranked.shape[1]).long()[:, None]) for part in _BOTH_SIDES)
    return (_pixels_away(level - each(low + high) / 2) - 0.5).clamp(0, 1)


def _thin(dice: Dice, size: int) -> Tensor:
    """Draw wires and twigs, or bars of uneven distances."""
    line = torch.arange(size, device=dice.device)
    angle, period = dice.uniform(0, math.pi), dice.log_uniform(40, 250)
    along = line.view(1, 1, 1, -1) * each(angle.cos()) + line.view(1, 1, -1, 1) * each(angle.sin())
    waves = dice.field(5, size, 1)
    level = torch.where(each(dice.happens(0.5)) > 0, torch.sin(2 * math.pi * along / each(period) + waves), waves)
    return (each(torch.exp(dice.uniform(-0.2, 1.5))) - _pixels_away(level).abs() + 0.5).clamp(0, 1)


def _pixels_away(level: Tensor) -> Tensor:
    """Return about how many pixels a place lies from where the level is 0."""
    down, right = torch.gradient(level, dim=(-2, -1))
    return level / (torch.hypot(down, right) + _EVEN)
