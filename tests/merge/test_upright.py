"""Frames whose orientation tags contradict each other: the pixels win, in JPEG and RAW, where they lie alike."""

import numpy as np
import pytest
from skimage import data
from synthetic import bayer, dng, jpeg

from libhdrnet.errors import HdrnetWarning, InputError
from libhdrnet.io import read_photo
from libhdrnet.io.orientation import applied, undone
from libhdrnet.merge.frames import load_frames

LIGHT = (data.astronaut()[:320, 40:280].astype(np.float32) / 255) ** 2.2
TIMES = (0.25, 1.0, 4.0)


def jpegs(folder, orientations, times=TIMES):
    for index, (orientation, t) in enumerate(zip(orientations, times, strict=True)):
        codes = np.rint(255 * np.clip(LIGHT * t, 0, 1) ** (1 / 2.2)).astype(np.uint8)
        yield jpeg(folder / f"{index}.jpg", codes, {"Exif.Image.Orientation": str(orientation)})


def dngs(folder, orientations):
    for index, (orientation, t) in enumerate(zip(orientations, TIMES, strict=True)):
        yield dng(folder / f"{index}.dng", mosaic=bayer(np.clip(LIGHT * t, 0, 1)), orientation=orientation)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_turning_back_undoes_turning(orientation):
    array = np.arange(24).reshape(4, 6)
    assert np.array_equal(undone(applied(array, orientation), orientation), array)


@pytest.mark.parametrize("write", [jpegs, dngs])
@pytest.mark.parametrize("wrong", [6, 3])
def test_a_frame_that_lies_like_the_others_is_read_like_them(tmp_path, write, wrong):
    with pytest.warns(HdrnetWarning, match=f"2.*orientation {wrong}.*read as they are"):
        turned = load_frames(list(write(tmp_path, (1, 1, wrong))), TIMES)
    straight = load_frames(list(write(tmp_path, (1, 1, 1))), TIMES)
    assert np.array_equal(turned[2].codes, straight[2].codes)


@pytest.mark.parametrize("write", [jpegs, dngs])
def test_the_orientation_that_most_frames_have_counts(tmp_path, write):
    with pytest.warns(HdrnetWarning, match="orientation 1"):
        frames = load_frames(list(write(tmp_path, (8, 1, 8))), TIMES)
    upright = load_frames(list(write(tmp_path, (8, 8, 8))), TIMES)
    assert frames[0].codes.shape[:2] == (240, 320)
    assert all(np.array_equal(a.codes, b.codes) for a, b in zip(frames, upright, strict=True))


def test_frames_that_were_stored_in_different_ways_are_turned_as_they_say(tmp_path):
    first, second = jpegs(tmp_path, (1, 1), TIMES[:2])
    stored = undone(read_photo(second).pixels, 6)
    jpeg(second, stored, {"Exif.Image.Orientation": "6"})
    frames = load_frames([first, second], TIMES[:2])
    assert frames[0].codes.shape == frames[1].codes.shape == (320, 240, 3)


def test_frames_of_other_scenes_are_not_turned_to_fit(tmp_path):
    first, second = jpegs(tmp_path, (1, 6), TIMES[:2])
    other = np.random.default_rng(0).integers(0, 255, (320, 240, 3)).astype(np.uint8)
    jpeg(second, other, {"Exif.Image.Orientation": "6"})
    with pytest.raises(InputError, match="320x240"):
        load_frames([first, second], TIMES[:2])
