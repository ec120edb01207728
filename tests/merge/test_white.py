"""Brackets whose files end below full scale: video levels, a dull white."""

import numpy as np
import pytest

from libhdrnet.merge.pipeline import merge
from libhdrnet.merge.white import common_white
from libhdrnet.options import MergeOptions
from libhdrnet.radiometry import encode_srgb

TIMES = (0.25, 1.0, 4.0)


def shots(light, times, white=1.0):
    rng = np.random.default_rng(0)
    noisy = [np.clip(light * t + rng.normal(0, 0.002, light.shape), 0, 1) for t in times]
    return [np.round(65535 * white * encode_srgb(picture.astype(np.float32))).astype(np.uint16) for picture in noisy]


@pytest.fixture(scope="module")
def light():
    """A wall in which the light falls off, below a bright sky."""
    light = np.geomspace(0.02, 0.5, 300)[None, :, None] * np.ones((200, 1, 3))
    light[:90] = np.array([1.5, 2.0, 2.5])
    return light


@pytest.mark.parametrize("white", [235 / 255, 224 / 255])
def test_a_sky_is_not_grey_where_all_files_end_below_full_scale(light, white):
    sky = merge(shots(light, TIMES, white), list(TIMES), MergeOptions(align=False), reference=1).radiance[20:70]
    hue = np.median(sky, (0, 1))
    assert hue / hue[1] == pytest.approx([0.75, 1, 1.25], rel=0.1)
    below = merge(shots(light, TIMES), list(TIMES), MergeOptions(align=False), reference=1).radiance[120:]
    dull = merge(shots(light, TIMES, white), list(TIMES), MergeOptions(align=False), reference=1).radiance[120:]
    assert np.median(sky[..., 1]) / np.median(dull) == pytest.approx(2.0 / np.median(below), rel=0.2)


@pytest.mark.parametrize("white", [1.0, 0.8])
def test_the_code_at_which_frames_are_clipped_is_the_white(light, white):
    assert common_white(shots(light, TIMES, white)) == pytest.approx(white, abs=0.002)


def test_a_bright_wall_that_nothing_clips_is_no_white(light):
    wall = np.minimum(light, 0.2)
    assert common_white(shots(wall, TIMES)) == 1
    assert common_white(shots(wall, (1.0, 1.0, 1.1))) == 1
