import numpy as np
import pytest

from libhdrnet import deblur, estimate_defocus
from libhdrnet.errors import CancelledError, InputError
from libhdrnet.ops.deblur import deblur_pixels

pytestmark = pytest.mark.usefixtures("random_weights")


@pytest.fixture
def photo(scene):
    return (scene(45, 61) * 255).astype(np.uint8)


def test_the_defocus_map_has_a_radius_for_each_pixel(photo):
    radius = estimate_defocus(photo, device="cpu")
    assert radius.shape == (45, 61) and radius.dtype == np.float32
    assert radius.min() >= 0 and radius.max() <= 20


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_deblur_keeps_shape_and_dtype(scene, dtype):
    top = 1 if dtype == np.float32 else np.iinfo(dtype).max
    image = (scene(33, 20) * top).astype(dtype)
    out = deblur(image, device="cpu")
    assert (out.shape, out.dtype) == (image.shape, image.dtype)
    assert not np.array_equal(out, image)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_strength_zero_returns_the_picture_bit_for_bit(scene, dtype):
    image = (scene(20, 20) * np.iinfo(dtype).max).astype(dtype)
    assert np.array_equal(deblur(image, strength=0, device="cpu"), image)


def test_strength_scales_the_correction(scene):
    image = scene(32, 32) * 0.8 + 0.1
    half, full = (deblur(image, strength=s, device="cpu") - image for s in (0.5, 1.0))
    assert np.allclose(2 * half, full, atol=1e-5)


@pytest.mark.parametrize("linear", [False, True])
def test_values_above_white_and_below_black_are_kept(scene, linear):
    image = scene(32, 32)
    image[:8], image[8:12] = 5.0, -0.25
    out = deblur(image, linear=linear, device="cpu")
    assert out[:4].min() > 3.9
    assert out[9:11].max() < 0.8


def test_a_given_map_guides_the_result(photo):
    near, far = (deblur(photo, np.full(photo.shape[:2], r), device="cpu") for r in (0.0, 20.0))
    assert not np.array_equal(near, far)
    result = deblur_pixels(photo, False, np.ones(photo.shape[:2]))
    assert result.as_record("a/b.jpg") | {"engine": 0} == {
        "operation": "deblur", "inputs": ["b.jpg"], "strength": 1.0, "map": "given", "engine": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("defocus", "strength", "message"),
    [
        (np.ones((3, 3)), 1.0, r"shape \(3, 3\)"),
        (np.full((45, 61), -1.0), 1.0, "negative"),
        (np.full((45, 61), np.nan), 1.0, "NaN"),
        (None, 1.5, "strength 1.5"),
        (None, -0.1, "strength -0.1"),
    ],
)
def test_bad_maps_and_strengths_are_refused(photo, defocus, strength, message):
    with pytest.raises(InputError, match=message):
        deblur(photo, defocus, strength=strength, device="cpu")


@pytest.mark.parametrize("size", [(1, 1), (17, 23)])
def test_tiny_pictures_work(scene, size):
    image = (scene(*size) * 255).astype(np.uint8)
    assert deblur(image, device="cpu").shape == image.shape
    assert estimate_defocus(image, device="cpu").shape == size


def test_cancel_stops_it(photo):
    with pytest.raises(CancelledError):
        deblur(photo, cancel=lambda: True, device="cpu")
    with pytest.raises(CancelledError):
        estimate_defocus(photo, cancel=lambda: True, device="cpu")
