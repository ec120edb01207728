import contextlib
import struct
import subprocess
import sys
import warnings
import zlib

import imagecodecs
import numpy as np
import pytest
from synthetic import png

from libhdrnet.errors import HdrnetWarning, InputError
from libhdrnet.io import (
    MAX_PIXELS,
    image_size,
    read_metadata,
    read_photo,
    read_record,
    write_display,
    write_radiance,
)


@pytest.mark.parametrize("read", [read_photo, image_size])
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", r"is empty \(0 bytes\)"),
        (b"Dear sir or madam, this is a letter.", "is no picture of a known kind"),
        (b"8BPS" + bytes(60), "is a Photoshop file"),
        (b"GIF89a\x08\0\x08\0", "is damaged or incomplete"),
        (b"BM" + bytes(12) + b"\x28\0", "is damaged or incomplete"),
        (b"P6 8 width", "is damaged or incomplete"),
        (b"RIFF\x40\0\0\0WEBP", "is damaged or incomplete"),
        (b"BMW, a car, and nothing else", "is no picture of a known kind"),
        (bytes(4) + b"ftypheic" + bytes(60), "is damaged or incomplete"),
        (b"\xff\xd8\xff\xe0", "is damaged or incomplete"),
        (b"\x89PNG\r\n\x1a\n", "is damaged or incomplete"),
        (b"II*\0\x08\0\0\0", "is damaged or incomplete"),
        (b"\x76\x2f\x31\x01\x02\0\0\0", "is damaged or incomplete"),
        (b"#?RADIANCE\n", "is damaged or incomplete"),
        (b"FUJIFILMCCD-RAW " + bytes(200), "RAW file that LibRaw cannot read|is damaged"),
    ],
    ids=[
        "empty",
        "text",
        "psd",
        "gif",
        "bmp",
        "ppm",
        "webp",
        "cars",
        "heic",
        "jpeg",
        "png",
        "tiff",
        "exr",
        "hdr",
        "raw",
    ],
)
def test_a_file_that_is_no_picture_is_named_with_the_reason(tmp_path, read, content, reason):
    path = tmp_path / "holiday.jpg"
    path.write_bytes(content)
    with pytest.raises(InputError, match=reason) as caught:
        read(path)
    assert "holiday.jpg" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_libraw_says_is_said_in_its_words(tmp_path):
    (tmp_path / "torn.dng").write_bytes(b"II*\0 torn" * 50)
    with pytest.raises(InputError, match=r"that LibRaw cannot read \([^()']+\): convert it to DNG or TIFF\.$"):
        read_photo(tmp_path / "torn.dng")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.jpg' does not exist"):
        read_photo(tmp_path / "none.jpg")


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="is a folder"):
        read_photo(tmp_path)


def test_a_picture_under_another_kinds_name_is_read(tmp_path, scene):
    assert np.array_equal(read_photo(png(tmp_path / "a.jpg", scene)).pixels, scene)


def test_a_tiff_under_a_raws_name_is_read(tmp_path, scene):
    import tifffile

    tifffile.imwrite(tmp_path / "a.nef", scene, photometric="rgb")
    assert np.array_equal(read_photo(tmp_path / "a.nef").pixels, scene)


def giant_png(width, height):
    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def test_a_decompression_bomb_is_refused_before_decoding(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(giant_png(100_000, 100_000))
    with pytest.raises(InputError, match=f"10000 megapixels.*at most {MAX_PIXELS // 1_000_000}"):
        read_photo(path)


def test_a_picture_without_pixels_is_refused(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(giant_png(0, 5))
    with pytest.raises(InputError, match=r"no pixels \(0 x 5\)"):
        read_photo(path)


def test_the_size_is_read_without_decoding(tmp_path, scene):
    path = tmp_path / "a.jpg"
    path.write_bytes(imagecodecs.jpeg8_encode(scene)[:-300])
    assert image_size(path) == (24, 36)


def test_importing_the_package_loads_no_decoder():
    heavy = {"cv2", "rawpy", "OpenEXR", "tifffile", "imagecodecs", "pyexiv2", "torch", "scipy"}
    code = f"import sys, libhdrnet.io; print(sorted({heavy!r} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_a_bracket_without_raw_files_does_not_load_what_reads_them(tmp_path, scene):
    path = str(tmp_path / "a.jpg")
    write_display(path, scene / np.float32(255))
    code = f"import sys; from libhdrnet.io.read import read_photos; print(read_photos([{path!r}])[0].pixels.shape)"
    code += "; print('rawpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.split("\n")[:2] == ["(24, 36, 3)", "False"], done.stderr


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif", "a.exr", "a.hdr"])
def test_damaged_files_give_input_errors_or_pictures_and_nothing_else(tmp_path, rng, scene, name, capfd):
    path = tmp_path / name
    write = write_display if name in ("a.jpg", "a.png") else write_radiance
    write(path, scene / np.float32(255))
    good = path.read_bytes()
    for _ in range(40):
        data = bytearray(good)
        for position in rng.integers(4, min(len(data), 600), 4):
            data[position] = rng.integers(256)
        path.write_bytes(data)
        for read in (read_photo, image_size, read_metadata, read_record):
            with warnings.catch_warnings(), contextlib.suppress(InputError):
                warnings.simplefilter("ignore", HdrnetWarning)
                read(path)
    if name != "a.exr":  # its library tells on standard output what it cannot unpack
        assert capfd.readouterr().out == ""


def loud(name, scene, path):
    """A file whose own words hold an escape sequence and are very long."""
    shout = b"\x1b[31m\x07" + b"x" * 600
    if name == "a.hdr":
        data = b"#?RADIANCE\nFORMAT=" + shout + b"\n\n-Y 1 +X 1\n" + bytes(4)
    else:
        write_radiance(path, scene / np.float32(255))
        data = path.read_bytes().replace(b"Width\0float\0", b"Width\0" + shout[:250] + b"\0")
    path.write_bytes(data)


@pytest.mark.parametrize("name", ["a.hdr", "a.exr"])
def test_what_a_damaged_file_says_is_quoted_readably_and_shortened(tmp_path, monkeypatch, scene, name):
    monkeypatch.chdir(tmp_path)
    loud(name, scene, tmp_path / name)
    with pytest.raises(InputError) as caught:
        read_photo(name)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 300


def test_a_line_that_makes_no_sense_is_quoted_readably(tmp_path):
    (tmp_path / "a.hdr").write_bytes(b"#?RADIANCE\nEXPOSURE=\x1b[31m\x07\n\n-Y 1 +X 1\n" + bytes(4))
    with pytest.warns(HdrnetWarning, match="makes no sense") as told:
        read_photo(tmp_path / "a.hdr")
    assert all(str(warning.message).isprintable() for warning in told)
