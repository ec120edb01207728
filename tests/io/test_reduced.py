"""Frames that are read small look like the whole ones averaged down."""

import cv2
import numpy as np
import pytest
from synthetic import bayer, dng

from libhdrnet.errors import InputError
from libhdrnet.io import write_display
from libhdrnet.io.exiv2 import exiv2_image
from libhdrnet.io.read import read_photo, read_photos
from libhdrnet.io.reduced import area_reduced, read_small_bracket


def picture(height=400, width=600):
    cells = np.random.default_rng(0).random((12, 18, 3), np.float32)
    return np.clip(cv2.resize(cells, (width, height), interpolation=cv2.INTER_CUBIC), 0, 1).astype(np.float32)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
@pytest.mark.parametrize("pixels", [4000, 16000, 1e6])
def test_files_are_averaged_down_to_about_so_many_pixels(tmp_path, suffix, pixels):
    path = tmp_path / f"a{suffix}"
    write_display(path, picture())
    (photo, other), size, _ = read_small_bracket([path, path], 2, pixels)
    assert size == (400, 600) and photo.pixels.shape == other.pixels.shape
    assert abs(photo.pixels[..., 0].size / min(pixels, 240000) - 1) < 0.05
    whole = read_photo(path)
    assert photo.pixels.dtype == whole.pixels.dtype and photo.encoding == whole.encoding
    expected = area_reduced(whole.pixels, photo.pixels.shape[:2])
    assert np.abs(photo.pixels.astype(int) - expected).mean() < 1.5


def test_a_turned_file_comes_upright_and_a_grey_one_has_three_channels(tmp_path):
    for name, pixels in (("a.jpg", picture()), ("b.jpg", picture().mean(-1, keepdims=True).repeat(3, -1))):
        write_display(tmp_path / name, pixels)
        with exiv2_image(tmp_path / name) as image:
            image.modify_exif({"Exif.Image.Orientation": "6"})
    photos, size, _ = read_small_bracket([tmp_path / "a.jpg", tmp_path / "b.jpg"], 1, 15000)
    assert size == (600, 400)
    for photo, name in zip(photos, ("a.jpg", "b.jpg"), strict=True):
        expected = area_reduced(read_photo(tmp_path / name).pixels, (150, 100))
        assert photo.orientation == 6 and np.abs(photo.pixels.astype(int) - expected).mean() < 1.5


def test_raw_files_are_developed_at_half_their_size_and_alike(tmp_path):
    light = area_reduced(picture(256, 384), (256, 384)) * 0.2
    files = [dng(tmp_path / f"{i}.dng", mosaic=bayer(light * t, red=2.0, blue=1.5), red=2.0, blue=1.5)
             for i, t in enumerate((1, 4))]  # fmt: skip
    small, size, _ = read_small_bracket(files, 2, 6000)
    assert size == (256, 384)
    for photo, whole in zip(small, read_photos(files), strict=True):
        assert photo.pixels.dtype == np.float32 and photo.white_balance == whole.white_balance
        expected = area_reduced(whole.pixels, photo.pixels.shape[:2])
        np.testing.assert_allclose(photo.pixels.mean((0, 1)), expected.mean((0, 1)), rtol=0.02)


def test_a_truncated_jpeg_and_other_sizes_are_refused(tmp_path):
    write_display(tmp_path / "a.jpg", picture())
    write_display(tmp_path / "b.jpg", picture(200, 300))
    with pytest.raises(InputError, match="b.jpg is 300x200 pixels and .*a.jpg is 600x400"):
        read_small_bracket([tmp_path / "a.jpg", tmp_path / "b.jpg"], 2, 4000)
    data = (tmp_path / "a.jpg").read_bytes()
    (tmp_path / "c.jpg").write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError, match="c.jpg' is damaged or incomplete"):
        read_small_bracket([tmp_path / "a.jpg", tmp_path / "c.jpg"], 2, 4000)
