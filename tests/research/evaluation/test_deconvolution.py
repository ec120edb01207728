import cv2
import numpy as np
import pytest

from libhdrnet.ops.recovery import disc
from libhdrnet.radiometry import decode_srgb, encode_srgb
from libhdrnet.research.evaluation.deconvolution import DECONVOLUTIONS


@pytest.fixture
def pair():
    """A picture of rectangles, 121 x 150, out of focus to the right by 3 pixels, with the noise of 8 bits; its map."""
    rng = np.random.default_rng(5)
    sharp = np.full((121, 150, 3), 0.4, np.float32)
    for _ in range(150):
        top, left = rng.integers(0, (115, 145))
        sharp[top : top + rng.integers(3, 25), left : left + rng.integers(3, 25)] = rng.random(3)
    soft = encode_srgb(cv2.filter2D(decode_srgb(sharp), -1, disc(3), borderType=cv2.BORDER_REFLECT))
    right = np.arange(150) >= 75
    picture = np.where(right[:, None], np.round(soft * 255) / 255, sharp).astype(np.float32)
    return sharp, picture, np.where(right, 3.0, 0.0).astype(np.float32) * np.ones((121, 1), np.float32)


@pytest.mark.parametrize(("name", "least"), [("unsharp", 0.3), ("richardson-lucy", 2), ("hyper-laplacian", 1)])
def test_what_is_out_of_focus_comes_back_and_the_rest_stays(pair, name, least):
    sharp, picture, radius = pair
    after = DECONVOLUTIONS[name](picture, radius)
    assert after.dtype == np.float32 and after.shape == picture.shape and after.min() >= 0 and after.max() <= 1
    assert np.allclose(after[:, :75], picture[:, :75], atol=1e-5)
    errors = [np.square(made - sharp)[10:-10, 90:-10].mean() for made in (picture, after)]
    assert 10 * np.log10(errors[0] / errors[1]) > least


def test_an_even_picture_stays_as_it_is():
    even, radius = np.full((64, 60, 3), 0.3, np.float32), np.full((64, 60), 5, np.float32)
    for deconvolve in DECONVOLUTIONS.values():
        assert np.allclose(deconvolve(even, radius), even, atol=1e-3)
