"""Fusion: unbiased, as little noise as the frames allow, no colour fringes, no seam."""

from dataclasses import replace

import numpy as np
import pytest
from shot_brackets import bracket_of, classical, shoot

from libhdrnet.alignment import Flow
from libhdrnet.merge.candidates import Candidate, find_candidates
from libhdrnet.merge.codes import knee_for
from libhdrnet.merge.frames import Frame
from libhdrnet.merge.fusion import fuse, weigh
from libhdrnet.merge.reconstruction import find_unknown

SIZE = (160, 200)
BY_TIME = ((0.25, 1.0, 4.0), (1.0, 1.0, 1.0))
BY_ISO = ((1.0, 2.0, 4.0), (1.0, 2.0, 4.0))


def test_the_mean_is_unbiased_in_mid_tones():
    radiance = np.full((*SIZE, 3), 0.12)
    assert classical(shoot(radiance, (0.25, 1, 4), 2e-3, 1e-6), 1).mean() == pytest.approx(0.12, rel=0.005)


@pytest.mark.parametrize(("times", "gains"), [BY_TIME, BY_ISO], ids=["time", "ISO"])
@pytest.mark.parametrize(("shot", "read"), [(2e-5, 4e-8), (1e-4, 2.5e-7)])
def test_a_merge_has_the_least_noise_there_is(times, gains, shot, read):
    """Within 0.1 dB of weights by the true variances, at each level from shadows to mid-tones."""
    radiance = np.repeat(np.geomspace(1e-4, 0.4, 8) / max(times), 100)[:, None, None] * np.ones((1, 500, 3))
    frames = shoot(radiance, times, shot, read, gains, knee_for(-0.007))
    merged = classical(frames, 0, gains) / times[0]
    for top in range(0, 800, 100):
        level = radiance[top, 0, 0]
        information = sum(t**2 / (shot * g * level * t + read * g**2) for t, g in zip(times, gains, strict=True))
        mean_square = np.mean((merged[top + 5 : top + 95] - level) ** 2)
        assert 10 * np.log10(mean_square * information) < 0.1


def test_nine_frames_leave_less_noise_than_three():
    radiance, times = np.full((*SIZE, 3), 0.1), tuple(1 + 0.1 * i for i in range(9))
    frames = shoot(radiance, times, shot=1e-3)
    assert classical(frames, 4).std() < 0.65 * classical(frames[3:6], 1).std()


def test_a_colour_that_saturates_in_one_channel_keeps_its_hue():
    gradient = np.linspace(0.05, 3.0, SIZE[1])[None, :, None] * np.ones((SIZE[0], 1, 1))
    merged = classical(shoot(gradient * np.array([1.0, 0.5, 0.2]), (0.25, 1, 4), shot=1e-5), 1)
    hue = merged / merged[..., :1]
    assert np.abs(np.median(hue, 0) - [1.0, 0.5, 0.2]).max() < 0.02


@pytest.mark.parametrize(
    ("red", "shown"), [(0.02, 0.02), (0.3, 0.053), (1.5, 0.0)], ids=["open", "brighter than black", "clipped"]
)
def test_the_reference_says_how_dark_a_channel_is_that_is_black_in_the_short_frame(red, shown):
    """A blue sky in vivid colours: JPEG leaves specks of zero in what is crushed."""
    light = np.full((*SIZE, 3), (red, 0.4, 1.5))
    short, reference = shoot(light, (1 / 64, 1), shot=1e-4)
    codes = short.codes.copy()
    codes[..., 0] = 65535 * 0.019
    codes[::4, ::4, 0] = 0
    merged = classical([replace(short, codes=codes), reference], 1)
    specks = merged[::4, ::4]
    assert np.median(specks, (0, 1)) == pytest.approx([shown, 0.4, 1.5], rel=0.02, abs=1e-3)
    if red < 1:
        assert np.median(merged, (0, 1)) == pytest.approx([shown, 0.4, 1.5], rel=0.02)


