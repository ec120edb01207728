import struct
import subprocess
import sys
import warnings

import numpy as np
import OpenEXR
import pytest
from skimage.color.colorconv import rgb_from_xyz
from synthetic import DISPLAY_P3, DISPLAY_P3_TO_REC709, exr, exr_header_end

from libhdrnet.errors import HdrnetWarning, InputError
from libhdrnet.io import image_size, read_metadata, read_photo

D65 = (0.3127, 0.3290)
AP0 = (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767)
AP0_TO_REC709 = np.array(
    [
        [2.52168618674388, -1.13413098823972, -0.387555198504164],
        [-0.276479914229922, 1.37271908766826, -0.096239173438334],
        [-0.0153780649660342, -0.152975335867399, 1.16835340083343],
    ]
)
"""ACES2065-1 to linear Rec.709, Bradford, as the configurations of OpenColorIO have it."""
XYZ = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1 / 3, 1 / 3)
E_TO_D65 = np.array(
    [[0.9531874, -0.0265906, 0.0238731], [-0.0382467, 1.0288406, 0.0094060], [0.0026068, -0.0030332, 1.0892565]]
)
"""Bradford, from http://www.brucelindbloom.com/Eqn_ChromAdapt.html."""
COMPRESSIONS = [c for c in OpenEXR.Compression.__members__.values() if "NUM" not in c.name]
COLOUR = np.array([0.2, 0.7, 0.4], np.float32)


def plain(value=1, names="RGB", size=(3, 4), dtype=np.float32):
    return {name: np.full(size, value, dtype) for name in names}


def of_colour(colour, size=(3, 4)):
    return {name: np.full(size, value, np.float32) for name, value in zip("RGB", colour, strict=True)}


def parts(path, *given):
    """Parts as (name, channels, header)."""
    heads = ({"compression": OpenEXR.ZIPS_COMPRESSION, "type": OpenEXR.scanlineimage} | head for _, _, head in given)
    listed = [OpenEXR.Part(head, channels, name) for head, (name, channels, _) in zip(heads, given, strict=True)]
    with OpenEXR.File(listed) as file:
        file.write(str(path))
    return path


def deep(size=(3, 4)):
    samples = np.empty(size, object)
    for place in np.ndindex(size):
        samples[place] = np.ones(2, np.float32)
    return {name: samples.copy() for name in "RGBAZ"}


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.uint32])
def test_channels_of_every_type_become_float32(tmp_path, rng, dtype):
    planes = (rng.random((3, 5, 7)) * 100).astype(dtype)
    photo = read_photo(exr(tmp_path / "a.exr", dict(zip("RGB", planes, strict=True))))
    assert photo.encoding == "linear"
    assert np.array_equal(photo.pixels, planes.transpose(1, 2, 0).astype(np.float32))


def test_pixels_that_are_not_square_are_told(tmp_path):
    with pytest.warns(HdrnetWarning, match=r"a\.exr' has pixels 2 times as wide as high"):
        read_photo(exr(tmp_path / "a.exr", plain(), pixelAspectRatio=2.0))


@pytest.mark.parametrize("order", [OpenEXR.INCREASING_Y, OpenEXR.DECREASING_Y])
@pytest.mark.parametrize("compression", COMPRESSIONS, ids=lambda c: c.name)
def test_every_compression_is_read_as_openexr_reads_it(tmp_path, rng, compression, order):
    path = exr(tmp_path / "a.exr", {"Y": rng.random((300, 17)).astype(np.float32)}, compression=compression,
               lineOrder=order)  # fmt: skip
    with OpenEXR.File(str(path)) as file:
        expected = file.channels()["Y"].pixels
    assert np.array_equal(read_photo(path).pixels[..., 0], expected)


@pytest.mark.parametrize("rounding", [OpenEXR.ROUND_DOWN, OpenEXR.ROUND_UP])
@pytest.mark.parametrize("mode", [OpenEXR.ONE_LEVEL, OpenEXR.MIPMAP_LEVELS, OpenEXR.RIPMAP_LEVELS])
@pytest.mark.parametrize("size", [(17, 33), (64, 64), (9, 1)])
def test_the_full_resolution_of_tiles_is_read(tmp_path, rng, size, mode, rounding):
    image = rng.random(size).astype(np.float32)
    path = tiled(tmp_path / "a.exr", image, mode, rounding)
    with OpenEXR.File(str(path)) as file:
        assert np.array_equal(file.channels()["Y"].pixels, image)
    assert np.array_equal(read_photo(path).pixels[..., 0], image)


