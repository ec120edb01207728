"""Brackets as photographers have them: sixteen frames, repeated exposures, exposures that are missing or wrong."""

import warnings

import numpy as np
import pytest

from libhdrnet.errors import HdrnetWarning
from libhdrnet.merge.pipeline import merge
from libhdrnet.options import MergeOptions
from libhdrnet.radiometry import encode_srgb


def scene(height=96, width=144):
    rng = np.random.default_rng(3)
    coarse = rng.random((height // 12, width // 12, 3)).repeat(12, 0).repeat(12, 1)
    return np.asarray(coarse**2 * np.geomspace(0.02, 1, width)[None, :, None], np.float32)


LIGHT = scene() + np.float32(0.002)


def shot(t, noise=0.004, seed=0):
    encoded = encode_srgb(np.clip(LIGHT * t, 0, 1)) + np.random.default_rng(seed).normal(0, noise, LIGHT.shape)
    return np.rint(np.clip(encoded, 0, 1) * 255).astype(np.uint8)


def error(result, t):
    ratio = result.radiance / (LIGHT * t)
    return np.abs(np.log2(ratio[8:-8, 8:-8]))


def test_sixteen_frames_are_merged():
    times = [2.0 ** (k / 2 - 4) for k in range(16)]
    result = merge([shot(t, seed=k) for k, t in enumerate(times)], times, MergeOptions(align=False))
    assert len(result.used) == 16
    assert np.median(error(result, times[result.reference])) < 0.03


@pytest.mark.parametrize("model", ["auto", "classical"])
def test_equal_frames_are_averaged_with_the_noise_that_their_mean_has(model):
    frames = [shot(0.9, 0.02, seed) for seed in range(6)]
    result = merge(frames, [1] * 6, MergeOptions(model=model, align=False))
    usable = (LIGHT > 0.05) & (LIGHT < 0.7)
    spread = [
        np.std((found.radiance / LIGHT)[usable])
        for found in (merge(frames[:2], [1] * 2, MergeOptions(model=model, align=False)), result)
    ]
    assert spread[1] < 0.65 * spread[0]  # 1 / sqrt(3) in theory


def test_an_exposure_that_comes_twice_counts_twice():
    times = [0.25, 1, 1, 4]
    result = merge([shot(t, seed=k) for k, t in enumerate(times)], times, MergeOptions(align=False))
    assert np.median(error(result, 1)) < 0.03


def test_exposures_that_nobody_tells_are_measured_and_said_once():
    times = [4, 0.25, 1]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", HdrnetWarning)
        result = merge([shot(t, seed=k) for k, t in enumerate(times)], options=MergeOptions(align=False))
    assert [str(w.message) for w in caught if "tells its exposure" in str(w.message)] and len(caught) == 1
    stops = np.log2(np.array(result.calibration.exposures) / times)
    assert np.ptp(stops) < 0.1
