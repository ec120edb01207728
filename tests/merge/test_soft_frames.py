"""A longer frame that is shaken or out of focus: the reference's detail stays, its noise and its blacks need not."""

import cv2
import numpy as np
import pytest
from shot_brackets import bracket_of, shoot

from libhdrnet.merge.candidates import find_candidates
from libhdrnet.merge.fusion import fuse, weigh

TIMES = (0.25, 1.0, 4.0)
SHAKEN = np.eye(11) / 11
DISC = 1.0 * (np.hypot(*np.mgrid[-3:4, -3:4]) <= 3)
LEAVES, WALL, BLACK = np.s_[20:300, 20:180], np.s_[20:300, 220:400], np.s_[20:180, 440:540]


def scene():
    """Leaves in the shade, a wall, and leaves too dark for all but the longest; below, leaves in the sun."""
    rng = np.random.default_rng(4)
    sizes = [cv2.resize(rng.uniform(0.3, 1.7, (480 // n, 560 // n)), (560, 480)) for n in (1, 4, 16)]
    light = 0.03 * np.prod(sizes, 0)[..., None] * np.ones(3)
    light[320:] *= 4
    light[:200, 420:] *= 0.1
    light[:, 200:420] = np.linspace(0.01, 0.2, 480)[:, None, None]
    light[200:, 420:] = light[200:, 200:340]
    return light


def merged(kernel):
    light = scene()
    longer = light if kernel is None else cv2.filter2D(light, -1, kernel / kernel.sum())
    frames = [
        *shoot(light, TIMES[:2], shot=2e-5, read=1e-8),
        *shoot(longer, TIMES[2:], shot=2e-5, read=1e-8),
    ]
    for frame in frames[:2]:
        frame.codes[BLACK] = 0  # crushed
    bracket = bracket_of(frames, 1)
    candidates = find_candidates(bracket, deghost=False)
    return bracket, fuse(bracket, candidates, weigh(bracket, candidates)) - light, longer - light


@pytest.mark.parametrize("kernel", [SHAKEN, DISC], ids=["shaken", "out of focus"])
def test_a_soft_longer_frame_does_not_blur_what_the_reference_shows(kernel):
    bracket, error, blur = merged(kernel)
    assert bracket.soft == (2,)
    assert error[LEAVES].std() < 0.15 * blur[LEAVES].std()


def test_it_lowers_noise_where_nothing_is_to_be_blurred_as_a_sharp_one_does():
    assert merged(SHAKEN)[1][WALL].std() < 1.05 * merged(None)[1][WALL].std()


def test_it_still_shows_what_is_too_dark_for_the_reference():
    _, error, blur = merged(SHAKEN)
    assert error[BLACK].std() < 1.2 * blur[BLACK].std()
    assert abs(error[BLACK].mean()) < 0.3 * scene()[BLACK].mean()


def test_a_sharp_longer_frame_is_no_soft_one():
    bracket, error, _ = merged(None)
    assert bracket.soft == ()
    assert error[LEAVES].std() < 0.7 * 2e-5**0.5 * scene()[LEAVES].mean() ** 0.5  # the noise of the reference
