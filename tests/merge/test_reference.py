"""Exposures: refused when useless, and shared out among the frames."""

import cv2
import numpy as np
import pytest
from skimage import data

from libhdrnet.errors import HdrnetWarning, InputError
from libhdrnet.merge.reference import pick_reference, pick_three, validate_exposures

RADIANCE = (data.astronaut().astype(np.float32) / 255).clip(0.004, 1) ** 2.2


def photograph(t, radiance=RADIANCE, seed=0):
    return encoded(radiance * t + np.random.default_rng(seed).normal(0, 0.002, radiance.shape))


def encoded(light):
    return np.rint(np.clip(light, 0, 1) ** (1 / 2.2) * 65535).astype(np.uint16)


def chosen(frames, exposures):
    return pick_reference(frames, exposures, [f"{place}.jpg" for place in range(len(frames))])


def test_the_middle_exposure_is_the_reference_whatever_the_order():
    assert chosen([photograph(t) for t in (4.0, 0.25, 1.0)], [4.0, 0.25, 1.0]) == 2


def test_a_middle_frame_that_is_widely_saturated_is_passed_over():
    exposures = [4.0, 64.0, 256.0]
    assert chosen([photograph(t) for t in exposures], exposures) == 0


def test_a_middle_frame_that_is_nearly_black_is_passed_over():
    exposures = [0.0001, 0.001, 1.0]
    assert chosen([photograph(t) for t in exposures], exposures) == 2


def test_of_a_long_bracket_at_night_the_first_frame_that_shows_most_of_the_scene_is_the_reference():
    night = np.where(np.arange(200)[:, None, None] < 90, 0.2, 0.003) * np.ones((200, 300, 3))
    exposures = [0.0625, 0.25, 1.0, 4.0]
    assert chosen([photograph(t, night) for t in exposures], exposures) == 3


def test_of_two_frames_the_longer_is_the_reference():
    assert chosen([photograph(2.0), photograph(0.5)], [2.0, 0.5]) == 0


def test_of_two_frames_the_shorter_is_the_reference_if_the_longer_is_hopeless():
    assert chosen([photograph(0.5), photograph(200.0)], [0.5, 200.0]) == 0


def test_a_single_frame_is_its_own_reference():
    assert chosen([photograph(1.0)], [1.0]) == 0


def test_frames_that_are_all_useless_still_give_a_reference():
    white = np.full((8, 8, 3), 65535, np.uint16)
    assert chosen([white, white, white], [1.0, 2.0, 4.0]) in (0, 1, 2)


def test_of_many_frames_those_two_stops_from_the_reference_are_picked():
    assert pick_three([1 / 16, 1 / 4, 1 / 2, 1, 2, 4, 16], 3) == (1, 3, 5)


def test_the_order_of_the_frames_does_not_matter_for_the_pick():
    assert pick_three([16, 1, 1 / 16, 4, 1 / 4], 1) == (4, 1, 3)


def test_a_wide_bracket_gives_its_nearest_frames():
    assert pick_three([1, 32, 1024], 1) == (0, 1, 2)


def test_a_reference_at_the_end_stands_in_for_the_missing_side():
    assert pick_three([0.25, 1.0], 1) == (0, 1, 1)
    assert pick_three([1.0, 4.0, 16.0], 0) == (0, 0, 1)


def test_good_exposures_come_back_as_floats():
    assert validate_exposures([1, 4], 2) == [1.0, 4.0]


@pytest.mark.parametrize(
    ("exposures", "message"),
    [
        ([1.0], "2 frames but 1 exposures"),
        ([1.0, 0.0], "Frame 2 has exposure 0.0"),
        ([-1.0, 1.0], "Frame 1 has exposure -1.0"),
        ([1.0, float("nan")], "Frame 2 has exposure nan"),
        ([float("inf"), 1.0], "Frame 1 has exposure inf"),
    ],
)
def test_useless_exposures_are_refused_with_the_frame(exposures, message):
    with pytest.raises(InputError, match=message):
        validate_exposures(exposures, 2)


def test_exposures_that_no_bracket_has_are_refused():
    assert validate_exposures([2.0**-30, 1, 2.0**30], 3) == [2.0**-30, 1, 2.0**30]
    with pytest.raises(InputError, match="2000 stops apart, which no bracket is; check the exposure times"):
        validate_exposures([2.0**-1000, 1, 2.0**1000], 3)


def disc(radius):
    across = np.arange(-radius, radius + 1)
    inside = (np.hypot(*np.meshgrid(across, across)) <= radius).astype(np.float32)
    return inside / inside.sum()


def blurred(frame, kernel):
    return encoded(
        cv2.filter2D((frame / 65535) ** 2.2, -1, kernel) + np.random.default_rng(9).normal(0, 0.002, frame.shape)
    )


@pytest.mark.parametrize("kernel", [disc(2), np.eye(9) / 9], ids=["out of focus", "shaken"])
def test_a_middle_frame_that_is_soft_beside_another_is_passed_over(kernel):
    exposures = [0.25, 1.0, 2.0]
    frames = [photograph(t, seed=i) for i, t in enumerate(exposures)]
    assert chosen(frames, exposures) == 1
    frames[1] = blurred(frames[1], kernel)
    with pytest.warns(
        HdrnetWarning, match=r"1\.jpg is less sharp than [02]\.jpg, which is the reference in its place\."
    ):
        assert chosen(frames, exposures) in (0, 2)


def test_of_two_frames_the_longer_one_is_passed_over_where_it_is_soft():
    with pytest.warns(HdrnetWarning, match=r"1\.jpg is less sharp than 0\.jpg"):
        assert chosen([photograph(0.5), blurred(photograph(1.0), disc(2))], [0.5, 1.0]) == 0


def test_a_bracket_that_is_soft_in_all_frames_keeps_its_middle():
    exposures = [0.25, 1.0, 4.0]
    frames = [blurred(photograph(t, seed=i), disc(2)) for i, t in enumerate(exposures)]
    assert chosen(frames, exposures) == 1


def test_noise_is_not_sharpness():
    exposures = [0.5, 1.0, 2.0]
    frames = [blurred(photograph(t, seed=i), disc(2)) for i, t in enumerate(exposures)]
    noise = np.random.default_rng(5).normal(0, 2500, frames[0].shape)
    frames[0] = np.clip(frames[0] + noise, 0, 65535).astype(np.uint16)
    assert chosen(frames, exposures) == 1
