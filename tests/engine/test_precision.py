"""Every operation in every precision that can be chosen by itself, on any machine: what 32 bits give, and no NaN.

Pictures with saturation and motion, the shipped weights. Where the hardware has no bf16 or fp16 torch computes them
by conversion: slower, the same rounding.
"""

from functools import cache

import numpy as np
import pytest

from libhdrnet import deblur, estimate_defocus
from libhdrnet.merge.pipeline import merge
from libhdrnet.options import MergeOptions
from libhdrnet.radiometry import mu_law

SIZE = (96, 112)
STOPS = {2: (-2, 0), 3: (-2, 0, 2), 5: (-4, -2, 0, 2, 4)}
LEAST = 60.0
LEAST_LIGHT = 1e-4
"""Of white; half a percent of it is less than two steps of a frame's 16-bit codes."""
pytestmark = pytest.mark.filterwarnings("ignore::libhdrnet.errors.HdrnetWarning")


def radiance():
    """Light with detail at three sizes, saturated in a third of the reference."""
    import cv2

    rng = np.random.default_rng(0)
    light = np.zeros((*SIZE, 3), np.float32)
    for cells, weight in ((4, 0.6), (16, 0.3), (64, 0.1)):
        noise = rng.random((cells, cells, 3)).astype(np.float32)
        light += weight * cv2.resize(noise, SIZE[::-1], interpolation=cv2.INTER_CUBIC)
    light -= light.min()
    return (light / light.max()) ** 3 * 4


@cache
def bracket(count):
    """Noisy 8-bit frames in which a square moves."""
    light, rng = radiance(), np.random.default_rng(1)
    frames = []
    for index, stop in enumerate(STOPS[count]):
        moved, left = light.copy(), 20 + 8 * index
        moved[30:60, left : left + 30] = 0.3 * light[30:60, 20:50][::-1] + (0.5, 0.1, 0.05)
        exposed = moved * 2.0**stop
        exposed += rng.normal(0, 0.003, exposed.shape) * np.sqrt(np.maximum(exposed, 1e-3))
        frames.append(np.round(np.clip(exposed, 0, 1) ** (1 / 2.2) * 255).astype(np.uint8))
    return frames


@cache
def soft():
    import cv2

    return cv2.GaussianBlur(bracket(3)[1], (0, 0), 1.5)


def merged(count, model, precision):
    """The merge in the mu-law domain, with 1.0 = saturation of the shortest frame."""
    times = [2.0**stop for stop in STOPS[count]]
    engine = {"device": "cpu", "precision": precision}
    result = merge(bracket(count), times, MergeOptions(model=model, align=False, **engine), reference=len(times) // 2)
    assert result.report is None or result.report.notes == ()  # no tile had to be computed again
    return mu_law(np.maximum(result.radiance, 0) * np.float32(min(times)))


OPERATIONS = {
    **{
        f"{model}-{count}": lambda precision, count=count, model=model: merged(count, model, precision)
        for count in STOPS
        for model in ("auto", "psfnet", "msffnet")
        if (model, count) != ("psfnet", 2)
    },
    "defocus": lambda precision: estimate_defocus(soft(), device="cpu", precision=precision) / 20,
    "deblur": lambda precision: deblur(soft() / np.float32(255), device="cpu", precision=precision),
}


@cache
def first(name, precision):
    return OPERATIONS[name](precision)


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
@pytest.mark.parametrize("name", OPERATIONS)
def test_sixteen_bits_give_what_thirty_two_give_to_60_db(name, precision):
    found = first(name, precision)
    assert np.isfinite(found).all()
    error = np.mean((found - first(name, "fp32")).astype(np.float64) ** 2)
    assert 0 < error < 10 ** (-LEAST / 10)


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
@pytest.mark.parametrize("name", ["auto-2", "auto-3", "defocus", "deblur"])
def test_the_same_is_computed_twice(name, precision):
    assert np.array_equal(first(name, precision), OPERATIONS[name](precision))


def test_a_bracket_that_gave_nan_is_merged_alike_in_every_precision(shared):
    folder = shared / "cases" / "two-frames-nan"
    if not folder.is_dir():
        pytest.skip("needs ../shared/cases/two-frames-nan")
    paths = sorted(folder.iterdir())
    exact, *others = (
        merge(paths, options=MergeOptions(device="cpu", precision=precision)).radiance for precision in ("fp32", "bf16")
    )
    for found in others:
        assert np.abs(found - exact).max() < 1  # not NaN
        gap = np.abs(found - exact) / np.maximum(exact, LEAST_LIGHT)
        # Where two candidates are believed alike the rounded beliefs shift the mean of both.
        assert np.mean(gap <= 0.005) > 0.99 and gap.max() < 0.1
