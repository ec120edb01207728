"""What a bracket's files tell of their exposures: gaps filled by the other frames, by bias, by the makers' fields."""

import pytest

from libhdrnet.io import Metadata
from libhdrnet.io.exposures import bias_of, told_exposures


def frame(time=None, f_number="8/1", iso="100", **more):
    tags = {"ExposureTime": time, "FNumber": f_number, "ISOSpeedRatings": iso, **more}
    return Metadata({f"Exif.Photo.{name}": value for name, value in tags.items() if value is not None})


def stops(*frames):
    told = told_exposures(frames).exposures
    return [None if t is None else t / told[0] for t in told]


def test_an_aperture_or_iso_that_one_frame_lacks_is_the_others():
    found = told_exposures([frame("1/64", None), frame("1/16"), frame("1/4", iso=None)]).exposures
    assert found == pytest.approx([100 / 64 / 64, 100 / 16 / 64, 100 / 4 / 64])


def test_an_aperture_that_the_others_do_not_agree_on_leaves_the_exposure_open():
    assert stops(frame("1/16"), frame("1/4", "11/1"), frame("1/4", None))[2] is None


def test_what_no_frame_tells_is_the_same_for_all():
    assert stops(frame("1/16", None, None), frame("1/4", None, None)) == [1, 4]


def test_zero_is_missing():
    apex = {"ShutterSpeedValue": "2/1", "ApertureValue": "6/1"}
    assert stops(frame("1/16"), frame("0/1", "0/1", "0", **apex)) == pytest.approx([1, 4])


def test_a_time_that_is_missing_follows_from_the_bias():
    bias = "ExposureBiasValue"
    assert stops(frame("1/16", **{bias: "0/1"}), frame(**{bias: "2/1"}), frame(**{bias: "-2/1"})) == [1, 4, 0.25]
    assert stops(frame(**{bias: "-2/1"}), frame(**{bias: "0/1"})) == [1, 4]


@pytest.mark.parametrize("stops_off", ["2000/1", "-2147483647/1"])
def test_a_bias_that_no_camera_has_is_none(stops_off):
    bias = {"ExposureBiasValue": stops_off}
    assert bias_of(frame(**bias).exif) is None
    assert stops(frame("1/16", **bias), frame("1/4", ExposureBiasValue="0/1"), frame(**bias)) == [1, 4, None]


def test_nothing_is_told_by_biases_that_are_all_alike_or_incomplete():
    assert told_exposures([frame(ExposureBiasValue="0/1")] * 2).exposures == (None, None)
    assert told_exposures([frame(ExposureBiasValue="1/1"), frame()]).exposures == (None, None)
    assert told_exposures([None, frame()]).exposures == (None, None)


@pytest.mark.parametrize(
    ("tag", "value", "expected"),
    [
        ("Nikon3.ExposureBracketValue", "-2/3", -2 / 3),
        ("CanonSi.AEBBracketValue", "-64", -2.0),
        ("CanonSi.AEBBracketValue", "44", 4 / 3),
        ("CanonSi.AEBBracketValue", "20", 2 / 3),
    ],
)
def test_the_makers_tell_the_step_of_their_brackets_where_the_bias_is_zero(tag, value, expected):
    assert bias_of({f"Exif.{tag}": value, "Exif.Photo.ExposureBiasValue": "0/1"}) == pytest.approx(expected)
    assert bias_of({f"Exif.{tag}": value, "Exif.Photo.ExposureBiasValue": "1/1"}) == 1


@pytest.mark.parametrize(
    ("numbers", "stands_for"),
    [
        (("1/60", "8/1", "100"), 100 / 64 / 64),
        (("30/1", "11/1", "125"), 32 * 100 * 2 ** (1 / 3) / 128),
        (("1/90", "56/10", "6400"), 2**-6.5 * 6400 / 32),
        (("1/350", "67/10", "800"), 2**-8.5 * 800 / 2**5.5),
        (("1/280", "8/1", "100"), 100 / 280 / 64),
        (("1/64", "8/1", "100"), 100 / 64 / 64),
    ],
)
def test_a_dial_s_numbers_stand_for_thirds_or_halves_of_stops(numbers, stands_for):
    assert told_exposures([frame(*numbers)]).exact[0] == pytest.approx(stands_for, rel=1e-6)
