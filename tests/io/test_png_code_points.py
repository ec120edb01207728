import struct

import imagecodecs
import numpy as np
import pytest
from synthetic import DISPLAY_P3_TO_REC709, chunks, profile, with_chunk

from libhdrnet.errors import HdrnetWarning
from libhdrnet.io import linear_rec709, read_photo, write_like
from libhdrnet.radiometry import decode_srgb

BT2020_TO_REC709 = np.array([[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]])
"""ITU-R BT.2087."""
DCI_P3 = (0.68, 0.32, 0.265, 0.69, 0.15, 0.06)
PQ, HLG, SRGB = 16, 18, 13


def marked(path, codes, primaries, transfer, matrix=0, full_range=1):
    chunk = bytes((primaries, transfer, matrix, full_range))
    path.write_bytes(with_chunk(imagecodecs.png_encode(codes), b"cICP", chunk))
    return path


def flat(signal, dtype=np.uint16):
    return np.full((3, 4, 3), round(signal * np.iinfo(dtype).max), dtype)


def test_display_p3_is_converted_to_rec709(tmp_path, scene):
    photo = read_photo(marked(tmp_path / "a.png", scene, 12, SRGB))
    assert np.array_equal(photo.pixels, scene)
    expected = decode_srgb(scene / 255) @ DISPLAY_P3_TO_REC709.T
    assert np.abs(linear_rec709(photo) - expected).max() < 2e-4


def test_code_points_of_srgb_are_plain_srgb(tmp_path, scene):
    assert read_photo(marked(tmp_path / "a.png", scene, 1, SRGB)).encoding == "srgb"


@pytest.mark.parametrize("other", ["iCCP", "gAMA", "sRGB"])
def test_code_points_count_before_every_other_chunk(tmp_path, scene, other):
    path = marked(tmp_path / "a.png", scene, 12, SRGB)
    expected = linear_rec709(read_photo(path))
    imposed = {
        "iCCP": b"x\0\0" + imagecodecs.zlib_encode(profile(DCI_P3, 1.0)),
        "gAMA": struct.pack(">I", 100000),
        "sRGB": b"\0",
    }
    path.write_bytes(with_chunk(path.read_bytes(), other.encode(), imposed[other]))
    assert np.array_equal(linear_rec709(read_photo(path)), expected)


@pytest.mark.parametrize(
    ("transfer", "gamma"), [(1, 2.4), (6, 2.4), (14, 2.4), (15, 2.4), (4, 2.2), (5, 2.8), (8, 1.0)]
)
@pytest.mark.parametrize("full_range", [1, 0])
def test_power_laws_of_reference_displays_are_undone(tmp_path, transfer, gamma, full_range):
    signal = np.array([0, 0.25, 0.5, 1])
    codes = np.rint(signal * 65535 if full_range else signal * 219 * 256 + 16 * 256).astype(np.uint16)
    path = marked(tmp_path / "a.png", np.tile(codes[:, None, None], (1, 3, 3)), 1, transfer, full_range=full_range)
    assert np.abs(linear_rec709(read_photo(path))[:, 0, 1] - signal**gamma).max() < 1e-4


@pytest.mark.parametrize(("signal", "nits"), [(0.5081, 100), (0.58069, 203), (0.75183, 1000), (1, 10000)])
def test_pq_tells_cd_per_square_metre_and_203_are_white(tmp_path, signal, nits):
    photo = read_photo(marked(tmp_path / "a.png", flat(signal), 9, PQ))
    assert (photo.encoding, photo.pixels.dtype) == ("linear", np.float32)
    assert np.allclose(photo.pixels * 203, nits, rtol=5e-4)


@pytest.mark.parametrize(("signal", "nits"), [(0.5, 50.7), (0.75, 203), (1, 1000)])
def test_hlg_is_the_light_of_a_display_of_1000_cd_per_square_metre(tmp_path, signal, nits):
    photo = read_photo(marked(tmp_path / "a.png", flat(signal), 9, HLG))
    assert np.allclose(photo.pixels * 203, nits, rtol=1e-3)


def test_the_system_gamma_of_hlg_depends_on_luminance_alone(tmp_path):
    red = np.zeros((3, 4, 3), np.uint16)
    red[..., 0] = 65535
    photo = read_photo(marked(tmp_path / "a.png", red, 9, HLG))
    light = 1000 / 203 * 0.2627**0.2
    assert np.allclose(photo.pixels[0, 0], BT2020_TO_REC709[:, 0] * light, atol=1e-3)


def test_colours_outside_rec709_keep_negative_values(tmp_path):
    green = np.zeros((3, 4, 3), np.uint16)
    green[..., 1] = round(0.58069 * 65535)
    photo = read_photo(marked(tmp_path / "a.png", green, 9, PQ))
    assert np.allclose(photo.pixels[0, 0], BT2020_TO_REC709[:, 1], atol=5e-4)


def test_narrow_range_reaches_beyond_black_and_white(tmp_path):
    codes = np.array([1, 16, 235, 254], np.uint8)
    photo = read_photo(marked(tmp_path / "a.png", np.tile(codes[:, None, None], (1, 3, 3)), 1, 8, full_range=0))
    assert np.allclose(photo.pixels[:, 0, 0], (codes.astype(float) - 16) / 219, atol=1e-6)


