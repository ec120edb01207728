"""The sigmoid: middle grey and white where they belong, the identity where nothing has to be done."""

import numpy as np
import pytest

from libhdrnet.tonemap.curve import MIDDLE_GREY, Sigmoid


@pytest.mark.parametrize("white", [1.0, 1.5, 4.0, 16.0])
def test_middle_grey_stays_and_white_becomes_one(white):
    curve = Sigmoid.up_to(white)
    shown = curve(np.float32([[0, MIDDLE_GREY, white, 100 * white]]))[0]
    assert shown == pytest.approx([0, MIDDLE_GREY, 1, 1], abs=2e-3)


def test_up_to_white_it_is_the_identity():
    light = np.linspace(0, 1, 101, dtype=np.float32)[None]
    for white in (0.3, 1.0):
        np.testing.assert_allclose(Sigmoid.up_to(white)(light), light, atol=2e-3)


def test_it_rises_everywhere_and_its_inverse_brings_light_back():
    curve = Sigmoid.up_to(8)
    light = np.geomspace(1e-3, 7.9, 500, dtype=np.float32)[None]
    shown = curve(light)
    assert (np.diff(shown) > 0).all()
    np.testing.assert_allclose(curve.inverse(shown), light, rtol=1e-3)


def test_in_colour_grey_stays_grey_and_the_order_of_channels_stays():
    curve = Sigmoid.up_to(8)
    light = np.random.default_rng(0).gamma(0.5, 2, (40, 50, 3)).astype(np.float32)
    shown = curve.in_colour(light)
    assert shown.min() >= 0 and shown.max() <= 1 + 1e-6
    np.testing.assert_array_equal(shown.argmax(2)[shown.max(2) < 1], light.argmax(2)[shown.max(2) < 1])
    grey = np.repeat(light[..., :1], 3, axis=2)
    np.testing.assert_allclose(curve.in_colour(grey), curve(grey), atol=1e-6)
