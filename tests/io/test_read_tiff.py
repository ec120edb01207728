import warnings

import numpy as np
import pytest
import tifffile
from synthetic import DISPLAY_P3, profile

from libhdrnet.errors import HdrnetWarning, InputError
from libhdrnet.io import image_size, linear_profile, linear_rec709, read_photo

DTYPES = [np.uint8, np.uint16, np.float16, np.float32, np.float64]


def write(path, array, **options):
    options = {"photometric": "rgb" if array.ndim == 3 else "minisblack", "metadata": None} | options
    tifffile.imwrite(path, array, **options)
    return path


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_sample_type_is_read_exactly(tmp_path, rng, dtype):
    array = (rng.random((20, 30, 3)) * (200 if dtype == np.uint8 else 1)).astype(dtype)
    photo = read_photo(write(tmp_path / "a.tif", array))
    wanted = np.float32 if np.dtype(dtype).kind == "f" else dtype
    assert photo.pixels.dtype == wanted
    assert np.array_equal(photo.pixels, array.astype(wanted))
    assert photo.encoding == ("linear" if np.dtype(dtype).kind == "f" else "srgb")


def test_integers_of_32_bits_say_that_16_are_read(tmp_path, rng):
    array = rng.integers(0, 2**32, (4, 5, 3), np.uint32)
    with pytest.warns(HdrnetWarning, match="32 bits a sample, of which the upper 16 are read"):
        assert np.array_equal(read_photo(write(tmp_path / "a.tif", array)).pixels, array >> 16)


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("compression", [None, "lzw", "adobe_deflate", "zstd", "packbits"])
@pytest.mark.parametrize("layout", [{}, {"tile": (16, 16)}, {"planarconfig": "separate"}, {"bigtiff": True}],
                         ids=["strips", "tiles", "planes", "big"])  # fmt: skip
def test_every_layout_is_read_exactly(tmp_path, rng, byteorder, compression, layout):
    array = rng.integers(0, 65535, (20, 30, 3), dtype=np.uint16)
    data = array.transpose(2, 0, 1) if "planarconfig" in layout else array
    path = write(tmp_path / "a.tif", data, byteorder=byteorder, compression=compression, **layout)
    assert np.array_equal(read_photo(path).pixels, array)


def test_a_jpeg_compressed_tiff_is_read(tmp_path, scene):
    path = write(tmp_path / "a.tif", scene, compression="jpeg", compressionargs={"level": 95})
    assert np.abs(read_photo(path).pixels.astype(int) - scene).mean() < 3


def test_white_is_zero_is_turned_round(tmp_path, scene):
    photo = read_photo(write(tmp_path / "a.tif", scene[..., 0], photometric="miniswhite"))
    assert photo.grey
    assert np.array_equal(photo.pixels[..., 1], 255 - scene[..., 0])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_alpha_is_kept_apart(tmp_path, rng, dtype):
    array = (rng.random((8, 9, 4)) * 200).astype(dtype)
    photo = read_photo(write(tmp_path / "a.tif", array, extrasamples=["unassalpha"]))
    assert np.array_equal(photo.pixels, array[..., :3])
    assert np.array_equal(photo.alpha, array[..., 3])


def test_a_palette_is_expanded(tmp_path):
    table = np.zeros((3, 256), np.uint16)
    table[:, 1], table[:, 2] = (65535, 0, 257), (0, 65535, 0)
    path = write(tmp_path / "a.tif", np.array([[1, 2]], np.uint8), photometric="palette", colormap=table)
    assert read_photo(path).pixels.tolist() == [[[255, 0, 1], [0, 255, 0]]]


def test_cmyk_is_converted_to_srgb(tmp_path):
    inks = np.array([[[0, 0, 0, 0], [0, 255, 255, 0], [0, 0, 0, 255]]], np.uint8)
    photo = read_photo(write(tmp_path / "a.tif", inks, photometric="separated"))
    assert photo.pixels.tolist() == [[[255, 255, 255], [255, 0, 0], [0, 0, 0]]]
    assert photo.encoding == "srgb"


