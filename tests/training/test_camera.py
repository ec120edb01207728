import numpy as np
import pytest

from libhdrnet.radiometry import encode_srgb
from libhdrnet.training.camera import Camera

PLAIN = {"noise": 0.0, "gains": (2.0, 1.5), "mosaic": False, "denoising": 0.0, "contrast": 0.0,
         "sharpening": (0.0, 1.0), "quality": None}  # fmt: skip


def camera(**changes):
    return Camera(**{**PLAIN, **changes})


@pytest.fixture
def linear():
    return np.random.default_rng(0).random((32, 40, 3), np.float32)


def test_a_camera_without_faults_encodes_and_rounds(linear):
    seen = camera().photograph(linear, np.random.default_rng(1))
    assert seen.dtype == np.float32
    assert np.abs(seen - encode_srgb(linear)).max() < 0.6 / 255


@pytest.mark.parametrize("colour", [(0.8, 0.3, 0.1), (0.1, 0.6, 0.9)])
def test_the_mosaic_keeps_a_plain_colour(colour):
    plain = np.full((16, 16, 3), colour, np.float32)
    seen = camera(mosaic=True).photograph(plain, np.random.default_rng(1))
    assert np.abs(seen[4:-4, 4:-4] - encode_srgb(np.float32(colour))).max() < 0.01


@pytest.mark.parametrize(
    "fault", [{"noise": 0.01}, {"mosaic": True}, {"denoising": 1.0}, {"contrast": 0.5}, {"sharpening": (0.8, 1.0)},
              {"quality": 80}]
)  # fmt: skip
def test_each_step_leaves_its_mark(linear, fault):
    plain, seen = (camera(**f).photograph(linear, np.random.default_rng(1)) for f in ({}, fault))
    assert np.abs(plain - seen).mean() > 0.002
    assert seen.min() >= 0 and seen.max() <= 1


def test_the_ideal_picture_has_the_look_and_none_of_the_faults(linear):
    look = {"mosaic": True, "contrast": 0.4, "sharpening": (0.5, 1.0)}
    faulty = camera(noise=0.01, denoising=1.0, quality=80, **look)
    assert np.array_equal(faulty.ideal(linear), camera(**look).ideal(linear))
    assert np.abs(camera(**look).photograph(linear, np.random.default_rng(1)) - faulty.ideal(linear)).max() < 0.6 / 255
