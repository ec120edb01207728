"""Tones that no common model explains: a camera that crushes blacks, a white balance that bends with the code."""

import cv2
import numpy as np
import pytest
from brackets import TIMES, gamma, radiance, shoot

from libhdrnet.merge.pipeline import merge
from libhdrnet.options import MergeOptions
from libhdrnet.photometry import calibrate
from libhdrnet.photometry.matching import colourless
from libhdrnet.photometry.relations import sample_frame
from libhdrnet.radiometry import look_up


def crushed(light, most=0.1):
    """A camera that presses blacks down."""
    encoded = gamma(light)
    return encoded - most * np.clip(1 - encoded / 0.35, 0, 1) ** 2


def ramp():
    """Light from a thousandth to a half, textured."""
    grey = np.geomspace(1e-3, 0.5, 600)[None, :, None] * (0.7 + 0.6 * radiance(4) ** (1 / 3))
    return grey * np.array([1.1, 1, 0.9])


def apart(tables, frames, light, low, high):
    """Return by how much (log, in the median of each frame) the frames differ from the reference between two lights."""
    seen = (light.min(-1) > low) & (light.max(-1) < high)
    lights = [look_up(frame, np.asfortranarray(table)) for frame, table in zip(frames, tables, strict=True)]
    gaps = [np.abs(np.log((x[seen] + 1e-3) / (lights[1][seen] + 1e-3))) for x in (lights[0], lights[2])]
    return [float(np.median(gap)) for gap in gaps]


@pytest.mark.parametrize(("moving", "most"), [(0, 0.3), (0.3, 0.6)])  # without: 1.2 and 1.6
def test_blacks_that_the_reference_crushes_are_lifted_to_the_light_of_the_longer_frame(moving, most):
    frames = shoot(light=ramp(), moving=moving)
    own = calibrate(frames, TIMES, 1)
    frames[1] = shoot(crushed, light=ramp(), moving=moving)[1]
    found = calibrate(frames, TIMES, 1)
    assert apart(found.tables, frames, ramp(), 0.001, 0.006)[1] < most
    assert apart(found.compared, frames, ramp(), 0.001, 0.006)[1] < most
    assert apart([*found.tables[:2], own.tables[2]], frames, ramp(), 0.001, 0.006)[1] < most  # not the longer darkened


def test_a_white_balance_that_bends_with_the_code_is_merged_in_the_reference_s_tones():
    frames, codes = shoot(light=ramp()), np.arange(65536)
    bend = 1 + np.array([0.2, 0, -0.2]) * (np.sin(2 * np.pi * codes / 65535) * (1 - codes / 65535))[:, None]
    frames[2] = (
        look_up(frames[2], np.asfortranarray(codes[:, None] * bend, np.float32)).clip(0, 65535).astype(np.uint16)
    )
    found = calibrate(frames, TIMES, 1)
    assert apart(found.tables, frames, ramp(), 0.02, 0.15)[1] < 0.03


def test_crushed_blacks_come_from_the_longer_frame_and_what_moved_there_does_not():
    moved = ramp()
    moved[150:220, 60:130] = 0.03 * np.random.default_rng(3).uniform(0.5, 1.5, (70, 70, 1))
    frames = [shoot(light=ramp())[0], shoot(crushed, light=ramp())[1], shoot(light=moved)[2]]
    found = merge(frames, list(TIMES), MergeOptions(align=False), reference=1).radiance
    still, other = (slice(250, 380), slice(60, 130)), (slice(160, 210), slice(70, 120))
    assert np.median(found[still] / ramp()[still]) == pytest.approx(1, abs=0.1)
    assert np.median(found[other] / ramp()[other]) == pytest.approx(1, abs=0.3)  # the reference's own, lifted


def test_a_short_frame_keeps_in_the_highlights_half_of_the_tint_that_it_is_matched_with_below():
    """A camera that chose another white balance, which no gain of a channel explains (libraryhall)."""
    light = ramp() * 4
    frames, codes = shoot(light=light), np.arange(65536) / 65535
    paler = np.interp(codes, [0.1, 0.2], [1, 0.75])
    frames[0][..., 2] = (frames[0][..., 2] * paler[frames[0][..., 2]]).astype(np.uint16)
    found = calibrate(frames, TIMES, 1)
    bright = (light.min(-1) > 1.1) & (light.max(-1) < 1.9)
    shown = look_up(frames[0], np.asfortranarray(found.tables[0]))[bright]
    assert np.median(shown / light[bright], 0) == pytest.approx([1, 1, 0.53**0.5], rel=0.05)  # 0.53: without a match


def test_blacks_that_a_far_shorter_frame_crushes_do_not_tint_its_highlights():
    """A sky of villa's, four stops above what its shortest frame shows of the reference's middle tones."""
    light = ramp() * np.geomspace(1, 40, 400)[:, None, None]

    def camera(seen):
        return crushed(seen, np.array([0.16, 0.1, 0.1]))

    frames = shoot(camera, (1 / 16, 1, 4), light=light)
    found = calibrate(frames, (1 / 16, 1, 4), 1)
    bright = (light.min(-1) > 4) & (light.max(-1) < 8)
    shown = np.median(look_up(frames[0], np.asfortranarray(found.tables[0]))[bright] / light[bright], 0)
    assert shown / shown[1] == pytest.approx([1, 1, 1], abs=0.06)


def grey(frame, below):
    """A camera that smooths away all colour and texture below a code."""
    dark = frame.mean(-1, keepdims=True)
    smeared = cv2.blur(dark, (25, 25))[..., None]
    return np.where(dark < below * 65535, np.broadcast_to(smeared, frame.shape), frame).astype(np.uint16)


@pytest.mark.parametrize(("below", "found"), [(0, 0), (0.08, 0.08), (0.12, 0.12)])
def test_up_to_which_code_a_camera_takes_colours_away(below, found):
    frames = shoot(light=ramp() * np.array([1.3, 1, 0.6]))
    reference, longer = (sample_frame(frame, None) for frame in (grey(frames[1], below), frames[2]))
    assert colourless(reference, longer) == pytest.approx(found, abs=0.021)


def test_a_grey_scene_does_not_tell_that_a_camera_takes_colours_away():
    reference, longer = (
        sample_frame(frame, None) for frame in shoot(light=ramp().mean(-1, keepdims=True).repeat(3, 2))[1:]
    )
    assert colourless(reference, longer) == 0


def test_flowers_that_the_reference_shows_grey_in_the_dark_come_in_colour_and_what_moved_there_does_not():
    light = np.full((300, 400, 3), 0.1)
    light[:, 100:] = 0.003 * np.random.default_rng(3).uniform(0.5, 1.5, (75, 75, 3)).repeat(4, 0).repeat(4, 1)
    moved = light.copy()
    moved[200:280, 200:280] = (0.05, 0.03, 0.02)
    frames = [shoot(light=light)[0], grey(shoot(light=light)[1], 0.12), shoot(light=moved)[2]]
    found = merge(frames, list(TIMES), MergeOptions(align=False), reference=1).radiance
    still, other = np.s_[20:180, 120:380], np.s_[210:270, 210:270]
    assert np.corrcoef(found[still].ravel(), light[still].ravel())[0, 1] > 0.9  # 0.0 in the reference
    assert np.median(found[other]) == pytest.approx(np.median(found[still]), rel=0.3)  # what moved: ten times
