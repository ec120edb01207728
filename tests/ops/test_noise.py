"""Noise is told from the picture, in time brackets and in brackets by ISO, and the merge weighs by it."""

import numpy as np
import pytest

from libhdrnet.io import Metadata
from libhdrnet.ops.classical import merge_classical
from libhdrnet.merge.codes import decode_table, encode, knee_for
from libhdrnet.merge.frames import Frame
from libhdrnet.ops.noise import fit_noise, gains_of

BY_TIME = ((0.25, 1.0, 4.0), (1.0, 1.0, 1.0))
BY_ISO = ((1.0, 2.0, 4.0), (1.0, 2.0, 4.0))


def shoot(radiance, times, gains, shot, read, seed=0):
    rng, knee, frames = np.random.default_rng(seed), knee_for(-0.007), []
    for t, gain in zip(times, gains, strict=True):
        light = np.asarray(radiance * t, np.float64)
        light = light + rng.normal(0, 1, light.shape) * np.sqrt(shot * gain * light + read * gain**2)
        metadata = Metadata({"Exif.Photo.ISOSpeedRatings": str(round(100 * gain))})
        codes = encode(light.astype(np.float32), knee)
        frames.append(Frame(str(t), codes, t, metadata, decode_table(knee)))
    return frames


@pytest.mark.parametrize(("times", "gains"), [BY_TIME, BY_ISO], ids=["time", "ISO"])
@pytest.mark.parametrize(("shot", "read"), [(2e-5, 4e-8), (1e-4, 2.5e-7)])
def test_both_noises_are_told_from_the_picture(scene, times, gains, shot, read):
    radiance = (0.9 * scene(500, 600)) ** 3 / max(times)
    found = fit_noise(shoot(radiance, times, gains, shot, read))
    assert found.shot == pytest.approx(shot, rel=0.2)
    assert found.read == pytest.approx(read, rel=0.5)


@pytest.mark.parametrize(("times", "gains"), [BY_TIME, BY_ISO], ids=["time", "ISO"])
@pytest.mark.parametrize(("shot", "read"), [(2e-5, 4e-8), (1e-4, 2.5e-7)])
def test_a_merge_has_the_least_noise_there_is(times, gains, shot, read):
    """Within 0.1 dB of weights by the true variances, at each level from shadows to mid-tones."""
    radiance = np.repeat(np.geomspace(1e-4, 0.4, 8) / max(times), 100)[:, None, None] * np.ones((1, 500, 3))
    merged = merge_classical(shoot(radiance, times, gains, shot, read), 0) / times[0]
    for top in range(0, 800, 100):
        level = radiance[top, 0, 0]
        information = sum(t**2 / (shot * g * level * t + read * g**2) for t, g in zip(times, gains, strict=True))
        mean_square = np.mean((merged[top + 5 : top + 95] - level) ** 2)
        assert 10 * np.log10(mean_square * information) < 0.1


def test_a_large_picture_is_sampled():
    codes = np.random.default_rng(0).integers(20000, 21000, (1500, 1400, 3)).astype(np.uint16)
    whole, part = (fit_noise([Frame("", c, 1.0)]).shot for c in (codes, codes[:900, :900]))
    assert whole == pytest.approx(part, rel=0.1)


def test_gains_are_one_where_a_frame_does_not_tell():
    metadata = [Metadata({"Exif.Photo.ISOSpeedRatings": speed}) for speed in ("200", "100")]
    black = np.zeros((4, 4, 3), np.uint16)
    frames = [Frame("", black, 1.0, told) for told in metadata]
    assert gains_of(frames) == (2.0, 1.0)
    assert gains_of([*frames, Frame("", black, 2.0)]) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize("shot", [1e-5, 1e-3])
def test_shot_noise_is_told_from_frames_that_end_at_black(scene, shot):
    rng, frames = np.random.default_rng(0), []
    for t in (0.5, 1):
        light = t * (0.02 + 0.9 * scene(400, 400).astype(np.float64))
        light += rng.normal(0, 1, light.shape) * np.sqrt(shot * light)
        frames.append(Frame(str(t), encode(light), t, Metadata({"Exif.Photo.ISOSpeedRatings": str(round(800 * t))})))
    found = fit_noise(frames)
    assert found.shot == pytest.approx(shot, rel=0.5)
    assert found.gains == (1.0, 1.0)
