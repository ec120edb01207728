import io
import struct
import warnings

import imagecodecs
import numpy as np
import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational
from synthetic import DISPLAY_P3, profile

from libhdrnet.errors import HdrnetWarning, InputError
from libhdrnet.io import image_size, read_photo, read_record, write_like

DEEP = [("P6", (5, 7, 3)), ("P5", (5, 7))]


def pnm(path, magic, pixels, top):
    height, width = pixels.shape[:2]
    path.write_bytes(f"{magic} # made by a test\n{width}\n# more\n{height} {top}\n".encode() + pixels.tobytes())
    return path


def jpeg2000(path, pixels, **options):
    path.write_bytes(imagecodecs.jpeg2k_encode(np.ascontiguousarray(pixels), level=0, **options))
    return path


@pytest.mark.parametrize(
    ("name", "options"),
    [("a.bmp", {}), ("a.webp", {"lossless": True}), ("a.jp2", {}), ("a.ppm", {}), ("a.gif", {})],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize("grey", [False, True])
def test_a_picture_is_read_as_it_was_saved(tmp_path, scene, name, options, grey):
    pixels = scene[..., 0] if grey else scene // 64 * 64  # few enough colours for a palette
    Image.fromarray(pixels).save(tmp_path / name, **options)
    photo = read_photo(tmp_path / name)
    assert np.array_equal(photo.pixels, pixels[..., None].repeat(3, axis=2) if grey else pixels)
    assert (photo.encoding, photo.alpha, photo.associated) == ("srgb", None, False)
    assert image_size(tmp_path / name) == (24, 36)
    assert read_record(tmp_path / name) is None


def test_alpha_of_a_webp_is_kept(tmp_path, rng):
    array = rng.integers(0, 255, (5, 7, 4), np.uint8)
    Image.fromarray(array).save(tmp_path / "a.webp", lossless=True, exact=True)
    photo = read_photo(tmp_path / "a.webp")
    assert np.array_equal(np.dstack([photo.pixels, photo.alpha]), array)


def test_the_transparent_colour_of_a_gif_becomes_alpha(tmp_path):
    picture = Image.fromarray(np.array([[0, 1, 2, 3]], np.uint8), "P")
    picture.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9])
    picture.save(tmp_path / "a.gif", transparency=2)
    photo = read_photo(tmp_path / "a.gif")
    assert photo.alpha.tolist() == [[255, 255, 0, 255]]
    assert photo.pixels[0, 0].tolist() == [255, 0, 0]


def test_a_bitmap_spans_black_to_white(tmp_path):
    Image.fromarray(np.array([[True, False]])).save(tmp_path / "a.pbm")
    assert read_photo(tmp_path / "a.pbm").pixels[..., 0].tolist() == [[255, 0]]


@pytest.mark.parametrize("name", ["a.webp", "a.gif"])
def test_the_first_picture_of_an_animation_is_read_and_that_is_told(tmp_path, name):
    frames = [Image.fromarray(np.full((4, 5, 3), value, np.uint8)) for value in (0, 128, 255)]
    frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], lossless=True)
    with pytest.warns(HdrnetWarning, match="animation of 3 pictures: only the first is read"):
        assert not read_photo(tmp_path / name).pixels.any()


def test_profile_exposure_and_orientation_of_a_webp_are_used(tmp_path, scene):
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8769)[0x829A] = IFDRational(1, 8)
    wide = profile(DISPLAY_P3, 2.2)
    Image.fromarray(scene).save(tmp_path / "a.webp", lossless=True, exif=exif, icc_profile=wide)
    photo = read_photo(tmp_path / "a.webp")
    assert np.array_equal(photo.pixels, np.rot90(scene, -1))
    assert (photo.encoding, photo.metadata.icc) == ("icc", wide)
    assert photo.exposure == pytest.approx(0.125 * 100)
    assert image_size(tmp_path / "a.webp") == (36, 24)


def test_the_profile_of_a_bmp_is_used(tmp_path, scene):
    wide, pixels = profile(DISPLAY_P3, 2.2), scene[::-1, :, ::-1].tobytes()  # from the bottom, blue first
    head = struct.pack("<IiiHHIIiiII", 124, 36, 24, 1, 24, 0, len(pixels), 0, 0, 0, 0) + bytes(16) + b"DEBM"
    head += bytes(36 + 12 + 4) + struct.pack("<III", 124 + len(pixels), len(wide), 0)
    sizes = struct.pack("<IHHI", 14 + len(head) + len(pixels) + len(wide), 0, 0, 14 + len(head))
    (tmp_path / "a.bmp").write_bytes(b"BM" + sizes + head + pixels + wide)
    photo = read_photo(tmp_path / "a.bmp")
    assert np.array_equal(photo.pixels, scene)
    assert photo.metadata.icc == wide


def test_the_profile_of_a_jpeg_2000_is_used(tmp_path, scene):
    path, wide = jpeg2000(tmp_path / "a.jp2", scene, codecformat="jp2"), profile(DISPLAY_P3, 2.2)
    data = path.read_bytes()
    colour, whole = data.index(b"colr") - 4, data.index(b"jp2h") - 4
    old = struct.unpack_from(">I", data, colour)[0]
    box = struct.pack(">I", len(wide) + 11) + b"colr\2\0\0" + wide
    size = struct.unpack_from(">I", data, whole)[0] + len(box) - old
    data = data[:whole] + struct.pack(">I", size) + data[whole + 4 : colour] + box + data[colour + old :]
    path.write_bytes(data)
    photo = read_photo(path)
    assert np.array_equal(photo.pixels, scene)
    assert photo.metadata.icc == wide


