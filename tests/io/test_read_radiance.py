import time
import warnings

import imagecodecs
import numpy as np
import pytest

from libhdrnet.errors import HdrnetWarning, InputError
from libhdrnet.io import image_size, read_photo, read_record, write_radiance

RGBE, XYZE = "32-bit_rle_rgbe", "32-bit_rle_xyze"
ORDERS = {
    "-Y +X": lambda a: a,
    "-Y -X": lambda a: a[:, ::-1],
    "+Y -X": lambda a: a[::-1, ::-1],
    "+Y +X": lambda a: a[::-1],
    "+X +Y": lambda a: a[::-1].swapaxes(0, 1),
    "-X +Y": lambda a: a[::-1, ::-1].swapaxes(0, 1),
    "-X -Y": lambda a: a[:, ::-1].swapaxes(0, 1),
    "+X -Y": lambda a: a.swapaxes(0, 1),
}
"""How scanlines come out of an upright picture: the first sign and axis is that of the scanlines."""


def pixels_of(rng, height=6, width=20):
    """RGBE pixels with runs in them: (height, width, 4) uint8."""
    pixels = rng.integers(128, 256, (height, width, 4), dtype=np.uint8)
    pixels[..., 3] = rng.integers(120, 140, (height, width))
    pixels[:, 5:9] = pixels[:, 5:6]
    return pixels


def values(rgbe):
    """What the pixels mean: mantissa / 256 * 2^(exponent - 128)."""
    return np.ldexp(rgbe[..., :3].astype(np.float32), rgbe[..., 3:].astype(int) - 136)


def flat(scanlines):
    return scanlines.tobytes()


def old(scanlines):
    """The first run-length encoding: a pixel 1, 1, 1, n repeats the one before it; more of them count 256s."""
    out = bytearray()
    for line in scanlines.tolist():
        position = 0
        while position < len(line):
            end = position + 1
            while end < len(line) and line[end] == line[position]:
                end += 1
            out += bytes(line[position])
            repeats = end - position - 1
            while repeats:
                out += bytes((1, 1, 1, repeats & 255))
                repeats >>= 8
            position = end
    return bytes(out)


def new(scanlines):
    """The second: two 2s and the length, then four planes of runs (128 + n, value) and literals (n, values)."""
    out = bytearray()
    for line in scanlines:
        out += bytes((2, 2, len(line) >> 8, len(line) & 255))
        for plane in line.T.tolist():
            position = 0
            while position < len(plane):
                end = position + 1
                while end < len(plane) and plane[end] == plane[position] and end - position < 127:
                    end += 1
                out += bytes((128 + end - position, plane[position]))
                position = end
    return bytes(out)


def radiance(path, body, size, *lines, order="-Y +X", kind=RGBE, mark="#?RADIANCE", end="\n"):
    """Write a file whose `size` is that of its scanlines: count, length."""
    first, second = order.split()
    head = [mark, *lines, f"FORMAT={kind}", "", f"{first} {size[0]} {second} {size[1]}", ""]
    path.write_bytes(end.join(head).encode("latin-1") + body)
    return path


def one(path, rgb, *lines, kind=RGBE):
    """A file of one colour, given as mantissas for the exponent 129 (128 is 1.0), and its first pixel."""
    body = flat(np.tile(np.array([*rgb, 129], np.uint8), (3, 4, 1)))
    return read_photo(radiance(path, body, (3, 4), *lines, kind=kind)).pixels[0, 0]


@pytest.mark.parametrize("encode", [flat, old, new])
@pytest.mark.parametrize("width", [20, 700])
def test_every_run_length_encoding_is_read(tmp_path, rng, encode, width):
    pixels = pixels_of(rng, width=width)
    pixels[2] = pixels[2, 0]  # a run as long as the scanline
    path = radiance(tmp_path / "a.hdr", encode(pixels), pixels.shape)
    assert np.array_equal(read_photo(path).pixels, values(pixels))


