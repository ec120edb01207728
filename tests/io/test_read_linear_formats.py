from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from synthetic import dng

from libhdrnet.errors import InputError
from libhdrnet.io import image_size, linear_rec709, read_photo, read_photos

SHARED_HDR = Path(__file__).resolve().parents[3] / "shared" / "data" / "hdr"


@pytest.mark.parametrize("rle", [True, False])
def test_a_radiance_file_is_linear(tmp_path, rng, rle):
    linear = (rng.random((9, 33, 3)) * 40).astype(np.float32)
    path = tmp_path / "a.hdr"
    path.write_bytes(imagecodecs.rgbe_encode(linear, header=True, rle=rle))
    photo = read_photo(path)
    assert photo.encoding == "linear"
    assert image_size(path) == (9, 33)
    assert np.all(np.abs(photo.pixels - linear) <= linear.max(axis=2, keepdims=True) / 128)


def test_a_radiance_file_that_ends_too_early_is_refused(tmp_path, rng):
    path = tmp_path / "a.hdr"
    path.write_bytes(imagecodecs.rgbe_encode(rng.random((9, 33, 3)).astype(np.float32))[:-50])
    with pytest.raises(InputError, match="damaged or incomplete"):
        read_photo(path)


@pytest.mark.skipif(not SHARED_HDR.is_dir(), reason=f"the panoramas in {SHARED_HDR.parent} are missing")
def test_the_header_of_every_shared_panorama_is_read_and_one_in_ten_decoded():
    paths = sorted(SHARED_HDR.iterdir())
    assert len(paths) == 76
    assert {image_size(path) for path in paths} == {(512, 1024), (128, 256)}
    for path in paths[::10]:
        assert read_photo(path).pixels.shape == (*image_size(path), 3)


def test_a_raw_file_is_linear_between_black_and_white(tmp_path):
    photo = read_photo(dng(tmp_path / "a.dng", level=(16383 - 512) // 4))
    assert photo.pixels.dtype == np.uint16
    assert photo.encoding == "linear"
    assert np.abs(linear_rec709(photo)[8:-8, 8:-8] - 0.25).max() < 2e-3


def test_a_raw_file_gets_the_white_balance_of_the_camera(tmp_path):
    photo = read_photo(dng(tmp_path / "a.dng", red=2.0, blue=1.5))
    assert np.allclose(photo.white_balance, (2.0, 1.0, 1.5, 1.0), rtol=1e-3)
    red, green, blue = photo.pixels[32, 48] / photo.pixels[32, 48, 1]
    assert (red, green, blue) == pytest.approx((2.0, 1.0, 1.5), rel=0.01)


def test_all_channels_of_a_raw_file_saturate_together(tmp_path):
    photo = read_photo(dng(tmp_path / "a.dng", level=16383 - 512, red=2.0, blue=1.5))
    assert photo.pixels[8:-8, 8:-8].min() == 65535


def test_a_bracket_of_raw_files_shares_the_first_white_balance(tmp_path):
    first = dng(tmp_path / "1.dng", red=2.0, blue=1.5)
    second = dng(tmp_path / "2.dng", red=1.2, blue=2.5)
    photos = read_photos([first, second])
    assert photos[1].white_balance == photos[0].white_balance
    assert np.array_equal(photos[0].pixels, photos[1].pixels)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_the_rotation_of_a_raw_file_is_applied(tmp_path, orientation):
    mosaic = np.full((64, 96), 600, np.uint16)
    mosaic[:20, :30] = 9000  # bright top left as stored
    path = dng(tmp_path / "a.dng", mosaic=mosaic, orientation=orientation)
    photo = read_photo(path)
    corners = {
        "tl": photo.pixels[5, 5],
        "tr": photo.pixels[5, -6],
        "bl": photo.pixels[-6, 5],
        "br": photo.pixels[-6, -6],
    }
    brightest = max(corners, key=lambda name: corners[name].sum())
    assert brightest == {1: "tl", 3: "br", 6: "tr", 8: "bl"}[orientation]
    assert image_size(path) == photo.pixels.shape[:2]


def test_a_raw_file_that_ends_too_early_is_refused(tmp_path, rng):
    path = dng(tmp_path / "a.dng", mosaic=rng.integers(600, 9000, (128, 128), dtype=np.uint16))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError, match="damaged or incomplete"):
        read_photo(path)


@pytest.mark.parametrize("multipliers", [(1, 1, 0, 1), (1, 1, 1), (1, float("nan"), 1, 1)])
def test_an_unusable_white_balance_is_refused(tmp_path, multipliers):
    with pytest.raises(InputError, match="four positive multipliers"):
        read_photo(dng(tmp_path / "a.dng"), white_balance=multipliers)
