"""Highlights that the reference has lost, where the shortest frame shows something else."""

from dataclasses import replace

import numpy as np
import pytest
from shot_brackets import bracket_of, shoot

from libhdrnet.alignment import Flow
from libhdrnet.merge.candidates import find_candidates
from libhdrnet.merge.fusion import fuse, weigh
from libhdrnet.merge.highlights import lost_light
from libhdrnet.merge.pipeline import merge
from libhdrnet.options import MergeOptions

TIMES = (0.25, 1.0, 4.0)


def shot(light, time, seed):
    noise = np.random.default_rng(seed).normal(0, 0.003, light.shape)
    return np.round(255 * np.clip(np.clip(light * time, 0, 1) ** (1 / 2.2) + noise, 0, 1)).astype(np.uint8)


def scene(colour):
    """A textured wall below a bright sky."""
    rng = np.random.default_rng(0)
    light = 0.1 + 0.1 * rng.random((240, 360, 1)) * np.ones(3)
    light[:150] = np.array(colour) * (1 + 0.02 * rng.standard_normal((150, 360, 1)))
    return light


def taken(light, passed, times=TIMES):
    """The frames of a bracket in whose shortest one something passes."""
    return [shot(light if i else passed, time, i + 1) for i, time in enumerate(times)]


def behind_and_beside_a_passer_by(colour, dark, times, reference):
    """The median colour of the sky behind a disc that the shortest frame shows, and beside it."""
    light = scene(colour)
    yy, xx = np.mgrid[:240, :360]
    passed = np.where(np.hypot(yy - 90, xx - 180)[..., None] < 40, dark, light)
    found = merge(taken(light, passed, times), list(times), MergeOptions(align=False), reference=reference).radiance
    return [np.median(found[70:110, x : x + 40], (0, 1)) for x in (160, 300)]


def rings_behind_a_passer_by(*, sky, dark, width, reference, last):
    """The median light of each ring, two pixels apart, behind a disc with a soft edge that the shortest frame shows."""
    light = scene((sky, sky, sky))
    yy, xx = np.mgrid[:240, :360]
    ring = np.hypot(yy - 80, xx - 180)
    opacity = np.clip((20 + width - ring) / width, 0, 1)[..., None]
    passed = light * (1 - opacity) + dark * opacity
    found = merge(taken(light, passed), list(TIMES), MergeOptions(align=False), reference=reference).radiance.mean(-1)
    return [np.median(found[(ring >= r) & (ring < r + 1.5)]) for r in range(0, last, 2)]


@pytest.mark.parametrize("colour", [(2.5, 2.5, 2.5), (0.4, 0.6, 2.0)])
def test_a_sky_behind_a_passer_by_is_as_bright_and_as_blue_as_around(colour):
    behind, beside = behind_and_beside_a_passer_by(colour, 0.02, TIMES, 1)
    assert beside == pytest.approx(colour, rel=0.15)
    assert behind == pytest.approx(beside, rel=0.15)


@pytest.mark.parametrize("white", [1.3, 1.8])
def test_what_passed_white_before_a_sunlit_wall_is_not_laid_on_it(white):
    """Red and green are clipped in the reference, or nearly; blue it measures, and the passer-by has more of it."""
    behind, beside = behind_and_beside_a_passer_by((1.1, 0.9, 0.5), white, TIMES, 1)
    assert beside == pytest.approx((1.1, 0.9, 0.5), rel=0.1)
    assert behind == pytest.approx(beside, rel=0.2)


@pytest.mark.parametrize("width", [4, 10])
def test_the_soft_edge_of_a_passer_by_leaves_no_line_in_the_sky(width):
    around = rings_behind_a_passer_by(sky=2.5, dark=0.02, width=width, reference=1, last=40)
    assert np.min(around) > 2.35 and np.max(around) < 2.6


@pytest.mark.parametrize("width", [4, 10])
def test_what_passed_before_a_sky_that_the_two_longer_frames_have_lost_leaves_no_disc(width):
    around = rings_behind_a_passer_by(sky=0.95, dark=0.005, width=width, reference=2, last=44)
    assert np.min(around) > 3.2 and np.max(around) < 4.2


@pytest.mark.parametrize("colour", [(9, 9, 9), (9, 5, 2)])
def test_of_five_frames_what_passed_in_the_shortest_before_what_the_next_has_lost_leaves_no_disc(colour):
    behind, beside = behind_and_beside_a_passer_by(colour, 0.1, (1 / 16, 1 / 4, 1, 4, 16), 2)
    assert beside == pytest.approx(colour, rel=0.15)
    assert behind == pytest.approx(beside, rel=0.2)


@pytest.mark.parametrize(("of_green", "of_red"), [(0.4, 0.4), (0.4, 0.0)], ids=["waves", "petals"])
def test_a_clipped_channel_follows_what_is_measured_as_far_as_it_does_so_around(of_green, of_red):
    """Red is clipped; the shorter frame shows another moment, which is not believed in the middle."""
    yy, xx = np.mgrid[:240, :360]

    def moment(phase):
        wave = np.sin(yy / 4 + phase + xx / 60) * np.sin(xx / 7)
        return np.dstack([2.2 * np.exp(of_red * wave), 0.4 * np.exp(of_green * wave), np.full_like(wave, 0.1)])

    frames = [*shoot(moment(2.0), (0.25,)), *shoot(moment(0.0), (1.0,))]
    bracket = bracket_of(frames, 1)
    candidates = find_candidates(bracket, deghost=False)
    logits = np.zeros((2, *bracket.size), np.float32)
    logits[1, 40:80, 60:120] = -9
    inside = np.s_[90:150, 130:230]
    found, light = (
        x[inside][..., 0] for x in (fuse(bracket, candidates, weigh(bracket, candidates, logits)), moment(0))
    )
    assert np.abs(np.log(found / light)).mean() < 0.11  # waves 0.16 by the mean light alone


