import imagecodecs
import numpy as np
import OpenEXR
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from synthetic import exr, png

from libhdrnet.errors import HdrnetWarning, InputError
from libhdrnet.io import linear_rec709, read_photo, write_like, write_radiance
from libhdrnet.io.alpha import unassociated
from libhdrnet.io.embed import Target
from libhdrnet.io.read import straight
from libhdrnet.io.store import store_exr
from libhdrnet.radiometry import decode_srgb

FLAME = np.array([[[0.25, 0.5, 0.125], [3, 2, 0.5], [0, 0, 0], [9, 4, 1]]], np.float32)
SHARE = np.array([[0.5, 0.0, 0.0, 1.0]], np.float32)
"""A veil, light in front of nothing, nothing, and something solid that is bright."""


@pytest.fixture
def flame(tmp_path):
    planes = dict(zip("RGBA", np.dstack([FLAME, SHARE]).transpose(2, 0, 1), strict=True))
    return read_photo(exr(tmp_path / "flame.exr", {name: np.ascontiguousarray(p) for name, p in planes.items()}))


def tiff(path, pixels, alpha, kind="assocalpha", **options):
    tifffile.imwrite(path, np.dstack([pixels, alpha]), photometric="rgb", extrasamples=[kind], metadata=None, **options)
    return path


def channels(path):
    with OpenEXR.File(str(path), separate_channels=True) as file:
        return {name: channel.pixels.copy() for name, channel in file.channels().items()}


def test_an_exr_comes_back_as_it_was_with_light_where_alpha_is_zero(tmp_path, flame):
    write_like(flame, tmp_path / "b.exr", flame.pixels)
    before, after = channels(flame.path), channels(tmp_path / "b.exr")
    assert all(np.array_equal(before[name], after[name]) for name in "RGBA")


def test_a_tiff_holds_the_pixels_of_an_exr_and_says_that_alpha_is_associated(tmp_path, flame):
    write_like(flame, tmp_path / "b.tif", flame.pixels)
    with tifffile.TiffFile(tmp_path / "b.tif") as file:
        assert np.array_equal(file.asarray(), np.dstack([FLAME, SHARE]))
        assert [kind.name for kind in file.pages[0].extrasamples] == ["ASSOCALPHA"]
    assert read_photo(tmp_path / "b.tif").associated


def test_a_png_of_an_exr_is_straight_and_says_what_is_lost(tmp_path, flame):
    with pytest.warns(HdrnetWarning, match=r"b\.png' loses values above white and light in transparent places"):
        write_like(flame, tmp_path / "b.png", flame.pixels)
    stored = imagecodecs.png_decode((tmp_path / "b.png").read_bytes()) / 65535
    assert np.allclose(decode_srgb(stored[0, 0, :3].astype(np.float32)), FLAME[0, 0] / 0.5, atol=1e-4)
    assert stored[0, :, 3] == pytest.approx([0.5, 0, 0, 1], abs=1e-5)


def test_a_radiance_file_of_an_exr_holds_its_light_before_black(tmp_path, flame):
    with pytest.warns(HdrnetWarning, match="transparency"):
        write_like(flame, tmp_path / "b.hdr", flame.pixels)
    assert np.all(np.abs(read_photo(tmp_path / "b.hdr").pixels - FLAME) <= FLAME.max(axis=2, keepdims=True) / 128)


def test_the_colours_of_an_exr_for_a_merge_are_straight(flame):
    expected = [[0.5, 1, 0.25], [3, 2, 0.5], [0, 0, 0], [9, 4, 1]]
    assert straight(flame).pixels[0].tolist() == expected
    assert linear_rec709(flame)[0].tolist() == expected


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_associated_alpha_of_a_tiff_is_known_and_comes_back(tmp_path, rng, dtype):
    pixels, alpha = (rng.random((5, 6, 3)) * 200).astype(dtype), (rng.random((5, 6)) * 255).astype(dtype)
    photo = read_photo(tiff(tmp_path / "a.tif", pixels, alpha))
    assert photo.associated
    write_like(photo, tmp_path / "b.tif", photo.pixels)
    with tifffile.TiffFile(tmp_path / "b.tif") as file:
        assert np.array_equal(file.asarray(), np.dstack([pixels, alpha]))
        assert [kind.name for kind in file.pages[0].extrasamples] == ["ASSOCALPHA"]


def test_unassociated_alpha_of_a_tiff_stays_so(tmp_path, rng):
    array = rng.integers(0, 255, (5, 6, 4), np.uint8)
    photo = read_photo(tiff(tmp_path / "a.tif", array[..., :3], array[..., 3], "unassalpha"))
    assert not photo.associated
    write_like(photo, tmp_path / "b.tif", photo.pixels)
    with tifffile.TiffFile(tmp_path / "b.tif") as file:
        assert [kind.name for kind in file.pages[0].extrasamples] == ["UNASSALPHA"]


def test_a_png_of_a_tiff_with_associated_alpha_is_straight(tmp_path):
    pixels = np.array([[[64, 128, 10], [0, 0, 0], [200, 1, 255]]], np.uint8)
    alpha = np.array([[128, 0, 255]], np.uint8)
    photo = read_photo(tiff(tmp_path / "a.tif", pixels, alpha))
    write_like(photo, tmp_path / "b.png", photo.pixels)
    stored = imagecodecs.png_decode((tmp_path / "b.png").read_bytes())
    assert stored.tolist() == [[[128, 255, 20, 128], [0, 0, 0, 0], [200, 1, 255, 255]]]


