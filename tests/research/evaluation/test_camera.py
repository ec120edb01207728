import numpy as np
import pytest

from libhdrnet.research.evaluation.camera import CLAIMED, in_tones_of, isotonic, responses, take
from libhdrnet.research.evaluation.metrics import psnr_mu

STOPS = (-2.0, 0.0, 2.0)


@pytest.fixture
def truth(scene):
    return scene(160, 240) ** 2


def test_responses_are_monotone_and_keep_black_and_white():
    light = np.linspace(0, 1, 4096, dtype=np.float32)
    curves = [curve for seed in range(20) for curve in responses(np.random.default_rng(seed))]
    codes = np.stack([curve.encode(light) for curve in curves])
    assert (np.diff(codes) > 0).mean() > 0.999 and (np.diff(codes) >= 0).all()
    assert codes[:, 0] == pytest.approx(0, abs=1e-5) and codes[:, -1] == pytest.approx(1)
    assert np.ptp(codes[:, light.searchsorted(0.18)]) > 0.1  # cameras differ
    slope = np.diff(codes) * light.size
    assert (slope[:, -1] < 0.75 * slope[:, light.searchsorted(0.3)]).all()  # and all bend towards white


def test_the_channels_of_a_camera_are_a_little_apart():
    red, green, blue = responses(np.random.default_rng(1))
    light = np.linspace(0.01, 0.9, 50, dtype=np.float32)
    for one, other in ((red, green), (green, blue)):
        assert 0.001 < np.abs(one.encode(light) - other.encode(light)).max() < 0.05


def test_a_scene_has_one_camera_and_another_scene_another(truth):
    frames = [np.clip(truth * 4 * 2.0**stop, 0, 1).astype(np.float32) for stop in STOPS]
    images, stops = take("one", frames, STOPS, 1)
    again, other = take("one", frames, STOPS, 1), take("other", frames, STOPS, 1)
    assert all(np.array_equal(a, b) for a, b in zip(images, again[0], strict=True)) and stops == again[1]
    assert not np.array_equal(images[1], other[0][1]) and stops != other[1]
    assert all(image.dtype == np.uint8 and image.shape == (160, 240, 3) for image in images)
    off = np.subtract(stops, STOPS)
    assert off[1] == 0 and 0 < np.abs(off).max() <= CLAIMED


def test_a_tone_curve_costs_nothing_and_a_ghost_costs_what_it_did(truth):
    bent = (0.7 * truth ** np.float32([0.8, 1.0, 1.3])).astype(np.float32)
    assert psnr_mu(bent, truth) < 30
    assert psnr_mu(in_tones_of(truth, bent), truth) > 55
    ghost = truth.copy()
    ghost[40:80, 60:120] = truth[80:120, 120:180]
    before = psnr_mu(ghost, truth)
    assert before < 31
    assert psnr_mu(in_tones_of(truth, ghost), truth) == pytest.approx(before, abs=0.5)


def test_noise_costs_what_it_did(truth):
    noisy = truth * (1 + 0.1 * np.random.default_rng(0).standard_normal(truth.shape).astype(np.float32))
    assert psnr_mu(in_tones_of(truth, noisy), truth) == pytest.approx(psnr_mu(noisy, truth), abs=0.5)


def test_a_plain_picture_is_fitted_too():
    flat = np.full((16, 16, 3), 0.25, np.float32)
    assert in_tones_of(flat, flat * 2) == pytest.approx(flat, abs=1e-6)


def test_isotonic_regression_pools_what_violates_the_order():
    values, weights = np.array([1.0, 3.0, 2.0, 2.0, 5.0]), np.array([1.0, 1.0, 1.0, 2.0, 1.0])
    assert isotonic(values, weights) == pytest.approx([1, 2.25, 2.25, 2.25, 5])
    assert isotonic(np.array([3.0, 2.0, 1.0]), np.ones(3)) == pytest.approx([2, 2, 2])
