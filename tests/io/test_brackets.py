from pathlib import Path

import imagecodecs
import numpy as np
import pyexiv2
import pytest

from libhdrnet.io import find_brackets, group_brackets, read_metadata, write_display

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "brackets"
BLANK = bytes(imagecodecs.jpeg8_encode(np.zeros((8, 8), np.uint8)))


@pytest.fixture
def shoot(tmp_path):
    """Write frames given as (seconds of the day, exposure time, further EXIF) and return their paths."""

    def write(*frames, names=None, content=BLANK):
        paths = []
        for index, (clock, time, extra) in enumerate(frames):
            tags = {"Exif.Image.Model": "D750", "Exif.Photo.ExposureTime": f"{round(time * 10**6)}/1000000"}
            if clock is not None:
                stamp = f"{int(clock) // 3600:02}:{int(clock) // 60 % 60:02}:{int(clock) % 60:02}"
                tags["Exif.Photo.DateTimeOriginal"] = f"2024:05:06 {stamp}"
                tags["Exif.Photo.SubSecTimeOriginal"] = f"{round(clock % 1 * 100):02}"
            tags |= {f"Exif.Photo.{key}": str(value) for key, value in extra.items()}
            with pyexiv2.ImageData(content) as image:
                image.modify_exif(tags)
                data = image.get_bytes()
            path = tmp_path / (names[index] if names else f"{len(list(tmp_path.iterdir())):03}.jpg")
            path.write_bytes(data)
            paths.append(path)
        return paths

    return write


def sizes(paths):
    return [len(bracket.paths) for bracket in group_brackets(paths)]


def auto(start, middle, order=(0, -2, 2), step=0.2):
    return [
        (start + index * step, middle * 2.0**ev, {"ExposureBiasValue": f"{ev}/1", "ExposureMode": 2})
        for index, ev in enumerate(order)
    ]


def manual(start, times, gap=1.0):
    return [(start + index * gap, time, {"ExposureMode": 1}) for index, time in enumerate(times)]


def single(clock, time):
    return (clock, time, {"ExposureBiasValue": "0/1", "ExposureMode": 0})


@pytest.mark.parametrize("order", [(0, -2, 2), (-2, 0, 2), (2, 0, -2), (0, -1, 1, -2, 2), (-2, 2, -1, 1, 0), (0, -3)])
def test_the_camera_may_bracket_in_any_order(shoot, order):
    frames = [frame for index in range(3) for frame in auto(100 + 30 * index, 0.01, order)]
    assert sizes(shoot(*frames)) == [len(order)] * 3


def test_brackets_in_changing_light_are_told_apart(shoot):
    frames = auto(0, 1 / 100) + auto(1, 1 / 30) + auto(2, 1 / 25)
    assert sizes(shoot(*frames)) == [3, 3, 3]


def test_brackets_by_hand_repeat_their_times(shoot):
    times = [1 / 250, 1 / 60, 1 / 15]
    assert sizes(shoot(*manual(0, times), *manual(10, times), *manual(20, times))) == [3, 3, 3]


def test_brackets_by_hand_in_changing_light_are_told_apart(shoot):
    frames = manual(0, [1 / 1000, 1 / 250, 1 / 60]) + manual(10, [1 / 500, 1 / 125, 1 / 30])
    assert sizes(shoot(*frames)) == [3, 3]


@pytest.mark.parametrize("gap", [0.1, 5, 100])
def test_no_time_gap_is_too_short_or_too_long(shoot, gap):
    times = [1 / 15, 1, 15]
    frames = [frame for index in range(2) for frame in manual(index * (3 * gap + 60), times, gap + 15)]
    assert sizes(shoot(*frames)) == [3, 3]


def test_frames_of_equal_exposure_are_never_together(shoot):
    frames = [(index * 0.2, 1 / 60, {"ExposureMode": 2}) for index in range(4)]
    assert sizes(shoot(*frames)) == [1, 1, 1, 1]


def test_single_pictures_between_brackets_stay_alone(shoot):
    frames = [single(0, 1 / 90), *auto(60, 1 / 100), single(100, 1 / 320), *auto(200, 1 / 50)]
    assert sizes(shoot(*frames)) == [1, 3, 1, 3]


def test_single_pictures_in_changing_light_stay_alone(shoot):
    assert sizes(shoot(single(0, 1 / 60), single(300, 1 / 125), single(4000, 1 / 80))) == [1, 1, 1]