@pytest.mark.parametrize("encode", [flat, old])
@pytest.mark.parametrize("size", [(5, 1), (5, 7), (2, 32800)])
def test_scanlines_too_narrow_or_wide_for_the_new_encoding_are_read(tmp_path, rng, encode, size):
    pixels = rng.integers(128, 256, (*size, 4), dtype=np.uint8)
    pixels[..., 3] = 130
    pixels[0, 0] = (2, 2, size[1] >> 8, size[1] & 255)  # what begins a scanline of the new encoding
    path = radiance(tmp_path / "a.hdr", encode(pixels), size)
    assert np.array_equal(read_photo(path).pixels, values(pixels))


def test_each_scanline_may_have_its_own_encoding(tmp_path, rng):
    pixels = pixels_of(rng)
    body = b"".join(encode(pixels[row : row + 1]) for row, encode in enumerate((old, new, flat, new, old, flat)))
    path = radiance(tmp_path / "a.hdr", body, pixels.shape)
    assert np.array_equal(read_photo(path).pixels, values(pixels))


@pytest.mark.parametrize("encode", [flat, old, new])
def test_bytes_after_the_last_scanline_do_no_harm(tmp_path, rng, encode):
    pixels = pixels_of(rng)
    path = radiance(tmp_path / "a.hdr", encode(pixels) + b"\n trailer", pixels.shape)
    assert np.array_equal(read_photo(path).pixels, values(pixels))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("encode", [flat, old, new])
def test_every_order_of_rows_is_turned_upright(tmp_path, rng, order, encode):
    pixels = pixels_of(rng, 12, 20)
    scanlines = np.ascontiguousarray(ORDERS[order](pixels))
    path = radiance(tmp_path / "a.hdr", encode(scanlines), scanlines.shape, order=order)
    assert image_size(path) == (12, 20)
    assert np.array_equal(read_photo(path).pixels, values(pixels))


@pytest.mark.parametrize("encode", [flat, old, new])
@pytest.mark.parametrize("share", [0, 0.3, 0.99])
def test_a_picture_that_ends_too_early_is_refused(tmp_path, rng, encode, share):
    pixels = pixels_of(rng)
    body = encode(pixels)
    path = radiance(tmp_path / "a.hdr", body[: int(len(body) * share)], pixels.shape)
    with pytest.raises(InputError, match="damaged or incomplete"):
        read_photo(path)


def test_a_damaged_scanline_is_no_reason_to_take_the_rest_for_flat_pixels(tmp_path, rng):
    pixels = rng.integers(128, 256, (6, 300, 4), dtype=np.uint8)
    body = bytearray(new(pixels))
    body[len(body) // 6 * 2 : len(body) // 6 * 2 + 40] = bytes(range(9, 49))
    with pytest.raises(InputError, match="damaged or incomplete"):
        read_photo(radiance(tmp_path / "a.hdr", bytes(body), pixels.shape))


@pytest.mark.parametrize(
    "body", [b"\1\1\1\4", b"\x80\x80\x80\x80\1\1\1\xff\1\1\1\xff\1\1\1\xff\1\1\1\xff\1\1\1\xff", b"\2\2\0\x13"]
)
def test_runs_without_a_pixel_or_an_end_and_wrong_lengths_are_refused(tmp_path, body):
    with pytest.raises(InputError, match="damaged or incomplete"):
        read_photo(radiance(tmp_path / "a.hdr", body + bytes(900), (6, 20)))


def test_a_small_file_of_a_large_picture_is_refused_at_once(tmp_path):
    path = radiance(tmp_path / "a.hdr", b"\2\2\x4e\x20" + bytes(2000), (19000, 20000))
    start = time.perf_counter()
    with pytest.raises(InputError, match="damaged or incomplete"):
        read_photo(path)
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["#?RADIANCE", "#?RGBE", "#?pfstools", "#?", "FORMAT=32-bit_rle_rgbe"])
def test_every_program_s_mark_and_line_ends_are_read(tmp_path, rng, mark, end):
    pixels = pixels_of(rng)
    path = radiance(tmp_path / "a.hdr", new(pixels), pixels.shape, "SOFTWARE=x", mark=mark, end=end)
    assert np.array_equal(read_photo(path).pixels, values(pixels))


