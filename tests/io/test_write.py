import errno
import os
import stat
import subprocess
import sys
from fractions import Fraction

import imagecodecs
import numpy as np
import OpenEXR
import pytest
import tifffile
from synthetic import DISPLAY_P3, dng, jpeg, png, profile, tag

from libhdrnet._version import __version__
from libhdrnet.errors import HdrnetWarning, InputError, OutputError
from libhdrnet.io import (
    check_output,
    exposure_of,
    linear_profile,
    linear_rec709,
    read_metadata,
    read_photo,
    read_record,
    srgb_profile,
    write_display,
    write_like,
    write_map,
    write_radiance,
)

RECORD = {"operation": "merge", "frames": ["a.jpg", "ü.jpg"], "deghost": 0.5, "long": "x" * 300}


@pytest.fixture
def radiance(rng):
    return (rng.random((16, 20, 3)) * 12).astype(np.float32)


@pytest.mark.parametrize("name", ["a.tif", "a.TIFF", "a.exr"])
def test_radiance_in_32_bits_comes_back_exactly(tmp_path, radiance, name):
    radiance[0, 0] = -0.25
    write_radiance(tmp_path / name, radiance)
    photo = read_photo(tmp_path / name)
    assert photo.encoding == "linear"
    assert np.array_equal(photo.pixels, radiance)


def test_radiance_in_half_floats_is_rounded_once(tmp_path, radiance):
    write_radiance(tmp_path / "a.exr", radiance, exr_bits=16)
    assert np.array_equal(read_photo(tmp_path / "a.exr").pixels, radiance.astype(np.float16).astype(np.float32))


def test_radiance_beyond_half_floats_is_clipped_with_a_warning(tmp_path, radiance):
    radiance[0, 0, 0] = 1e6
    with pytest.warns(HdrnetWarning, match="65504"):
        write_radiance(tmp_path / "a.exr", radiance, exr_bits=16)
    assert read_photo(tmp_path / "a.exr").pixels[0, 0, 0] == 65504


def test_radiance_in_a_radiance_file_is_within_one_percent(tmp_path, radiance):
    write_radiance(tmp_path / "a.hdr", radiance, record=RECORD)
    error = np.abs(read_photo(tmp_path / "a.hdr").pixels - radiance)
    assert (error / radiance.max(axis=2, keepdims=True)).max() < 0.01


def test_transparency_of_radiance_is_associated_in_an_exr(tmp_path, radiance, rng):
    alpha = rng.random(radiance.shape[:2]).astype(np.float32)
    write_radiance(tmp_path / "a.exr", radiance, alpha=alpha)
    with OpenEXR.File(str(tmp_path / "a.exr"), separate_channels=True) as file:
        channels = {name: channel.pixels for name, channel in file.channels().items()}
    assert np.array_equal(channels["A"], alpha)
    assert np.array_equal(channels["R"], radiance[..., 0] * alpha)


def test_transparency_of_radiance_is_unassociated_in_a_tiff(tmp_path, radiance, rng):
    alpha = rng.random(radiance.shape[:2]).astype(np.float32)
    write_radiance(tmp_path / "a.tif", radiance, alpha=alpha)
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert file.pages[0].extrasamples == (tifffile.EXTRASAMPLE.UNASSALPHA,)
        assert np.array_equal(file.asarray(), np.dstack([radiance, alpha]))


def test_transparency_of_radiance_is_dropped_from_a_radiance_file_with_a_warning(tmp_path, radiance):
    with pytest.warns(HdrnetWarning, match=r"a\.hdr' loses transparency"):
        write_radiance(tmp_path / "a.hdr", radiance, alpha=radiance[..., 0] / 12)
    assert read_photo(tmp_path / "a.hdr").alpha is None


def test_transparency_of_another_size_is_refused(tmp_path, radiance):
    with pytest.raises(InputError, match="alpha channel is"):
        write_radiance(tmp_path / "a.exr", radiance, alpha=radiance[1:, :, 0])


def test_a_linear_tiff_carries_the_linear_profile(tmp_path, radiance):
    write_radiance(tmp_path / "a.tif", radiance)
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert file.pages[0].tags[34675].value == linear_profile()
        assert file.pages[0].predictor == 3