def test_singles_that_are_long_apart_are_no_bracket_though_a_pattern_fits(shoot):
    times = [1 / 60, 1 / 15, 1 / 4]
    brackets = [frame for index in range(4) for frame in manual(100 * index, times)]
    singles = [single(2000.0 + 45 * j, time) for j, time in enumerate(times)]
    assert sizes(shoot(*brackets, *singles)) == [3, 3, 3, 3, 1, 1, 1]


def test_singles_in_light_that_grows_are_no_bracket_though_a_fine_pattern_fits(shoot):
    times = [2.0 ** (stop / 2) / 60 for stop in range(3)]
    brackets = [frame for index in range(4) for frame in manual(100 * index, times)]
    singles = [single(2000.0 + 2 * j, time) for j, time in enumerate(times)]
    assert sizes(shoot(*brackets, *singles)) == [3, 3, 3, 3, 1, 1, 1]


def test_an_unequal_series_by_hand_is_one_bracket(shoot):
    assert sizes(shoot(*manual(0, [1 / 4000, 1 / 100, 1]))) == [3]


def test_a_long_series_of_even_steps_is_one_bracket(shoot):
    assert sizes(shoot(*manual(0, [4.0**-index for index in range(8)]))) == [8]


def test_two_frames_alone_are_a_bracket(shoot):
    assert sizes(shoot(*manual(0, [1 / 400, 1 / 50]))) == [2]


def test_two_frames_by_hand_that_share_next_to_no_tone_are_no_bracket(shoot):
    assert sizes(shoot(*manual(0, [0.1, 1 / 2500]), *manual(60, [0.1, 1 / 100, 1 / 1000]))) == [1, 1, 3]


def test_subseconds_and_names_decide_the_order(shoot):
    paths = shoot(*auto(0.1, 0.01), names=["c.jpg", "a.jpg", "b.jpg"])
    assert [path.name for path in group_brackets(reversed(paths))[0].paths] == ["c.jpg", "a.jpg", "b.jpg"]


def test_names_are_ordered_by_number_where_there_is_no_time(shoot):
    frames = [(None, time, {"ExposureMode": 1}) for time in (1 / 250, 1 / 60, 1 / 15)]
    paths = shoot(*frames, names=["img9.jpg", "img10.jpg", "img11.jpg"])
    assert [path.name for path in group_brackets(sorted(paths))[0].paths] == [
        "img9.jpg",
        "img10.jpg",
        "img11.jpg",
    ]


def test_pictures_of_other_sizes_are_not_mixed_in(shoot):
    paths = shoot(*manual(0, [1 / 250, 1 / 60, 1 / 15]))
    other = bytes(imagecodecs.jpeg8_encode(np.zeros((8, 16), np.uint8)))
    paths += shoot(*manual(0.5, [1 / 125]), names=["other.jpg"], content=other)
    assert sizes(paths) == [3, 1]


def test_an_unreadable_file_is_a_bracket_of_its_own(shoot, tmp_path):
    paths = shoot(*auto(0, 0.01))
    bad = tmp_path / "zz.jpg"
    bad.write_bytes(b"not a picture")
    brackets = group_brackets([bad, *paths])
    assert sorted(len(bracket.paths) for bracket in brackets) == [1, 3]
    assert [b.exposures for b in brackets if b.paths == (bad,)] == [(None,)]


def test_the_exposures_come_with_the_paths(shoot):
    bracket = group_brackets(shoot(*manual(0, [0.01, 0.04])))[0]
    assert bracket.exposures == pytest.approx((1.0, 4.0))


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"the brackets in {SHARED.parent} are missing")
def test_every_shared_frame_ends_in_exactly_one_bracket():
    paths = sorted(SHARED.glob("*/*.jpg"))[:12]
    found = [path for bracket in group_brackets(paths) for path in bracket.paths]
    assert sorted(found) == paths


def found(paths, **options):
    return [[path.name for path in bracket.paths] for bracket in find_brackets(paths, **options).brackets]


def test_sixteen_frames_are_one_bracket(shoot):
    assert sizes(shoot(*manual(0, [2.0 ** (index - 10) for index in range(16)], gap=40))) == [16]


def test_a_series_by_hand_with_a_repeated_exposure_is_one_bracket(shoot):
    times = [1 / 240, 1 / 120, 1 / 60, 1 / 30, 1 / 30, 1 / 15, 2 / 15]
    assert sizes(shoot(*manual(0, times))) == [7]


