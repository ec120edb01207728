"""The measures without truth: on what they have to find and to forgive, and against another computation of them."""

import importlib.util

import numpy as np
import pytest

from libhdrnet.radiometry import decode_srgb, encode_gamma, encode_srgb
from libhdrnet.research.evaluation.baselines import debevec
from libhdrnet.research.evaluation.moving import BLOCK, judge, worst_blocks

STOPS = (-2.0, 0.0, 2.0)
ONE_BLOCK = 0.2
"""More than the share in percent of one block: a code that too few pixels have has no median of its own."""
PATCH = np.s_[64:96, 80:144]


@pytest.fixture
def radiance(scene):
    """A scene whose reference exposes most of it well, with a gradient up to four times its white on the right."""
    light = 0.1 + 0.3 * scene(200, 300)
    light[:, 200:] += np.linspace(0, 1.8, 100, dtype=np.float32)[:, None] ** 2
    return light


@pytest.fixture
def frames(radiance):
    return [encode_srgb(np.clip(radiance * 2.0**stop, 0, 1)) for stop in STOPS]


def figures(result, frames):
    return judge(result.astype(np.float32), frames, STOPS, 1).figures


def test_the_scene_itself_is_without_fault(radiance, frames):
    found = figures(radiance, frames)
    assert found["resid"] > 50 and abs(found["noise"]) < 0.1
    assert found["blocks"] < ONE_BLOCK
    assert found["edges"] == found["lights"] == found["false"] == found["unseen"] == 0


def test_a_tone_curve_costs_nothing(radiance, frames):
    found = figures(0.8 * radiance**1.1, frames)
    assert found["resid"] > 50 and found["blocks"] < ONE_BLOCK
    assert found["edges"] == found["lights"] == found["false"] == found["unseen"] == 0


def test_a_patch_of_another_tone_is_found_by_its_size_and_place(radiance, frames):
    wrong = radiance.copy()
    wrong[PATCH] *= 1.6
    judged = judge(wrong, frames, STOPS, 1)
    own = frames[1]
    seen = np.asarray((own.min(-1) > 0.12) & (own.max(-1) < 0.88))
    share = 100 * (4 * 8) / (seen[:200, :296].reshape(25, 8, 37, 8).sum((1, 3)) > 32).sum()
    assert judged.figures["blocks"] == pytest.approx(share, rel=0.1)
    assert judged.figures["edges"] > 0.3 and judged.figures["resid"] < 35
    places = worst_blocks(judged.blocks, 3, 2 * BLOCK)
    assert len(places) == 3
    assert all(64 <= row < 96 and 80 <= column < 144 for row, column in places)
    assert min(np.abs(np.subtract(a, b)).max() for a in places for b in places if a != b) > 2 * BLOCK


def test_a_hole_in_the_lights_is_found(radiance, frames):
    torn = radiance.copy()
    torn[40:120, 270:] = 1.0
    found = figures(torn, frames)
    assert found["lights"] > 5 and found["false"] > 0.5
    assert found["blocks"] < ONE_BLOCK


def test_a_hole_in_the_shadows_is_found(radiance):
    radiance[:, :100] *= 0.01
    frames = [encode_srgb(np.clip(radiance * 2.0**stop, 0, 1)) for stop in (-2.0, 0.0, 4.0)]
    torn = radiance.copy()
    torn[40:120, 20:60] *= 0.5
    of = [judge(light.astype(np.float32), frames, (-2.0, 0.0, 4.0), 1).figures for light in (radiance**1.1, torn)]
    assert of[0]["shadows"] == 0 and of[1]["shadows"] > 5


def test_a_blotch_of_one_channel_in_the_dark_is_found(radiance):
    """Where the reference is too dark for its own measures, and the mean of the channels says little."""
    radiance[:, :100] *= 0.004
    frames = [encode_srgb(np.clip(radiance * 2.0**stop, 0, 1)) for stop in STOPS]
    wrong = radiance.copy()
    wrong[40:120, 20:60, 2] *= 4
    found = [figures(light, frames) for light in (radiance, wrong)]
    assert found[0]["unseen"] == 0 and found[1]["unseen"] > 0.3
    assert all(found[0][name] == pytest.approx(found[1][name], abs=0.01) for name in ("blocks", "edges", "false"))


def test_noise_is_told_in_db_against_the_reference(radiance):
    noisy = radiance * (1 + 0.06 * np.random.default_rng(0).standard_normal(radiance.shape).astype(np.float32))
    frames = [encode_srgb(np.clip(noisy * 2.0**stop, 0, 1)) for stop in STOPS]
    half = radiance + 0.5 * (noisy - radiance)
    assert figures(half, frames)["noise"] == pytest.approx(-6, abs=0.3)


def test_what_cannot_be_judged_is_left_out():
    dark = [np.zeros((16, 16, 3), np.float32)] * 3
    assert figures(dark[0], dark) == {}
    two = [np.full((40, 40, 3), 0.5, np.float32)] * 2
    assert "lights" not in judge(decode_srgb(two[0]), two, (0.0, 2.0), 0).figures


@pytest.mark.parametrize("name", ["moving-secretbeach", "moving-phone129"])
def test_figures_are_those_of_an_outside_computation_on_real_brackets(shared, name):
    """`bench/score_moving.py` computes the same measures in its own way."""
    import cv2

    spec = importlib.util.spec_from_file_location("score_moving", shared / "bench" / "score_moving.py")
    outside = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(outside)
    folder = shared / "data" / "brackets" / name
    rows = sorted(
        (line.split(",") for line in (folder / "exposures.csv").read_text().split()[1:]), key=lambda r: float(r[1])
    )
    frames = [cv2.resize(outside.rd(str(folder / file)), (720, 480), interpolation=cv2.INTER_AREA) for file, _ in rows]
    middle = len(rows) // 2
    stops = [float(np.log2(float(seconds) / float(rows[middle][1]))) for _, seconds in rows]
    times = [2.0 ** (stop - stops[0]) for stop in stops]
    result = debevec([encode_gamma(decode_srgb(frame)) for frame in frames], times, middle) * np.float32(times[middle])
    expected = outside.score(result, frames[middle], frames[middle - 1])
    found = judge(result, frames, stops, middle).figures
    for measure, value in zip(("resid", "blocks", "edges", "noise", "lights"), expected, strict=True):
        assert found.get(measure, np.nan) == pytest.approx(float(value), abs=1e-4, nan_ok=True)
    assert found["false"] == pytest.approx(outside.false_edges(result, frames, stops, middle), abs=1e-4)