@pytest.mark.parametrize(("name", "bits"), [("a.png", 8), ("a.png", 16), ("a.tif", 8), ("a.tif", 16)])
@pytest.mark.parametrize("with_alpha", [False, True])
def test_display_pictures_come_back_exactly(tmp_path, rng, name, bits, with_alpha):
    dtype = np.uint8 if bits == 8 else np.uint16
    pixels = rng.integers(0, np.iinfo(dtype).max, (16, 20, 4), dtype=dtype)
    alpha = pixels[..., 3] if with_alpha else None
    write_display(tmp_path / name, pixels[..., :3], bits=bits, alpha=alpha)
    photo = read_photo(tmp_path / name)
    assert np.array_equal(photo.pixels, pixels[..., :3])
    assert np.array_equal(photo.alpha, alpha) if with_alpha else photo.alpha is None
    assert (photo.encoding, photo.metadata.icc) == ("srgb", srgb_profile())


def test_floats_are_rounded_and_clipped_to_the_bits(tmp_path):
    values = np.array([[[-1, 0, 0.5], [1, 2, 0.501]]], np.float32)
    write_display(tmp_path / "a.png", values)
    assert read_photo(tmp_path / "a.png").pixels.tolist() == [[[0, 0, 128], [255, 255, 128]]]


def test_a_jpeg_always_has_8_bits(tmp_path, scene):
    write_display(tmp_path / "a.jpg", scene / np.float32(255), bits=16, quality=98)
    photo = read_photo(tmp_path / "a.jpg")
    assert photo.pixels.dtype == np.uint8
    assert np.abs(photo.pixels.astype(int) - scene).mean() < 2


def test_alpha_in_a_jpeg_is_dropped_with_a_warning(tmp_path, scene):
    with pytest.warns(HdrnetWarning, match="transparency"):
        write_display(tmp_path / "a.jpg", scene, alpha=scene[..., 0])


def test_a_profile_larger_than_one_jpeg_segment_survives(tmp_path, scene):
    icc = bytearray(srgb_profile() + bytes(150_000))
    icc[:4] = len(icc).to_bytes(4, "big")
    write_display(tmp_path / "a.jpg", scene, icc=bytes(icc))
    assert read_photo(tmp_path / "a.jpg").metadata.icc == bytes(icc)


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif", "a.exr", "a.hdr"])
def test_metadata_are_inherited_without_what_would_be_wrong(tmp_path, radiance, camera_metadata, name):
    if name in ("a.exr", "a.hdr"):
        write_radiance(tmp_path / name, radiance, metadata=camera_metadata)
    else:
        write_display(tmp_path / name, radiance / 12, metadata=camera_metadata)
    found = read_metadata(tmp_path / name)
    assert exposure_of(found) == pytest.approx(exposure_of(camera_metadata), rel=1e-5)
    assert found.exif["Exif.Image.Model"] == "D750"
    assert found.exif["Exif.Photo.DateTimeOriginal"] == "2024:05:06 07:08:09"
    assert found.xmp["Xmp.dc.subject"] == ["sea", "stone"]
    assert "Xmp.crs.Exposure2012" not in found.xmp
    assert not [key for key in found.exif if "MakerNote" in key or "Nikon" in key]
    assert found.exif.get("Exif.Image.ImageWidth", "20") == "20"
    degrees, minutes, seconds = (Fraction(part) for part in found.exif["Exif.GPSInfo.GPSLatitude"].split())
    assert float(degrees + minutes / 60 + seconds / 3600) == pytest.approx(1 + 2 / 60 + 3 / 3600, abs=1e-8)
    if name not in ("a.exr", "a.hdr"):
        assert found.exif["Exif.Image.Orientation"] == "1"
        assert found.exif["Exif.Image.Software"] == f"libhdrnet {__version__}"


def test_one_impossible_tag_does_not_cost_the_others(tmp_path, scene, camera_metadata):
    camera_metadata.exif["Exif.Photo.NoSuchTag"] = "1"
    camera_metadata.xmp["Xmp.dc.title[1]/x:y"] = "?"
    write_display(tmp_path / "a.jpg", scene, metadata=camera_metadata)
    found = read_metadata(tmp_path / "a.jpg")
    assert found.exif["Exif.Photo.FNumber"] == "28/10"
    assert found.xmp["Xmp.xmp.Rating"] == "4"


