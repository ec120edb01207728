"""The agreement map: noise, edges and saturation agree; what moved does not."""

import numpy as np
import pytest

from libhdrnet.ops.agreement import _objects, find_agreement
from libhdrnet.merge.frames import Frame

SIZE = (240, 320)
INSIDE = np.s_[100:140, 150:190]


@pytest.fixture
def shoot(scene):
    """A function that photographs a still scene at some exposures, with noise and changes by frame."""

    def make(times, *, peak=1.0, noise=0.0, changes=None, shift=0):
        rng = np.random.default_rng(1)
        radiance = 0.02 + peak * scene(*SIZE) ** 2
        frames = []
        for index, t in enumerate(times):
            light = np.roll(radiance, shift, 1) * t if index == 0 and shift else radiance * t
            if changes and index in changes:
                light = light.copy()
                light[INSIDE] = changes[index] * t
            light = light + rng.normal(0, 1, light.shape) * noise * np.sqrt(light + 0.01)
            codes = np.rint(np.clip(light, 0, 1) ** (1 / 2.2) * 65535).astype(np.uint16)
            frames.append(Frame(str(index), codes, t))
        return frames

    return make


@pytest.mark.parametrize(
    "times", [(1, 4), (0.25, 1, 4), (0.0625, 0.25, 1, 4, 16), tuple(4.0 ** (i - 4) for i in range(9))]
)
def test_a_still_scene_agrees_in_two_to_nine_frames(shoot, times):
    grades = find_agreement(shoot(times, peak=2.0, noise=0.01), len(times) // 2).grades()
    assert grades.shape == SIZE and grades.dtype == np.float32
    assert (grades == 1).all()


def test_heavy_noise_is_not_motion(shoot):
    assert (find_agreement(shoot((0.25, 1, 4), peak=0.5, noise=0.08), 1).grades() == 1).all()


def test_edges_that_are_half_a_pixel_off_are_not_motion(shoot):
    frames = shoot((0.25, 1, 4))
    between = frames[0].codes // 2 + np.roll(frames[0].codes, 1, 1) // 2
    assert (find_agreement([Frame("0", between, 0.25), *frames[1:]], 1).grades() == 1).all()


@pytest.mark.parametrize("which", [0, 2])
def test_what_moved_in_one_frame_is_found_filled_and_rimmed(shoot, which):
    agreement = find_agreement(shoot((0.25, 1, 4), noise=0.01, changes={which: 0.12}), 1)
    assert np.mean(agreement.grades()[INSIDE] == 0.5) > 0.95
    disagrees = agreement.of(which, slice(0, SIZE[0])) < 0.5
    assert disagrees[102:138, 152:188].all() and disagrees[98, 155:185].all()
    assert not disagrees[:85].any() and not disagrees[155:].any()
    other = 2 - which
    assert (agreement.of(other, slice(0, SIZE[0])) == 1).all()


def test_a_saturated_reference_with_a_too_dark_short_frame_is_guessed(shoot):
    agreement = find_agreement(shoot((0.25, 1), changes={0: 0.3, 1: 3.0}), 1)
    assert (agreement.grades()[105:135, 155:185] == 0).all()


def test_both_saturated_agree(shoot):
    assert (find_agreement(shoot((0.25, 1), changes={0: 9.0, 1: 9.0}), 1).grades() == 1).all()


def test_a_speck_is_not_an_object(shoot):
    frames = shoot((0.25, 1, 4))
    frames[0].codes[50:52, 60:62] = 65535
    assert (find_agreement(frames, 1).grades() == 1).all()


def test_deghost_zero_finds_nothing_and_more_finds_more(shoot):
    frames = shoot((0.25, 1, 4), noise=0.02, changes={0: 0.2})
    moved = [float((find_agreement(frames, 1, deghost=d).weakest < 128).mean()) for d in (0.0, 0.5, 1.0)]
    assert moved[0] == 0 and 0 < moved[1] <= moved[2]


def test_a_frame_six_stops_away_is_judged_by_its_neighbour(shoot):
    """Where the reference is saturated only the frame between can tell that the darkest one shows something else."""
    times = (1 / 64, 1 / 8, 1.0)
    frames = shoot(times, peak=40.0, changes={0: 30.0, 1: 4.0, 2: 4.0})
    assert (find_agreement(frames, 2).of(0, slice(0, SIZE[0]))[105:135, 155:185] < 0.5).all()


def test_bands_of_the_map_are_rows_of_the_whole(shoot):
    agreement = find_agreement(shoot((0.25, 1, 4), changes={0: 0.2}), 1)
    whole = agreement.of_all(slice(0, SIZE[0]))
    assert np.array_equal(agreement.of_all(slice(90, 131)), whole[90:131])


@pytest.mark.parametrize("size", [(1, 1), (17, 23)])
def test_tiny_pictures_agree(size):
    frames = [Frame(str(t), np.full((*size, 3), 20000, np.uint16), t) for t in (0.9, 1.0, 1.1)]
    assert find_agreement(frames, 1).grades().shape == size


@pytest.mark.parametrize(("gap", "one"), [(5, True), (40, False)])
def test_parts_that_lie_close_together_are_one_object(gap, one):
    excess = np.zeros((300, 400), np.float32)
    excess[100:140, 100:140] = 20  # sure
    excess[100:140, 140 + gap : 180 + gap] = 8  # suspect
    part = _objects(excess, 1.0, None)[110:130, 150 + gap : 170 + gap]
    assert (part == 0).all() if one else (part == 255).all()
