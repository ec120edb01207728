"""IPTC IIM, the captions and keywords of press photographs, and the comment of a JPEG."""

import numpy as np
import pyexiv2
import pytest
from synthetic import jpeg

from libhdrnet.errors import HdrnetWarning
from libhdrnet.io import read_metadata, read_photo, write_display, write_like, write_radiance

UTF_8 = "\x1b%G"
CAPTION = "Grüße aus Köln\nzweite Zeile"
IPTC = {
    "Iptc.Envelope.CharacterSet": UTF_8,
    "Iptc.Application2.Caption": CAPTION,
    "Iptc.Application2.Headline": "Überschrift",
    "Iptc.Application2.Keywords": ["See", "Straße"],
    "Iptc.Application2.Byline": ["Jürgen"],
    "Iptc.Application2.City": "Köln",
    "Iptc.Application2.CountryName": "Deutschland",
    "Iptc.Application2.Credit": "Agentur",
    "Iptc.Application2.Source": "Archiv",
    "Iptc.Application2.Copyright": "© Jürgen",
    "Iptc.Application2.DateCreated": "2024-05-06",
    "Iptc.Application2.TimeCreated": "07:08:09+02:00",
}


@pytest.fixture
def photo(tmp_path, scene):
    path = jpeg(tmp_path / "source.jpg", scene)
    with pyexiv2.Image(str(path)) as image:
        image.modify_iptc(IPTC)
    return path


def iptc_of(path):
    with pyexiv2.Image(str(path)) as image:
        return image.read_iptc()


@pytest.mark.parametrize("name", ["b.jpg", "b.png", "b.tif"])
def test_a_picture_like_its_source_keeps_its_iptc(tmp_path, photo, name):
    source = read_photo(photo)
    write_like(source, tmp_path / name, source.pixels)
    assert iptc_of(tmp_path / name) == IPTC


@pytest.mark.parametrize("name", ["b.jpg", "b.png", "b.tif"])
def test_a_new_picture_gets_the_iptc_of_its_source(tmp_path, photo, scene, name):
    write_display(tmp_path / name, scene, metadata=read_metadata(photo))
    assert iptc_of(tmp_path / name) == IPTC


def test_radiance_in_a_radiance_file_keeps_its_iptc(tmp_path, photo, scene):
    write_radiance(tmp_path / "b.hdr", scene.astype(np.float32), metadata=read_metadata(photo))
    assert read_metadata(tmp_path / "b.hdr").iptc == IPTC


def test_an_exr_has_the_fields_of_iptc_as_xmp(tmp_path, photo, scene):
    write_radiance(tmp_path / "b.exr", scene.astype(np.float32), metadata=read_metadata(photo))
    xmp = read_metadata(tmp_path / "b.exr").xmp
    assert xmp["Xmp.dc.description"] == {'lang="x-default"': CAPTION}
    assert xmp["Xmp.dc.rights"] == {'lang="x-default"': "© Jürgen"}
    assert (xmp["Xmp.dc.creator"], xmp["Xmp.dc.subject"]) == (["Jürgen"], ["See", "Straße"])
    names = ("Headline", "City", "Country", "Credit", "Source", "DateCreated")
    assert [xmp[f"Xmp.photoshop.{name}"] for name in names] == [
        "Überschrift", "Köln", "Deutschland", "Agentur", "Archiv", "2024-05-06T07:08:09+02:00",
    ]  # fmt: skip


def test_keywords_of_iptc_and_xmp_are_joined_without_doubles_in_an_exr(tmp_path, photo, scene):
    with pyexiv2.Image(str(photo)) as image:
        image.modify_xmp({"Xmp.dc.subject": ["Meer", "See"], "Xmp.photoshop.City": "Bonn"})
    write_radiance(tmp_path / "b.exr", scene.astype(np.float32), metadata=read_metadata(photo))
    xmp = read_metadata(tmp_path / "b.exr").xmp
    assert xmp["Xmp.dc.subject"] == ["Meer", "See", "Straße"]
    assert xmp["Xmp.photoshop.City"] == "Bonn"


