import io
import struct
import time
import zlib

import imagecodecs
import numpy as np
import pytest
from synthetic import DISPLAY_P3, jpeg, png, profile, tag, with_chunk

from libhdrnet.errors import HdrnetWarning, InputError
from libhdrnet.io import image_size, linear_rec709, read_metadata, read_photo, to_linear

Image = pytest.importorskip("PIL.Image")


def test_a_jpeg_comes_out_as_its_decoder_gives_it(tmp_path, scene):
    path = jpeg(tmp_path / "a.jpg", scene)
    photo = read_photo(path)
    assert np.array_equal(photo.pixels, imagecodecs.jpeg8_decode(path.read_bytes()))
    assert (photo.encoding, photo.grey, photo.alpha, photo.white_balance) == ("srgb", False, None, None)


@pytest.mark.parametrize("options", [{"progressive": True}, {"subsampling": "4:2:0"}], ids=["progressive", "420"])
def test_progressive_and_subsampled_jpegs_are_read(tmp_path, scene, options):
    path = tmp_path / "a.jpg"
    Image.fromarray(scene).save(path, quality=95, **options)
    assert np.abs(read_photo(path).pixels.astype(int) - scene).mean() < 3


def test_a_grey_jpeg_becomes_three_equal_channels(tmp_path, scene):
    photo = read_photo(jpeg(tmp_path / "a.jpg", scene[..., 0]))
    assert photo.grey
    assert photo.pixels.shape == scene.shape
    assert np.ptp(photo.pixels, axis=2).max() == 0


def test_a_cmyk_jpeg_of_adobe_kind_is_converted_to_srgb(tmp_path):
    path = tmp_path / "a.jpg"
    colours = np.repeat(np.array([[[200, 60, 30], [255, 255, 255], [0, 0, 0]]], np.uint8), 16, 0).repeat(16, 1)
    Image.fromarray(colours).convert("CMYK").save(path, quality=98)
    photo = read_photo(path)
    assert photo.encoding == "srgb"
    assert np.abs(photo.pixels.astype(int) - colours)[:, 4::16].max() < 6


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_turned_upright(tmp_path, scene, orientation):
    from PIL import ImageOps

    path = jpeg(tmp_path / "a.jpg", scene, {"Exif.Image.Orientation": str(orientation)})
    upright = np.asarray(ImageOps.exif_transpose(Image.open(path)))
    photo = read_photo(path)
    assert photo.pixels.shape == upright.shape
    assert np.abs(photo.pixels.astype(int) - upright).max() <= 2
    assert image_size(path) == upright.shape[:2]


@pytest.mark.parametrize("left", [2, 300])
def test_a_jpeg_that_ends_too_early_is_refused(tmp_path, rng, left):
    data = imagecodecs.jpeg8_encode(rng.integers(0, 255, (64, 64, 3), dtype=np.uint8))
    path = tmp_path / "a.jpg"
    path.write_bytes(data[:-left])
    with pytest.raises(InputError, match=r"a\.jpg' is damaged or incomplete"):
        read_photo(path)


def test_bytes_after_the_end_of_a_jpeg_do_no_harm(tmp_path, scene):
    path = jpeg(tmp_path / "a.jpg", scene)
    path.write_bytes(path.read_bytes() + b"trailer of a telephone")
    assert read_photo(path).pixels.shape == scene.shape


def test_a_profile_in_a_jpeg_makes_the_encoding_icc(tmp_path, scene):
    path = jpeg(tmp_path / "a.jpg", scene)
    wide = profile(DISPLAY_P3, 2.2)
    tag(path, icc=wide)
    photo = read_photo(path)
    assert photo.encoding == "icc"
    assert photo.metadata.icc == wide


def test_an_srgb_profile_leaves_the_encoding_srgb(tmp_path, scene):
    path = jpeg(tmp_path / "a.jpg", scene)
    tag(path, icc=imagecodecs.cms_profile("srgb"))
    assert read_photo(path).encoding == "srgb"


