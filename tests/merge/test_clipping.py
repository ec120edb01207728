"""What is clipped below a file's white is found by its lack of noise, and a shorter frame tells its light."""

import numpy as np
import pytest
from shot_brackets import classical, shoot

from libhdrnet.merge.clipping import local_white

CLIPPED = 236 / 255
LAMP = (slice(60, 110), slice(60, 110))
NOISE = np.full(256, 5 / 255, np.float32)


def lamp_of(noise, level=CLIPPED):
    """A dark room and a sky with noise, a lamp without, codes (160, 200, 3)."""
    codes = np.full((160, 200, 3), 0.3)
    codes[:, 140:] = np.linspace(0.82, 0.95, 60)[:, None]
    codes += noise * np.random.default_rng(0).standard_normal(codes.shape)
    codes[LAMP] = level
    return (65535 * codes.clip(0, 1)).astype(np.uint16)


def test_a_lamp_that_is_clipped_below_white_is_found_with_its_rim_and_nothing_else_is():
    white = local_white(lamp_of(5 / 255), NOISE)
    assert white.shape == (80, 100)
    assert np.abs(white[30:55, 30:55] - CLIPPED).max() < 0.01
    assert (white[:10] == 1).all() and (white[:, 75:] == 1).all()


@pytest.mark.parametrize(
    ("codes", "noise"),
    [(lamp_of(5 / 255, 1.0), NOISE), (lamp_of(5 / 255, 0.5), NOISE), (lamp_of(0.0), NOISE / 5)],
    ids=["white", "in the middle", "a camera without noise"],
)
def test_nothing_is_clipped_below_white_where_it(codes, noise):
    assert local_white(codes, noise) is None


def test_the_light_of_a_lamp_clipped_below_white_is_that_of_the_shorter_frame():
    light = np.full((160, 200, 3), 0.1)
    light[LAMP] = 2.0
    frames = shoot(light, (0.25, 1, 4), shot=2e-3)
    for frame, code in zip(frames[1:], (236, 238), strict=True):
        frame.codes[LAMP] = code * 257
    assert classical(frames, 1)[LAMP].mean() == pytest.approx(2.0, rel=0.03)
