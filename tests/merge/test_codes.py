"""Codes hold what is below black, and are gamma 2.2 above the knee."""

import numpy as np
import pytest

from libhdrnet.merge.codes import DECODE, LARGEST_KNEE, decode_table, encode, knee_for

LEASTS = [-1e-5, -1e-4, -2e-3]


@pytest.mark.parametrize("least", LEASTS)
def test_values_down_to_the_least_come_back(least):
    knee = knee_for(least)
    linear = np.concatenate([np.linspace(least, 5e-3, 1000), np.geomspace(5e-3, 1, 1000)]).astype(np.float32)
    table = decode_table(knee)
    codes = encode(linear, knee)
    assert (np.abs(table[codes] - linear) <= 0.51 * np.gradient(table)[codes]).all()


@pytest.mark.parametrize("least", LEASTS)
def test_codes_above_the_knee_are_those_of_gamma_2_2(least):
    knee = knee_for(least)
    linear = np.geomspace(knee**2.2 * 1.001, 1, 500).astype(np.float32)
    assert np.array_equal(encode(linear, knee), encode(linear))


@pytest.mark.parametrize("least", LEASTS)
def test_the_table_rises_throughout(least):
    assert (np.diff(decode_table(knee_for(least))) > 0).all()


def test_every_code_comes_back():
    codes = np.arange(65536, dtype=np.uint16)
    for knee in (0.0, 0.03, LARGEST_KNEE):
        assert np.array_equal(encode(decode_table(knee), knee), codes)


def test_without_negative_values_codes_are_gamma_2_2():
    assert knee_for(0.0) == 0 and decode_table(0.0) is DECODE


def test_what_is_more_negative_than_noise_is_clipped():
    knee = knee_for(-0.5)
    assert knee == LARGEST_KNEE
    assert encode(np.array([-0.5], np.float32), knee)[0] == 0
