"""Made brackets: a scene, a camera's response, ratios, movers, JPEG's eight bits."""

from functools import cache

import cv2
import numpy as np

TIMES = (0.25, 1.0, 4.0)


def gamma(light):
    return np.clip(light, 0, 1) ** (1 / 2.2)


def other_gamma(light):
    return np.clip(light, 0, 1) ** (1 / 1.8)


def film(light):
    """An S-curve: toe and shoulder."""
    encoded = gamma(light)
    return encoded - 0.4 * np.sin(2 * np.pi * encoded) / (2 * np.pi)


def shoulder(light):
    return gamma((1 - np.exp(-1.5 * np.clip(light, 0, 1))) / (1 - np.exp(-1.5)))


def by_channel(light):
    """Another S-curve in each channel; light is (..., 3)."""
    encoded = gamma(light)
    return encoded - np.array([0.15, 0.3, 0.4]) * np.sin(2 * np.pi * encoded) / (2 * np.pi)


@cache
def radiance(seed=1, height=400, width=600):
    rng = np.random.default_rng(seed)
    out = np.zeros((height, width, 3))
    for cells, weight in ((4, 0.6), (16, 0.3), (64, 0.1)):
        out += weight * cv2.resize(rng.random((cells, cells, 3)), (width, height), interpolation=cv2.INTER_CUBIC)
    out -= out.min()
    return 1.2 * (out / out.max()) ** 3


def shoot(response=gamma, times=TIMES, moving=0.0, noise=0.004, light=None, levels=255, pedestal=0.0):
    """Return uint16 codes of each frame; `moving` is the share of each that shows something else."""
    rng = np.random.default_rng(0)
    light = radiance() if light is None else light
    frames = []
    for index, time in enumerate(times):
        seen = light.copy()
        other, covered = radiance(10 + index, *light.shape[:2]), np.zeros(light.shape[:2], bool)
        while covered.mean() < moving:
            top, left = rng.integers(0, light.shape[0] - 60), rng.integers(0, light.shape[1] - 80)
            covered[top : top + 60, left : left + 80] = True
        seen[covered] = other[covered]
        encoded = response(seen * time * (1 - pedestal) + pedestal) + rng.normal(0, noise, light.shape)
        frames.append((np.round(np.clip(encoded, 0, 1) * levels) * (65535 / levels)).astype(np.uint16))
    return frames


def worst_error(calibration, response, times, reference=1):
    """Return how far two frames differ on one radiance, in shares of the less exposed one's white."""
    light = np.geomspace(1e-3, 1, 200)[:, None] * np.ones(3)
    worst = 0.0
    for index, time in enumerate(times):
        encoded = [response(light * t) for t in (time, times[reference])]
        told = [
            np.stack([table[np.round(e[:, c] * 65535).astype(int), c] for c in range(3)], 1)
            for table, e in zip((calibration.tables[index], calibration.tables[reference]), encoded, strict=True)
        ]
        seen = (np.minimum(*encoded) > 0.08) & (np.maximum(*encoded) < 0.96)
        gap = np.abs(told[0] - told[1]) * max(time, times[reference])
        worst = max(worst, float(gap[seen].max(initial=0)))
    return worst
