"""A sun in a clear sky, as cameras photograph it: its highlights bend, and what clips turns white."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from libhdrnet.merge.pipeline import merge
from libhdrnet.options import MergeOptions
from libhdrnet.research.training.camera import Camera
from libhdrnet.research.training.dice import Dice

TIMES = (0.25, 1.0, 4.0)
OFF = ("coarse", "sharpening", "smearing", "dimming")
"""Parts of the camera that would add structures of their own."""
UNEVEN = 0.05
"""By so much the shortest frame's channels differ from the others': the camera balanced each frame by itself."""
STEP = 0.06
"""Octaves of brightness from ring to ring that are no arc: at most 0.031 in these. Selection weights that drew a faint
arc around a real sun had 0.08 to 0.14."""


def sky(height, width):
    """Return light (height, width, 3), 1 = the reference's saturation, and how many heights away the sun is."""
    y, x = np.mgrid[:height, :width] / height
    far = np.hypot(x - 0.18, y - 0.62)
    glow = 6 * np.exp(-far / 0.06) + np.exp(-far / 0.25) + 0.25 * np.exp(-far / 0.7)
    air = np.array([0.45, 0.6, 0.85]) * (0.35 - 0.1 * y)[..., None]
    return 0.8 * (air + glow[..., None] * np.array([1, 0.55, 0.2])), far


def photographed(light, seed):
    """Return the bracket's frames, uint8 from JPEG."""
    dice = Dice.of(1, torch.device("cpu"), seed, 0)
    numbers = {"crosstalk": 0.5, "knee": 0.9, "shot": 1e-4, "levels": 255, "quality": 92} | dict.fromkeys(OFF, 0)
    camera = replace(Camera.random(dice), **{name: torch.full((1,), float(x)) for name, x in numbers.items()})
    balance = 1 + UNEVEN * dice.uniform(-1, 1, 3, 1, 1)
    planes = torch.from_numpy(light.astype(np.float32)).permute(2, 0, 1)[None]
    for time in TIMES:
        codes = camera.photograph(planes * time * (balance if time == min(TIMES) else 1), dice)
        yield np.rint(255 * codes[0].permute(1, 2, 0).clamp(0, 1).numpy()).astype(np.uint8)


@pytest.mark.parametrize("seed", [2, 6])
def test_no_arc_is_drawn_around_the_sun(seed):
    light, far = sky(400, 600)
    found = merge(list(photographed(light, seed)), list(TIMES), MergeOptions(align=False), reference=1).radiance
    ratio = np.log2(found.mean(-1) / light.mean(-1))
    rings = [np.median(ratio[(far >= r) & (far < r + 0.01)]) for r in np.arange(0.03, 0.9, 0.01)]
    assert np.abs(np.diff(rings)).max() < STEP