@pytest.mark.parametrize("sky", [2.0, 8.0], ids=["the shortest frame shows it", "all are saturated"])
def test_beyond_the_border_of_the_shortest_frame_a_saturated_sky_gets_no_darker_line(sky):
    frames = shoot(np.full((*SIZE, 3), sky), (0.25, 1, 4))
    coverage = np.full(SIZE, 65535, np.uint16)
    coverage[:2] = 0
    frames[0] = replace(frames[0], coverage=coverage)
    merged = classical(frames, 1)
    assert merged[:2].min() > 0.9 * merged[-2:].max()


@pytest.mark.parametrize(("lead", "kept"), [(2, 0.8), (9, 1.0)], ids=["in doubt", "surely something else"])
def test_a_shorter_frame_takes_the_place_of_what_is_saturated_unless_it_is_surely_something_else(lead, kept):
    """A white shirt that the reference has lost, and in the shorter frame the wall behind it."""
    frames = shoot(np.full((*SIZE, 3), 1.5), (0.25, 1))
    frames[0] = shoot(np.full((*SIZE, 3), 0.8), (0.25, 1))[0]
    bracket = bracket_of(frames, 1)
    candidates = find_candidates(bracket)
    logits = np.zeros((len(candidates), *bracket.size), np.float32)
    logits[0] = lead
    assert np.median(fuse(bracket, candidates, weigh(bracket, candidates, logits))) == pytest.approx(kept, rel=0.05)


def test_a_wide_strip_beyond_the_border_of_the_shortest_frame_is_told_as_guessed_where_the_sky_is_saturated():
    light = np.full((*SIZE, 3), 2.0)
    light[80:] = 0.3
    frames = shoot(light, (0.25, 1, 4))
    coverage = np.full(SIZE, 65535, np.uint16)
    coverage[:, :40] = 0
    bracket = bracket_of([replace(frames[0], coverage=coverage), *frames[1:]], 1)
    candidates = find_candidates(bracket)
    lost = find_unknown(bracket, candidates, weigh(bracket, candidates)).lost
    assert lost[:30, :14].min() > 0.9 and lost[:, 26:].max() < 0.01 and lost[50:].max() < 0.01


def test_what_has_no_data_takes_no_part(scene):
    radiance = scene(40, 60) * 0.5 + 0.1
    frames = shoot(radiance, (0.5, 1))
    coverage = np.full((40, 60), 65535, np.uint16)
    coverage[:, 50:] = 0
    wrong = frames[0].codes.copy()
    wrong[:, 50:] //= 2
    merged = classical([Frame("a", wrong, 0.5, coverage=coverage), frames[1]], 1)
    assert np.allclose(merged, radiance, rtol=5e-3)


@pytest.fixture
def moved(scene):
    """A bracket whose short frame shows something else in a square, its candidates, and the radiance."""
    radiance = scene(96, 120) * 0.4 + 0.05
    frames = shoot(radiance, (0.25, 1, 4), shot=1e-5)
    frames[0].codes[30:60, 40:80] = 40000
    bracket = bracket_of(frames, 1)
    return bracket, find_candidates(bracket), radiance


def test_only_what_differs_is_in_doubt_and_followed(moved):
    bracket, candidates, _ = moved
    assert [(c.frame, c.flow is not None) for c in candidates][:3] == [(1, False), (0, False), (2, False)]
    assert {c.frame for c in candidates if c.flow is not None} <= {0}
    doubt = candidates[1].doubt
    assert doubt[20:25, 25:35].min() == 1 and doubt[:, 59:].max() == 0
    assert not candidates[0].doubt.any() and not candidates[2].doubt.any()


def test_a_candidate_counts_as_far_as_it_is_believed_and_nothing_shows_where_that_ends(moved):
    bracket, candidates, radiance = moved
    logits = np.zeros((len(candidates), *bracket.size), np.float32)
    for logit, candidate in zip(logits, candidates, strict=True):
        logit[:] = -8 * candidate.doubt * (candidate.frame == 0)
    ghost = fuse(bracket, candidates, weigh(bracket, candidates))
    merged = fuse(bracket, candidates, weigh(bracket, candidates, logits))
    inside = np.s_[35:55, 45:75]
    assert np.abs(ghost[inside] / radiance[inside] - 1).mean() > 0.05
    assert np.abs(merged / radiance - 1).max() < 0.05


