"""HDR AVIF and JPEG XL: PQ on BT.2020's primaries, 1.0 = 203 cd/m2, as other readers see it."""

from functools import partial

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from libhdrnet.errors import HdrnetWarning, InputError, OutputError
from libhdrnet.io import Metadata, image_size, read_metadata, read_photo, read_record, write_radiance
from libhdrnet.io.cicp import CodePoints
from libhdrnet.io.formats.heif import main_picture
from libhdrnet.io.formats.jxl_header import header

PQ = CodePoints(9, 16)
GREY_CARD, WHITE, PEAK = 0.38, 0.5807, 1.0
"""PQ of 26, 203 and 10000 cd/m2 (ITU-R BT.2408, table 1; SMPTE ST 2084)."""
KINDS = [("a.avif", 10), ("a.avif", 12), ("a.jxl", 10), ("a.jxl", 12), ("a.jxl", 16)]


@pytest.fixture
def radiance():
    """(40, 56, 3): smooth, from 1/1000 to 30 times white."""
    y, x = np.mgrid[0:40, 0:56]
    return np.exp2(np.dstack([x / 8 - 2, y / 8, (x + y) / 12 - 3]) - 2).astype(np.float32)


def stops(found, expected):
    """Errors of the luminance in stops, (H, W)."""
    found, expected = (array @ np.float32([0.2126, 0.7152, 0.0722]) for array in (found, expected))
    return np.abs(np.log2(np.maximum(found, 1e-6) / expected))


@pytest.mark.parametrize(("name", "bits"), KINDS)
def test_the_radiance_comes_back_in_the_depth_that_was_asked_for(tmp_path, radiance, name, bits):
    path = tmp_path / name
    write_radiance(path, radiance, hdr_bits=bits)
    found = main_picture(path) if path.suffix == ".avif" else header(path)
    assert (found.bits, found.points) == (bits, PQ)
    photo = read_photo(path)
    assert photo.encoding == "linear" and image_size(path) == (40, 56)
    error = stops(photo.pixels, radiance).mean()
    assert error < (0.02 if path.suffix == ".avif" else {10: 0.006, 12: 0.0015, 16: 0.0001}[bits])


def test_twelve_bits_are_the_default_and_rounded_once(tmp_path, radiance):
    write_radiance(tmp_path / "a.jxl", radiance)
    codes = imagecodecs.jpegxl_decode((tmp_path / "a.jxl").read_bytes())
    signal = PQ.from_linear(radiance).astype(np.float64) / 65535 * 4095
    assert abs(codes - signal).max() <= 0.5 + 0.5 / 16 + 1e-3


@pytest.mark.parametrize("name", ["a.avif", "a.jxl"])
def test_white_and_peak_have_the_signals_of_the_standard(tmp_path, name):
    levels = np.float32([26 / 203, 1, 10000 / 203])
    write_radiance(tmp_path / name, np.repeat(levels, 16)[None, :, None] * np.ones((16, 1, 3), np.float32))
    decode = imagecodecs.avif_decode if name.endswith("avif") else imagecodecs.jpegxl_decode
    codes = decode((tmp_path / name).read_bytes())[8, 8::16] / 4095
    assert np.allclose(codes, np.float32([GREY_CARD, WHITE, PEAK])[:, None], atol=2e-3)


def test_another_reader_of_avif_sees_codes_exif_and_xmp(tmp_path, radiance, camera_metadata):
    path = tmp_path / "a.avif"
    write_radiance(path, radiance, metadata=camera_metadata, record={"made": "here"})
    with Image.open(path) as image:
        codes, exif, xmp = np.asarray(image).astype(int), image.getexif(), image.info["xmp"]
    assert abs(codes - np.round(PQ.from_linear(radiance) / 257)).max() <= 3
    assert (exif[271], exif[274]) == ("Nikon", 1)
    assert b"stone" in xmp and b"made" in xmp


def test_another_reader_of_jpeg_xl_sees_pq(tmp_path, radiance, camera_metadata):
    pytest.importorskip("pillow_jxl", reason="pillow-jxl-plugin is not installed")
    path = tmp_path / "a.jxl"
    write_radiance(path, radiance, metadata=camera_metadata)
    with Image.open(path) as image:
        assert "Rec2100PQ" in image.info["icc_profile"].decode("utf-16-be", "ignore")
        assert image.getexif()[271] == "Nikon"


