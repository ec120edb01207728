"""What the selection believes, seen in the result."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from rendering import render_bracket
from shot_brackets import bracket_of, shoot

from libhdrnet.merge.blacks import near_black
from libhdrnet.merge.candidates import find_candidates
from libhdrnet.merge.fusion import fuse, weigh
from libhdrnet.merge.pipeline import merge
from libhdrnet.merge.selection import select
from libhdrnet.options import MergeOptions
from libhdrnet.trust import DARK, DISBELIEVED


def hue(radiance):
    mean = cv2.blur(radiance, (7, 7))
    return mean / mean.sum(-1, keepdims=True)


def test_what_moved_leaves_no_patch_of_its_colour_on_what_is_dark():
    room = render_bracket(400, 600, seed=0)
    frames = [np.round(np.clip(frame, 0, 1) ** (1 / 2.2) * 65535).astype(np.uint16) for frame in room.frames]
    found = merge(frames, list(room.exposure_times), MergeOptions(response="gamma2.2"), reference=1).radiance
    beside = np.s_[180:330, 190:330]  # a wall and trousers, where the longer frame shows a red jumper
    found, true = found[beside], room.radiance[beside]
    off = np.abs(hue(found) - hue(true)).max(-1)[cv2.blur(true, (7, 7)).mean(-1) < 0.05]
    assert off.size > 5000 and np.mean(off > 0.1) < 0.005  # 0.24 where all frames are believed


@pytest.mark.parametrize(("light", "shown"), [(0.003, True), (0.03, False)])
def test_a_longer_frame_shows_what_is_crushed_to_specks_in_the_reference_s_black(light, shown):
    rng = np.random.default_rng(5)
    wood = light * (1 + 0.3 * cv2.resize(rng.random((20, 25), np.float32), (200, 160))[..., None]) * np.ones(3)
    frames = shoot(np.where(np.arange(160)[:, None, None] < 40, 0.2, wood), (0.25, 1, 4), shot=4e-5)
    specks = (rng.random((20, 25, 3)) < 0.3).repeat(8, 0).repeat(8, 1)[40:]
    frames[1].codes[40:] = 5 * 257 * specks
    bracket = bracket_of(frames, 1)
    candidates = find_candidates(bracket)
    logits, _ = select(bracket, candidates)
    merged = fuse(bracket, candidates, weigh(bracket, candidates, logits))[60:150, 20:180]
    ratio = merged / wood[60:150, 20:180]
    assert (np.abs(ratio - 1).mean() < 0.25) == shown  # 0.98 as the reference has it


def test_black_hair_stays_before_a_dark_wall_where_the_reference_shows_blacks():
    light = np.full((160, 200, 3), 0.0008)
    light[:40], light[120:] = 0.2, 2e-5
    frames = shoot(light, (0.25, 1, 4), shot=4e-5)
    frames[1].codes[60:100, 60:120] = 0
    bracket = bracket_of(frames, 1)
    candidates = find_candidates(bracket)
    logits, _ = select(bracket, candidates)
    assert fuse(bracket, candidates, weigh(bracket, candidates, logits))[66:94, 66:114].max() < 0.0003


@pytest.mark.parametrize(("lifted", "shown", "near"), [(0, 0.8, 0), (0.5, 0.8, 1), (0.5, 3, 0)])
def test_what_is_as_dark_as_blacks_that_were_lifted_may_differ_from_them(lifted, shown, near):
    """A gable in the shadow, black in the reference, whose hue is not that of most black places (villa)."""
    frames = shoot(np.full((160, 200, 3), 0.1), (0.25, 1, 4))
    frames[1].codes[40:] = 0
    bracket = bracket_of(frames, 1)
    own = np.maximum(bracket.compared[1], np.float32(0.004) * lifted + np.linspace(0, 0.2, 65536)[:, None] * 0.004)
    bracket.calibration = replace(bracket.calibration, compared=(own,) * 3)
    reference, longer = (c for c in find_candidates(bracket)[:3] if c.frame != bracket.shortest)
    place = np.where(np.arange(100)[:, None] < 50, 0.8, shown) * np.array([0.8, 0.8, 1.4])
    wall = np.tile(np.float32(place) * bracket.calibration.at(1, DARK), (80, 1, 1))
    black = replace(reference, radiance=np.where(reference.radiance < 0.05, own[0], reference.radiance))
    found = near_black(bracket, black, replace(longer, radiance=wall))[30:, 50:]
    assert found == pytest.approx(near, abs=0.05)


def test_black_bars_in_all_frames_tell_nothing_of_crushed_blacks():
    frames = shoot(np.full((160, 200, 3), 0.1), (0.25, 1, 4))
    for frame in frames:
        frame.codes[:40] = 0
    bracket = bracket_of(frames, 1)
    reference, longer = (c for c in find_candidates(bracket)[:3] if c.frame != bracket.shortest)
    none = replace(longer, radiance=longer.radiance * (longer.radiance > 0.01))
    assert not near_black(bracket, reference, longer).any() and not near_black(bracket, reference, none).any()


@pytest.mark.parametrize(("light", "shown", "told"), [(4, 0.2, True), (4, 1.2, False), (0.5, 0.05, False)])
def test_what_is_far_darker_than_what_saturates_the_reference_is_something_else(light, shown, told):
    bracket = bracket_of(
        [*shoot(np.full((160, 200, 3), shown), (0.25,)), *shoot(np.full((160, 200, 3), light), (1,))], 1
    )
    logits, _ = select(bracket, find_candidates(bracket))
    assert ((logits[0] - logits[1] > DISBELIEVED[1]) == told).all()


def test_a_still_scene_gets_what_its_longer_frames_bring():
    room = render_bracket(300, 450, seed=0)
    times, rng = (0.25, 1.0, 4.0), np.random.default_rng(3)
    light = room.radiance / np.percentile(room.radiance, 99)
    taken = [light * t + rng.normal(0, 1, light.shape) * np.sqrt(2e-4 * light * t + 2e-6) for t in times]
    frames = [np.round(np.clip(frame, 0, 1) ** (1 / 2.2) * 255).astype(np.uint8) for frame in taken]
    off = {}
    for model in ("auto", "classical"):
        options = MergeOptions(model=model, align=False, response="gamma2.2")
        found = merge(frames, list(times), options, reference=1).radiance
        shown = light < 0.2
        off[model] = np.sqrt(np.mean(np.square(found - light)[shown] / (light[shown] + 1e-3)))
    assert off["auto"] < 1.03 * off["classical"]  # 1.07 where every small doubt counts


def test_a_longer_frame_that_shows_less_where_the_reference_is_saturated_takes_no_part(monkeypatch):
    monkeypatch.setattr("libhdrnet.merge.selection.run_tiled", lambda *_, **__: None)  # the network believes all
    light = np.full((160, 200, 3), 0.2)
    light[40:120, 60:140] = 3.0
    frames = shoot(light, (1.0, 4.0))
    light[60:100, 80:120] = 0.1  # somebody walks by
    frames[1] = shoot(light, (4.0,))[0]
    bracket = bracket_of(frames, 0)
    candidates = find_candidates(bracket)[:2]
    logits, _ = select(bracket, candidates)
    merged = fuse(bracket, candidates, weigh(bracket, candidates, logits))
    assert merged[64:96, 84:116].min() > 0.9
    assert merged[:30].mean() == pytest.approx(0.2, rel=0.01)
