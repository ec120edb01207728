import warnings

import imagecodecs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthetic import DISPLAY_P3, DISPLAY_P3_TO_REC709, profile

from libhdrnet.errors import InputError
from libhdrnet.io import (
    from_linear,
    is_linear_profile,
    is_srgb_profile,
    linear_profile,
    srgb_profile,
    to_linear,
)
from libhdrnet.io.colour import adobe_rgb_profile, change_depth
from libhdrnet.radiometry import decode_gamma, decode_srgb, encode_srgb


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_integers_decode_as_the_srgb_formula_says(rng, dtype):
    top = np.iinfo(dtype).max
    pixels = rng.integers(0, top + 1, (40, 50, 3), dtype=dtype)
    assert np.abs(to_linear(pixels) - decode_srgb((pixels / top).astype(np.float32))).max() < 1e-6


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_a_wide_gamut_profile_gives_the_right_rec709_values(rng, dtype):
    values = rng.random((30, 40, 3))
    pixels = change_depth(values.astype(np.float32), dtype)
    back = pixels / (1 if dtype == np.float32 else np.iinfo(dtype).max)
    expected = back**2.2 @ DISPLAY_P3_TO_REC709.T
    assert np.abs(to_linear(pixels, encoding="icc", icc=profile(DISPLAY_P3, 2.2)) - expected).max() < 1e-3


def test_a_curve_in_16_bits_has_no_bands():
    ramp = np.repeat(np.arange(65536, dtype=np.uint16)[None, :, None], 3, axis=2)
    linear = to_linear(ramp, encoding="icc", icc=adobe_rgb_profile())[0, :, 1]
    assert np.diff(linear[2000:]).min() > 0


def test_a_grey_profile_is_applied():
    grey = imagecodecs.cms_profile("gray", whitepoint=[0.3127, 0.3290, 1.0], gamma=1.8)
    pixels = np.full((2, 2, 3), 128, np.uint8)
    assert to_linear(pixels, encoding="icc", icc=grey) == pytest.approx((128 / 255) ** 1.8, abs=1e-3)


@pytest.mark.parametrize("icc", [srgb_profile, linear_profile, adobe_rgb_profile])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_encoding_again_gives_the_same_pixels(rng, icc, dtype):
    pixels = rng.integers(0, np.iinfo(dtype).max + 1, (20, 30, 3), dtype=dtype)
    linear = to_linear(pixels, encoding="icc", icc=icc())
    again = from_linear(linear, encoding="icc", icc=icc(), dtype=dtype)
    assert np.abs(again.astype(int) - pixels).max() <= (0 if dtype == np.uint8 else 12)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_srgb_survives_a_round_trip_exactly(dtype):
    ramp = np.arange(np.iinfo(dtype).max + 1, dtype=dtype)
    pixels = np.repeat(ramp.reshape(1, -1, 1), 3, axis=2)
    assert np.array_equal(from_linear(to_linear(pixels), encoding="srgb", dtype=dtype), pixels)


@given(st.integers(0, 255))
def test_eight_bits_survive_sixteen(value):
    pixels = np.full((1, 1, 3), value, np.uint8)
    assert np.array_equal(change_depth(change_depth(pixels, np.uint16), np.uint8), pixels)


def test_profiles_are_known_by_what_they_do():
    assert is_srgb_profile(srgb_profile())
    assert is_linear_profile(linear_profile())
    assert not is_srgb_profile(adobe_rgb_profile())
    assert not is_srgb_profile(linear_profile())
    assert not is_srgb_profile(b"no profile")


def test_profiles_are_the_same_in_every_run():
    assert srgb_profile()[24:36] == linear_profile()[24:36] == bytes.fromhex("07e400010001000000000000")


@pytest.mark.parametrize(
    ("pixels", "options", "reason"),
    [
        (np.zeros((2, 2), np.uint8), {}, "height, width, 3"),
        (np.zeros((2, 2, 3), np.int32), {}, "int32"),
        (np.zeros((2, 2, 3), np.uint8), {"encoding": "icc"}, "needs the profile"),
        (np.zeros((2, 2, 3), np.uint8), {"encoding": "rec2020"}, "'rec2020' is unknown"),
        (np.zeros((2, 2, 3), np.uint8), {"encoding": "icc", "icc": b"x"}, "unknown space"),
    ],
)
def test_what_cannot_be_converted_is_refused(pixels, options, reason):
    with pytest.raises(InputError, match=reason):
        to_linear(pixels, **options)


@pytest.mark.parametrize("convert", [decode_srgb, encode_srgb, decode_gamma])
def test_a_curve_keeps_the_largest_floats_finite_without_a_remark_of_numpy(convert):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isfinite(convert(np.float32([3e38, 1e20]))).all()
