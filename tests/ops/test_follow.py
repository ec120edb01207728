"""What moved is found in the other frames, and only what agrees there is believed."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from libhdrnet.bands import enlarged
from libhdrnet.ops.agreement import find_agreement
from libhdrnet.ops.follow import AROUND, follow
from libhdrnet.merge.frames import Frame

SIZE = (300, 400)
TIMES = (0.25, 1.0, 4.0)
EDGE = 70


def texture(seed, height, width):
    rng = np.random.default_rng(seed)
    fine = cv2.GaussianBlur(rng.random((height, width, 3)).astype(np.float32), (0, 0), 2.5)
    coarse = cv2.resize(rng.random((6, 8, 3)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(0.5 * (fine - 0.5) / fine.std() * 0.25 + coarse, 0.02, 1)


@pytest.fixture
def shoot():
    """A function that photographs a square that goes `steps` pixels a frame.

    With `others`, its pattern changes; with `burnt`, the reference is saturated on its right.
    """

    def make(steps, *, others=False, burnt=False):
        frames = []
        for index, time in enumerate(TIMES):
            radiance = 0.2 * texture(0, *SIZE)
            left = 160 + steps * (index - 1)
            thing = texture(1 + (index if others else 0), EDGE, EDGE)
            radiance[120 : 120 + EDGE, left : left + EDGE] = 0.2 * thing
            if burnt:
                radiance[:, 240:] += 1.2
            codes = np.rint(np.clip(radiance * time, 0, 1) ** (1 / 2.2) * 65535).astype(np.uint16)
            frames.append(Frame(str(index), codes, time))
        return frames

    return make


def square(frame):
    """The square as the reference shows it, without its rim, at the reference's exposure."""
    inside = frame.codes[130 : 110 + EDGE, 170 : 150 + EDGE].astype(np.float32) / 65535
    return inside / frame.exposure ** (1 / 2.2)


def difference(frames, index):
    """Mean difference of encoded values where both can show them."""
    own, other = square(frames[1]), square(frames[index])
    shown = own < 0.9 * min(1.0, frames[index].exposure ** (-1 / 2.2))
    return np.abs(own - other)[shown].mean()


def test_what_moved_is_laid_where_the_reference_shows_it(shoot):
    frames = shoot(14)
    before = find_agreement(frames, 1)
    followed, after = follow(frames, 1, before)
    for index in (0, 2):
        assert difference(followed, index) < 0.3 * difference(frames, index)
    moved = [(1 - agreement.grades()).astype(bool).mean() for agreement in (before, after)]
    assert 0 < moved[1] < 0.6 * moved[0]


def test_a_still_bracket_is_returned_as_it_is(shoot):
    frames = shoot(0)
    agreement = find_agreement(frames, 1)
    followed, after = follow(frames, 1, agreement)
    assert all(new is old for new, old in zip(followed, frames, strict=True))
    assert after is agreement


def test_far_from_what_moved_nothing_is_changed(shoot):
    frames = shoot(14)
    agreement = find_agreement(frames, 1)
    followed, _ = follow(frames, 1, agreement)
    reach = 2 * round(SIZE[1] * AROUND) + 3
    for index in (0, 2):
        still = cv2.erode(agreement.of(index, slice(0, SIZE[0])), np.ones((reach, reach))) == 1
        assert still.mean() > 0.4
        assert np.array_equal(followed[index].codes[still], frames[index].codes[still])


def test_what_agreed_by_chance_is_followed_with_the_thing_around_it(shoot):
    frames = shoot(14)
    agreement = find_agreement(frames, 1)
    centre = (slice(148, 162), slice(188, 202))
    by_chance = list(agreement.maps)
    for index in (0, 2):
        by_chance[index] = by_chance[index].copy()
        by_chance[index][centre] = 255
    followed, after = follow(frames, 1, replace(agreement, maps=tuple(by_chance)))
    for index in (0, 2):
        own = frames[1].codes[centre].astype(float) * frames[index].exposure ** (1 / 2.2)
        shown = own < 0.9 * 65535
        gaps = [np.abs(own - pictures[index].codes[centre])[shown].mean() for pictures in (frames, followed)]
        assert gaps[1] < 0.4 * gaps[0]
        assert (after.maps[index][centre] == 255).mean() > 0.9


