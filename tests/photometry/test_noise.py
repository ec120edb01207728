"""Noise is told from the picture, in time brackets and in brackets by ISO."""

import cv2
import numpy as np
import pytest
from skimage import data

from libhdrnet.merge.codes import decode_table, encode, knee_for
from libhdrnet.photometry import Noise, calibrate, fit_noise, merged_noise
from libhdrnet.radiometry import decode_gamma

BY_TIME = ((0.25, 1.0, 4.0), (1.0, 1.0, 1.0))
BY_ISO = ((1.0, 2.0, 4.0), (1.0, 2.0, 4.0))
KNEE = knee_for(-0.007)


def shoot(radiance, times, gains, shot, read, knee=KNEE):
    rng, frames = np.random.default_rng(0), []
    for t, gain in zip(times, gains, strict=True):
        light = np.asarray(radiance * t, np.float64)
        light = light + rng.normal(0, 1, light.shape) * np.sqrt(shot * gain * light + read * gain**2)
        frames.append(encode(light.astype(np.float32), knee))
    return frames


@pytest.mark.parametrize(("times", "gains"), [BY_TIME, BY_ISO], ids=["time", "ISO"])
@pytest.mark.parametrize(("shot", "read"), [(2e-5, 4e-8), (1e-4, 2.5e-7)])
def test_both_noises_are_told_from_the_picture(scene, times, gains, shot, read):
    radiance = (0.9 * scene(500, 600)) ** 3 / max(times)
    found = fit_noise(shoot(radiance, times, gains, shot, read), decode_table(KNEE), gains)
    assert found.shot == pytest.approx(shot, rel=0.2)
    assert found.read == pytest.approx(read, rel=0.5)


def test_a_large_picture_is_sampled():
    codes = np.random.default_rng(0).integers(20000, 21000, (1500, 1400, 3)).astype(np.uint16)
    whole, part = (fit_noise([c], decode_table(0)).shot for c in (codes, codes[:300, :300]))
    assert whole == pytest.approx(part, rel=0.1)


@pytest.mark.parametrize("shot", [1e-5, 1e-3])
def test_shot_noise_is_told_from_frames_that_end_at_black(scene, shot):
    radiance = 0.02 + 0.9 * scene(400, 400).astype(np.float64)
    found = fit_noise(shoot(radiance, (0.5, 1), (1, 1), shot, 0, knee=0), decode_table(0), (4.0, 8.0))
    assert found.shot == pytest.approx(shot, rel=0.5)
    assert found.gains == (1.0, 1.0)


@pytest.mark.parametrize("read_as", [None, (1.0, 1.0, 1.0)])
def test_frames_that_end_at_black_show_by_their_noise_which_have_a_higher_gain(scene, read_as):
    radiance = 0.02 + 0.9 * scene(400, 600).astype(np.float64)
    found = fit_noise(shoot(radiance / 2, (0.5, 1, 2), (8, 2, 1), 1e-4, 0, knee=0), decode_table(0), read_as)
    assert found.gains == pytest.approx((8, 2, 1), rel=0.3)
    assert found.shot == pytest.approx(1e-4, rel=0.5)


def test_a_frame_whose_noise_jpeg_smoothed_away_makes_no_other_noisy():
    rng = np.random.default_rng(0)
    light = np.linspace(0.1, 0.7, 600)[:, None] * np.ones((400, 1, 3))
    frames = [decode_table(0).searchsorted(light * t).astype(np.float64) for t in (0.2, 1)]
    frames[0] += rng.normal(0, 60, light.shape)  # a step of 8 bits is 257
    frames[1] += rng.normal(0, 2, light.shape)
    found = fit_noise([frame.astype(np.uint16) for frame in frames], decode_table(0))
    assert found.gains == pytest.approx((1, 1), abs=0.5)
    assert 1e-6 < found.shot < 1e-5


def test_what_jpeg_smoothed_away_takes_no_noise_from_what_it_kept():
    rng = np.random.default_rng(0)
    light = np.linspace(0.02, 0.7, 600)[:, None] * np.ones((400, 1, 3))
    noisy = light + rng.normal(0, 1, light.shape) * np.sqrt(1e-4 * light)
    noisy[:, :400] = light[:, :400]  # the darker two thirds
    frame = decode_table(0).searchsorted(noisy.clip(0, 1)).astype(np.uint16)
    assert fit_noise([frame], decode_table(0)).shot == pytest.approx(1e-4, rel=0.15)


def test_a_blurred_frame_makes_no_other_noisy():
    rng = np.random.default_rng(0)
    light = (data.coffee() / 255.0).clip(0.004, 1) ** 2.2
    frames = []
    for seen in (light / 4, cv2.filter2D(light, -1, np.eye(15) / 15)):
        noisy = seen + rng.normal(0, 1, seen.shape) * np.sqrt(1e-6 * seen)
        frames.append(np.rint(np.clip(noisy, 0, 1) ** (1 / 2.2) * 65535).astype(np.uint16))
    assert fit_noise(frames, decode_gamma(np.arange(65536, dtype=np.float32) / 65535)).gains == (1.0, 1.0)


def test_a_calibration_tells_the_noise_of_each_frame(scene):
    times, gains = BY_ISO
    frames = shoot((0.9 * scene(500, 600)) ** 3 / 4, times, gains, 1e-4, 2.5e-7)
    noise = calibrate(frames, times, 0, decode=decode_table(KNEE), gains=gains, response="known").noise
    level = np.full(1, 0.1, np.float32)
    assert noise.variance(2, level) == pytest.approx(1e-4 * 4 * 0.1 + 2.5e-7 * 16, rel=0.25)
    assert noise.variance(0, -level) > 0


def test_a_merge_has_the_noise_of_the_optimal_mean():
    """Of equal exposures half as much, of one that is sixteen times as long far less, as long as it shows the place."""
    frame = Noise(1e-4, 1e-7, (1.0, 1.0))
    assert merged_noise(frame, (1.0, 1.0)) == pytest.approx((5e-5, 5e-8), rel=0.01)
    shot, read = merged_noise(frame, (1.0, 16.0))
    assert 0 < read < 1e-7 / 16
    assert shot * 0.01 + read == pytest.approx(1e-4 * 0.01 / 17, rel=0.5)