@pytest.mark.parametrize("name", ["a.avif", "a.jxl"])
@pytest.mark.parametrize("alpha", [False, True])
def test_metadata_record_and_alpha_are_kept(tmp_path, radiance, camera_metadata, name, alpha):
    path = tmp_path / name
    layer = np.linspace(0, 1, 56, dtype=np.float32)[None].repeat(40, 0).tolist() if alpha else None
    metadata = Metadata(camera_metadata.exif, camera_metadata.xmp, iptc={"Iptc.Application2.Caption": "Größe"})
    write_radiance(path, radiance, metadata=metadata, record={"made": "here"}, alpha=layer)
    found, photo = read_metadata(path), read_photo(path)
    assert found.exif["Exif.Photo.ExposureTime"] == "1/60" and found.exif["Exif.GPSInfo.GPSLatitudeRef"] == "S"
    assert found.exif["Exif.Image.Orientation"] == "1"
    assert found.xmp["Xmp.dc.subject"] == ["sea", "stone"] and "Größe" in str(found.xmp["Xmp.dc.description"])
    assert "Xmp.crs.Exposure2012" not in found.xmp and read_record(path) == {"made": "here"}
    assert (photo.alpha is not None) == alpha and not photo.associated
    assert not alpha or abs(photo.alpha - layer).max() < 1e-3
    assert stops(photo.pixels, radiance)[:, 8:].mean() < 0.02


def test_what_pq_cannot_hold_is_clipped_and_told_once(tmp_path, radiance):
    radiance[0, 0] = 60
    radiance[0, 1] = -0.2, 0.1, 0.1
    with pytest.warns(HdrnetWarning, match=r"loses light above 10000 cd/m2.* and colours outside BT.2020") as told:
        write_radiance(tmp_path / "a.jxl", radiance)
    assert len(told) == 1
    pixels = read_photo(tmp_path / "a.jxl").pixels
    assert np.allclose(pixels[0, 0], 10000 / 203, rtol=1e-3) and pixels[0, 1].min() < 0


def test_noise_below_black_and_colours_outside_rec709_are_no_loss(tmp_path, radiance):
    radiance[0, :8] = -5e-4
    green = PQ.to_linear(np.uint16([[[0, 36000, 0]]]))[0, 0]  # pure in BT.2020
    radiance[1, :8] = green
    write_radiance(tmp_path / "a.jxl", radiance)
    pixels = read_photo(tmp_path / "a.jxl").pixels
    assert abs(pixels[0, :8]).max() < 1e-6 and np.allclose(pixels[1, 0], green, rtol=5e-3)


def test_the_level_of_light_is_told(tmp_path, radiance):
    radiance[:] = 0.25
    radiance[0] = 5
    write_radiance(tmp_path / "a.avif", radiance)
    data = (tmp_path / "a.avif").read_bytes()
    at = data.index(b"clli") + 4
    assert int.from_bytes(data[at : at + 2], "big") in (1015, 1016)
    assert abs(int.from_bytes(data[at + 2 : at + 4], "big") - 203 * (0.25 * 39 + 5) / 40) <= 1


@pytest.mark.parametrize(("name", "bits"), [("a.avif", 16), ("a.jxl", 8)])
def test_a_depth_that_the_format_has_not_is_refused(tmp_path, radiance, name, bits):
    with pytest.raises(InputError, match=rf"cannot have {bits} bits: choose one of 10, 12"):
        write_radiance(tmp_path / name, radiance, hdr_bits=bits)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["a.avif", "a.jxl"])
def test_what_an_encoder_cannot_do_is_said_in_one_sentence(tmp_path, radiance, monkeypatch, name):
    lossy = partial(imagecodecs.jpegxl_encode, distance=1.0)

    def fail(*_, **__):
        raise imagecodecs.AvifError("avifEncoderFinish", 9)

    monkeypatch.setattr(imagecodecs, "avif_encode", fail)
    monkeypatch.setattr(imagecodecs, "jpegxl_encode", lambda codes, **how: lossy(codes, **how | {"lossless": False}))
    with pytest.raises(OutputError, match=rf"{name}' cannot be written \(.*\): write a TIFF or OpenEXR\."):
        write_radiance(tmp_path / name, radiance)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["a.avif", "a.jxl"])
@pytest.mark.parametrize("size", [(1, 1), (3, 1), (17, 300)])
def test_any_size_is_written(tmp_path, name, size):
    write_radiance(tmp_path / name, np.full((*size, 3), 2.0, np.float32))
    assert np.allclose(read_photo(tmp_path / name).pixels, 2, rtol=0.01)


def test_black_is_written(tmp_path):
    write_radiance(tmp_path / "a.avif", np.zeros((8, 8, 3), np.float32))
    assert abs(read_photo(tmp_path / "a.avif").pixels).max() < 1e-4


@pytest.mark.parametrize("suffix", [".avif", ".jxl"])
def test_a_depth_as_a_float_is_that_depth_or_refused_in_one_sentence(tmp_path, suffix):
    light = np.full((8, 8, 3), 0.5, np.float32)
    write_radiance(tmp_path / f"a{suffix}", light, hdr_bits=12.0)
    assert read_photo(tmp_path / f"a{suffix}").pixels.shape == (8, 8, 3)
    for wrong in (12.5, "12"):
        with pytest.raises(InputError, match="cannot have .* bits: choose one of 10, 12"):
            write_radiance(tmp_path / f"b{suffix}", light, hdr_bits=wrong)