def test_what_is_worse_than_it_was_stays_as_it_was(shoot, monkeypatch):
    frames = shoot(14)
    agreement = find_agreement(frames, 1)

    def everything_shifted(frame, reference, wide):
        codes = frame.codes.copy()
        fetched = enlarged(wide, SIZE, slice(0, SIZE[0])) < 255
        np.copyto(codes, np.roll(codes, 30, axis=1), where=fetched[..., None])
        return replace(frame, codes=codes)

    monkeypatch.setattr("libhdrnet.ops.follow._followed", everything_shifted)
    followed, after = follow(frames, 1, agreement)
    for index in (0, 2):
        agreed = agreement.maps[index] == 255
        changed = (followed[index].codes != frames[index].codes).any(-1) & agreed
        assert (after.maps[index][agreed] == 255).all()
        assert changed.mean() < 0.04


def test_where_the_reference_is_saturated_only_what_disagrees_is_followed(shoot):
    frames = shoot(14, burnt=True)
    agreement = find_agreement(frames, 1)
    followed, _ = follow(frames, 1, agreement)
    agreed = (agreement.maps[0] == 255) & (agreement.lost == 255)
    assert agreed.any() and np.array_equal(followed[0].codes[agreed], frames[0].codes[agreed])


def test_what_is_nowhere_else_stays_in_disagreement(shoot):
    frames = shoot(14, others=True)
    _, after = follow(frames, 1, find_agreement(frames, 1))
    assert after.of_all(slice(0, SIZE[0]))[130 : 110 + EDGE, 170 : 150 + EDGE].mean() < 0.5


def test_with_no_deghosting_nothing_is_followed(shoot):
    frames = shoot(14)
    followed, _ = follow(frames, 1, find_agreement(frames, 1, deghost=0.0), deghost=0.0)
    assert all(new is old for new, old in zip(followed, frames, strict=True))


def test_a_large_picture_is_compared_small_and_followed_at_full_size(shoot, monkeypatch):
    monkeypatch.setattr("libhdrnet.ops.agreement.MOST_PIXELS", 4e4)
    frames = shoot(14)
    followed, after = follow(frames, 1, find_agreement(frames, 1))
    assert after.maps[0].shape != SIZE
    for index in (0, 2):
        assert difference(followed, index) < 0.6 * difference(frames, index)


@pytest.mark.parametrize("size", [(5, 200), (20, 20)])
def test_a_tiny_picture_is_left_alone(size):
    rng = np.random.default_rng(0)
    frames = [Frame(str(t), rng.integers(0, 65535, (*size, 3)).astype(np.uint16), t) for t in TIMES]
    followed, _ = follow(frames, 1, find_agreement(frames, 1))
    assert all(new is old for new, old in zip(followed, frames, strict=True))


@pytest.mark.parametrize("index", [0, 2])
def test_a_streak_too_thin_for_an_object_is_doubted_where_it_was_fetched(shoot, index):
    frames = shoot(0)
    wrong = frames[index].codes.copy()
    shift = round(0.15 * 65535)
    wrong[100:200, 200:202] += np.uint16(shift) if index == 0 else np.uint16(65536 - shift)
    frames[index] = replace(frames[index], codes=wrong)
    streak = (slice(110, 190), slice(200, 202))
    alone = find_agreement(frames, 1)
    assert (alone.maps[index][streak] == 255).all()
    fetched = [None, None, None]
    fetched[index] = np.full(SIZE, 255, np.uint8)
    fetched[index][80:220, 150:250] = 0
    doubted = find_agreement(frames, 1, fetched=fetched)
    assert (doubted.maps[index][streak] < 128).mean() > 0.5
    assert (doubted.maps[index][:, :140] == 255).all()