@pytest.mark.parametrize("name", ["a.exr", "a.hdr", "a.tif", "a.png", "a.jpg"])
def test_the_record_comes_back_from_every_format(tmp_path, radiance, name):
    write = write_display if name in ("a.png", "a.jpg") else write_radiance
    write(tmp_path / name, radiance / 12, record=RECORD)
    assert read_record(tmp_path / name) == RECORD


def test_a_picture_of_others_has_no_record(tmp_path, scene):
    assert read_record(png(tmp_path / "a.png", scene)) is None


def test_a_record_that_json_cannot_hold_is_refused(tmp_path, radiance):
    with pytest.raises(InputError, match="record"):
        write_radiance(tmp_path / "a.exr", radiance, record={"x": object()})
    assert not list(tmp_path.iterdir())


def test_an_exr_is_one_that_others_read(tmp_path, radiance, camera_metadata):
    write_radiance(tmp_path / "a.exr", radiance, metadata=camera_metadata)
    with OpenEXR.File(str(tmp_path / "a.exr")) as file:
        header = dict(file.header())
        assert file.channels()["RGB"].pixels.dtype == np.float32
    assert header["compression"] == OpenEXR.ZIP_COMPRESSION
    assert header["cameraModel"] == "D750"
    assert header["aperture"] == pytest.approx(2.8)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("name", ["b.png", "b.tif"])
def test_a_picture_like_its_source_comes_back_exactly(tmp_path, rng, dtype, channels, name):
    array = rng.integers(0, np.iinfo(dtype).max, (9, 11, channels), dtype=dtype)
    photo = read_photo(png(tmp_path / "a.png", array[..., 0] if channels == 1 else array))
    write_like(photo, tmp_path / name, photo.pixels)
    again = read_photo(tmp_path / name)
    assert np.array_equal(again.pixels, photo.pixels)
    assert np.array_equal(again.alpha, photo.alpha) if channels in (2, 4) else again.alpha is None
    assert (again.grey, again.encoding) == (photo.grey, photo.encoding)


@pytest.mark.parametrize("name", ["b.png", "b.tif", "b.jpg"])
def test_a_picture_like_its_source_keeps_profile_and_exposure(tmp_path, scene, name):
    path = jpeg(tmp_path / "a.jpg", scene, {"Exif.Photo.ExposureTime": "1/8", "Exif.Image.Orientation": "6"})
    wide = profile(DISPLAY_P3, 2.2)
    tag(path, icc=wide)
    photo = read_photo(path)
    write_like(photo, tmp_path / name, photo.pixels, record=RECORD)
    again = read_photo(tmp_path / name)
    assert again.metadata.icc == wide
    assert again.pixels.shape == photo.pixels.shape
    assert again.exposure == photo.exposure
    assert read_record(tmp_path / name) == RECORD


def test_sixteen_bits_in_a_jpeg_give_a_warning(tmp_path, scene):
    photo = read_photo(png(tmp_path / "a.png", scene.astype(np.uint16) * 257))
    with pytest.warns(HdrnetWarning, match="all but 8 bits"):
        write_like(photo, tmp_path / "b.jpg", photo.pixels)


@pytest.mark.parametrize("name", ["b.tif", "b.exr", "b.png"])
def test_a_developed_raw_keeps_its_light_in_every_format(tmp_path, name):
    photo = read_photo(dng(tmp_path / "a.dng", level=4000))
    write_like(photo, tmp_path / name, photo.pixels)
    again = linear_rec709(read_photo(tmp_path / name))
    assert np.abs(again - linear_rec709(photo)).max() < 1e-4


@pytest.mark.parametrize("grey", [False, True])
def test_float_pictures_come_back_exactly(tmp_path, rng, grey):
    array = rng.random((5, 6) if grey else (5, 6, 3)).astype(np.float32)
    tifffile.imwrite(tmp_path / "a.tif", array, photometric="minisblack" if grey else "rgb")
    photo = read_photo(tmp_path / "a.tif")
    write_like(photo, tmp_path / "b.tif", photo.pixels)
    again = read_photo(tmp_path / "b.tif")
    assert np.array_equal(again.pixels, photo.pixels)
    assert (again.encoding, again.grey) == ("linear", grey)


