"""Linear DNGs: what is stored, what readers of RAW files make of it, what is told beside the picture."""

import errno
import os

import imagecodecs
import numpy as np
import pyexiv2
import pytest
import rawpy
import tifffile

from libhdrnet.errors import HdrnetWarning, OutputError
from libhdrnet.io import Metadata, read_photo, read_record, write_radiance
from libhdrnet.radiometry import encode_srgb

RECORD = {"operation": "merge", "reference": 2}


@pytest.fixture
def light():
    """Greys and colours from 1/500 of white to 4 times white, in large squares."""
    colours = np.array([[1, 1, 1], [1, 0.5, 0.3], [0.4, 0.6, 1], [0.5, 1, 0.5]])
    levels = np.array([0.002, 0.02, 0.1, 0.3, 0.8, 4])
    return np.kron(colours * levels[:, None, None], np.ones((16, 16, 1))).astype(np.float32)


def stored(path):
    with tifffile.TiffFile(path) as file:
        page = file.pages[0].pages[0]
        return page.asarray(), {tag.name: tag.value for tag in page.tags}


def developed(path, **options):
    """Linear Rec.709 by LibRaw, 1.0 = white of the file."""
    with rawpy.imread(str(path)) as raw:
        pixels = raw.postprocess(
            gamma=(1, 1), output_bps=16, no_auto_bright=True, adjust_maximum_thr=0.0, use_camera_wb=True, **options
        )
        return pixels / np.float64(65535)


def test_integers_hold_all_lights_above_a_white_that_is_the_reference_s(tmp_path, light):
    write_radiance(tmp_path / "a.dng", light)
    pixels, tags = stored(tmp_path / "a.dng")
    white = 65535 // 4
    assert pixels.dtype == np.uint16 and tags["WhiteLevel"] == (white,) * 3
    assert np.array_equal(pixels, np.rint(light * white))
    assert tags["DefaultCropSize"] == light.shape[1::-1]


def test_it_develops_as_bright_and_coloured_as_the_radiance(tmp_path, light):
    write_radiance(tmp_path / "a.dng", light)
    assert np.allclose(developed(tmp_path / "a.dng"), np.minimum(light, 1), atol=2e-4)
    assert np.allclose(read_photo(tmp_path / "a.dng").pixels / 65535, np.minimum(light, 1), atol=2e-4)


def test_lights_above_white_come_back_when_white_is_raised(tmp_path, light):
    write_radiance(tmp_path / "a.dng", light)
    assert np.allclose(developed(tmp_path / "a.dng", user_sat=65535) * 4, light, atol=1e-3)


@pytest.mark.parametrize(("bits", "dtype"), [(16, np.float16), (32, np.float32)])
def test_floats_are_written_where_they_are_asked_for(tmp_path, light, bits, dtype):
    light[0, 0] = -0.01
    write_radiance(tmp_path / "a.dng", light, exr_bits=bits)
    pixels, tags = stored(tmp_path / "a.dng")
    assert tags["WhiteLevel"] == (1, 1, 1)
    assert pixels.dtype == dtype and np.array_equal(pixels, light.astype(dtype))
    assert np.allclose(developed(tmp_path / "a.dng") * 4, np.maximum(light, 0), atol=1e-3)  # LibRaw: 1 = the lightest


def test_lights_that_leave_integers_too_few_steps_make_it_half_floats(tmp_path, light):
    with pytest.warns(HdrnetWarning, match="lights of 40 times white.*RawTherapee does not"):
        write_radiance(tmp_path / "a.dng", light * 10)
    assert np.array_equal(stored(tmp_path / "a.dng")[0], (light * 10).astype(np.float16))


def test_the_preview_is_what_the_reference_shows(tmp_path):
    light = np.linspace(0, 2, 2200, dtype=np.float32)[None, :, None] * np.ones((30, 1, 3), np.float32)
    write_radiance(tmp_path / "a.dng", light)
    with rawpy.imread(str(tmp_path / "a.dng")) as raw:
        thumb = raw.extract_thumb()
    shown = imagecodecs.jpeg8_decode(thumb.data)
    assert thumb.format == rawpy.ThumbFormat.JPEG and shown.shape == (10, 733, 3)
    expected = encode_srgb(np.clip(light[0, 1:-1:3], 0, 1))[:733] * 255
    assert np.abs(shown.mean(0) - expected).max() < 4


def test_exif_keywords_and_record_are_in_it(tmp_path, light, camera_metadata):
    write_radiance(tmp_path / "a.dng", light, metadata=camera_metadata, record=RECORD)
    with pyexiv2.Image(str(tmp_path / "a.dng")) as image:
        exif, xmp = image.read_exif(), image.read_xmp()
    assert exif["Exif.Photo.ExposureTime"] == "1/60" and exif["Exif.GPSInfo.GPSLatitudeRef"] == "S"
    assert exif["Exif.Image.Orientation"] == "1"
    assert xmp["Xmp.dc.subject"] == ["sea", "stone"]
    assert read_record(tmp_path / "a.dng") == RECORD
    assert np.array_equal(stored(tmp_path / "a.dng")[0], np.rint(light * (65535 // 4)))


def test_rec_709_does_not_go_by_the_camera_s_name(tmp_path, light, camera_metadata):
    """By it RawTherapee takes a profile of the camera's own colours."""
    write_radiance(tmp_path / "a.dng", light, metadata=camera_metadata)
    with pyexiv2.Image(str(tmp_path / "a.dng")) as image:
        exif = image.read_exif()
    assert exif["Exif.Image.Make"] == "Nikon" and exif["Exif.Image.Model"] == "D750, linear Rec.709"
    assert exif["Exif.Image.UniqueCameraModel"] == "linear Rec.709"


def test_the_noise_is_told_of_each_colour(tmp_path, light):
    write_radiance(tmp_path / "a.dng", light, noise=(2e-5, 3e-8))
    assert stored(tmp_path / "a.dng")[1]["NoiseProfile"] == pytest.approx([2e-5, 3e-8] * 3)


def test_transparency_is_lost_with_a_warning(tmp_path, light):
    with pytest.warns(HdrnetWarning, match="transparency"):
        write_radiance(tmp_path / "a.dng", light, alpha=np.full(light.shape[:2], 0.5, np.float32))


def test_of_a_full_disk_nothing_is_left(tmp_path, light, monkeypatch):
    (tmp_path / "a.dng").write_bytes(b"old")

    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tifffile.TiffWriter, "write", full)
    with pytest.raises(OutputError, match=r"a\.dng' cannot be written \(no space left on device\): free some space"):
        write_radiance(tmp_path / "a.dng", light, metadata=Metadata())
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("a.dng", b"old")]
