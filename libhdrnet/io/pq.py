"""Pictures as HDR displays take them: PQ on BT.2020's primaries (ITU-R BT.2100), 1.0 = 203 cd/m2 (ITU-R BT.2408)."""

import math
from dataclasses import dataclass

import numpy as np

from libhdrnet.bands import bands
from libhdrnet.io.cicp import PQ_PEAK, REFERENCE_WHITE, CodePoints
from libhdrnet.io.colour import Array

PQ = CodePoints(9, 16)
OUTSIDE = 1e-3
"""Negative values below this share of white are noise, not a colour."""
HIGHEST = PQ_PEAK / REFERENCE_WHITE
"""What PQ can hold, and what readers of gain maps give."""
TOO_BRIGHT = "light above 10000 cd/m2 (49 times white)"


@dataclass(frozen=True)
class Light:
    """How bright a picture is, by which displays choose how to show it (MaxCLL and MaxFALL of CTA-861.3), cd/m2."""

    brightest: int
    """Its brightest channel of a pixel, rounded up."""
    mean: int
    """The mean of each pixel's brightest channel."""


def light_of(linear: Array) -> tuple[Light, list[str]]:
    """Measure (H, W, 3) linear Rec.709, and name what of it PQ cannot hold."""
    darkest, brightest, total = 0.0, 0.0, 0.0
    for rows in bands(len(linear)):
        light = PQ.light(linear[rows])
        channel = light.max(axis=2)
        darkest, brightest = min(darkest, float(light.min())), max(brightest, float(channel.max()))
        total += float(np.clip(channel, 0, HIGHEST).sum(dtype=np.float64))
    lost = [TOO_BRIGHT] if brightest > HIGHEST * (1 + OUTSIDE) else []
    lost += ["colours outside BT.2020"] if darkest < -OUTSIDE else []
    mean = REFERENCE_WHITE * total / (linear.shape[0] * linear.shape[1])
    return Light(max(1, min(math.ceil(brightest * REFERENCE_WHITE), int(PQ_PEAK))), max(1, round(mean))), lost