def test_one_bit_samples_span_black_to_white(tmp_path):
    path = write(tmp_path / "a.tif", np.array([[True, False] * 8]), photometric="minisblack")
    assert np.unique(read_photo(path).pixels).tolist() == [0, 255]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_tag_is_applied(tmp_path, scene, orientation):
    path = write(tmp_path / "a.tif", scene, extratags=[(274, "H", 1, orientation, True)])
    turned = {
        1: scene, 2: scene[:, ::-1], 3: scene[::-1, ::-1], 4: scene[::-1], 5: scene.swapaxes(0, 1),
        6: np.rot90(scene, -1), 7: scene[::-1, ::-1].swapaxes(0, 1), 8: np.rot90(scene),
    }[orientation]  # fmt: skip
    assert np.array_equal(read_photo(path).pixels, turned)
    assert image_size(path) == turned.shape[:2]


def test_a_preview_before_the_picture_is_passed_over(tmp_path, scene):
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(scene[::4, ::4], photometric="rgb", subfiletype=1)
        file.write(scene, photometric="rgb")
        file.write(scene[::-1], photometric="rgb")
    assert np.array_equal(read_photo(tmp_path / "a.tif").pixels, scene)


@pytest.mark.parametrize("compression", [None, "lzw", "adobe_deflate", "jpeg"])
def test_a_tiff_that_ends_too_early_is_refused(tmp_path, rng, compression):
    array = rng.integers(0, 255, (64, 64, 3), dtype=np.uint8)
    path = write(tmp_path / "a.tif", array, compression=compression, rowsperstrip=16)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(InputError, match=r"a\.tif' is damaged or incomplete"):
        read_photo(path)


def test_signed_samples_are_refused_with_a_way_out(tmp_path):
    with pytest.raises(InputError, match="int16.*save it as uint16"):
        read_photo(write(tmp_path / "a.tif", np.zeros((4, 4), np.int16)))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_floats_that_are_no_numbers_are_refused(tmp_path, value):
    array = np.ones((4, 4, 3), np.float32)
    array[2, 1, 0] = value
    with pytest.raises(InputError, match=r"a\.tif' holds NaN or infinite"):
        read_photo(write(tmp_path / "a.tif", array))


def test_floats_with_the_linear_profile_are_linear(tmp_path):
    array = np.full((4, 4, 3), 3.5, np.float32)
    photo = read_photo(write(tmp_path / "a.tif", array, iccprofile=linear_profile()))
    assert photo.encoding == "linear"
    assert np.array_equal(linear_rec709(photo), array)


def test_linear_wide_gamut_floats_keep_values_above_white(tmp_path):
    array = np.full((4, 4, 3), 3.5, np.float32)
    photo = read_photo(write(tmp_path / "a.tif", array, iccprofile=profile(DISPLAY_P3, 1.0)))
    assert photo.encoding == "icc"
    assert np.abs(linear_rec709(photo) - 3.5).max() < 1e-2


@pytest.mark.parametrize("kind", ["separated", "miniswhite"])
def test_ink_that_is_nan_is_refused_and_not_converted(tmp_path, kind):
    ink = np.full((3, 4, 5 if kind == "separated" else 2), 0.5, np.float32)
    ink[1, 1, 0] = np.nan
    tifffile.imwrite(tmp_path / "a.tif", ink, photometric=kind, extrasamples=["assocalpha"], planarconfig="contig")
    with warnings.catch_warnings(), pytest.raises(InputError, match="NaN"):
        warnings.simplefilter("error")
        read_photo(tmp_path / "a.tif")


def test_a_double_beyond_float32_is_refused_without_a_remark_of_numpy(tmp_path):
    path = write(tmp_path / "a.tif", np.full((3, 4, 3), 1e300))
    with warnings.catch_warnings(), pytest.raises(InputError, match="infinite"):
        warnings.simplefilter("error")
        read_photo(path)


def test_a_signalling_nan_is_refused_without_a_remark_of_numpy(tmp_path):
    samples = np.full((3, 4, 3), 0x7FF0000000000001, np.uint64).view(np.float64)
    path = write(tmp_path / "a.tif", samples)
    with warnings.catch_warnings(), pytest.raises(InputError, match="NaN"):
        warnings.simplefilter("error")
        read_photo(path)
