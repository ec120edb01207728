"""Frames' tones are brought to those of their merge, whatever their response, and saturation stays what it is."""

from dataclasses import replace

import numpy as np
import pytest

from libhdrnet.bands import enlarged
from libhdrnet.ops.agreement import find_agreement
from libhdrnet.ops.classical import merge_classical
from libhdrnet.merge.codes import DECODE
from libhdrnet.merge.frames import Frame
from libhdrnet.ops.tones import UNSATURATED, Tones, decode_tables, near
from libhdrnet.radiometry import encode_gamma, mu_law

SIZE = (240, 260)
TIMES = (0.25, 1.0, 4.0)


@pytest.fixture
def shoot(scene):
    """A function that exposes a scene; the short exposure's response is bent by a power."""

    def make(bend):
        light = scene(*SIZE, 0.9) ** 2 + np.float32(0.002)
        frames = []
        for time in TIMES:
            linear = np.clip(light * time, 0, 1) ** (bend if time == min(TIMES) else 1.0)
            frames.append(Frame(f"{time}", np.round(encode_gamma(linear) * 65535).astype(np.uint16), time))
        return frames

    return make


def tables_of(frames):
    agreement = find_agreement(frames, 1)
    radiance = merge_classical(frames, 1, agreement)
    return radiance, decode_tables(radiance, frames, 1, agreement)


def test_frames_that_agree_are_decoded_as_they_are(shoot):
    _, tables = tables_of(shoot(1.0))
    for table in tables:
        dark = 6554  # below it no level occurs
        assert np.abs(mu_law(table) - mu_law(DECODE)[:, None])[dark:].max() < 0.01


def test_a_bent_response_is_straightened_to_the_merge(shoot):
    frames = shoot(1.3)
    radiance, tables = tables_of(frames)
    codes = frames[0].codes
    told = (codes < UNSATURATED).all(-1)
    straightened = np.stack([tables[0][codes[..., c], c] for c in range(3)], -1)
    before, after = (np.abs(mu_law(x) - mu_law(radiance / 4))[told].mean() for x in (DECODE[codes], straightened))
    assert before > 0.01
    assert after < 0.3 * before


def test_saturation_keeps_its_value(shoot):
    for table in tables_of(shoot(1.3))[1]:
        assert np.allclose(table[65535], 1, atol=1e-6)
        assert (table >= 0).all()


def test_in_the_merge_s_tones_no_edge_shows_where_a_frame_begins_to_be_believed(scene):
    light = scene(*SIZE, 0.5) ** 2 + np.float32(0.002)
    taken = (0.25, 1.0, 7.0)  # and said to be TIMES
    codes = [np.round(encode_gamma(np.clip(light * time, 0, 1)) * 65535).astype(np.uint16) for time in taken]
    frames = [Frame("", code, time) for code, time in zip(codes, TIMES, strict=True)]
    believed = np.full(SIZE, 255, np.uint8)
    believed[:, SIZE[1] // 2 :] = 0
    agreement = replace(find_agreement(frames, 1), maps=(np.full(SIZE, 255, np.uint8), None, believed))
    first = merge_classical(frames, 1, agreement)
    tones = Tones(decode_tables(first, frames, 1, agreement), np.full((8, 8), 255, np.uint8))
    edges = []
    for merged in (first, merge_classical(frames, 1, agreement, tones=tones, out=first.copy())):
        relative = np.log2(merged / light).mean((0, 2))
        edges.append(abs(relative[SIZE[1] // 2 - 12 :][:8].mean() - relative[SIZE[1] // 2 + 4 :][:8].mean()))
    assert edges[0] > 0.3
    assert edges[1] < 0.15 * edges[0]


def test_far_from_what_moved_the_merge_stays_to_the_bit(shoot):
    frames = shoot(1.3)
    agreement = find_agreement(frames, 1)
    first = merge_classical(frames, 1, agreement)
    moved = np.zeros((60, 65), np.bool_)
    moved[:6, :6] = True
    where = near(moved)
    tones = Tones(decode_tables(first, frames, 1, agreement), where)
    second = merge_classical(frames, 1, agreement, tones=tones, out=first.copy())
    changed = (second != first).any(-1)
    far = enlarged(where, SIZE, slice(0, SIZE[0])) == 0
    assert where[:6, :6].min() == 255 and far.mean() > 0.5
    assert changed[:20, :20].mean() > 0.5 and not changed[far].any()