def test_an_exr_with_alpha_comes_back(tmp_path, rng):
    planes = rng.random((4, 5, 6)).astype(np.float32) + 0.1
    with OpenEXR.File({"type": OpenEXR.scanlineimage}, dict(zip("RGBA", planes, strict=True))) as file:
        file.write(str(tmp_path / "a.exr"))
    photo = read_photo(tmp_path / "a.exr")
    write_like(photo, tmp_path / "b.exr", photo.pixels)
    again = read_photo(tmp_path / "b.exr")
    assert np.allclose(again.pixels, photo.pixels, rtol=1e-6)
    assert np.array_equal(again.alpha, photo.alpha)


def test_pixels_of_another_type_than_the_photos_are_refused(tmp_path, scene):
    photo = read_photo(png(tmp_path / "a.png", scene))
    with pytest.raises(InputError, match="give the same"):
        write_like(photo, tmp_path / "b.png", scene.astype(np.uint16))


@pytest.mark.parametrize("name", ["a.tif", "a.exr"])
def test_a_map_keeps_its_values_in_float_formats(tmp_path, rng, name):
    values = (rng.random((7, 9)) * 30).astype(np.float32)
    write_map(tmp_path / name, values, scale=None, record=RECORD)
    photo = read_photo(tmp_path / name)
    assert photo.grey
    assert np.array_equal(photo.pixels[..., 0], values)
    assert read_record(tmp_path / name) == RECORD


@pytest.mark.parametrize(("scale", "expected"), [(8.0, [0, 16384, 32768, 65535]), (None, [0, 8192, 16384, 65535])])
def test_a_map_in_a_png_is_scaled(tmp_path, scale, expected):
    write_map(tmp_path / "a.png", np.array([[0, 2, 4, 16]], np.float32), scale=scale)
    assert read_photo(tmp_path / "a.png").pixels[0, :, 0].tolist() == expected


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_radiance_that_is_no_number_is_refused(tmp_path, radiance, bad):
    radiance[3, 4, 1] = bad
    with pytest.raises(InputError, match="NaN or infinite"):
        write_radiance(tmp_path / "a.exr", radiance)


def test_an_unknown_suffix_is_refused_with_the_known_ones(tmp_path):
    with pytest.raises(OutputError, match=r"a\.gif.*\.exr, \.hdr, \.tif, \.tiff"):
        check_output(tmp_path / "a.gif", kinds="radiance")


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(OutputError, match="no folder.*create it first"):
        check_output(tmp_path / "none" / "a.exr")


def test_a_folder_as_output_is_refused(tmp_path):
    (tmp_path / "a.exr").mkdir()
    with pytest.raises(OutputError, match="is a folder"):
        check_output(tmp_path / "a.exr")


@pytest.mark.parametrize("link", [None, os.symlink, os.link], ids=["same", "symlink", "hardlink"])
def test_an_input_is_never_an_output(tmp_path, scene, link):
    source = png(tmp_path / "a.png", scene)
    target = source
    if link:
        target = tmp_path / "b.png"
        link(source, target)
    with pytest.raises(OutputError, match="inputs are never overwritten"):
        check_output(target, inputs=[source])


def test_a_good_output_passes_and_leaves_nothing(tmp_path):
    check_output(tmp_path / "a.exr", inputs=[tmp_path / "missing.jpg"], kinds="radiance")
    assert not list(tmp_path.iterdir())


def test_the_old_file_survives_a_full_disk(tmp_path, radiance, monkeypatch):
    path = tmp_path / "a.tif"
    path.write_bytes(b"old")

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match=r"a\.tif' cannot be written \(no space left on device\): free some space"):
        write_radiance(path, radiance)
    assert [file.name for file in tmp_path.iterdir()] == ["a.tif"]
    assert path.read_bytes() == b"old"


