import numpy as np
import pytest

from libhdrnet.ops.fringes import REACH, remove_fringes

YELLOW, GREY = (0.9, 0.8, 0.2), (0.4, 0.4, 0.4)


def luma(picture):
    return picture @ np.float32([0.299, 0.587, 0.114])


def edge():
    """A soft edge between yellow and grey (encoded), float32."""
    share = np.clip((np.arange(80) - 30) / 20, 0, 1)[None, :, None]
    return np.float32(np.tile(share * GREY + (1 - share) * YELLOW, (40, 1, 1)))


def test_a_blue_rim_beside_yellow_goes_and_the_luma_stays():
    picture, rim = edge(), np.zeros((40, 80, 3), np.float32)
    rim[:, 50:55] = (-0.05, 0, 0.15)
    kept = rim.copy()
    remove_fringes(kept, picture, linear=False)
    assert np.allclose(luma(kept), luma(rim), atol=1e-6)
    blue = (picture + kept)[..., 2] - luma(picture + kept)
    assert blue.max() < 1e-6 and (picture + rim)[:, 50:55, 2].min() - luma(picture + rim)[:, 50:55].max() > 0.05


@pytest.mark.parametrize("change", [(0, 0, 0), (0.1, 0.1, 0.1), (-0.3, -0.3, -0.3)])
def test_a_change_of_brightness_is_left_as_it_is(change):
    correction = np.full((40, 80, 3), change, np.float32)
    remove_fringes(correction, edge(), linear=False)
    assert np.allclose(correction, change, atol=1e-6)


def test_a_steeper_edge_between_the_same_colours_is_left_as_it_is():
    picture = edge()
    steeper = np.where(np.arange(80)[None, :, None] < 40, np.float32(YELLOW), np.float32(GREY))
    near = np.abs(np.arange(80) - 40) < REACH
    correction = (steeper - picture) * near[None, :, None] * np.float32(0.15)
    kept = correction.copy()
    remove_fringes(kept, picture, linear=False)
    assert np.allclose(kept, correction, atol=1e-6)


def test_bands_make_no_difference(monkeypatch):
    rng = np.random.default_rng(0)
    picture, correction = rng.random((90, 50, 3), np.float32), rng.normal(0, 0.2, (90, 50, 3)).astype(np.float32)
    whole = correction.copy()
    remove_fringes(whole, picture, linear=False)
    monkeypatch.setattr("libhdrnet.ops.fringes.bands", lambda height: [slice(0, 30), slice(30, 77), slice(77, height)])
    remove_fringes(correction, picture, linear=False)
    assert np.array_equal(whole, correction)