def tiled(path, image, mode, rounding, across=16, down=8):
    """A file with all its levels, which OpenEXR's Python module cannot write: their content is the picture's corner."""
    tiles = OpenEXR.TileDescription()
    tiles.xSize, tiles.ySize, tiles.mode, tiles.roundingMode = across, down, mode, rounding
    exr(path, {"Y": image}, type=OpenEXR.tiledimage, tiles=tiles, compression=OpenEXR.NO_COMPRESSION)
    head = path.read_bytes()[: exr_header_end(path)]
    heights, widths = ([size] for size in image.shape)
    for sizes in (heights, widths):
        while sizes[-1] > 1:
            sizes.append(-(-sizes[-1] // 2) if rounding == OpenEXR.ROUND_UP else sizes[-1] // 2)
    levels = [(0, 0)]
    if mode == OpenEXR.MIPMAP_LEVELS:
        levels = [(level, level) for level in range(max(len(widths), len(heights)))]
    elif mode == OpenEXR.RIPMAP_LEVELS:
        levels = [(x, y) for y in range(len(heights)) for x in range(len(widths))]
    chunks = []
    for x, y in levels:
        level = image[: heights[min(y, len(heights) - 1)], : widths[min(x, len(widths) - 1)]]
        for top in range(0, level.shape[0], down):
            for left in range(0, level.shape[1], across):
                data = level[top : top + down, left : left + across].tobytes()
                chunks.append(struct.pack("<5i", left // across, top // down, x, y, len(data)) + data)
    starts = np.cumsum([len(head) + 8 * len(chunks), *(len(chunk) for chunk in chunks[:-1])])
    path.write_bytes(head + starts.astype("<u8").tobytes() + b"".join(chunks))
    return path


def test_a_layer_is_found_by_its_last_letters_and_the_others_are_named(tmp_path):
    channels = {
        f"View.Combined.{name}": np.full((3, 4), value, np.float32)
        for name, value in zip("RGB", (1, 2, 3), strict=True)
    }
    path = exr(tmp_path / "a.exr", channels | {"View.Depth.Z": np.ones((3, 4), np.float32)})
    with pytest.warns(HdrnetWarning, match=r"left out are the channels View\.Depth\.Z\."):
        assert read_photo(path).pixels[0, 0].tolist() == [1, 2, 3]


def test_luminance_is_grey(tmp_path):
    photo = read_photo(exr(tmp_path / "a.exr", plain(2, "Y")))
    assert photo.grey
    assert photo.pixels.shape == (3, 4, 3)


def test_a_file_without_colours_is_refused_by_its_channels(tmp_path):
    with pytest.raises(InputError, match=r"it has N\.q"):
        read_photo(exr(tmp_path / "a.exr", {"N.q": np.ones((3, 4), np.float32)}))


def test_luminance_and_chroma_are_refused(tmp_path):
    path = exr(tmp_path / "a.exr", {name: np.ones((4, 4), np.float16) for name in ("Y", "RY", "BY")})
    with pytest.raises(InputError, match="luminance and chroma"):
        read_photo(path)


def test_a_channel_of_lower_resolution_is_refused_by_name(tmp_path):
    path = exr(tmp_path / "a.exr", plain(size=(4, 4)), compression=OpenEXR.NO_COMPRESSION)
    data = bytearray(path.read_bytes())
    after = data.index(b"B\0", data.index(b"chlist")) + 2
    data[after + 8 : after + 12] = struct.pack("<i", 2)
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"channel B at a lower resolution \(1 of 2 pixels\)"):
        image_size(path)


@pytest.mark.parametrize("read", [read_photo, image_size, read_metadata])
def test_a_deep_file_is_called_so(tmp_path, read):
    path = exr(tmp_path / "a.exr", deep(), type=OpenEXR.deepscanline, compression=OpenEXR.ZIPS_COMPRESSION)
    with pytest.raises(InputError, match=r"deep OpenEXR file \(deepscanline\).*flatten it"):
        read(path)


def test_the_flat_part_beside_a_deep_one_is_read(tmp_path):
    path = parts(tmp_path / "a.exr", ("deep", deep(), {"type": OpenEXR.deepscanline}), ("flat", plain(3), {}))
    with pytest.warns(HdrnetWarning, match="R, G, B of its part 'flat' are read; .* A \\(part 'deep'\\)"):
        assert np.array_equal(read_photo(path).pixels, np.full((3, 4, 3), 3))


def test_the_first_of_several_pictures_is_read_and_the_other_named(tmp_path):
    path = parts(tmp_path / "a.exr", ("left", plain(1), {}), ("right", plain(2), {}))
    with pytest.warns(HdrnetWarning, match=r"R, G, B of its part 'left' are read; left out are .*R \(part 'right'\)"):
        assert np.array_equal(read_photo(path).pixels, np.ones((3, 4, 3)))


def test_a_part_without_colours_is_passed_over_with_its_metadata(tmp_path):
    depth = {"Z": np.ones((3, 4), np.float32)}, {"expTime": 9.0}
    path = parts(tmp_path / "a.exr", ("depth", *depth), ("picture", plain(4), {"expTime": 0.5}))
    with pytest.warns(HdrnetWarning, match="part 'picture'"):
        photo = read_photo(path)
    assert photo.pixels.shape == (3, 4, 3)
    assert photo.metadata.exif["Exif.Photo.ExposureTime"] == "1/2"


def test_pixels_outside_of_the_picture_are_told(tmp_path):
    plane = np.arange(20, dtype=np.float32).reshape(4, 5)
    windows = {"dataWindow": ((-1, 2), (3, 5)), "displayWindow": ((0, 0), (5, 4))}
    path = exr(tmp_path / "a.exr", {name: plane.copy() for name in "RGB"}, **windows)
    with pytest.warns(HdrnetWarning, match="outside of the 6 x 5 of the picture"):
        pixels = read_photo(path).pixels[..., 0]
    expected = np.zeros((5, 6))
    expected[2:, :4] = plane[:3, 1:]
    assert np.array_equal(pixels, expected)


def test_alpha_stays_in_the_colours(tmp_path):
    planes = {"R": 0.5, "G": 0.25, "B": 3.0, "A": 0.5}
    photo = read_photo(exr(tmp_path / "a.exr", {k: np.full((3, 4), v, np.float32) for k, v in planes.items()}))
    assert photo.associated
    assert photo.pixels[1, 1].tolist() == [0.5, 0.25, 3.0]
    assert np.array_equal(photo.alpha, np.full((3, 4), 0.5))


@pytest.mark.parametrize(
    ("chromaticities", "neutral", "matrix", "tolerance"),
    [
        ((*DISPLAY_P3, *D65), None, DISPLAY_P3_TO_REC709, 1e-4),
        (AP0, None, AP0_TO_REC709, 1e-5),
        (XYZ, None, rgb_from_xyz @ E_TO_D65, 1e-3),
        (XYZ, D65, rgb_from_xyz, 1e-3),
    ],
    ids=["P3", "ACES AP0", "XYZ", "XYZ with D65 as neutral"],
)
def test_chromaticities_are_converted(tmp_path, chromaticities, neutral, matrix, tolerance):
    head = {} if neutral is None else {"adoptedNeutral": np.array(neutral, np.float32)}
    path = exr(tmp_path / "a.exr", of_colour(COLOUR), chromaticities=chromaticities, **head)
    assert np.abs(read_photo(path).pixels[0, 0] - matrix @ COLOUR).max() < tolerance


def test_the_adopted_neutral_becomes_grey(tmp_path):
    # Illuminant A in XYZ, as a colour of Rec.709: what a lamp lights white.
    lamp = rgb_from_xyz @ np.array([1.09850, 1.0, 0.35585])
    path = exr(tmp_path / "a.exr", of_colour(lamp), adoptedNeutral=np.array([0.44757, 0.40745], np.float32))
    assert np.abs(read_photo(path).pixels[0, 0] - 1).max() < 2e-3


def test_the_luminance_of_white_changes_no_value(tmp_path):
    path = exr(tmp_path / "a.exr", of_colour(COLOUR), whiteLuminance=100.0)
    assert np.array_equal(read_photo(path).pixels[0, 0], COLOUR)


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        ({"chromaticities": (0.64, 0.33, 0.3, 0.6, 0.15, 0.06, float("nan"), 0.329)}, "NaN"),
        ({"chromaticities": (0.0,) * 8}, "on one line"),
        ({"chromaticities": (0.1, 0.1, 0.2, 0.2, 0.3, 0.3, 0.3127, 0.329)}, "on one line"),
        ({"chromaticities": (*DISPLAY_P3, 0.3127, 0.0)}, "without light"),
        ({"chromaticities": (*DISPLAY_P3, 0.7, 0.7)}, "outside of the primaries"),
        ({"adoptedNeutral": np.array([0.3, -1.0], np.float32)}, "without light"),
    ],
    ids=["NaN", "zeros", "line", "black", "outside", "neutral"],
)
def test_chromaticities_that_make_no_sense_are_refused(tmp_path, head, reason):
    with pytest.raises(InputError, match=rf"chromaticities that describe no colours \(.*{reason}.*save it as Rec\.709"):
        read_photo(exr(tmp_path / "a.exr", plain(), **head))


def test_chromaticities_that_are_no_numbers_are_refused(tmp_path):
    path = exr(tmp_path / "a.exr", plain(), chromaticitiex="Rec.709")
    path.write_bytes(path.read_bytes().replace(b"chromaticitiex", b"chromaticities"))
    with pytest.raises(InputError, match="describe no colours.*'Rec.709'"):
        read_photo(path)


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("compression", [OpenEXR.ZIP_COMPRESSION, OpenEXR.PIZ_COMPRESSION, OpenEXR.DWAB_COMPRESSION])
def test_a_file_that_ends_too_early_is_refused_without_a_word_of_the_library(tmp_path, rng, capfd, compression, share):
    path = exr(tmp_path / "a.exr", {"Y": rng.random((64, 64)).astype(np.float32)}, compression=compression)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(InputError, match="damaged or incomplete"):
        read_photo(path)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("length", [44 << 20, -5])
@pytest.mark.parametrize("read", [read_photo, image_size, read_metadata])
def test_a_header_that_ends_nowhere_is_refused(tmp_path, read, length):
    path = exr(tmp_path / "a.exr", plain(size=(40, 56)), compression=OpenEXR.NO_COMPRESSION)
    data = path.read_bytes()
    lie = b"number\0float\0" + struct.pack("<i", length) + bytes(5000)
    path.write_bytes(data[: data.index(b"screenWindowCenter")] + lie)
    with pytest.raises(InputError, match="damaged or incomplete"):
        read(path)


def test_pixels_that_cannot_be_unpacked_are_refused(tmp_path, rng):
    path = exr(tmp_path / "a.exr", {"Y": rng.integers(0, 9, (64, 64)).astype(np.float32)})
    data = bytearray(path.read_bytes())
    data[-200:-100] = bytes(100)
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"a\.exr' is damaged or incomplete \(its pixels cannot be unpacked\)"):
        read_photo(path)


