"""HEIC, AVIF, JPEG XL and Ultra HDR: depth, colours, orientation and EXIF survive."""

import sys

import imagecodecs
import numpy as np
import pytest
from PIL import Image
from synthetic import DISPLAY_P3, DISPLAY_P3_TO_REC709, profile, tag

from libhdrnet.errors import HdrnetWarning, InputError
from libhdrnet.formats import FORMATS, READ_SUFFIXES, READABLE
from libhdrnet.io import image_size, linear_rec709, read_photo, write_like
from libhdrnet.io.cicp import CodePoints

EXIF = {271: "Maker", 274: 6}


def exif():
    made = Image.Exif()
    made.update(EXIF)
    return made.tobytes()


@pytest.fixture
def ramp():
    """Full-scale uint16 (48, 64, 3), smooth and without symmetry."""
    y, x = np.mgrid[0:48, 0:64]
    return np.dstack([x * 1000, y * 1300, (x + y) * 500 + 3000]).astype(np.uint16)


def heic(path, pixels, **options):
    heif = pytest.importorskip("pillow_heif", reason="pillow-heif is not installed")
    deep = pixels.dtype == np.uint16
    height, width = pixels.shape[:2]
    file = heif.from_bytes("RGB;16" if deep else "RGB", (width, height), np.ascontiguousarray(pixels).tobytes())
    if "exif" in options:
        file.info["exif"] = options.pop("exif")
    if "icc" in options:
        file.info["icc_profile"] = options.pop("icc")
    file.save(path, quality=-1, chroma=444, matrix_coefficients=0, **options)
    return path


def test_a_heic_of_ten_bits_in_pq_becomes_light(tmp_path, ramp):
    path = heic(tmp_path / "a.hif", ramp, color_primaries=9, transfer_characteristics=16, save_nclx_profile=True)
    photo = read_photo(path)
    expected = CodePoints(9, 16).to_linear(ramp)
    assert photo.encoding == "linear" and photo.pixels.dtype == np.float32
    shown = CodePoints(9, 16).from_linear(photo.pixels).astype(int) - CodePoints(9, 16).from_linear(expected)
    assert abs(shown).max() <= 128  # two steps of ten bits


def test_a_heic_turned_by_its_boxes_comes_upright_with_exif_and_depth(tmp_path, ramp):
    photo = read_photo(heic(tmp_path / "a.heic", ramp, exif=exif()))
    assert photo.pixels.dtype == np.uint16 and photo.encoding == "srgb"
    assert abs(photo.pixels.astype(int) - np.rot90(ramp, -1)).max() <= 128
    assert image_size(tmp_path / "a.heic") == (64, 48) and photo.orientation == 6
    assert photo.metadata.exif["Exif.Image.Make"] == "Maker"


def test_the_profile_of_a_heic_counts(tmp_path, ramp):
    icc = profile(DISPLAY_P3, 2.2)
    photo = read_photo(heic(tmp_path / "a.heic", (ramp >> 8).astype(np.uint8), icc=icc))
    assert photo.encoding == "icc" and photo.metadata.icc == icc


def test_without_pillow_heif_a_heic_says_what_is_missing(tmp_path, ramp, monkeypatch):
    path = heic(tmp_path / "a.heic", ramp)
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(InputError, match=r"needs pillow-heif: pip install 'libhdrnet\[heic\]'"):
        read_photo(path)


@pytest.mark.parametrize("bits", [10, 12])
def test_an_avif_keeps_its_depth(tmp_path, ramp, bits):
    path = tmp_path / "a.avif"
    path.write_bytes(imagecodecs.avif_encode(ramp >> (16 - bits), level=100, bitspersample=bits, pixelformat="444"))
    photo = read_photo(path)
    assert photo.pixels.dtype == np.uint16 and image_size(path) == (48, 64)
    assert abs(photo.pixels.astype(int) - ramp).max() <= 3 * 65535 / (1 << bits)


def test_code_points_of_an_avif_count(tmp_path, ramp):
    path = tmp_path / "a.avif"
    coded = imagecodecs.avif_encode(
        ramp >> 6, level=100, bitspersample=10, pixelformat="444", primaries=12, transfer=13, matrix=1
    )
    path.write_bytes(coded)
    photo = read_photo(path)
    assert photo.encoding == "icc"
    expected = CodePoints(12, 13).to_linear(photo.pixels)
    assert np.allclose(linear_rec709(photo), expected, atol=2e-3)


def test_an_avif_turned_by_its_boxes_comes_upright(tmp_path, ramp):
    pixels = (ramp >> 8).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.avif", exif=exif(), quality=100, subsampling="4:4:4")
    photo = read_photo(tmp_path / "a.avif")
    assert abs(photo.pixels.astype(int) - np.rot90(pixels, -1)).max() <= 4
    assert image_size(tmp_path / "a.avif") == (64, 48)
    assert photo.metadata.exif["Exif.Image.Make"] == "Maker"


