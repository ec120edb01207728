"""Linear DNGs: what is stored, what readers of RAW files make of it, what is told beside the picture."""

import errno
import os
from fractions import Fraction

import imagecodecs
import numpy as np
import pyexiv2
import pytest
import rawpy
import tifffile
from skimage.color import deltaE_ciede2000, rgb2lab
from synthetic import bayer, dng

from libhdrnet import tasks
from libhdrnet.errors import HdrnetWarning, InputError, OutputError
from libhdrnet.io import Metadata, read_photo, read_record, write_radiance
from libhdrnet.io.camera import Matrices, camera_of
from libhdrnet.io.read import bracket_reader
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
        options = {"use_camera_wb": "user_wb" not in options, **options}
        pixels = raw.postprocess(gamma=(1, 1), output_bps=16, no_auto_bright=True, adjust_maximum_thr=0.0, **options)
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


def test_few_steps_are_rounded_at_random_so_that_shadows_stay_even(tmp_path):
    light = np.full((64, 64, 3), 0.0023, np.float32)
    light[:8] = 25
    write_radiance(tmp_path / "a.dng", light)
    pixels, tags = stored(tmp_path / "a.dng")
    white = tags["WhiteLevel"][0]
    assert white == 65535 // 25 and np.allclose(pixels[:8], 25 * white, atol=1)
    assert len(np.unique(pixels[8:])) == 2 and pixels[8:].mean() == pytest.approx(0.0023 * white, rel=0.01)


def test_lights_beyond_what_integers_hold_are_cut_off_and_told(tmp_path, light):
    with pytest.warns(HdrnetWarning, match="lights of 400 times white as 32 times.*half floats"):
        write_radiance(tmp_path / "a.dng", light * 100)
    pixels, tags = stored(tmp_path / "a.dng")
    assert pixels.dtype == np.uint16 and tags["WhiteLevel"] == (65535 // 32,) * 3
    assert np.allclose(pixels / tags["WhiteLevel"][0], np.minimum(light * 100, 32), rtol=2e-3, atol=1e-3)
    write_radiance(tmp_path / "a.dng", light * 100, exr_bits=16)
    assert np.array_equal(stored(tmp_path / "a.dng")[0], (light * 100).astype(np.float16))


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


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), OSError("2088960 requested and 1521704 written")]
)
def test_of_a_full_disk_nothing_is_left(tmp_path, light, monkeypatch, error):
    """The second is numpy's way to say it."""
    (tmp_path / "a.dng").write_bytes(b"old")

    def full(*_, **__):
        raise error

    monkeypatch.setattr(tifffile.TiffWriter, "write", full)
    with pytest.raises(OutputError, match=r"a\.dng' cannot be written \(no space left on device\): free some space"):
        write_radiance(tmp_path / "a.dng", light, metadata=Metadata())
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("a.dng", b"old")]


D30 = ((0.99, -0.2771, -0.1324), (-0.7072, 1.4229, 0.314), (-0.279, 0.3344, 0.8861))
"""From XYZ to a camera whose colours are far from Rec.709."""
RED, BLUE = 2.1, 1.5
SCENE = np.array([0.02, 0.1, 0.3, 0.6])[:, None, None] * np.array([[1, 1, 1], [1, 0.5, 0.3], [0.3, 0.6, 1]])
"""Of the reference, white-balanced camera RGB."""


@pytest.fixture
def bracket(tmp_path):
    """Three RAW files of smooth squares, and a lamp that is white only for the shortest."""
    squares = np.kron(SCENE, np.ones((32, 32, 1)))
    squares[:32, :32] = 2.5
    return [
        dng(
            tmp_path / f"{stops}.dng", red=RED, blue=BLUE, time=2.0**stops / 60, iso=100, from_xyz=D30, model="D30",
            mosaic=bayer(squares * 2.0**stops, red=RED, blue=BLUE, clip=16383, sigma=2, seed=stops + 2),
        )
        for stops in (-2, 0, 2)
    ]  # fmt: skip


def merged(files, output, **options):
    params = {"inputs": [str(file) for file in files], "output": str(output), "model": "classical", "align": False}
    tasks.prepare("merge", {"reference": 2, **params, **options})(tasks.Talk())
    return output


def squares_of(pixels):
    """The means of the squares, (4, 3, 3), without their borders."""
    return np.array([[pixels[r : r + 16, c : c + 16].mean((0, 1)) for c in (8, 40, 72)] for r in (8, 40, 72, 104)])


def test_raw_frames_give_what_the_sensor_saw_without_white_balance(tmp_path, bracket):
    pixels, tags = stored(merged(bracket, tmp_path / "a.dng"))
    found = squares_of(pixels / tags["WhiteLevel"][0]) * (RED, 1, BLUE)
    assert np.allclose(found.reshape(-1, 3)[1:], SCENE.reshape(-1, 3)[1:], atol=2e-3)
    assert np.allclose(found[0, 0], 2.5, rtol=0.01)


