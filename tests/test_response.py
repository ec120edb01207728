"""Response curves: what a camera did to the light is found from its bracket."""

from functools import cache

import numpy as np
import pytest
from skimage import data

from libhdrnet.errors import InputError
from libhdrnet.response import apply_response, estimate_response

RADIANCE = (data.astronaut().astype(np.float32) / 255) ** 2.2 + 0.002
EXPOSURES = [1 / 16, 1 / 4, 1.0, 4.0]
CURVES = {
    "gamma": lambda x: x ** (1 / 2.2),
    "s-curve": lambda x: 0.7 * x ** (1 / 2.2) + 0.3 * (3 * x ** (2 / 2.2) - 2 * x ** (3 / 2.2)),
    "film": lambda x: np.log1p(20 * x) / np.log(21),
}
MIDDLE = np.arange(30, 246)


def bracket(curve, shift=0, levels=255, exposures=EXPOSURES):
    rng = np.random.default_rng(0)
    frames = []
    for i, t in enumerate(exposures):
        light = np.roll(RADIANCE, (2 * shift * i, 3 * shift * i), (0, 1)) * t
        light = np.clip(light + rng.normal(0, 0.001, light.shape), 0, 1)
        frames.append(np.rint(curve(light) * levels).astype(np.uint8 if levels == 255 else np.uint16))
    return frames


@cache
def estimated(name):
    return estimate_response(bracket(CURVES[name]), EXPOSURES)


def relative_error(found, curve):
    """Largest relative error over the middle codes, up to one scale for each channel."""
    linear = np.linspace(0, 1, 100001)
    true = np.interp(MIDDLE / 255, curve(linear), linear)[:, None]
    ratio = found[MIDDLE] / true
    return np.abs(ratio / np.median(ratio, axis=0) - 1).max()


@pytest.mark.parametrize("name", CURVES)
def test_a_known_curve_is_given_back_within_a_few_percent(name):
    found = estimated(name)
    assert relative_error(found, CURVES[name]) < 0.05


def test_sixteen_bit_frames_give_the_curve_back_too():
    found = estimate_response(bracket(CURVES["gamma"], levels=65535), EXPOSURES)
    assert relative_error(found, CURVES["gamma"]) < 0.05


def test_a_camera_that_moves_does_not_spoil_the_curve():
    found = estimate_response(bracket(CURVES["s-curve"], shift=2), EXPOSURES)
    assert relative_error(found, CURVES["s-curve"]) < 0.1


def test_the_order_of_the_frames_does_not_matter():
    backward = estimate_response(bracket(CURVES["film"])[::-1], EXPOSURES[::-1])
    np.testing.assert_array_equal(backward, estimated("film"))


@pytest.mark.parametrize("name", CURVES)
def test_a_curve_rises_strictly_from_zero_to_one(name):
    found = estimated(name)
    assert found.dtype == np.float32 and found.shape == (256, 3)
    assert (np.diff(found, axis=0) > 0).all()
    np.testing.assert_array_equal(found[[0, 255]], [[0, 0, 0], [1, 1, 1]])


def test_a_linearised_bracket_shows_the_true_exposure_ratio():
    frames = bracket(CURVES["s-curve"])
    response = estimated("s-curve")
    short, long = (apply_response(f, response) for f in frames[1:3])
    good = (frames[1] > 60) & (frames[2] < 230)
    assert np.median(long[good] / short[good]) == pytest.approx(4.0, rel=0.03)


def test_the_look_up_gives_each_channel_its_own_curve():
    response = np.stack([np.linspace(0, 1, 256) ** p for p in (1, 2, 3)], axis=1).astype(np.float32)
    codes = np.full((2, 3, 3), 51, np.uint8)
    np.testing.assert_allclose(apply_response(codes, response)[1, 2], [0.2, 0.04, 0.008], rtol=1e-5)


def test_sixteen_bit_codes_are_interpolated():
    response = np.repeat(np.linspace(0, 1, 256, dtype=np.float32)[:, None], 3, axis=1)
    codes = np.arange(0, 65535, 21845, dtype=np.uint16).reshape(1, 1, 3) + np.uint16(100)
    np.testing.assert_allclose(apply_response(codes, response), codes / 65535, atol=1e-6)


def test_codes_of_another_type_are_refused():
    with pytest.raises(InputError, match="float32"):
        apply_response(np.zeros((2, 2, 3), np.float32), np.zeros((256, 3), np.float32))


def test_flat_frames_are_refused_with_advice():
    frames = [np.full((64, 64, 3), v, np.uint8) for v in (60, 120)]
    with pytest.raises(InputError, match="srgb"):
        estimate_response(frames, [1.0, 4.0])


def test_a_single_frame_is_refused():
    with pytest.raises(InputError, match="two or more"):
        estimate_response(bracket(CURVES["gamma"])[:1], [1.0])


def test_frames_of_two_types_are_refused():
    frames = bracket(CURVES["gamma"])[:2]
    with pytest.raises(InputError, match="all uint8 or all uint16"):
        estimate_response([frames[0], frames[1].astype(np.uint16)], [1.0, 4.0])