def test_an_exr_of_a_tiff_with_associated_alpha_is_multiplied_as_light(tmp_path):
    pixels = np.array([[[64, 128, 10], [30, 0, 0], [200, 1, 255]]], np.uint8)
    alpha = np.array([[128, 0, 255]], np.uint8)
    photo = read_photo(tiff(tmp_path / "a.tif", pixels, alpha))
    write_like(photo, tmp_path / "b.exr", photo.pixels)
    found = np.stack([channels(tmp_path / "b.exr")[name] for name in "RGB"], axis=-1)[0]
    expected = [
        decode_srgb(np.float32([64, 128, 10]) / 128) * (128 / 255),
        decode_srgb(np.float32([30, 0, 0]) / 255),  # alpha 0: added to what lies behind
        decode_srgb(np.float32([200, 1, 255]) / 255),
    ]
    assert np.allclose(found, expected, rtol=2e-3, atol=1e-5)


def test_light_beyond_a_small_alpha_does_not_explode_in_an_exr(tmp_path):
    pixels = np.array([[[128, 128, 128]] * 3], np.uint8)
    photo = read_photo(tiff(tmp_path / "a.tif", pixels, np.array([[0, 1, 2]], np.uint8)))
    write_like(photo, tmp_path / "b.exr", photo.pixels)
    assert np.allclose(channels(tmp_path / "b.exr")["R"], decode_srgb(np.float32(128 / 255)), rtol=0.04)


def test_an_exr_of_a_png_is_multiplied_and_names_the_colours_that_nothing_shows(tmp_path):
    array = np.array([[[255, 128, 0, 51], [90, 90, 90, 0]]], np.uint8)
    photo = read_photo(png(tmp_path / "a.png", array))
    with pytest.warns(HdrnetWarning, match="loses colours of transparent places"):
        write_like(photo, tmp_path / "b.exr", photo.pixels)
    found = channels(tmp_path / "b.exr")
    assert found["R"][0].tolist() == pytest.approx([0.2, 0], abs=1e-4)
    assert found["A"][0].tolist() == pytest.approx([0.2, 0], abs=1e-4)


def test_a_grey_picture_with_alpha_stays_grey_in_an_exr(tmp_path):
    photo = read_photo(png(tmp_path / "a.png", np.full((2, 3, 2), 128, np.uint8)))
    write_like(photo, tmp_path / "b.exr", photo.pixels)
    assert sorted(channels(tmp_path / "b.exr")) == ["A", "Y"]


def test_cmyk_with_associated_alpha_has_the_ink_divided(tmp_path):
    inks = np.array([[[0, 100, 100, 0, 100]]], np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", inks, photometric="separated", planarconfig="contig",
                     extrasamples=["assocalpha"], metadata=None)  # fmt: skip
    photo = read_photo(tmp_path / "a.tif")
    assert not photo.associated
    assert photo.pixels.tolist() == [[[255, 0, 0]]]


def test_channels_beside_alpha_are_told(tmp_path):
    array = np.zeros((2, 3, 5), np.uint8)
    array[..., 4] = 77
    tifffile.imwrite(tmp_path / "a.tif", array, photometric="rgb", planarconfig="contig",
                     extrasamples=["unspecified", "unassalpha"], metadata=None)  # fmt: skip
    with pytest.warns(HdrnetWarning, match="2 channels beside its colours"):
        assert read_photo(tmp_path / "a.tif").alpha.tolist() == [[77] * 3] * 2


@given(st.integers(0, 255), st.integers(1, 255))
def test_eight_bits_that_are_divided_and_multiplied_again_are_the_same(value, alpha):
    value = min(value, alpha)
    pixels, loses = unassociated(np.full((1, 1, 3), value, np.uint8), np.full((1, 1), alpha, np.uint8))
    assert round(int(pixels[0, 0, 0]) * alpha / 255) == value
    assert not loses


def test_a_quotient_that_no_float_holds_is_not_made():
    pixels, loses = unassociated(np.full((1, 1, 3), 5, np.float32), np.full((1, 1), 1e-40, np.float32))
    assert pixels.tolist() == [[[5, 5, 5]]]
    assert loses


@pytest.mark.parametrize(
    ("value", "alpha"), [(70000.0, None), (-70000.0, None), (60000.0, 2.0), (1.0, 1e6)],
    ids=["value", "negative", "product", "alpha"],
)  # fmt: skip
def test_what_half_cannot_hold_is_clipped_and_told(tmp_path, value, alpha):
    layer = None if alpha is None else np.full((2, 2), alpha, np.float32)
    with pytest.warns(HdrnetWarning, match="values above 65504, which 16-bit OpenEXR cannot hold"):
        store_exr(Target(tmp_path / "a.exr"), np.full((2, 2, 3), value, np.float32), 16, alpha=layer)
    for plane in channels(tmp_path / "a.exr").values():
        assert plane.dtype == np.float16
        assert np.isfinite(plane).all()


def test_integers_that_half_cannot_hold_are_clipped_in_half_only(tmp_path):
    photo = read_photo(exr(tmp_path / "a.exr", {name: np.full((2, 2), 2**31, np.uint32) for name in "RGB"}))
    write_like(photo, tmp_path / "b.exr", photo.pixels)
    assert channels(tmp_path / "b.exr")["R"].max() == 2**31
    with pytest.warns(HdrnetWarning, match="values above 65504"):
        write_radiance(tmp_path / "c.exr", photo.pixels, exr_bits=16)
    assert channels(tmp_path / "c.exr")["R"].max() == 65504


def test_doubles_that_float32_cannot_hold_are_refused(tmp_path):
    with pytest.raises(InputError, match="NaN or infinite"):
        write_radiance(tmp_path / "a.tif", np.full((2, 2, 3), 1e300))
