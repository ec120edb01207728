"""Metadata in the header of Radiance files."""

import cv2
import imagecodecs
import imageio.v3
import numpy as np
import pytest

from libhdrnet.errors import HdrnetWarning
from libhdrnet.io import Metadata, read_metadata, read_photo, read_record, write_radiance

EXIF = {
    "Exif.Image.Make": "Nikon",
    "Exif.Image.Model": "D750",
    "Exif.Image.Artist": "Jürgen",
    "Exif.Image.Copyright": "© Jürgen",
    "Exif.Image.ImageDescription": 'Zeile 1\nZeile "2"' + " und noch viel mehr" * 20,
    "Exif.Photo.ExposureTime": "1/60",
    "Exif.Photo.FNumber": "28/10",
    "Exif.Photo.ISOSpeedRatings": "200",
    "Exif.Photo.DateTimeOriginal": "2024:05:06 07:08:09",
    "Exif.Photo.LensModel": "50mm f/1.8",
    "Exif.GPSInfo.GPSLatitude": "1/1 2/1 3/1",
}
XMP = {"Xmp.dc.subject": ["sea", "stone"], "Xmp.dc.title": {'lang="x-default"': "Weiher", 'lang="en-US"': "Pond"}}


@pytest.fixture
def radiance(rng):
    return (rng.random((16, 20, 3)) * 12).astype(np.float32)


@pytest.fixture
def path(tmp_path, radiance):
    write_radiance(tmp_path / "a.hdr", radiance, metadata=Metadata(EXIF, XMP), record={"long": "x" * 300})
    return tmp_path / "a.hdr"


def test_metadata_of_a_radiance_file_come_back(path):
    assert read_metadata(path) == Metadata(EXIF, XMP)
    assert read_record(path) == {"long": "x" * 300}


def test_the_lines_are_short_and_the_values_stay_radiance(path):
    head = path.read_bytes().split(b"\n\n", 1)[0]
    assert max(map(len, head.split(b"\n"))) <= 100
    assert b"\nCAPDATE= 2024:05:06 07:08:09\n" in head
    assert b"EXPOSURE=" not in head


def decoded_by_opencv(path):
    return cv2.imread(str(path), cv2.IMREAD_ANYDEPTH | cv2.IMREAD_COLOR)[..., ::-1]


def decoded_by_imagecodecs(path):
    return imagecodecs.rgbe_decode(path.read_bytes())


def decoded_by_imageio(path):
    return imageio.v3.imread(path, plugin="opencv", flags=cv2.IMREAD_ANYDEPTH | cv2.IMREAD_COLOR)


@pytest.mark.parametrize("decode", [decoded_by_opencv, decoded_by_imagecodecs, decoded_by_imageio])
def test_others_read_the_same_pixels(tmp_path, path, radiance, decode):
    write_radiance(tmp_path / "bare.hdr", radiance)
    assert np.array_equal(decode(path), read_photo(path).pixels)
    assert np.array_equal(read_photo(path).pixels, read_photo(tmp_path / "bare.hdr").pixels)


def test_the_date_in_a_file_of_others_is_read(path):
    path.write_bytes(b"#?RADIANCE\r\n# comment\r\nCAPDATE= 2001:02:03 04:05:06\r\n\r\n-Y 1 +X 1\r\n#Exif.Image.Make: 1")
    assert read_metadata(path).exif == {"Exif.Photo.DateTimeOriginal": "2001:02:03 04:05:06"}


def test_a_tag_that_somebody_broke_does_not_cost_the_others(path):
    path.write_bytes(path.read_bytes().replace(b'#Exif.Image.Make: "Nikon"', b'#Exif.Image.Make: "Nik'))
    assert read_metadata(path).exif == {key: value for key, value in EXIF.items() if key != "Exif.Image.Make"}


def test_more_xmp_than_a_header_takes_is_left_out_with_a_warning(tmp_path, radiance):
    many = {f"Xmp.photoshop.Field{index}": "x" * 10_000 for index in range(6)} | {"Xmp.xmp.Rating": "4"}
    with pytest.warns(HdrnetWarning, match="a.hdr' loses 2 long tags"):
        write_radiance(tmp_path / "a.hdr", radiance, metadata=Metadata(EXIF, many))
    found = read_metadata(tmp_path / "a.hdr")
    assert found.exif == EXIF
    assert list(found.xmp) == [*list(many)[:4], "Xmp.xmp.Rating"]
    assert (tmp_path / "a.hdr").read_bytes().index(b"\n\n") < 1 << 16


@pytest.mark.parametrize(
    "line",
    [
        b'#Exif.Image: "a name of two parts"',
        b"#Exif.Photo.UserComment: " + b"[" * 50_000,
        b'#Exif.Image.Artist: {"deep": [1]}',
        b"#Xmp.xmp.Rating: null",
        b'#Exif.Image.Artist: "half a surrogate pair: \\ud800"',
    ],
    ids=["name", "nested", "dictionary", "null", "surrogate"],
)
def test_a_line_that_only_looks_like_a_tag_is_no_tag(tmp_path, line):
    path = tmp_path / "a.hdr"
    path.write_bytes(b'#?RADIANCE\n#Exif.Image.Make: "Nikon"\n' + line + b"\n\n-Y 1 +X 1\n" + bytes(4))
    photo = read_photo(path)
    assert (photo.metadata.exif, photo.metadata.xmp) == ({"Exif.Image.Make": "Nikon"}, {})


def test_a_record_nested_without_end_is_none(tmp_path):
    (tmp_path / "a.hdr").write_bytes(b"#?RADIANCE\n#hdrnet " + b"[" * 50_000 + b"\n\n-Y 1 +X 1\n" + bytes(4))
    assert read_record(tmp_path / "a.hdr") is None


def test_a_number_in_a_tag_is_read_as_text(tmp_path):
    (tmp_path / "a.hdr").write_bytes(b"#?RADIANCE\n#Exif.Photo.ISOSpeedRatings: 200\n\n-Y 1 +X 1\n" + bytes(4))
    assert read_metadata(tmp_path / "a.hdr").exif == {"Exif.Photo.ISOSpeedRatings": "200"}
