"""The lowest value of frames of different exposure is black where it is the same, and light where it is not."""

import numpy as np
import pytest

import libhdrnet
from libhdrnet.ops.black import lower_black
from libhdrnet.ops.classical import merge_classical
from libhdrnet.merge.codes import DECODE
from libhdrnet.merge.frames import Frame
from libhdrnet.radiometry import encode_gamma, mu_law

SIZE = (120, 140)
TIMES = (0.25, 1.0, 4.0)
FLOOR = np.float32(0.002)


@pytest.fixture
def light(scene):
    """Of a scene whose darkest parts even the longest exposure hardly sees."""
    return scene(*SIZE, 1.0) ** 6


def shoot(light, floors=(FLOOR,) * 3, times=TIMES):
    """Expose `light`; what is darker than a frame's floor becomes the floor."""
    linear = [np.maximum(np.clip(light * time, 0, 1), floor) for time, floor in zip(times, floors, strict=True)]
    return [
        Frame("", np.round(encode_gamma(x) * 65535).astype(np.uint16), t) for x, t in zip(linear, times, strict=True)
    ]


def test_a_floor_that_all_have_is_brought_to_zero(light):
    frames = shoot(light)
    for before, after in zip(frames, lower_black(frames), strict=True):
        old, new = DECODE[before.codes], DECODE[after.codes]
        assert (new[old <= 1.01 * FLOOR] < 0.03 * FLOOR).all() and (old <= 1.01 * FLOOR).any()
        assert np.array_equal(before.codes[old > 2.01 * FLOOR], after.codes[old > 2.01 * FLOOR])
        assert after.exposure == before.exposure


def test_tones_keep_their_order(light):
    frames = shoot(light)
    for before, after in zip(frames, lower_black(frames), strict=True):
        order = np.argsort(before.codes.ravel())
        assert (np.diff(after.codes.ravel()[order].astype(int)) >= 0).all()


def test_the_merge_is_nearer_to_the_light(light):
    frames = shoot(light)
    truth = mu_law(np.clip(light, 0, 4) / 4)
    before, after = (np.square(mu_law(merge_classical(x, 1) / 4) - truth).mean() for x in (frames, lower_black(frames)))
    assert after < 0.6 * before


@pytest.mark.parametrize(
    ("floors", "times"),
    [
        ((0, 0, 0), TIMES),
        ((0.0005, 0.002, 0.008), TIMES),
        ((FLOOR,) * 3, (1.0, 1.2, 1.4)),
    ],
    ids=["there is none", "it is light", "the exposures are too near"],
)
def test_what_is_no_common_floor_stays(light, floors, times):
    frames = shoot(light, floors, times)
    assert all(new is old for new, old in zip(lower_black(frames), frames, strict=True))


def test_frames_that_are_the_same_picture_stay(light):
    one = shoot(light + np.float32(0.02))[1]
    frames = [Frame("", one.codes, time) for time in TIMES]
    assert all(new is old for new, old in zip(lower_black(frames), frames, strict=True))


def test_a_merge_has_its_blacks_lowered(light):
    frames = shoot(light)
    merged = libhdrnet.merge_exposures(
        [frame.codes for frame in frames], TIMES, model="classical", align=False, response="gamma2.2"
    )
    dark = np.all([DECODE[frame.codes] <= 1.01 * FLOOR for frame in frames], 0)
    assert dark.any() and merged[dark].max() < 0.03 * FLOOR


def test_the_lowest_value_of_frames_that_are_burnt_out_is_no_black():
    dark = np.full((*SIZE, 3), 0.9, np.float32)
    bright = dark.copy()
    bright[:60] = 1
    frames = [Frame("", np.round(encode_gamma(x) * 65535).astype(np.uint16), t) for x, t in [(dark, 1), (bright, 4)]]
    assert all(np.array_equal(a.codes, b.codes) for a, b in zip(lower_black(frames), frames, strict=True))
