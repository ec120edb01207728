"""The classical merge: unbiased, as little noise as the frames allow, no colour fringes."""

import numpy as np
import pytest

from libhdrnet.ops.agreement import find_agreement
from libhdrnet.ops.classical import merge_classical
from libhdrnet.merge.codes import DECODE
from libhdrnet.merge.frames import Frame

SIZE = (160, 200)


def shoot(radiance, times, shot=0.0, read=0.0, seed=0):
    rng = np.random.default_rng(seed)
    frames = []
    for t in times:
        light = np.asarray(radiance * t, np.float64)
        light = light + rng.normal(0, 1, light.shape) * np.sqrt(shot * light + read)
        frames.append(Frame(str(t), np.rint(np.clip(light, 0, 1) ** (1 / 2.2) * 65535).astype(np.uint16), t))
    return frames


def test_the_mean_is_unbiased_in_mid_tones():
    radiance = np.full((*SIZE, 3), 0.12)
    merged = merge_classical(shoot(radiance, (0.25, 1, 4), shot=2e-3, read=1e-6), 1)
    assert merged.mean() == pytest.approx(0.12, rel=0.005)


def test_the_noise_is_near_the_best_that_the_frames_allow():
    radiance, shot, times = np.full((*SIZE, 3), 0.1), 1e-3, (0.5, 1, 2, 4)
    merged = merge_classical(shoot(radiance, times, shot=shot, read=1e-8), 1)
    best = np.sqrt(shot * 0.1 / sum(times))
    assert merged.std() < 1.1 * best


def test_nine_frames_leave_less_noise_than_three():
    radiance, times = np.full((*SIZE, 3), 0.1), tuple(1 + 0.1 * i for i in range(9))
    frames = shoot(radiance, times, shot=1e-3)
    assert merge_classical(frames, 4).std() < 0.65 * merge_classical(frames[3:6], 1).std()


def test_a_colour_that_saturates_in_one_channel_keeps_its_hue():
    gradient = np.linspace(0.05, 3.0, SIZE[1])[None, :, None] * np.ones((SIZE[0], 1, 1))
    radiance = gradient * np.array([1.0, 0.5, 0.2])
    merged = merge_classical(shoot(radiance, (0.25, 1, 4), shot=1e-5), 1)
    hue = merged / merged[..., :1]
    assert np.abs(np.median(hue, 0) - [1.0, 0.5, 0.2]).max() < 0.02


def test_a_frame_counts_only_where_it_agrees():
    radiance = np.random.default_rng(3).uniform(0.05, 0.2, (12, 16, 3)).repeat(15, 0).repeat(14, 1)[:160, :200]
    frames = shoot(radiance, (0.25, 1, 4), shot=1e-5)
    frames[2].codes[60:100, 60:100] = 60000
    agreement = find_agreement(frames, 1)
    inside = np.s_[65:95, 65:95]
    assert np.abs(merge_classical(frames, 1)[inside] / radiance[inside] - 1).mean() > 0.2
    assert np.abs(merge_classical(frames, 1, agreement)[inside] / radiance[inside] - 1).mean() < 0.03


def test_a_black_picture_merges_to_black():
    black = np.zeros((20, 20, 3), np.uint16)
    merged = merge_classical([Frame(str(t), black, t) for t in (0.25, 1, 4)], 1)
    assert np.isfinite(merged).all() and (merged == DECODE[0]).all()


def test_what_was_filled_in_beyond_a_frame_s_border_takes_no_part(scene):
    radiance = scene(40, 60) * 0.5 + 0.1
    codes = [np.round(np.clip(radiance * t, 0, 1) ** (1 / 2.2) * 65535).astype(np.uint16) for t in (0.5, 1)]
    coverage = np.full((40, 60), 65535, np.uint16)
    coverage[:, 50:] = 0
    wrong = codes[0].copy()
    wrong[:, 50:] //= 2
    merged = merge_classical([Frame("a", wrong, 0.5, coverage=coverage), Frame("b", codes[1], 1)], 1)
    assert np.allclose(merged, radiance, rtol=2e-3)


def test_where_all_others_are_saturated_what_was_filled_in_is_the_guess(scene):
    white = np.full((8, 8, 3), 65535, np.uint16)
    dark = np.full((8, 8, 3), round(0.75 ** (1 / 2.2) * 65535), np.uint16)
    nowhere = np.zeros((8, 8), np.uint16)
    merged = merge_classical([Frame("a", dark, 0.25, coverage=nowhere), Frame("b", white, 1)], 1)
    assert np.allclose(merged, 3, rtol=0.01)