@pytest.mark.parametrize("stops", [2, 3, 6])
def test_a_frame_of_many_times_the_exposure_leaves_no_trace_where_it_is_not_believed(stops):
    """Of six stops its noise alone would give it 71 times the weight."""
    frames = shoot(np.full((*SIZE, 3), 1e-3), (0.25, 1, 2**stops), 2e-5, 2e-7)
    bracket = bracket_of(frames, 1)
    candidates = find_candidates(bracket)
    logits = np.zeros((len(candidates), *bracket.size), np.float32)
    logits[[candidate.frame == 2 for candidate in candidates], :, 50:] = -8
    shares = weigh(bracket, candidates, logits).shares[2]
    assert candidates[2].frame == 2
    assert shares[:, 50:].max() < 0.001
    assert shares[:, :50].min() > 0.7


def test_what_a_saturated_reference_hides_and_no_believed_frame_shows_is_unknown():
    radiance = np.full((*SIZE, 3), 0.3)
    radiance[40:100, 40:120] = 2.0
    frames = shoot(radiance, (0.25, 1, 4))
    bracket = bracket_of(frames, 1)
    candidates = find_candidates(bracket)
    unknown = find_unknown(bracket, candidates, weigh(bracket, candidates))
    assert not unknown.lost.any() and not unknown.dark.any()
    logits = np.zeros((len(candidates), *bracket.size), np.float32)
    logits[0], logits[1:] = 8, -8
    lost = find_unknown(bracket, candidates, weigh(bracket, candidates, logits)).lost
    assert lost[25:45, 25:55].min() > 0.9 and lost[:15].max() == 0


def test_a_flow_without_any_confidence_puts_nothing_into_what_is_saturated_in_every_frame():
    """As beside a window's bar before a white sky: the bar is not brought there, however the selection likes it."""
    bracket = bracket_of(shoot(np.full((*SIZE, 3), 9.0), (0.25, 1, 4)), 1)
    candidates = find_candidates(bracket)
    height, width = bracket.size
    grey = np.full((height, width, 3), 2.0, np.float32)
    ones = np.ones((height, width), np.float32)
    flow = Flow(np.dstack([5 * ones, 0 * ones]), 0 * ones, 5 * ones)
    brought = Candidate(bracket.shortest, grey, 0 * ones, ones, ones, flow)
    logits = np.zeros((len(candidates) + 1, height, width), np.float32)
    logits[-1] = 4.5
    assert weigh(bracket, [*candidates, brought], logits).shares[-1].max() < 0.05


def test_an_odd_size_is_merged_to_its_last_pixel(scene):
    radiance = scene(41, 33) * 0.5 + 0.1
    assert np.allclose(classical(shoot(radiance, (0.25, 1, 4)), 1), radiance, rtol=5e-3)


@pytest.mark.parametrize(("code", "counts"), [((0, 0, 9), False), ((4, 4, 4), False), ((0, 0, 60), True)])
def test_a_speck_of_colour_in_a_black_frame_does_not_count_however_the_selection_likes_it(code, counts):
    """JPEG leaves such specks; fourteen stops away they were blue blotches on a road (jin, flower)."""
    frames = shoot(np.full((*SIZE, 3), 0.1), (2.0**-14, 1), shot=4e-5)
    frames[0].codes[40:80, 40:80] = np.array(code) * 257
    bracket = bracket_of(frames, 1)
    candidates = find_candidates(bracket)
    logits = np.zeros((len(candidates), *bracket.size), np.float32)
    logits[0], logits[1] = -3, 7  # as was seen
    merged = fuse(bracket, candidates, weigh(bracket, candidates, logits))
    assert (np.abs(merged[50:70, 50:70].mean((0, 1)) / 0.1 - 1).max() > 0.02) == counts
