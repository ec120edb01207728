"""Dense flow: what moved is followed in the tones that both frames show, what is still stays as it is."""

import numpy as np
import pytest
from skimage import data

from libhdrnet.alignment import dense_flow, fetch

LOW, HIGH = np.full(3, 1e-3, np.float32), np.full(3, 0.8, np.float32)


@pytest.fixture(scope="module")
def picture():
    return (data.astronaut()[100:340, 60:380].astype(np.float32) / 255).clip(0.02, 1) ** 2.2


def test_a_shift_is_found_and_believed(picture):
    moved = np.roll(picture, (4, -7), (0, 1))
    flow = dense_flow(picture, moved, LOW, HIGH)
    inside = np.s_[40:-40, 40:-40]
    assert np.allclose(np.median(flow.field[inside], (0, 1)), (-7, 4), atol=0.3)
    assert np.median(flow.confidence[inside]) > 0.9
    brought = fetch(moved, flow.field)
    assert np.abs(brought - picture)[inside].mean() < 0.2 * np.abs(moved - picture)[inside].mean()


def test_what_is_still_but_noisy_stays_exactly_as_it_is(picture):
    noisy = picture + np.random.default_rng(0).normal(0, 0.005, picture.shape).astype(np.float32)
    flow = dense_flow(picture, noisy, LOW, HIGH)
    assert (flow.length == 0).mean() > 0.9
    assert (flow.field[flow.length == 0] == 0).all()


def test_saturation_of_one_frame_moves_nothing(picture):
    flow = dense_flow(3 * picture, np.minimum(3 * picture, 1), LOW, HIGH)
    assert (flow.length == 0).mean() > 0.98


@pytest.mark.parametrize("shape", [(1, 1), (8, 200)])
def test_a_tiny_picture_has_no_flow(shape):
    flow = dense_flow(*np.random.default_rng(0).random((2, *shape, 3), np.float32), LOW, HIGH)
    assert not flow.field.any() and (flow.confidence == 1).all()


def test_a_reduced_picture_counts_its_pixels_as_larger(picture):
    moved = np.roll(picture, 2, 1)
    found = [dense_flow(picture, moved, LOW, HIGH, scale=scale) for scale in (1, 2)]
    assert all(np.median(flow.field[40:-40, 40:-40, 0]) == pytest.approx(2, abs=0.3) for flow in found)
    assert (found[1].length > 0).mean() >= (found[0].length > 0).mean()


def test_a_rectangle_is_fetched_as_the_whole_is_and_codes_stay_codes():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 65536, (60, 80, 3)).astype(np.uint16)
    field = rng.uniform(-30, 30, (60, 80, 2)).astype(np.float32)
    whole = fetch(codes, field)
    part = fetch(codes, np.ascontiguousarray(field[20:40, 30:70]), origin=(20, 30))
    assert whole.dtype == np.uint16
    assert np.abs(part.astype(int) - whole[20:40, 30:70]).max() <= 1
