import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthetic import jpeg, png

from libhdrnet.io import Metadata, exposure_of, exposure_values, read_metadata, read_photo
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
