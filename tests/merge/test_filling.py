"""Places filled in from their surroundings."""

import numpy as np
import pytest

from libhdrnet.merge.filling import filler


def planes(plane):
    return np.repeat(np.asarray(plane, np.float32)[..., None], 3, -1)


def test_what_is_known_stays_and_the_nearest_fills_the_rest():
    values = np.ones((160, 240))
    values[:, 120:] = 5
    known = np.ones_like(values)
    known[:, 60:180] = 0
    found = filler(planes(known))(planes(values))[80, :, 0]
    assert found[[10, 230]] == pytest.approx([1, 5], rel=0.05)
    assert found[[64, 176]] == pytest.approx([1, 5], rel=0.15)  # beside the border as beyond it
    assert np.abs(np.diff(found)).max() < 0.2  # and nowhere a step


def test_a_gap_of_some_pixels_in_a_large_picture_is_as_its_surroundings_are():
    values = np.tile(np.linspace(1, 2, 900), (600, 1))
    known = np.ones_like(values)
    known[250:350, 400:500] = 0
    assert filler(planes(known))(planes(values))[300, 450] == pytest.approx(values[300, 450], rel=0.03)


def test_where_nothing_is_known_it_is_zero():
    assert not filler(planes(np.zeros((30, 40))))(planes(np.ones((30, 40)))).any()