def test_a_webp_is_written_back_as_another_kind_with_what_it_had(tmp_path, scene):
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x829A] = IFDRational(1, 8)
    wide = profile(DISPLAY_P3, 2.2)
    Image.fromarray(scene).save(tmp_path / "a.webp", lossless=True, exif=exif, icc_profile=wide)
    photo = read_photo(tmp_path / "a.webp")
    write_like(photo, tmp_path / "b.png", photo.pixels)
    again = read_photo(tmp_path / "b.png")
    assert np.array_equal(again.pixels, scene)
    assert (again.metadata.icc, again.exposure) == (wide, photo.exposure)


@pytest.mark.parametrize(("magic", "shape"), DEEP)
def test_sixteen_bits_of_a_ppm_are_kept(tmp_path, rng, magic, shape):
    pixels = rng.integers(0, 65536, shape, np.uint16)
    photo = read_photo(pnm(tmp_path / "a.ppm", magic, pixels.astype(">u2"), 65535))
    assert np.array_equal(photo.pixels, pixels if len(shape) == 3 else pixels[..., None].repeat(3, axis=2))


@pytest.mark.parametrize(("magic", "shape"), DEEP)
def test_the_white_of_a_ppm_is_full_scale(tmp_path, magic, shape):
    photo = read_photo(pnm(tmp_path / "a.ppm", magic, np.full(shape, 1000, ">u2"), 1000))
    assert photo.pixels.min() == 65535


@pytest.mark.parametrize("form", ["jp2", "j2k"])
@pytest.mark.parametrize("shape", [(9, 11), (9, 11, 3), (9, 11, 4)])
def test_sixteen_bits_of_a_jpeg_2000_are_kept(tmp_path, rng, form, shape):
    array = rng.integers(0, 65536, shape, np.uint16)
    photo = read_photo(jpeg2000(tmp_path / "a.jp2", array, codecformat=form))
    assert np.array_equal(photo.pixels, array[..., :3] if len(shape) == 3 else array[..., None].repeat(3, axis=2))
    assert (photo.alpha is not None) == (shape[-1] == 4)


def test_twelve_bits_of_a_jpeg_2000_are_scaled_to_sixteen(tmp_path):
    path = jpeg2000(tmp_path / "a.jp2", np.array([[[0, 2048, 4095]] * 8] * 8, np.uint16), bitspersample=12)
    assert read_photo(path).pixels[0, 0].tolist() == [0, round(2048 / 4095 * 65535), 65535]


def test_a_folder_may_look_like_an_archive(tmp_path, scene):
    (tmp_path / "pictures.zip").mkdir()
    path = tmp_path / "pictures.zip" / "a.bmp"
    Image.fromarray(scene).save(path)
    assert np.array_equal(read_photo(path).pixels, scene)


@pytest.mark.parametrize("name", ["a.bmp", "a.webp", "a.jp2", "a.ppm", "a.gif", "deep.ppm", "deep.jp2"])
def test_a_file_that_ends_too_early_is_refused(tmp_path, rng, name, capfd):
    noise = rng.integers(0, 255, (40, 50, 3), np.uint8)
    path = tmp_path / name
    if name == "deep.ppm":
        pnm(path, "P6", noise.astype(">u2"), 1000)
    elif name == "deep.jp2":
        jpeg2000(path, noise.astype(np.uint16))
    else:
        Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match="is damaged or incomplete"):
        read_photo(path)
    assert capfd.readouterr() == ("", "")


def test_a_large_photograph_is_no_bomb(tmp_path):
    path = tmp_path / "a.ppm"
    path.write_bytes(b"P6 12000 9000 255\n")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert image_size(path) == (9000, 12000)


def test_a_bomb_is_refused_before_it_is_decoded(tmp_path):
    stream = io.BytesIO()
    Image.new("1", (8, 8)).save(stream, "PPM")
    path = tmp_path / "a.ppm"
    path.write_bytes(stream.getvalue().replace(b"8 8", b"60000 60000"))
    with pytest.raises(InputError, match=r"a\.ppm' has more than 179 megapixels"):
        read_photo(path)


def test_pixels_of_an_odd_kind_are_refused(tmp_path):
    Image.fromarray(np.zeros((4, 4, 4), np.uint8), "CMYK").save(tmp_path / "a.jp2")
    with pytest.raises(InputError, match="kind 'CMYK', which are not read: save it as TIFF"):
        read_photo(tmp_path / "a.jp2")


def test_damaged_exif_of_a_webp_brings_no_remarks_of_other_libraries(tmp_path, scene):
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Nikon"
    stream = io.BytesIO()
    Image.fromarray(scene).save(stream, "WEBP", exif=exif)
    data = stream.getvalue()
    place = data.rindex(b"MM\0*") + 8
    (tmp_path / "a.webp").write_bytes(data[:place] + b"\0\x99" + data[place + 2 :])  # more entries than there are
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        read_photo(tmp_path / "a.webp")
    assert [warning.category for warning in told if warning.category is not HdrnetWarning] == []
