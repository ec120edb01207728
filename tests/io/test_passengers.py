"""Gain maps and the like: told of when they are left behind, and never described where they are no longer."""

import struct

import imagecodecs
import numpy as np
import pyexiv2
import pytest
import tifffile
from synthetic import jpeg, png

from libhdrnet.errors import HdrnetWarning
from libhdrnet.io import read_photo, write_like, write_radiance
from libhdrnet.io.passengers import DEPTH, EXTENDED_XMP, GAIN_MAP, LAYERS, PAGES, VIDEO, note_passengers, passengers

SPACES = """xmlns:Container="http://ns.google.com/photos/1.0/container/"
 xmlns:Item="http://ns.google.com/photos/1.0/container/item/" xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/"
 xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" xmlns:GDepth="http://ns.google.com/photos/1.0/depthmap/"
 xmlns:apdi="http://ns.apple.com/pixeldatainfo/1.0/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" """
DIRECTORY = """<Container:Directory><rdf:Seq><rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="Primary"
 Item:Mime="image/jpeg"/></rdf:li><rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="GainMap"
 Item:Mime="image/jpeg" Item:Length="700"/></rdf:li></rdf:Seq></Container:Directory>"""
ISO = b"urn:iso:std:iso:ts:21496:-1\0" + bytes(4)


def packet(attributes="", content=""):
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" {SPACES} {attributes}>{content}</rdf:Description></rdf:RDF></x:xmpmeta>'
    )


def xmp(*parts):
    return 0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet(*parts).encode()


def picture(pixels, *segments):
    """A JPEG with segments right after its start."""
    data = bytes(imagecodecs.jpeg8_encode(np.ascontiguousarray(pixels)))
    added = b"".join(struct.pack(">BBH", 0xFF, code, len(body) + 2) + body for code, body in segments)
    return data[:2] + added + data[2:]


def several(pixels, second, *segments):
    """A JPEG of several pictures: `second` follows the first, and the MPF segment says where it is."""
    entry_at = 4 + 4 + 2 + 12 + 4
    ifd = struct.pack("<2sHIH", b"II", 42, 8, 1) + struct.pack("<HHII", 0xB002, 7, 32, entry_at) + bytes(4)

    def whole(at):
        entries = struct.pack("<IIIHH", 0x030000, 0, 0, 0, 0) + struct.pack("<IIIHH", 0, len(second), at, 0, 0)
        return picture(pixels, *segments, (0xE2, b"MPF\0" + ifd + entries))

    first = whole(0)
    base = first.index(b"MPF\0") + 4
    return whole(len(first) - base) + second


@pytest.fixture
def small(scene):
    return np.ascontiguousarray(scene[::3, ::3, 0])


CASES = {
    "Ultra HDR": lambda a, b: several(a, picture(b, xmp('hdrgm:Version="1.0"')), xmp('hdrgm:Version="1.0"', DIRECTORY)),
    "Ultra HDR without MPF": lambda a, b: picture(a, xmp("", DIRECTORY)) + picture(b),
    "Apple": lambda a, b: several(
        a, picture(b, xmp('apdi:AuxiliaryImageType="urn:com:apple:photo:2020:aux:hdrgainmap"'))
    ),
    "ISO 21496-1": lambda a, b: several(a, picture(b, (0xE2, ISO)), (0xE2, ISO)),
    "ISO 21496-1 in the second picture alone": lambda a, b: several(a, picture(b, (0xE2, ISO))),
}


@pytest.mark.parametrize("name", CASES)
def test_a_gain_map_is_noticed(tmp_path, scene, small, name):
    (tmp_path / "a.jpg").write_bytes(CASES[name](scene, small))
    assert passengers(tmp_path / "a.jpg") == [GAIN_MAP]


def test_a_preview_in_several_pictures_is_no_gain_map(tmp_path, scene, small):
    (tmp_path / "a.jpg").write_bytes(several(scene, picture(small)))
    assert passengers(tmp_path / "a.jpg") == []