def test_an_output_has_the_permissions_of_any_new_file(tmp_path, radiance):
    (tmp_path / "plain").touch()
    write_radiance(tmp_path / "a.exr", radiance)
    assert stat.S_IMODE((tmp_path / "a.exr").stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


def test_a_link_as_output_stays_a_link(tmp_path, radiance):
    (tmp_path / "real.exr").touch()
    (tmp_path / "a.exr").symlink_to(tmp_path / "real.exr")
    write_radiance(tmp_path / "a.exr", radiance)
    assert (tmp_path / "a.exr").is_symlink()
    assert read_photo(tmp_path / "real.exr").pixels.shape == radiance.shape


def test_the_picture_is_written_when_its_metadata_cannot_be(tmp_path, scene, monkeypatch):
    import pyexiv2

    def broken(*_, **__):
        raise RuntimeError("no room")

    monkeypatch.setattr(pyexiv2.Image, "modify_exif", broken)
    with pytest.warns(HdrnetWarning, match="without all metadata"):
        write_display(tmp_path / "a.png", scene)
    assert np.array_equal(imagecodecs.png_decode((tmp_path / "a.png").read_bytes()), scene)


def test_equal_pictures_give_equal_files(tmp_path, scene, camera_metadata):
    for name in ("a.jpg", "b.jpg"):
        write_display(tmp_path / name, scene, metadata=camera_metadata, record=RECORD)
    assert (tmp_path / "a.jpg").read_bytes() == (tmp_path / "b.jpg").read_bytes()


FULL_DISK = """
import resource, sys, numpy as np
from pathlib import Path
from libhdrnet.errors import OutputError
from libhdrnet.io import write_display, write_radiance
import imagecodecs, tifffile, OpenEXR, pyexiv2
folder, noise = Path(sys.argv[1]), np.random.default_rng(0).random((200, 200, 3), np.float32)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
for name in ("a.tif", "a.hdr", "a.exr", "a.png", "a.jpg"):
    try:
        (write_display if name in ("a.png", "a.jpg") else write_radiance)(folder / name, noise)
    except OutputError as error:
        print(name, name in str(error) and ".hdrnet-" not in str(error))
print([file.name for file in folder.iterdir()])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
def test_no_format_leaves_a_part_of_a_file_when_there_is_no_room(tmp_path):
    done = subprocess.run([sys.executable, "-c", FULL_DISK, tmp_path], capture_output=True, text=True)
    names = ("a.tif", "a.hdr", "a.exr", "a.png", "a.jpg")
    assert done.stdout.splitlines() == [*(f"{name} True" for name in names), "[]"], done.stderr


@pytest.mark.parametrize("exr_bits", [None, 16])
def test_dwaa_makes_openexr_smaller_and_costs_little(tmp_path, exr_bits):
    y, x = np.mgrid[0:200, 0:300].astype(np.float32)
    light = (0.05 + np.sin(x / 9) ** 2 * y / 40)[..., None] * np.float32([1, 0.8, 0.6])
    light *= 1 + 0.02 * np.random.default_rng(0).standard_normal(light.shape, np.float32)
    write_radiance(tmp_path / "half.exr", light, exr_bits=16)
    write_radiance(tmp_path / "small.exr", light, exr_bits=exr_bits, exr_compression="dwaa", record=RECORD)
    assert (tmp_path / "small.exr").stat().st_size < 0.5 * (tmp_path / "half.exr").stat().st_size
    assert np.abs(np.log2(read_photo(tmp_path / "small.exr").pixels / light)).mean() < 0.03
    assert read_record(tmp_path / "small.exr") == RECORD
    with OpenEXR.File(str(tmp_path / "small.exr"), header_only=True) as file:
        assert file.header()["compression"] == OpenEXR.DWAA_COMPRESSION


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"exr_compression": "gzip"}, "exr compression 'gzip' is unknown; choose zip or dwaa"),
        ({"exr_compression": "dwaa", "exr_bits": 32}, "leave the 32 out"),
        ({"exr_bits": 24}, "exr bits 24 is unknown; choose 16 or 32"),
    ],
)
def test_a_depth_or_compression_that_openexr_has_not_is_refused(tmp_path, options, said):
    with pytest.raises(InputError, match=said):
        write_radiance(tmp_path / "a.exr", np.ones((8, 8, 3), np.float32), **options)
