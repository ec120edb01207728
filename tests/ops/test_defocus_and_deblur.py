import cv2
import numpy as np
import pytest
from rendering import render_bracket

from libhdrnet import deblur, estimate_defocus
from libhdrnet.engine import run
from libhdrnet.errors import CancelledError, InputError
from libhdrnet.networks import DefocusFast
from libhdrnet.ops import defocus
from libhdrnet.ops.deblur import deblur_pixels
from libhdrnet.radiometry import encode_srgb

pytestmark = pytest.mark.usefixtures("random_weights")


@pytest.fixture
def photo(scene):
    return (scene(45, 61) * 255).astype(np.uint8)


@pytest.fixture
def trained(random_weights, monkeypatch):
    """The package's own weights in spite of those."""
    monkeypatch.delenv("HDRNET_WEIGHTS")
    run.loaded.cache_clear()


def noise(height, width):
    """A picture that is crisp all over."""
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


def test_the_defocus_map_has_a_radius_for_each_pixel(photo):
    radius = estimate_defocus(photo, device="cpu")
    assert radius.shape == (45, 61) and radius.dtype == np.float32
    assert radius.min() >= 0 and radius.max() <= 20


def test_where_a_smaller_picture_tells_a_large_radius_it_is_believed(monkeypatch):
    """The network's answer is set: whatever the size, 3 pixels to the left and 12 to the right."""
    sizes = []

    def see(pixels, *_):
        sizes.append(pixels.shape[:2])
        radius = np.full(pixels.shape[:2], 3, np.float32)
        radius[:, radius.shape[1] // 2 :] = 12
        return radius, None

    monkeypatch.setattr(defocus, "_defocus_map", see)
    radius = estimate_defocus(noise(401, 520))
    assert sizes == [(100, 130), (200, 260), (401, 520)]  # 50 rows would tell nothing
    assert np.allclose(radius[:, 300:], 48)  # 12 pixels of a quarter
    half = 3 + defocus.HEARD_SHARE * (6 - 3)  # the smaller one is heard, not believed
    assert np.allclose(radius[:, :220], 3 + defocus.HEARD_SHARE * (2 * half - 3))
    assert (np.diff(radius, axis=1) > -1e-3).all()


@pytest.fixture(scope="module")
def room():
    """A linear picture of 640 x 800 pixels."""
    return np.clip(render_bracket(640, 800).radiance, 0, 1)


def sharp_and_blurred(room, radius):
    """The room, and blurred by a disc."""
    reach = round(radius) + 1
    yy, xx = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    disc = np.clip(radius + 0.5 - np.hypot(xx, yy), 0, 1)
    blurred = cv2.filter2D(room, -1, disc / disc.sum(), borderType=cv2.BORDER_REFLECT)
    return encode_srgb(room), encode_srgb(blurred)


@pytest.mark.usefixtures("trained")
def test_a_picture_far_out_of_focus_is_told_so(room):
    """With the trained weights; the network alone takes a disc of 32 pixels for one of less than 10."""
    sharp, blurred = sharp_and_blurred(room, 32)
    assert np.median(estimate_defocus(sharp)) < 1
    assert 24 < np.median(estimate_defocus(blurred)) < 40


@pytest.mark.usefixtures("trained")
@pytest.mark.parametrize("radius", [4, 12, 24])
def test_what_is_far_out_of_focus_is_deblurred_in_a_smaller_picture(room, radius):
    """With the trained weights; the network knows discs of up to 16 pixels."""
    sharp, blurred = sharp_and_blurred(room, radius)
    after = deblur(blurred, np.full(sharp.shape[:2], radius, np.float32))
    errors = [np.square(picture - sharp)[40:-40, 40:-40].mean() for picture in (blurred, after)]
    assert 10 * np.log10(errors[0] / errors[1]) > 1.5


def test_what_the_larger_picture_is_sure_to_be_in_focus_stays_so(monkeypatch):
    def see(pixels, *_):
        return np.full(pixels.shape[:2], 0.3 if pixels.shape[0] == 200 else 12, np.float32), None

    monkeypatch.setattr(defocus, "_defocus_map", see)
    assert np.allclose(estimate_defocus(noise(200, 300)), 0.3)


@pytest.mark.usefixtures("trained")
def test_a_map_in_tiles_is_the_map_of_the_whole_picture(scene):
    """Tiles as large as a square of 3 * 176 pixels, with the trained weights: they see further than random ones."""
    image = (scene(300, 1000) * 255).astype(np.uint8)
    tiled, whole = (estimate_defocus(image, tile=tile, device="cpu", precision="fp32") for tile in (176, 1024))
    assert not np.array_equal(tiled, whole)
    assert np.abs(tiled - whole).max() < 0.4 and np.abs(tiled - whole).mean() < 0.02


@pytest.mark.parametrize(("kind", "told"), [("crisp", 0.0), ("even", 6.0), ("soft", 15.0)])
def test_where_the_smaller_picture_is_enough_the_larger_is_not_looked_at(kind, told, monkeypatch):
    """Half of the picture is so, the other half has to be looked at; the network would tell 3 pixels."""
    pixels, asked = cv2.GaussianBlur(noise(512, 1024), (0, 0), 2), []
    pixels[:, :512] = {"crisp": noise(512, 512), "even": 128, "soft": cv2.GaussianBlur(pixels[:, :512], (0, 0), 6)}[
        kind
    ]
    told_of = {512: np.full((512, 1024), 3, np.float32), 256: np.full((256, 512), 3, np.float32)}
    told_of[256][:, :256] = told / 2

    def see(picture, linear, settings, reporter, needed=None):
        asked.append(needed)
        return told_of[picture.shape[0]].copy(), None

    monkeypatch.setattr(defocus, "_defocus_map", see)
    monkeypatch.setattr(defocus, "LEAST_EDGE", 256)
    estimate_defocus(pixels)
    assert asked.pop().all() and asked.pop() is None  # a small picture is looked at whole
    monkeypatch.setattr(defocus, "LARGE", pixels.shape[0] * pixels.shape[1] - 1)
    radius = estimate_defocus(pixels)
    assert asked[0] is None and not asked[1][:, :400].any() and asked[1][:, 600:].all()
    assert np.allclose(radius[:, :400], told)
    assert np.allclose(radius[:, 600:], 3 + defocus.HEARD_SHARE * 3)


def test_what_is_in_focus_all_over_is_black_to_look_at():
    assert defocus.white_radius(np.full((4, 4), 0.2, np.float32)) == 4
    assert defocus.white_radius(np.full((4, 4), 20.2, np.float32)) == 21


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


@pytest.mark.parametrize("radius", [0.3, 16.0])
def test_the_network_is_not_run_where_nothing_is_to_be_corrected(scene, radius, monkeypatch):
    monkeypatch.setattr(DefocusFast, "deblur", lambda *_: pytest.fail("the network was run"))
    image = (scene(70, 150) * 255).astype(np.uint8)
    assert np.array_equal(deblur(image, np.full((70, 150), radius), device="cpu"), image)


def test_tiles_left_out_change_nothing_elsewhere(scene):
    image, radius = scene(300, 400) * 0.8 + 0.1, np.zeros((300, 400), np.float32)
    radius[40:90, 250:330] = 3
    part = deblur(image, radius, device="cpu", tile=128)
    whole = deblur(image, radius, device="cpu", tile=512)
    assert np.array_equal(part[radius == 0], image[radius == 0])
    assert np.abs(whole - image).max() > 0.01
    assert np.abs(part - whole).max() < 0.05 * np.abs(whole - image).max()


def test_an_even_place_out_of_focus_is_left_alone_and_structure_beside_it_is_not(monkeypatch):
    picture = np.full((256, 512, 3), 0.5, np.float32)
    picture[:, 320:] += 0.2 * np.sin(np.arange(192) / 3)[:, None].astype(np.float32)
    seen = np.zeros(picture.shape[:2], int)

    def everywhere(name, fetch, out, *, needed, **_):
        seen[needed] += 1
        return run.Report(name, "", "cpu", "float32", 512)

    monkeypatch.setattr("libhdrnet.ops.deblur.run_tiled", everywhere)
    deblur(picture, np.full(picture.shape[:2], 4, np.float32))
    assert (seen[:, 288:] == 1).all() and not seen[:, :256].any()


def test_strength_scales_the_correction(scene):
    image = scene(32, 32) * 0.8 + 0.1
    half, full = (deblur(image, strength=s, device="cpu") - image for s in (0.5, 1.0))
    assert np.allclose(2 * half, full, atol=1e-5)


@pytest.mark.parametrize("linear", [False, True])
def test_the_mask_tells_where_detail_was_recovered(scene, linear):
    image, radius = scene(64, 96) * 0.8 + 0.1, np.zeros((64, 96), np.float32)
    radius[:, :32] = 3
    after, mask = deblur(image, radius, linear=linear, return_mask=True, device="cpu")
    assert mask.shape == (64, 96) and mask.dtype == np.float32
    assert mask[:, :24].max() > 0.1 and mask.min() >= 0 and mask.max() <= 1 and (mask[:, 64:] == 0).all()
    assert np.array_equal(after, deblur(image, radius, linear=linear, device="cpu"))


@pytest.mark.parametrize("linear", [False, True])
def test_values_above_white_and_below_black_are_kept(scene, linear):
    image = scene(32, 32)
    image[:8], image[8:12] = 5.0, -0.25
    out = deblur(image, linear=linear, device="cpu")
    assert out[:4].min() > 3.9
    assert out[9:11].max() < 0.8


def test_a_given_map_guides_the_result(photo):
    near, far = (deblur(photo, np.full(photo.shape[:2], r), device="cpu") for r in (0.0, 8.0))
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


def test_of_what_is_almost_in_focus_the_smaller_picture_says_nothing(monkeypatch):
    def see(pixels, *_):
        return np.full(pixels.shape[:2], 1 if pixels.shape[0] == 200 else 3, np.float32), None

    monkeypatch.setattr(defocus, "_defocus_map", see)
    assert np.allclose(estimate_defocus(noise(200, 300)), 1)
