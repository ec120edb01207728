"""What JPEG's halved colours hide at the edges of a clipped colour counts as saturated, and nothing else does."""

import cv2
import numpy as np
import pytest
from shot_brackets import classical

from libhdrnet.merge.frames import Frame
from libhdrnet.merge.saturation import SATURATION, brightest_shown
from libhdrnet.radiometry import brightest

RED, LEAF, SKY, TWIG = (2.4, 0.03, 0.01), (0.02, 0.06, 0.01), (3.0, 3.0, 3.0), (0.05, 0.04, 0.03)


def striped(one, other):
    """Stripes of seven and of three pixels, light (96, 120, 3)."""
    light = np.empty((96, 120, 3))
    light[:] = other
    light[:, np.arange(120) % 10 < 7] = one
    return light


def saved(light, sampling=cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420):
    """Codes of light, 1 = saturation, as a JPEG holds them."""
    codes = np.round(255 * np.clip(light, 0, 1) ** (1 / 2.2)).astype(np.uint8)
    options = [cv2.IMWRITE_JPEG_QUALITY, 95, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
    read = cv2.imdecode(cv2.imencode(".jpg", codes[..., ::-1], options)[1], cv2.IMREAD_COLOR)[..., ::-1]
    return np.ascontiguousarray(read)


def deep(codes):
    return codes.astype(np.uint16) * 257


def test_the_edge_of_a_clipped_colour_is_saturated_although_its_codes_look_measured():
    codes = deep(saved(striped(RED, LEAF)))
    clipped = striped(RED, LEAF)[..., 0] > 1
    assert (SATURATION[brightest(codes)][clipped] < 0.5).mean() > 0.1
    assert (SATURATION[brightest_shown(codes, halved=True)][clipped] < 0.5).mean() < 0.01


@pytest.mark.parametrize(("one", "other"), [(SKY, TWIG), (LEAF, TWIG)], ids=["a white sky", "nothing clipped"])
def test_colours_are_left_as_they_are_beside(one, other):
    codes = deep(saved(striped(one, other)))
    assert np.abs(brightest_shown(codes, halved=True).astype(int) - brightest(codes)).max() <= 2 * 257


def test_the_shorter_frame_tells_the_light_at_the_edges_of_a_clipped_colour():
    light = striped(RED, LEAF)
    frames = [Frame(str(t), deep(saved(light * t)), t, halved=True) for t in (0.25, 1.0)]
    clipped = light[..., 0] > 1
    told = 4 * frames[0].linear(slice(None))[clipped, 0]  # its own colours are halved, too
    assert np.quantile(classical(frames, 1)[clipped, 0] / told, 0.01) > 0.9