def test_a_field_of_iptc_that_xmp_does_not_know_is_named(tmp_path, photo, scene):
    with pyexiv2.Image(str(photo)) as image:
        image.modify_iptc({"Iptc.Application2.EditStatus": "final"})
    with pytest.warns(HdrnetWarning, match=r"b\.exr' loses EditStatus of IPTC") as told:
        write_radiance(tmp_path / "b.exr", scene.astype(np.float32), metadata=read_metadata(photo))
    assert len(told) == 1


def test_iptc_that_is_not_utf_8_becomes_utf_8_and_says_so(tmp_path, scene):
    path = jpeg(tmp_path / "a.jpg", scene)
    with pyexiv2.Image(str(path)) as image:
        image.modify_iptc({"Iptc.Application2.Caption": "Gr\xfc\xdfe \x96 Ende"}, encoding="latin-1")
    photo = read_photo(path)
    write_like(photo, tmp_path / "b.jpg", photo.pixels)
    assert iptc_of(tmp_path / "b.jpg") == {
        "Iptc.Envelope.CharacterSet": UTF_8, "Iptc.Application2.Caption": "Grüße – Ende",
    }  # fmt: skip


def test_one_text_that_is_not_utf_8_leaves_the_others_as_they_are(tmp_path, scene):
    path = jpeg(tmp_path / "a.jpg", scene)
    mixed = {"Iptc.Application2.City": "K\xf6ln", "Iptc.Application2.Credit": "Ü".encode().decode("latin-1")}
    with pyexiv2.Image(str(path)) as image:
        image.modify_iptc(mixed, encoding="latin-1")
    assert read_metadata(path).iptc == {"Iptc.Application2.City": "Köln", "Iptc.Application2.Credit": "Ü"}


@pytest.mark.parametrize("name", ["b.jpg", "b.png"])
def test_the_comment_of_a_jpeg_is_kept(tmp_path, photo, name):
    with pyexiv2.Image(str(photo)) as image:
        image.modify_comment("Am Weiher")
    source = read_photo(photo)
    write_like(source, tmp_path / name, source.pixels)
    with pyexiv2.Image(str(tmp_path / name)) as image:
        assert image.read_comment() == "Am Weiher"


@pytest.mark.parametrize("name", ["b.tif", "b.exr", "b.hdr"])
@pytest.mark.parametrize("described", [False, True])
def test_the_comment_becomes_free_text_of_exif_where_there_are_no_comments(tmp_path, scene, name, described):
    path = jpeg(tmp_path / "a.jpg", scene, {"Exif.Image.ImageDescription": "Ein Weiher"} if described else None)
    with pyexiv2.Image(str(path)) as image:
        image.modify_comment("Am Weiher")
    write_radiance(tmp_path / name, scene.astype(np.float32), metadata=read_metadata(path))
    exif = read_metadata(tmp_path / name).exif
    key = "Exif.Photo.UserComment" if described else "Exif.Image.ImageDescription"
    assert exif[key].removeprefix("charset=Unicode ") == "Am Weiher"


def test_what_darktable_tags_files_with_by_itself_is_not_inherited(tmp_path, scene):
    source = jpeg(tmp_path / "a.jpg", scene)
    with pyexiv2.Image(str(source)) as image:
        image.modify_xmp({
            "Xmp.lr.hierarchicalSubject": ["darktable|format|dng", "darktable|exported", "places|dng", "See"],
            "Xmp.dc.subject": ["darktable", "format", "exported", "dng", "places", "See"],
        })  # fmt: skip
        image.modify_iptc({"Iptc.Application2.Keywords": ["darktable", "format", "See"]})
    write_radiance(tmp_path / "o.tif", scene.astype(np.float32), metadata=read_metadata(source))
    found = read_metadata(tmp_path / "o.tif")
    assert found.xmp["Xmp.dc.subject"] == ["dng", "places", "See"]  # "dng" is a place of the person's, too
    assert found.xmp["Xmp.lr.hierarchicalSubject"] == ["places|dng", "See"]