@pytest.mark.parametrize("suffix", ["avif", "jxl"])
def test_of_an_animation_the_first_picture_is_read(tmp_path, ramp, suffix):
    pictures = np.stack([(ramp >> 8).astype(np.uint8), *3 * [np.zeros(ramp.shape, np.uint8)]])
    encode = {"avif": imagecodecs.avif_encode, "jxl": imagecodecs.jpegxl_encode}[suffix]
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(encode(pictures, **({"lossless": True} if suffix == "jxl" else {"level": 100})))
    with pytest.warns(HdrnetWarning, match="is an animation: only its first picture is read"):
        photo = read_photo(path)
    assert photo.pixels.shape == ramp.shape and abs(photo.pixels.astype(int) - pictures[0]).max() <= 3


@pytest.mark.parametrize("bits", [8, 10, 16])
def test_a_jpeg_xl_keeps_its_depth(tmp_path, ramp, bits):
    path = tmp_path / "a.jxl"
    pixels = ramp >> (16 - bits)
    dtype = np.uint8 if bits == 8 else np.uint16
    path.write_bytes(imagecodecs.jpegxl_encode(pixels.astype(dtype), lossless=True, bitspersample=bits))
    photo = read_photo(path)
    top = (1 << bits) - 1
    expected = pixels if bits == 8 else np.rint(pixels / top * 65535)
    assert photo.pixels.dtype == dtype and np.array_equal(photo.pixels, expected)
    assert photo.encoding == ("srgb" if bits == 8 else "icc") and photo.is_linear == (bits > 8)  # as it was written
    assert image_size(path) == (48, 64)


def test_grey_and_alpha_of_a_jpeg_xl(tmp_path, ramp):
    path = tmp_path / "a.jxl"
    path.write_bytes(imagecodecs.jpegxl_encode(np.ascontiguousarray(ramp[..., :2]), lossless=True))
    photo = read_photo(path)
    assert photo.grey and np.array_equal(photo.pixels[..., 0], ramp[..., 0]) and not photo.associated
    assert np.array_equal(photo.alpha, ramp[..., 1])


@pytest.mark.parametrize("gamut", ["BT_709", "DISPLAY_P3"])
def test_an_ultra_hdr_is_read_with_its_gain_map_on_request(tmp_path, gamut):
    light = np.ones((48, 64, 4), np.float16)
    light[..., :3] = np.linspace(0.2, 4, 64)[None, :, None] * np.array([1, 0.4, 0.3])
    path = tmp_path / "a.jpg"
    path.write_bytes(imagecodecs.ultrahdr_encode(light, level=100, gamut=getattr(imagecodecs.ULTRAHDR.CG, gamut)))
    assert read_photo(path).pixels.dtype == np.uint8
    photo = read_photo(path, gain_map=True)
    expected = light[..., :3].astype(np.float32)
    if gamut == "DISPLAY_P3":
        expected = expected @ DISPLAY_P3_TO_REC709.T
    assert photo.encoding == "linear" and photo.pixels.max() > 3
    assert np.median(abs(photo.pixels - expected) / expected.max()) < 0.02


def test_a_plain_jpeg_is_read_as_it_is_whatever_is_asked(tmp_path, ramp):
    path = tmp_path / "a.jpg"
    path.write_bytes(imagecodecs.jpeg8_encode((ramp >> 8).astype(np.uint8)))
    tag(path, {"Exif.Image.Make": "Maker"})
    assert np.array_equal(read_photo(path, gain_map=True).pixels, read_photo(path).pixels)


def test_what_is_made_of_an_avif_is_written_as_other_pictures_are(tmp_path, ramp):
    Image.fromarray((ramp >> 8).astype(np.uint8)).save(tmp_path / "a.avif", exif=exif())
    photo = read_photo(tmp_path / "a.avif")
    write_like(photo, tmp_path / "b.tif", photo.pixels)
    again = read_photo(tmp_path / "b.tif")
    assert np.array_equal(again.pixels, photo.pixels) and again.metadata.exif["Exif.Image.Make"] == "Maker"


@pytest.mark.parametrize("suffix", ["heic", "avif", "jxl"])
def test_half_a_file_is_told_as_damaged(tmp_path, ramp, suffix):
    path = tmp_path / f"a.{suffix}"
    if suffix == "heic":
        heic(path, ramp)
    elif suffix == "avif":
        path.write_bytes(imagecodecs.avif_encode(ramp >> 6, bitspersample=10))
    else:
        path.write_bytes(imagecodecs.jpegxl_encode(ramp, lossless=True))
    whole = path.read_bytes()
    for share in (0.02, 0.3, 0.7):
        path.write_bytes(whole[: max(16, int(share * len(whole)))])
        with pytest.raises(InputError, match="damaged or incomplete"):
            read_photo(path)


def test_one_table_names_all_that_is_read():
    assert {".heic", ".hif", ".avif", ".jxl", ".webp", ".cr3", ".jpeg"} <= READ_SUFFIXES
    assert all(format.name in READABLE for format in FORMATS)
