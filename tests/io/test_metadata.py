import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthetic import jpeg, png

from libhdrnet.io import (
    Metadata,
    exposure_of,
    exposure_values,
    read_metadata,
    read_photo,
    write_display,
    write_radiance,
)
from libhdrnet.io.metadata import number, rational


def exif(**tags):
    return Metadata(exif={f"Exif.Photo.{name}": value for name, value in tags.items()})


def test_exposure_is_time_times_iso_over_f_number_squared():
    assert exposure_of(exif(ExposureTime="1/50", ISOSpeedRatings="200", FNumber="4/1")) == pytest.approx(0.25)


def test_missing_iso_counts_as_100_and_missing_f_number_as_1():
    assert exposure_of(exif(ExposureTime="1/50")) == pytest.approx(2.0)
    assert exposure_of(exif(ExposureTime="1/50", FNumber="0/0")) == pytest.approx(2.0)


def test_the_apex_values_stand_in_for_missing_ones():
    found = exposure_values(exif(ShutterSpeedValue="6/1", ApertureValue="4/1"))
    assert found == pytest.approx((1 / 64, None, 4.0))


def test_iso_beyond_sixteen_bits_is_taken_from_its_own_field():
    assert exposure_values(exif(ISOSpeedRatings="65535", RecommendedExposureIndex="102400"))[1] == 102400


@pytest.mark.parametrize("time", ["0/1", "-1/60", "nan", "1/0", "", "inf", "soon"])
def test_an_impossible_time_gives_no_exposure(time):
    assert exposure_of(exif(ExposureTime=time)) is None


def test_no_time_gives_no_exposure():
    assert exposure_of(exif(ISOSpeedRatings="200")) is None


@given(st.floats(1e-5, 3600))
def test_rationals_keep_times_within_a_thousandth(value):
    assert number(rational(value)) == pytest.approx(value, rel=0.05 if value < 1e-4 else 1e-3)


def test_a_photo_knows_its_exposure(tmp_path, scene):
    path = jpeg(tmp_path / "a.jpg", scene, {"Exif.Photo.ExposureTime": "1/4", "Exif.Photo.ISOSpeedRatings": "400"})
    assert read_photo(path).exposure == pytest.approx(100.0)


def test_a_picture_without_metadata_has_empty_ones(tmp_path, scene):
    metadata = read_metadata(png(tmp_path / "a.png", scene))
    assert not metadata.xmp
    assert exposure_of(metadata) is None
    assert metadata.icc is None


LENSES = {
    "Canon": ("Exif.Canon.LensModel", "EF50mm f/1.8 STM"),
    "OLYMPUS CORPORATION": ("Exif.OlympusEq.LensModel", "OLYMPUS M.12-40mm F2.8"),
    "Panasonic": ("Exif.Panasonic.LensType", "LUMIX G 20/F1.7"),
}


@pytest.mark.parametrize("make", LENSES)
def test_a_lens_that_only_the_makers_notes_name_is_kept(tmp_path, scene, make):
    key, lens = LENSES[make]
    path = jpeg(tmp_path / "a.jpg", scene, {"Exif.Image.Make": make, "Exif.Image.Model": "E-M1", key: lens})
    write_display(tmp_path / "b.jpg", scene, metadata=read_metadata(path))
    assert read_metadata(tmp_path / "b.jpg").exif["Exif.Photo.LensModel"] == lens


def test_the_range_of_a_nikon_lens_is_kept(tmp_path, scene):
    path = jpeg(tmp_path / "a.jpg", scene, {"Exif.Image.Make": "NIKON", "Exif.Nikon3.Lens": "24/1 70/1 28/10 28/10"})
    write_display(tmp_path / "b.jpg", scene, metadata=read_metadata(path))
    assert read_metadata(tmp_path / "b.jpg").exif["Exif.Photo.LensSpecification"] == "24/1 70/1 28/10 28/10"


def test_the_lens_that_exif_names_goes_before_the_makers_notes(tmp_path, scene):
    tags = {"Exif.Image.Make": "Canon", "Exif.Canon.LensModel": "EF50mm", "Exif.Photo.LensModel": "Another 50mm"}
    write_display(tmp_path / "b.jpg", scene, metadata=read_metadata(jpeg(tmp_path / "a.jpg", scene, tags)))
    assert read_metadata(tmp_path / "b.jpg").exif["Exif.Photo.LensModel"] == "Another 50mm"


def test_exif_without_attributes_of_its_own_goes_through_an_exr_as_xmp(tmp_path, scene):
    tags = {
        "Exif.Photo.FocalLength": "50/1",
        "Exif.Photo.ExposureBiasValue": "-1/3",
        "Exif.Photo.Flash": "16",
        "Exif.Photo.OffsetTimeOriginal": "+02:00",
        "Exif.Photo.LensSpecification": "24/1 70/1 28/10 28/10",
        "Exif.Photo.UserComment": "charset=Unicode Käfer",
        "Exif.Image.Artist": "Jürgen",
        "Exif.Image.Rating": "4",
        "Exif.GPSInfo.GPSLongitude": "139/1 2/1 3/1",
        "Exif.GPSInfo.GPSLongitudeRef": "W",
        "Exif.GPSInfo.GPSAltitude": "123/1",
        "Exif.GPSInfo.GPSAltitudeRef": "1",
    }
    write_radiance(tmp_path / "a.exr", scene.astype(np.float32), metadata=Metadata(tags))
    assert read_metadata(tmp_path / "a.exr").exif == tags


@pytest.mark.parametrize("f_number", ["1e-300", "1e200"])
def test_an_exposure_beyond_all_numbers_is_none(f_number):
    exif = {"Exif.Photo.ExposureTime": "1/60", "Exif.Photo.FNumber": f_number}
    assert exposure_of(Metadata(exif)) is None