def test_grey_stays_exactly_grey(tmp_path, rng):
    photo = read_photo(marked(tmp_path / "a.png", rng.integers(0, 65535, (9, 7), dtype=np.uint16), 9, HLG))
    assert photo.grey
    assert np.ptp(photo.pixels, axis=2).max() == 0


def test_alpha_is_linear_and_of_the_pixels_type(tmp_path):
    codes = np.full((3, 4, 4), 16384, np.uint16)
    photo = read_photo(marked(tmp_path / "a.png", codes, 9, PQ))
    assert photo.alpha.dtype == np.float32
    assert np.allclose(photo.alpha, 16384 / 65535)


@pytest.mark.parametrize("numbers", [(1, 99, 0, 1), (77, 13, 0, 1), (1, 13, 1, 1), (2, 2, 0, 1), (1, 13, 0, 7)])
def test_unknown_code_points_are_named_and_the_next_chunk_counts(tmp_path, scene, numbers):
    path = marked(tmp_path / "a.png", scene, *numbers)
    path.write_bytes(with_chunk(path.read_bytes(), b"gAMA", struct.pack(">I", 100000)))
    with pytest.warns(HdrnetWarning, match="cICP " + "-".join(map(str, numbers))):
        photo = read_photo(path)
    assert np.abs(linear_rec709(photo) - scene / 255).max() < 1e-3


@pytest.mark.parametrize(("transfer", "full_range"), [(PQ, 1), (PQ, 0), (HLG, 1), (HLG, 0), (SRGB, 0)])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_png_of_such_a_png_has_its_codes_again(tmp_path, rng, recwarn, transfer, full_range, channels):
    codes = rng.integers(24000, 50000, (9, 11, channels), dtype=np.uint16)
    path = marked(tmp_path / "a.png", codes[..., 0] if channels == 1 else codes, 9, transfer, full_range=full_range)
    photo = read_photo(path)
    write_like(photo, tmp_path / "b.png", photo.pixels)
    again = imagecodecs.png_decode((tmp_path / "b.png").read_bytes()).reshape(codes.shape)
    assert np.abs(again.astype(int) - codes).max() <= 1
    assert dict(chunks(tmp_path / "b.png"))[b"cICP"] == bytes((9, transfer, 0, full_range))
    assert not recwarn.list


def test_code_points_stay_before_the_pixels_where_metadata_are_written(tmp_path):
    photo = read_photo(marked(tmp_path / "a.png", flat(0.6), 9, PQ))
    write_like(photo, tmp_path / "b.png", photo.pixels, record={"operation": "deblur"})
    names = [name for name, _ in chunks(tmp_path / "b.png")]
    assert names.index(b"cICP") < names.index(b"IDAT")
    assert b"iTXt" in names
    assert not {b"iCCP", b"sRGB", b"gAMA"} & set(names)


def test_a_png_in_display_p3_is_written_with_its_profile(tmp_path, scene):
    photo = read_photo(marked(tmp_path / "a.png", scene, 12, SRGB))
    write_like(photo, tmp_path / "b.png", photo.pixels)
    again = read_photo(tmp_path / "b.png")
    assert np.array_equal(again.pixels, scene)
    assert np.array_equal(linear_rec709(again), linear_rec709(photo))


def test_a_jpeg_of_pq_says_that_it_loses_what_is_above_white(tmp_path):
    photo = read_photo(marked(tmp_path / "a.png", flat(0.9), 9, PQ))
    with pytest.warns(HdrnetWarning, match="loses values above white"):
        write_like(photo, tmp_path / "b.jpg", photo.pixels)


def test_a_radiance_file_of_wide_colours_says_that_it_loses_them(tmp_path):
    green = np.zeros((3, 4, 3), np.uint16)
    green[..., 1] = 40000
    photo = read_photo(marked(tmp_path / "a.png", green, 9, PQ))
    with pytest.warns(HdrnetWarning, match=r"loses colours outside Rec\.709"):
        write_like(photo, tmp_path / "b.hdr", photo.pixels)


@pytest.mark.parametrize("frames", [1, 3])
def test_an_animation_says_that_one_picture_is_read(tmp_path, scene, recwarn, frames):
    from PIL import Image

    pictures = [Image.fromarray(np.roll(scene, index, axis=0)) for index in range(3)]
    pictures[0].save(tmp_path / "a.png", save_all=True, append_images=pictures[1:frames])
    photo = read_photo(tmp_path / "a.png")
    assert np.array_equal(photo.pixels, scene)
    assert [str(warning.message) for warning in recwarn] == (
        [] if frames == 1 else [f"'{tmp_path / 'a.png'}' is an animation of 3 pictures: "
                                "only the one that still viewers show is read."]
    )  # fmt: skip


@pytest.mark.parametrize(("name", "brightest"), [("cicp_p3", 1), ("cicp_pq2020", 10000 / 203)])
def test_a_ramp_of_another_program_spans_its_range(shared, name, brightest):
    linear = linear_rec709(read_photo(shared / "cases" / "hdr-png" / f"{name}.png"))
    assert linear.min() == 0
    assert linear.max() == pytest.approx(brightest, rel=1e-3)
