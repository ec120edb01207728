"""XMP sidecars beside the picture."""

import numpy as np
import pytest
from synthetic import dng, jpeg, tag

from libhdrnet.errors import HdrnetWarning
from libhdrnet.io import Metadata, read_metadata, read_photo, read_record, write_display, write_like, write_radiance
from libhdrnet.io.exiv2 import xmp_packet


def sidecar(path, **tags):
    path.write_text(xmp_packet({f"Xmp.{name.replace('_', '.')}": value for name, value in tags.items()}), "utf-8")


@pytest.mark.parametrize("name", ["a.dng.xmp", "a.xmp", "a.XMP"])
def test_a_raw_has_the_rating_and_the_keywords_of_its_sidecar(tmp_path, name):
    raw = dng(tmp_path / "a.dng")
    sidecar(tmp_path / name, xmp_Rating="4", dc_subject=["Käfer"])
    assert read_metadata(raw).xmp == {"Xmp.xmp.Rating": "4", "Xmp.dc.subject": ["Käfer"]}


def test_a_sidecar_goes_before_the_picture_whole_properties_at_a_time(tmp_path, scene):
    path = jpeg(tmp_path / "a.jpg", scene)
    tag(path, xmp={"Xmp.xmp.Rating": "1", "Xmp.dc.subject": ["a", "b", "c"], "Xmp.photoshop.City": "Bonn"})
    sidecar(tmp_path / "a.jpg.xmp", xmp_Rating="5", dc_subject=["d"])
    assert read_metadata(path).xmp == {"Xmp.xmp.Rating": "5", "Xmp.dc.subject": ["d"], "Xmp.photoshop.City": "Bonn"}


def test_a_jpeg_does_not_take_the_sidecar_of_the_raw_beside_it(tmp_path, scene):
    path = jpeg(tmp_path / "a.jpg", scene)
    sidecar(tmp_path / "a.xmp", xmp_Rating="5")
    assert read_metadata(path).xmp == {}


@pytest.mark.parametrize("content", [b"", b"no XMP", b"\xff\xfe\x00", b"<x:xmpmeta"])
def test_a_damaged_sidecar_is_passed_over(tmp_path, scene, content):
    path = jpeg(tmp_path / "a.jpg", scene)
    tag(path, xmp={"Xmp.xmp.Rating": "1"})
    (tmp_path / "a.jpg.xmp").write_bytes(content)
    assert read_metadata(path).xmp == {"Xmp.xmp.Rating": "1"}


@pytest.mark.parametrize("name", ["b.png", "b.tif", "b.exr", "b.avif", "b.jxl", "b.dng"])
def test_a_sidecar_that_no_jpeg_could_hold_is_carried(tmp_path, scene, name):
    path = jpeg(tmp_path / "a.jpg", scene)
    words = [f"keyword {number}" for number in range(6000)]
    sidecar(tmp_path / "a.jpg.xmp", dc_subject=words, dc_source="x" * 50_000)
    write = write_display if name == "b.png" else write_radiance
    write(tmp_path / name, np.zeros((8, 8, 3), np.float32), metadata=read_metadata(path))
    found = read_metadata(tmp_path / name).xmp
    assert found["Xmp.dc.subject"] == words and found["Xmp.dc.source"] == "x" * 50_000


def test_a_jpeg_loses_of_too_much_xmp_the_longest_tags_and_says_which(tmp_path):
    told = {"Xmp.dc.source": "x" * 30_000, "Xmp.dc.subject": ["y" * 50_000], "Xmp.xmp.Rating": "4"}
    metadata = Metadata(exif={"Exif.Image.Artist": "Ann"}, xmp=told)
    with pytest.warns(HdrnetWarning, match=r"without all metadata \(Xmp.dc.subject is too long for a JPEG\)"):
        write_display(tmp_path / "b.jpg", np.zeros((8, 8, 3), np.float32), metadata=metadata, record={"a": 1})
    found = read_metadata(tmp_path / "b.jpg")
    assert found.exif["Exif.Image.Artist"] == "Ann" and "Xmp.dc.subject" not in found.xmp
    assert found.xmp["Xmp.dc.source"] == "x" * 30_000 and found.xmp["Xmp.xmp.Rating"] == "4"
    assert read_record(tmp_path / "b.jpg") == {"a": 1}


def test_a_picture_like_its_source_takes_over_what_its_sidecar_says(tmp_path, scene):
    path = jpeg(tmp_path / "a.jpg", scene)
    tag(path, xmp={"Xmp.xmp.Rating": "1", "Xmp.crs.Exposure2012": "+1.0"})
    sidecar(tmp_path / "a.jpg.xmp", xmp_Rating="5")
    photo = read_photo(path)
    write_like(photo, tmp_path / "b.jpg", photo.pixels)
    assert read_metadata(tmp_path / "b.jpg").xmp == {"Xmp.xmp.Rating": "5", "Xmp.crs.Exposure2012": "+1.0"}
