import cv2
import numpy as np
import pytest
from defocused.cuts import MOST_BLURRED, blurred_share, crop_sharp


@pytest.fixture
def leaves():
    """A linear picture (256, 256, 3) with detail of every size."""
    rng = np.random.default_rng(0)
    layers = [cv2.resize(rng.random((n, n), np.float32), (256, 256)) for n in (8, 32, 128, 256)]
    grey = np.clip(0.5 + 3 * (np.mean(layers, 0) - 0.5), 0, 1)
    return np.repeat(grey[..., None], 3, -1)


def blurred(picture, sigma=3):
    return cv2.GaussianBlur(picture, (0, 0), sigma)


def test_a_picture_in_focus_has_next_to_nothing_blurred(leaves):
    assert blurred_share(leaves) < 0.01


def test_a_picture_out_of_focus_is_blurred_where_it_has_structure(leaves):
    assert blurred_share(blurred(leaves)) > 0.5


def test_a_half_that_is_out_of_focus_is_found(leaves):
    mixed = leaves.copy()
    mixed[:, 128:] = blurred(leaves)[:, 128:]
    assert 0.2 < blurred_share(mixed) < 0.6


def test_what_is_soft_at_every_scale_or_even_is_not_known_to_be_in_focus(leaves):
    assert blurred_share(blurred(leaves, 20)) == 1
    assert blurred_share(np.full((128, 128, 3), 0.4, np.float32)) == 1


def test_beside_a_sharp_edge_an_even_place_is_in_focus():
    edge = np.full((128, 128, 3), 0.2, np.float32)
    edge[:, 64:] = 0.7
    assert blurred_share(edge) < MOST_BLURRED


def test_cuts_are_taken_from_what_is_in_focus(leaves):
    photographs = [np.uint8(picture * 255) for picture in [leaves] + [blurred(leaves)] * 2]
    shares = [blurred_share(crop_sharp(photographs, np.random.default_rng(i), 100)) for i in range(20)]
    assert np.mean(np.array(shares) < MOST_BLURRED) > 0.9


def test_if_nothing_is_in_focus_a_cut_is_had_all_the_same(leaves):
    photographs = [np.uint8(blurred(leaves) * 255)]
    assert crop_sharp(photographs, np.random.default_rng(0), 100).shape == (100, 100, 3)