def test_the_camera_is_told_as_its_own_files_do(tmp_path, bracket):
    merged(bracket, tmp_path / "a.dng")
    with pyexiv2.Image(str(tmp_path / "a.dng")) as image, pyexiv2.Image(str(bracket[1])) as source:
        exif, own = image.read_exif(), source.read_exif()
    for name in ("Make", "Model", "UniqueCameraModel", "CalibrationIlluminant1"):
        assert exif[f"Exif.Image.{name}"] == own[f"Exif.Image.{name}"]
    numbers = [[float(Fraction(n)) for n in str(tags["Exif.Image.ColorMatrix1"]).split()] for tags in (exif, own)]
    assert np.allclose(*numbers, atol=1e-4)
    neutral = [float(Fraction(n)) for n in exif["Exif.Image.AsShotNeutral"].split()]
    assert neutral == pytest.approx([1 / RED, 1, 1 / BLUE], abs=1e-4)


@pytest.mark.parametrize("options", [{}, {"user_wb": [1.4, 1, 2.2, 1]}])
def test_it_develops_like_the_reference_under_any_white_balance(tmp_path, bracket, options):
    own, merge = (squares_of(developed(path, **options)) for path in (bracket[1], merged(bracket, tmp_path / "a.dng")))
    shown = (own > 0).all(-1) & (own < 0.95).all(-1)
    difference = deltaE_ciede2000(rgb2lab(encode_srgb(own)), rgb2lab(encode_srgb(merge)))
    assert shown.sum() >= 9 and difference[shown].max() < 0.5


def test_a_sensor_that_clips_below_its_white_opens_no_brighter_than_its_own_files(tmp_path):
    light = np.full((128, 96, 3), 0.3)
    light[:40] = 2.0
    files = [
        dng(tmp_path / f"{i}.dng", time=time, iso=100, mosaic=bayer(light * time, clip=12000, sigma=2, seed=i))
        for i, time in enumerate((0.25, 1, 4))
    ]
    own, merge = (developed(path)[90:110, 30:60].mean() for path in (files[1], merged(files, tmp_path / "a.dng")))
    assert merge == pytest.approx(own, rel=2e-3)


def test_colours_outside_rec_709_are_kept(tmp_path, bracket):
    merged(bracket, tmp_path / "a.exr")
    assert read_photo(tmp_path / "a.exr").pixels.min() < -0.02


def test_a_camera_that_libraw_knows_by_name_is_told_by_libraw(shared):
    path = shared / "data/raw/canon-eos-d30.crw"
    photo = bracket_reader([path], in_camera_rgb=True)(path)
    assert photo.camera.name == "Canon EOS D30"
    assert photo.camera.matrices["ColorMatrix1"] == pytest.approx(np.ravel(D30), abs=1e-6)
    assert photo.camera.matrices["CalibrationIlluminant1"] == (21,)


@pytest.mark.parametrize("name", ["canon-eos-d30.crw", "canon-eos-6d-linear-lossy.dng"])
def test_from_camera_rgb_one_gets_to_what_libraw_develops(shared, name):
    path = shared / "data/raw" / name
    own, plain = (bracket_reader([path], in_camera_rgb=kept)(path) for kept in (True, False))
    converted = own.pixels @ own.camera.to_rec709.T
    inside = (own.pixels.max(2) < 0.9) & (plain.pixels.max(2) < 0.9) & (plain.pixels.min(2) > 1e-3)
    assert np.abs(converted[inside] - plain.pixels[inside]).max() < 2e-4


def test_tags_without_sense_are_left_to_libraw():
    known = Matrices(None, np.array(D30))
    tags = {"DNGVersion": "1 4 0 0", "ColorMatrix1": "1/0 " * 9, "ForwardMatrix1": "1/2", "Model": "M", "Make": "Maker"}
    camera = camera_of(known, (2.0, 1.0, 1.5, 1.0), 1.0, {f"Exif.Image.{name}": text for name, text in tags.items()})
    assert camera.name == "Maker M" and set(camera.matrices) == {"ColorMatrix1", "CalibrationIlluminant1"}
    assert camera.matrices["ColorMatrix1"] == pytest.approx(np.ravel(D30))


def test_frames_of_two_cameras_make_no_dng(tmp_path, bracket):
    other = dng(tmp_path / "other.dng", mosaic=bayer(np.full((128, 96, 3), 0.2)), time=1, iso=100)
    with pytest.raises(InputError, match=r"other\.dng' has other colour matrices than '.*-2\.dng', and a DNG tells"):
        merged([*bracket, other], tmp_path / "a.dng")
    assert not (tmp_path / "a.dng").exists()
    assert merged([*bracket, other], tmp_path / "a.exr").exists()