def test_a_gain_map_that_is_only_spoken_of_is_none(tmp_path, scene):
    (tmp_path / "a.jpg").write_bytes(picture(scene, xmp('hdrgm:Version="1.0"', DIRECTORY)))
    assert passengers(tmp_path / "a.jpg") == []


@pytest.mark.parametrize(
    ("attributes", "tail", "found"),
    [
        ('GDepth:Format="RangeInverse"', b"", [DEPTH]),
        ('GCamera:MotionPhoto="1"', b"\0\0\0\x18ftypmp42", [VIDEO]),
        ('GCamera:MicroVideo="1"', b"\0\0\0\x18ftypmp42", [VIDEO]),
        ('GCamera:MotionPhoto="0"', b"\0\0\0\x18ftypmp42", []),
        ('GCamera:MotionPhoto="1"', b"", []),
        ("", b"MotionPhoto_Data\0\0\0\x18ftypmp42", [VIDEO]),
    ],
)
def test_depth_and_videos_are_noticed(tmp_path, scene, attributes, tail, found):
    (tmp_path / "a.jpg").write_bytes(picture(scene, xmp(attributes)) + tail)
    assert passengers(tmp_path / "a.jpg") == found


def test_xmp_beyond_one_segment_is_noticed(tmp_path, scene):
    extended = 0xE1, b"http://ns.adobe.com/xmp/extension/\0" + b"0" * 32 + struct.pack(">II", 9, 0) + b"<x></x>"
    (tmp_path / "a.jpg").write_bytes(picture(scene, xmp(), extended))
    assert passengers(tmp_path / "a.jpg") == [EXTENDED_XMP]


def test_pages_and_layers_of_a_tiff_are_noticed(tmp_path, scene):
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(scene, photometric="rgb", extratags=[(37724, "B", 9, b"layers...", True)])
        file.write(scene, photometric="rgb")
    assert passengers(tmp_path / "a.tif") == [PAGES, LAYERS]


def test_the_preview_in_a_tiff_is_no_page(tmp_path, scene):
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(scene, photometric="rgb")
        file.write(scene[::4, ::4], photometric="rgb", subfiletype=1)
    assert passengers(tmp_path / "a.tif") == []


def test_ordinary_pictures_have_no_passengers(tmp_path, scene):
    write_radiance(tmp_path / "a.exr", scene.astype(np.float32))
    assert passengers(jpeg(tmp_path / "a.jpg", scene)) == passengers(png(tmp_path / "a.png", scene)) == []
    assert passengers(tmp_path / "a.exr") == passengers(tmp_path / "missing.jpg") == []


def test_a_bracket_with_gain_maps_is_told_of_in_one_line(tmp_path, scene, small):
    paths = [tmp_path / name for name in ("a.jpg", "b.jpg", "c.jpg")]
    for path in paths:
        path.write_bytes(CASES["Ultra HDR"](scene, small))
    with pytest.warns(HdrnetWarning, match=r"a\.jpg' and 2 more hold a gain map, .*: keep the original") as told:
        note_passengers(paths)
    assert len(told) == 1


@pytest.mark.parametrize("suffix", [".jpg", ".tif", ".png"])
def test_no_output_speaks_of_pictures_that_it_does_not_hold(tmp_path, scene, small, suffix):
    said = 'hdrgm:Version="1.0" GDepth:Format="RangeInverse" GCamera:MotionPhoto="1" xmp:Rating="3"'
    data = several(scene, picture(small, (0xE2, ISO)), xmp(said, DIRECTORY), (0xE2, ISO))
    (tmp_path / "a.jpg").write_bytes(data)
    photo = read_photo(tmp_path / "a.jpg")
    write_like(photo, tmp_path / f"b{suffix}", photo.pixels)
    written = (tmp_path / f"b{suffix}").read_bytes()
    assert not [word for word in (b"MPF\0", b"21496", b"hdrgm", b"Semantic", b"GDepth", b"Motion") if word in written]
    with pyexiv2.Image(str(tmp_path / f"b{suffix}")) as image:
        assert image.read_xmp() == {"Xmp.xmp.Rating": "3"}
