import numpy as np
import pytest

from libhdrnet.ops.recovery import RADII, disc, reblurred_error, recovery
from libhdrnet.radiometry import decode_srgb, encode_srgb


@pytest.fixture
def photo(scene):
    """A picture of 200 x 240 pixels in which hard edges lie close together."""
    bright = (np.random.default_rng(3).random((25, 30)) > 0.7).repeat(8, 0).repeat(8, 1)
    return np.asarray(np.where(bright[..., None], 0.9, scene(200, 240) * 0.5), np.float32)


def blurred(picture, radius):
    import cv2

    linear = cv2.filter2D(decode_srgb(picture), -1, disc(radius), borderType=cv2.BORDER_REFLECT)
    return np.asarray(encode_srgb(linear), np.float32)


@pytest.mark.parametrize("radius", [2.0, 9.0])
def test_what_gives_the_picture_back_when_blurred_again_is_recovered(photo, radius):
    """9 pixels are judged in the halved picture."""
    before = blurred(photo, radius)
    told = np.full(photo.shape[:2], 1.3 * radius, np.float32)  # the map is a third off
    assert np.median(recovery(before, photo, False, told)) > 0.95
    wrong = np.clip(2 * before - photo, 0, 1)  # the same correction, the other way
    assert np.median(recovery(before, wrong, False, told)) == pytest.approx(0.5, abs=0.05)


def test_what_was_left_alone_is_not_recovered(photo):
    after = photo.copy()
    after[:, 120:] = np.clip(after[:, 120:] + 0.1, 0, 1)
    mask = recovery(photo, after, False, np.full(photo.shape[:2], 2, np.float32))
    assert mask.shape == (200, 240) and mask.dtype == np.float32
    assert (mask[:, :100] == 0).all() and (mask[:, 140:] >= 0.5).all()


def test_the_error_of_a_picture_blurred_again_is_that_of_the_best_radius(photo):
    before, after = (picture[..., 1] for picture in (blurred(photo, RADII[4]), photo))
    near, far = (reblurred_error(before, after, np.full(before.shape, r, np.float32)) for r in (2.5, 8))
    assert near.max() < 1e-5 < 0.01 < np.median(far)
    assert np.isnan(reblurred_error(before, after, np.full(before.shape, 40, np.float32))).all()


def test_where_nothing_was_changed_beside_much_that_was_there_is_a_number():
    before = np.full((400, 400, 3), 0.5, np.float32)
    after = before.copy()
    after[:200] += np.random.default_rng(1).normal(0, 0.2, (200, 400, 1)).astype(np.float32)
    assert np.isfinite(recovery(before, after, False, np.full((400, 400), 3, np.float32))).all()