def test_a_profile_that_is_none_is_left_out_with_a_warning(tmp_path, scene):
    path = tmp_path / "a.png"
    body = b"x\0\0" + zlib.compress(b"no profile at all" * 20)
    path.write_bytes(with_chunk(imagecodecs.png_encode(scene), b"iCCP", body))
    with pytest.warns(HdrnetWarning, match="taken as sRGB"):
        photo = read_photo(path)
    assert photo.encoding == "srgb"


def test_adobe_rgb_named_only_in_exif_is_respected(tmp_path, scene):
    path = jpeg(tmp_path / "a.jpg", scene, {"Exif.Iop.InteroperabilityIndex": "R03", "Exif.Photo.ColorSpace": "65535"})
    photo = read_photo(path)
    assert photo.encoding == "icc"
    wide = linear_rec709(photo)
    assert np.abs(wide - to_linear(photo.pixels)).max() > 0.05


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_png_pixels_and_alpha_are_exact(tmp_path, rng, channels, dtype):
    array = rng.integers(0, np.iinfo(dtype).max, (9, 11, channels), dtype=dtype)
    photo = read_photo(png(tmp_path / "a.png", array[..., 0] if channels == 1 else array))
    colours = 1 if channels < 3 else 3
    assert photo.pixels.dtype == dtype
    assert np.array_equal(photo.pixels, np.broadcast_to(array[..., :colours], (9, 11, 3)))
    assert (photo.alpha is not None) == (channels in (2, 4))
    if photo.alpha is not None:
        assert np.array_equal(photo.alpha, array[..., -1])


def test_a_one_bit_png_spans_black_to_white(tmp_path, scene):
    Image.fromarray(scene[..., 0] > 100).save(tmp_path / "a.png")
    assert np.unique(read_photo(tmp_path / "a.png").pixels).tolist() == [0, 255]


@pytest.mark.parametrize("bits", [2, 4, 8])
def test_a_palette_png_with_transparency_is_expanded(tmp_path, bits):
    image = Image.fromarray(np.array([[0, 1], [2, 3]], np.uint8), "P")
    image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9])
    image.save(tmp_path / "a.png", bits=bits, transparency=bytes([255, 0, 255, 255]))
    photo = read_photo(tmp_path / "a.png")
    assert photo.pixels.tolist() == [[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [9, 9, 9]]]
    assert photo.alpha.tolist() == [[255, 0], [255, 255]]


@pytest.mark.parametrize("left", [1, 12, 40])
def test_a_png_that_ends_too_early_is_refused(tmp_path, scene, left):
    path = tmp_path / "a.png"
    path.write_bytes(imagecodecs.png_encode(scene)[:-left])
    with pytest.raises(InputError, match="damaged or incomplete"):
        read_photo(path)


def test_the_gamma_of_a_png_without_profile_is_respected(tmp_path, scene):
    path = tmp_path / "a.png"
    path.write_bytes(with_chunk(imagecodecs.png_encode(scene), b"gAMA", struct.pack(">I", 100000)))
    assert np.abs(linear_rec709(read_photo(path)) - scene / 255).max() < 1e-3


def with_numbers(data, **chunks):
    for name, values in chunks.items():
        data = with_chunk(data, name.encode(), struct.pack(f">{len(values)}I", *values))
    return data


ADOBE_RGB = (31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000)
"""cHRM: white, red, green, blue."""


@pytest.mark.parametrize("gamma", [(45455,), ()], ids=["gAMA of sRGB", "no gAMA"])
def test_the_chromaticities_of_a_png_count_with_the_gamma_of_srgb_too(tmp_path, gamma):
    green = imagecodecs.png_encode(np.full((4, 4, 3), (0, 255, 0), np.uint8))
    path = tmp_path / "a.png"
    path.write_bytes(with_numbers(green, cHRM=ADOBE_RGB, **({"gAMA": gamma} if gamma else {})))
    # Green of Adobe RGB in linear Rec.709: D65 for both, so red alone goes below zero.
    assert np.allclose(linear_rec709(read_photo(path))[0, 0], (-0.3983, 1.0, -0.0429), atol=2e-3)


