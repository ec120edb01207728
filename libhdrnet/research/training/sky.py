"""Smooth skies with a sun, over textures, on the device that trains: light that clips without an edge.

Photographs cannot teach it: in them such a sky has clipped already.
"""

import torch
from torch import Tensor

from libhdrnet.research.training.dice import Dice, each

SHARE = 0.25
"""Samples that have a sky. Some thousand steps with them draw an arc of 0.07 octaves around the sun of
`tests/merge/test_sunset.py`, without them 0.12 (from other weights, 7,413 steps)."""


def with_skies(scene: Tensor, dice: Dice) -> Tensor:
    """Return linear radiance (B, 3, S, S), median near 0.2, in a share of the samples below a sky with a sun."""
    which = dice.happens(SHARE).nonzero()[:, 0]
    if not len(which):
        return scene
    land = scene[which]
    cover, light = _sky(Dice(len(which), dice.generator), land)
    return scene.index_copy(0, which, land + cover * (light - land))


def _sky(dice: Dice, land: Tensor) -> tuple[Tensor, Tensor]:
    """Return where the sky is, (B, 1, S, S) in [0, 1], and its light (B, 3, S, S)."""
    size = land.shape[-1]
    line = (torch.arange(size, device=land.device) + 0.5) / size - 0.5
    x, y = line.view(1, 1, 1, -1), line.view(1, 1, -1, 1)
    across, down = (each(dice.uniform(-0.5, 0.5)) for _ in range(2))
    far = torch.hypot(x - across, y - down)
    wide, near = (each(dice.log_uniform(low, high)) for low, high in ((0.1, 2), (0.02, 0.2)))
    peak = each(dice.log_uniform(1, 60))
    hue = torch.cat([torch.ones_like(peak), each(dice.uniform(0.4, 1)), each(dice.uniform(0.1, 1))], 1)
    air = torch.cat([each(dice.uniform(0.3, 1)), each(dice.uniform(0.5, 1)), torch.ones_like(peak)], 1)
    glow = peak * torch.exp(-far / near) + torch.exp(-far / wide)
    light = air * (1 + each(dice.uniform(-0.8, 0.8)) * y) + each(dice.uniform(0.5, 4)) * glow * hue
    clouds = (land / 0.2).clamp(0.02, 50) ** each(dice.uniform(0, 0.3) * dice.happens(0.4))
    light = each(dice.log_uniform(0.1, 2)) * light * clouds
    horizon = each(dice.uniform(-0.3, 1)) + 0.15 * dice.field(8, size, 1)
    softness = each(dice.log_uniform(0.7, 8)) / size
    return ((horizon - y) / softness + 0.5).clamp(0, 1), light
