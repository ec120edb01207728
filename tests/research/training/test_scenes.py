import numpy as np
import pytest
import tifffile

from libhdrnet.errors import InputError
from libhdrnet.io import write_display, write_radiance
from libhdrnet.radiometry import decode_srgb
from libhdrnet.research.training.scenes import load_scenes, read_photographs


def test_a_folder_s_pictures_are_read(data):
    scenes = load_scenes(data)
    assert [image.shape for image in scenes.radiance] == [(96, 128, 3)] * 2
    assert [image.dtype for image in scenes.photographs] == [np.uint8] * 3


def test_photographs_of_16_bits_and_linear_ones_are_the_same_as_8_bits(tmp_path, data):
    (expected,) = read_photographs([data / "sharp" / "2.png"])
    deep, linear = tmp_path / "deep.tif", tmp_path / "linear.exr"
    tifffile.imwrite(deep, expected.astype(np.uint16) * 257, photometric="rgb")
    write_radiance(linear, decode_srgb(expected / np.float32(255)))
    for image in read_photographs([deep, linear]):
        assert image.dtype == np.uint8
        assert np.abs(image.astype(int) - expected).max() <= 1


def test_radiance_is_scaled_to_a_median_of_18_percent(data):
    for image in load_scenes(data).radiance:
        assert np.median(image) == pytest.approx(0.18, rel=0.01)


def test_the_limit_is_for_each_kind(data):
    scenes = load_scenes(data, limit=1)
    assert (len(scenes.radiance), len(scenes.photographs)) == (1, 1)


def test_every_tenth_picture_is_kept_apart_for_validation(tmp_path, data):
    (tmp_path / "sharp").mkdir()
    source = (data / "sharp" / "2.png").read_bytes()
    for index in range(21):
        path = tmp_path / "sharp" / f"{index:02}.png"
        path.write_bytes(source)
        if index in (9, 19):
            write_display(path, np.ones((8, 8, 3), np.float32))
    whites = [[image.min() == 255 for image in load_scenes(tmp_path, validation=v).photographs] for v in (True, False)]
    assert whites == [[True] * 2, [False] * 19]


def test_too_few_pictures_for_validation_are_told(data):
    with pytest.raises(InputError, match="10 are needed for one to be kept apart"):
        load_scenes(data, validation=True)


def test_a_file_that_cannot_be_read_is_left_out(tmp_path, data, caplog):
    (tmp_path / "sharp").mkdir()
    (tmp_path / "sharp" / "a.jpg").write_text("Dear sir or madam")
    (tmp_path / "sharp" / "b.png").write_bytes((data / "sharp" / "2.png").read_bytes())
    assert len(load_scenes(tmp_path).photographs) == 1
    assert "a.jpg" in caplog.text


def test_a_folder_without_pictures_is_named(tmp_path):
    with pytest.raises(InputError, match=f"{tmp_path}: no pictures in hdr/ or sharp/"):
        load_scenes(tmp_path)