@pytest.mark.parametrize(
    ("chunks", "told"),
    [({"cHRM": (0,) * 8}, "chromaticities"), ({"gAMA": (1,)}, "gamma"), ({"gAMA": (4_000_000_000,)}, "gamma")],
    ids=["no primaries", "too steep", "too flat"],
)
def test_numbers_in_a_png_that_describe_no_colours_are_told_and_left_out(tmp_path, scene, chunks, told):
    path = tmp_path / "a.png"
    path.write_bytes(with_numbers(imagecodecs.png_encode(scene), **chunks))
    with pytest.warns(HdrnetWarning, match=rf"a\.png' has (a )?{told}"):
        photo = read_photo(path)
    assert photo.encoding == "srgb"
    assert np.array_equal(photo.pixels, scene)


def test_the_orientation_in_a_png_is_respected(tmp_path, scene):
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif[274] = 6
    Image.fromarray(scene).save(buffer, "PNG", exif=exif)
    (tmp_path / "a.png").write_bytes(buffer.getvalue())
    assert np.array_equal(read_photo(tmp_path / "a.png").pixels, np.rot90(scene, -1))


def test_thumbnails_are_left_out_of_the_metadata(tmp_path, scene):
    import pyexiv2

    path = jpeg(tmp_path / "a.jpg", scene, {"Exif.Image.Make": "Nikon"})
    with pyexiv2.Image(str(path)) as image:
        image.modify_thumbnail(imagecodecs.jpeg8_encode(scene))
    exif = read_metadata(path).exif
    assert exif["Exif.Image.Make"] == "Nikon"
    assert not [key for key in exif if "Thumbnail" in key]


@pytest.mark.parametrize("values", [(0,) * 8, (31270, 32900, *(64000, 33000) * 3)], ids=["zero", "one colour"])
def test_primaries_of_a_png_that_make_no_sense_are_told_and_left_out(tmp_path, scene, values):
    data = with_chunk(imagecodecs.png_encode(scene), b"gAMA", struct.pack(">I", 60000))
    (tmp_path / "a.png").write_bytes(data)
    wanted = linear_rec709(read_photo(tmp_path / "a.png"))
    (tmp_path / "a.png").write_bytes(with_chunk(data, b"cHRM", struct.pack(">8I", *values)))
    with pytest.warns(HdrnetWarning, match="cHRM"):
        photo = read_photo(tmp_path / "a.png")
    assert np.array_equal(linear_rec709(photo), wanted)


def test_a_profile_whose_white_is_black_is_told_and_left_out(tmp_path, scene):
    icc = bytearray(profile(DISPLAY_P3, 2.2))
    for start in range(132, 132 + 12 * struct.unpack_from(">I", icc, 128)[0], 12):
        name, place, _ = struct.unpack_from(">4sII", icc, start)
        if name in (b"rXYZ", b"gXYZ", b"bXYZ"):
            icc[place + 8 : place + 20] = bytes(12)
    data = with_chunk(imagecodecs.png_encode(scene), b"iCCP", b"icc\0\0" + zlib.compress(bytes(icc)))
    (tmp_path / "a.png").write_bytes(data)
    with pytest.warns(HdrnetWarning, match="profile for RGB that cannot be used"):
        assert read_photo(tmp_path / "a.png").encoding == "srgb"


def test_a_long_file_without_a_frame_is_refused_in_the_time_of_reading_it(tmp_path):
    segment = b"\xff\xe1\xff\xff" + bytes(65533)
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8" + segment * 1200)
    begun = time.process_time()
    with pytest.raises(InputError, match="no JPEG frame"):
        image_size(tmp_path / "a.jpg")
    assert time.process_time() - begun < 1.5