@pytest.mark.parametrize("length", [5000, 300_000])
def test_a_header_may_be_long(tmp_path, rng, length):
    pixels = pixels_of(rng)
    path = radiance(tmp_path / "a.hdr", new(pixels), pixels.shape, "# " + "x" * length, *["VIEW= -vf a"] * 400)
    assert image_size(path) == (6, 20)
    assert np.array_equal(read_photo(path).pixels, values(pixels))


@pytest.mark.parametrize("head", ["#?RADIANCE\n\n-Y 3 -Y 4\n", "#?RADIANCE\n\n-Y 3\n", "#?RADIANCE\n-Y 3 +X 4\n"])
def test_a_header_without_a_resolution_is_refused(tmp_path, head):
    path = tmp_path / "a.hdr"
    path.write_bytes(head.encode() + bytes(48))
    for read in (read_photo, image_size):
        with pytest.raises(InputError, match="no resolution line"):
            read(path)


def test_another_format_of_radiance_is_named(tmp_path):
    with pytest.raises(InputError, match="format Radiance_spectra"):
        image_size(radiance(tmp_path / "a.hdr", bytes(48), (3, 4), kind="Radiance_spectra"))


def test_exposures_and_colour_corrections_are_divided_out(tmp_path):
    lines = "EXPOSURE=4.0", "COLORCORR= 1 2 0.5", "EXPOSURE=5e-1", "COLORCORR=1 2 1"
    assert np.allclose(one(tmp_path / "a.hdr", (128, 128, 128), *lines), (1 / 2, 1 / 8, 1))


def test_lines_that_came_from_the_header_of_another_picture_do_not_count(tmp_path):
    assert np.array_equal(one(tmp_path / "a.hdr", (128, 128, 128), "pcomb x.hdr", "\tEXPOSURE=4"), (1, 1, 1))


def test_a_gamma_is_undone(tmp_path):
    found = one(tmp_path / "a.hdr", (64, 128, 255), "GAMMA=2.2")
    assert np.allclose(found, (np.array([64, 128, 255]) / 128) ** 2.2)


def test_a_gamma_of_imagemagick_is_the_exponent_of_encoding(tmp_path):
    found = one(tmp_path / "a.hdr", (64, 128, 255), "GAMMA=0.454545")
    assert np.allclose(found, (np.array([64, 128, 255]) / 128) ** 2.2, rtol=1e-4)


def test_primaries_are_converted_and_white_stays_white(tmp_path):
    p3 = "PRIMARIES=0.68 0.32 0.265 0.69 0.15 0.06 0.3127 0.329"
    assert np.allclose(one(tmp_path / "a.hdr", (0, 128, 0), p3), (-0.2249, 1.0421, -0.0786), atol=1e-3)
    radiance_s = "PRIMARIES=0.64 0.33 0.29 0.60 0.15 0.06 0.333 0.333"
    assert np.allclose(one(tmp_path / "a.hdr", (128, 128, 128), radiance_s), 1, atol=1e-6)


@pytest.mark.parametrize("line", ["PRIMARIES=0 0 0 0 0 0 0 0", "GAMMA=1", "SOFTWARE=x"])
def test_a_file_that_names_no_primaries_is_rec709(tmp_path, line):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.array_equal(one(tmp_path / "a.hdr", (10, 128, 60), line), np.array([10, 128, 60]) / 128)


