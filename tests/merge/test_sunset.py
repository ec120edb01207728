"""A sun in a clear sky, as cameras photograph it: its highlights bend, and what clips turns white."""

import cv2
import numpy as np
import pytest

from libhdrnet.merge.pipeline import merge
from libhdrnet.options import MergeOptions
from libhdrnet.research.evaluation.camera import responses

TIMES = (0.25, 1.0, 4.0)
CROSSTALK = 0.5
"""Share of the brightest channel's light beyond saturation that the others get."""
UNEVEN = 0.05
"""By so much the shortest frame's channels differ from the others': the camera balanced each frame by itself."""
STEP = 0.06
"""Octaves of brightness from ring to ring that are no arc: at most 0.046 in these. Selection weights that drew a faint
arc around a real sun had 0.09 to 0.24."""


def sky(height, width):
    """Return light (height, width, 3), 1 = the reference's saturation, and how many heights away the sun is."""
    y, x = np.mgrid[:height, :width] / height
    far = np.hypot(x - 0.18, y - 0.62)
    glow = 6 * np.exp(-far / 0.06) + np.exp(-far / 0.25) + 0.25 * np.exp(-far / 0.7)
    air = np.array([0.45, 0.6, 0.85]) * (0.35 - 0.1 * y)[..., None]
    return 0.8 * (air + glow[..., None] * np.array([1, 0.55, 0.2])), far


def photographed(light, rng):
    """Return the bracket's frames, uint8 from JPEG."""
    curves, balance = responses(rng), rng.uniform(1 - UNEVEN, 1 + UNEVEN, 3)
    for time in TIMES:
        seen = light * time * (balance if time == min(TIMES) else 1)
        seen = seen + CROSSTALK * np.clip(seen.max(-1, keepdims=True) - 0.9, 0, None)
        channels = np.moveaxis(np.clip(seen, 0, 1).astype(np.float32), -1, 0)
        codes = np.stack([curve.encode(channel) for curve, channel in zip(curves, channels, strict=True)], -1)
        codes = np.clip(codes + rng.normal(0, 0.006, codes.shape), 0, 1)
        data = cv2.imencode(".jpg", np.round(255 * codes[..., ::-1]).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 92])
        yield np.ascontiguousarray(cv2.imdecode(data[1], cv2.IMREAD_COLOR)[..., ::-1])


@pytest.mark.parametrize("seed", [0, 1, 3])
def test_no_arc_is_drawn_around_the_sun(seed):
    light, far = sky(400, 600)
    frames = list(photographed(light, np.random.default_rng(seed)))
    found = merge(frames, list(TIMES), MergeOptions(align=False), reference=1).radiance
    ratio = np.log2(found.mean(-1) / light.mean(-1))
    rings = [np.median(ratio[(far >= r) & (far < r + 0.01)]) for r in np.arange(0.03, 0.9, 0.01)]
    assert np.abs(np.diff(rings)).max() < STEP