def test_frames_at_the_shutter_s_limit_belong_to_their_bracket(shoot):
    biases = (0, -2, 2, -4, 4)
    times = [max(2.0 ** (ev - 11), 1 / 8192) for ev in biases]
    one = [
        (0.2 * i, t, {"ExposureBiasValue": f"{ev}/1", "ExposureMode": 2})
        for i, (t, ev) in enumerate(zip(times, biases, strict=True))
    ]
    assert sizes(shoot(*one, *auto(40, 0.01))) == [5, 3]


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_a_deleted_frame_does_not_shift_the_brackets_after_it(shoot, lost):
    frames = [frame for index in range(3) for frame in auto(10 * index, 0.01)]
    names = [f"IMG_{number:04}.JPG" for number in range(1, 10)]
    paths = shoot(*frames, names=names)
    del paths[3 + lost]
    assert sizes(paths) == [3, 2, 3]


def test_long_exposures_are_no_pauses(shoot):
    times = [1, 4, 16, 64]
    starts = [0, 2, 7, 24]
    frames = [(start, time, {"ExposureMode": 1}) for start, time in zip(starts, times, strict=True)]
    later = [(200 + start, time, {"ExposureMode": 1}) for start, time in zip(starts, times, strict=True)]
    assert sizes(shoot(*frames, *later)) == [4, 4]


def test_the_views_of_a_panorama_are_told_apart_without_gaps(shoot):
    times = [2.0 ** (index - 8) for index in (0, 2, 4, 6, 8)]
    assert sizes(shoot(*[f for view in range(36) for f in manual(8 * view, times, 1.5)])) == [5] * 36


def test_jpg_and_jpeg_are_one_kind(shoot):
    assert sizes(shoot(*auto(0, 0.01), names=["a.jpg", "b.jpeg", "c.JPG"])) == [3]


def test_an_aperture_that_one_frame_lacks_tears_no_bracket_apart(shoot):
    frames = manual(0, [1 / 125, 1 / 15, 1 / 2])
    for _, _, more in frames[1:]:
        more["FNumber"] = "8/1"
    assert sizes(shoot(*frames)) == [3]


def test_own_results_and_edited_copies_are_no_frames(shoot, tmp_path):
    paths = shoot(*auto(0, 0.01), names=["IMG_1.jpg", "IMG_2.jpg", "IMG_3.jpg"])
    copies = shoot(auto(0, 0.01)[0], names=["IMG_1-edited.jpg"])
    copies += shoot((0, 0.01, {}), names=["panorama.jpg"])
    with pyexiv2.Image(str(copies[1])) as image:
        image.modify_exif({"Exif.Image.Software": "Photomatix Pro 6"})
    own = tmp_path / "result.jpg"
    write_display(own, np.zeros((8, 8, 3)), metadata=read_metadata(paths[0]), record={"operation": "merge"})
    told = find_brackets([*paths, *copies, own])
    assert [len(bracket.paths) for bracket in told.brackets] == [3]
    assert told.others == {
        copies[0]: "a copy of IMG_1.jpg", copies[1]: "made by Photomatix Pro 6", own: "made by libhdrnet"
    }  # fmt: skip


def test_the_person_says_how_many_frames_a_bracket_has(shoot):
    frames = [(None, 1, {}) for _ in range(6)]
    paths = shoot(*frames)
    for path in paths:
        with pyexiv2.Image(str(path)) as image:
            image.clear_exif()
    assert found(paths) == [[path.name] for path in paths]
    assert [len(names) for names in found(paths, frames=3)] == [3, 3]


def test_a_made_up_folder_of_mixed_brackets_and_singles_is_told_apart(shoot):
    """Brackets of 3, 5 and 7, with and without gaps, singles between them, and a deleted frame now and then."""
    rng = np.random.default_rng(4)
    frames, truth, clock = [], [], 0.0
    for _ in range(60):
        clock += float(rng.choice([1.0, 20.0, 900.0]))
        if rng.random() < 0.3:
            frames.append(single(clock, 2.0 ** rng.uniform(-10, -4)))
            truth.append(1)
            continue
        count, step = int(rng.choice([3, 5, 7])), int(rng.choice([1, 2]))
        order = sorted(((i - count // 2) * step for i in range(count)), key=lambda ev: (abs(ev), ev))
        frames += auto(clock, 2.0 ** rng.uniform(-9, -5), order, 0.3)
        truth.append(count)
        clock += 0.3 * count
    names = [f"IMG_{index:04}.JPG" for index in range(len(frames))]
    assert sizes(shoot(*frames, names=names)) == truth