def test_a_flame_goes_on_from_where_its_red_begins_to_be_clipped():
    """It fills the shorter frame, which is believed only where the reference shows it, too."""
    ramp = 0.3 + 2.7 * np.clip((np.arange(360) - 60) / 150, 0, 1) * np.ones((240, 1))
    colour = np.array([1.0, 0.2, 0.05], np.float32)
    bracket = bracket_of(shoot(ramp[..., None] * colour, TIMES[:2]), 1)
    reference, shorter = find_candidates(bracket, deghost=False)
    shorter = replace(shorter, radiance=3 * np.ones_like(shorter.radiance) * colour)
    logits = np.zeros((2, *bracket.size), np.float32)
    logits[1, :, :90] = -20
    found = fuse(bracket, [reference, shorter], weigh(bracket, [reference, shorter], logits))
    assert np.abs(np.log2(found[:, :176, 0] / ramp[:, :176])).max() < 0.35


@pytest.mark.parametrize(("moves", "tone", "counts"), [(2.0, 1.0, 2), (0.0, 0.7, 1)], ids=["waves", "a paled lamp"])
def test_doubt_counts_twice_where_what_is_measured_beside_a_clipped_channel_has_another_structure(moves, tone, counts):
    yy, xx = np.mgrid[:240, :360]

    def moment(phase, tone):
        wave = np.sin(yy / 4 + phase + xx / 60) * np.sin(xx / 7)
        return np.exp(0.4 * tone * wave)[..., None] * np.array([0.3, 0.4, 2.2])

    bracket = bracket_of([*shoot(moment(moves, 1), (0.25,)), *shoot(moment(0, tone), (1.0,))], 1)
    candidates = find_candidates(bracket, deghost=False)
    logits = np.zeros((2, *bracket.size), np.float32)
    logits[1] = -4
    believed = lost_light(bracket, candidates, logits)[0]
    assert np.median(believed[1, 20:100, 20:160]) == pytest.approx(-4 * counts, abs=0.4)


def test_lost_light_is_told_by_what_a_flow_brings_too():
    """A wall lies elsewhere in the shorter frame; a flow brings it, and where that fails the wall goes on as it is."""
    wall, dark = np.full((160, 240, 3), 3.0), np.full((160, 240, 3), 0.02)
    bracket = bracket_of([*shoot(dark, (0.25,)), *shoot(wall, (1.0,))], 1)
    still = find_candidates(bracket, deghost=False)
    one = np.ones(bracket.size, np.float32)
    confidence = one.copy()
    confidence[30:50, 40:80] = 0
    flow = Flow(np.zeros((*bracket.size, 2), np.float32), confidence, 2 * one)
    brought = replace(still[1], radiance=np.full_like(still[1].radiance, 3.0), doubt=one, flow=flow)
    logits = np.array([0, -20, 0], np.float32)[:, None, None] * one
    lost = lost_light(bracket, [*still, brought], logits)[1]
    assert np.exp(lost.logs[:, 32:48, 44:76]) == pytest.approx(3, rel=0.1)


def test_the_light_around_is_taken_from_a_frame_that_is_not_black_there():
    frames = shoot(np.full((160, 200, 3), 2.0), (2.0**-15, 2.0**-3, 1.0))
    frames[0].codes[:] = 4 * 257  # what a camera's black is, and more than the light
    bracket = bracket_of(frames, 2)
    candidates = find_candidates(bracket)
    logits = np.zeros((len(candidates), *bracket.size), np.float32)
    logits[0, 30:40, 40:60] = 16
    merged = fuse(bracket, candidates, weigh(bracket, candidates, logits))
    assert merged[64:76, 84:116] == pytest.approx(2, rel=0.05)


def test_a_lamp_is_not_the_light_around():
    light = np.full((160, 200, 3), 2.0)
    light[66:74, 60:68] = 2.0**9
    bracket = bracket_of(shoot(light, (2.0**-9, 2.0**-3, 1.0)), 2)
    candidates = find_candidates(bracket)
    logits = np.zeros((len(candidates), *bracket.size), np.float32)
    logits[0, 30:40, 40:60] = 16
    merged = fuse(bracket, candidates, weigh(bracket, candidates, logits))
    assert 1.8 < np.median(merged[64:76, 84:116]) < 3


def test_what_a_person_takes_from_the_reference_comes_as_it_was_captured():
    light = scene((2.5, 2.5, 2.5))
    passed = light.copy()
    yy, xx = np.mgrid[:240, :360]
    passed[np.hypot(yy - 90, xx - 180) < 40] = 0.02
    chosen = np.zeros((240, 360), np.int16)
    chosen[40:140, 120:240] = 2
    options = MergeOptions(align=False)
    found = merge(taken(light, passed), list(TIMES), options, reference=1, choices=chosen).radiance
    assert np.median(found[70:110, 160:200]) == pytest.approx(1, abs=0.15)


def test_without_a_shorter_frame_the_reference_s_white_stays():
    light = scene((2.5, 2.5, 2.5))
    found = merge([shot(light, 1, 1), shot(light, 4, 2)], [1, 4], MergeOptions(align=False), reference=0).radiance
    assert found.max() < 1.3
