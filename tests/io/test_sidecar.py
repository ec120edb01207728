"""XMP sidecars beside the picture."""

import pytest
from synthetic import dng, jpeg, tag

from libhdrnet.io import read_metadata, read_photo, write_like
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


def test_a_picture_like_its_source_takes_over_what_its_sidecar_says(tmp_path, scene):
    path = jpeg(tmp_path / "a.jpg", scene)
    tag(path, xmp={"Xmp.xmp.Rating": "1", "Xmp.crs.Exposure2012": "+1.0"})
    sidecar(tmp_path / "a.jpg.xmp", xmp_Rating="5")
    photo = read_photo(path)
    write_like(photo, tmp_path / "b.jpg", photo.pixels)
    assert read_metadata(tmp_path / "b.jpg").xmp == {"Xmp.xmp.Rating": "5", "Xmp.crs.Exposure2012": "+1.0"}