def test_a_part_that_cannot_be_unpacked_is_not_taken_for_another(tmp_path, rng):
    noise = {name: rng.integers(0, 9, (8, 64)).astype(np.float16) for name in "RGB"}
    path = parts(tmp_path / "a.exr", ("first", noise, {}), ("second", plain(size=(8, 64), dtype=np.float16), {}))
    data = bytearray(path.read_bytes())
    start = struct.unpack_from("<q", data, exr_header_end(path))[0]
    data[start + 12 : start + 40] = bytes(28)
    path.write_bytes(data)
    with pytest.raises(InputError, match="damaged or incomplete"):
        read_photo(path)


DAMAGED = """
import random, resource, struct, sys, warnings
from libhdrnet.errors import InputError
from libhdrnet.io import read_photo
resource.setrlimit(resource.RLIMIT_DATA, (1 << 30, 1 << 30))
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
warnings.simplefilter("ignore")
path, chance = sys.argv[1], random.Random(3)
good = open(path, "rb").read()
for _ in range(300):
    data = bytearray(good)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(8, 500)
        data[place : place + 4] = struct.pack("<i", chance.choice([0, 1, -1, 2**31 - 1, -2**31, 65536, 20000, 255]))
    open(path, "wb").write(data)
    try:
        read_photo(path)
    except InputError:
        pass
print("alive")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits of a process are set as on Linux")
@pytest.mark.parametrize("compression", [OpenEXR.NO_COMPRESSION, OpenEXR.ZIP_COMPRESSION, OpenEXR.DWAB_COMPRESSION])
def test_a_header_that_lies_takes_neither_a_gigabyte_nor_a_minute(tmp_path, rng, compression):
    path = exr(tmp_path / "a.exr", {"Y": rng.random((40, 30)).astype(np.float16)}, compression=compression)
    done = subprocess.run([sys.executable, "-c", DAMAGED, path], capture_output=True, text=True)
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (0, ["alive"]), done.stderr


def test_light_that_chromaticities_make_infinite_is_refused(tmp_path):
    path = exr(tmp_path / "a.exr", plain(3e38), chromaticities=AP0)
    with warnings.catch_warnings(), pytest.raises(InputError, match="infinite"):
        warnings.simplefilter("error")
        read_photo(path)