def test_xyze_is_luminance_of_equal_energy_white(tmp_path):
    assert np.allclose(one(tmp_path / "a.hdr", (128, 128, 128), "EXPOSURE=5.586592e-3", kind=XYZE), 1, atol=1e-4)
    found = one(tmp_path / "b.hdr", (0, 128, 0), "EXPOSURE=5.586592e-3", kind=XYZE)
    # Bradford from equal energy to D65, then IEC 61966-2-1's matrix.
    adapted = np.array([[0.9531874, -0.0265906, 0.0238731], [-0.0382467, 1.0288406, 0.0094060],
                        [0.0026068, -0.0030332, 1.0892565]])  # fmt: skip
    to_srgb = np.array([[3.2404542, -1.5371385, -0.4985314], [-0.969266, 1.8760108, 0.041556],
                        [0.0556434, -0.2040259, 1.0572252]])  # fmt: skip
    assert np.allclose(found, to_srgb @ adapted[:, 1], atol=2e-3)


@pytest.mark.parametrize(
    "line",
    ["EXPOSURE=0", "EXPOSURE=much", "COLORCORR=1 2", "GAMMA=nan", "PRIMARIES=1 2 3", "PRIMARIES=1 1 1 1 1 1 1 1"],
)
def test_lines_that_make_no_sense_are_named_and_left_out(tmp_path, line):
    with pytest.warns(HdrnetWarning, match=line):
        assert np.array_equal(one(tmp_path / "a.hdr", (10, 128, 60), line), np.array([10, 128, 60]) / 128)


def test_pixels_that_are_not_square_are_told(tmp_path):
    with pytest.warns(HdrnetWarning, match="1.5 times as high as wide"):
        one(tmp_path / "a.hdr", (10, 128, 60), "PIXASPECT=1.5")


def test_a_file_of_the_library_is_read_with_its_record(tmp_path, rng):
    linear = (rng.random((9, 33, 3)) * 40).astype(np.float32)
    write_radiance(tmp_path / "a.hdr", linear, record={"operation": "merge"})
    assert np.array_equal(
        read_photo(tmp_path / "a.hdr").pixels, imagecodecs.rgbe_decode(imagecodecs.rgbe_encode(linear))
    )
    assert read_record(tmp_path / "a.hdr") == {"operation": "merge"}


@pytest.mark.parametrize("name", ["oldrle", "crlf", "exposure"])
def test_files_of_another_program_are_read(shared, name):
    pixels = read_photo(shared / "cases" / "hdr-png" / f"{name}.hdr").pixels
    assert pixels.shape == (40, 64, 3)
    first = np.ldexp(np.float32([0x99, 0x45, 0x15]), 0x7C - 136)
    assert np.array_equal(pixels[0, 0] * (4 if name == "exposure" else 1), first)


@pytest.mark.parametrize("value", ["1e-20", "500"])
def test_a_gamma_that_no_program_means_is_named_and_left_out(tmp_path, value):
    with pytest.warns(HdrnetWarning, match=f"GAMMA={value}"):
        assert np.array_equal(one(tmp_path / "a.hdr", (10, 128, 60), f"GAMMA={value}"), np.array([10, 128, 60]) / 128)


@pytest.mark.parametrize("line", ["GAMMA=12", "EXPOSURE=1e-29\nCOLORCORR=1e-29 1e-29 1e-29"])
def test_light_that_a_header_makes_infinite_is_refused(tmp_path, line):
    body = flat(np.full((3, 4, 4), 255, np.uint8))
    with warnings.catch_warnings(), pytest.raises(InputError, match="infinite"):
        warnings.simplefilter("error")
        read_photo(radiance(tmp_path / "a.hdr", body, (3, 4), line))


@pytest.mark.parametrize("shape", [(1, 1), (3, 9), (40, 56), (7, 3000)])
def test_a_picture_in_which_nothing_repeats_is_written(tmp_path, shape):
    rng = np.random.default_rng(3)
    mantissa, exponent = rng.integers(128, 256, (*shape, 3)), rng.permuted(np.arange(np.prod(shape)) % 120 - 60)
    linear = np.ldexp(mantissa / np.float32(256), exponent.reshape(*shape, 1)).astype(np.float32)
    write_radiance(tmp_path / "a.hdr", linear)
    assert np.array_equal(read_photo(tmp_path / "a.hdr").pixels, linear)
