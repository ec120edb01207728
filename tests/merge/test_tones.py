"""A shorter frame in the local tones of the reference."""

import numpy as np
import pytest
from shot_brackets import bracket_of, shoot

from libhdrnet.merge.candidates import find_candidates
from libhdrnet.merge.fusion import fuse, weigh
from libhdrnet.merge.tones import in_local_tones

WALL = np.s_[:, 120:]
VIVID, PALE = (0.8, 0.82, 0.33), (0.8, 0.82, 0.66)
"""A wall as a short frame shows it, and as a camera pales it in the reference, where it begins to saturate."""


def wall(colour):
    light = np.full((240, 360, 3), 0.2)
    light[WALL] = colour
    return light


def found(shorter, reference, stops=2):
    bracket = bracket_of([*shoot(shorter, (2.0**-stops,)), *shoot(reference, (1.0,))], 1)
    candidates = find_candidates(bracket, deghost=False)
    return bracket, candidates, np.zeros((2, *bracket.size), np.float32)


def test_what_is_believed_in_patches_shows_no_patches():
    bracket, candidates, logits = found(wall(VIVID), wall(PALE))
    yy, xx = np.mgrid[: bracket.size[0], : bracket.size[1]]
    patches = (yy // 20 + xx // 20) % 2 == 0
    logits[1] = np.where(patches, -8, 3)

    def blues(candidates):
        merged = fuse(bracket, candidates, weigh(bracket, candidates, logits))[WALL][..., 2]
        return [np.median(merged[np.repeat(np.repeat(some, 2, 0), 2, 1)[WALL]]) for some in (patches, ~patches)]

    rejected, believed = blues(candidates)
    assert rejected - believed > 0.2
    rejected, believed = blues(in_local_tones(bracket, candidates, logits))
    assert rejected == pytest.approx(PALE[2], abs=0.02)
    assert believed == pytest.approx(rejected, abs=0.03)


def test_frames_that_agree_and_longer_ones_stay_as_they_are():
    bracket, candidates, logits = found(wall(PALE), wall(PALE))
    assert np.abs(in_local_tones(bracket, candidates, logits)[1].tone - 1).max() < 0.01
    bracket, candidates, logits = found(wall(VIVID), wall(PALE), stops=-2)
    assert in_local_tones(bracket, candidates, logits)[1] is candidates[1]


def test_what_is_not_believed_and_the_rim_of_a_lamp_tell_no_tone():
    bracket, candidates, logits = found(wall(VIVID), wall(PALE))
    logits[1] = -8
    assert in_local_tones(bracket, candidates, logits)[1].tone is None
    lamp, rim = wall((0.2,) * 3), wall((0.2,) * 3)
    lamp[80:120, 80:120] = rim[80:120, 80:120] = 8
    rim[78:80, 78:122] = PALE
    lamp[78:80, 78:122] = VIVID
    bracket, candidates, logits = found(lamp, rim)
    assert np.abs(in_local_tones(bracket, candidates, logits)[1].tone - 1).max() < 1e-4


def test_a_lamp_that_is_white_in_both_stays_white():
    short, reference = wall(VIVID), wall(PALE)
    short[114:126, 224:236] = reference[114:126, 224:236] = 16
    bracket, candidates, logits = found(short, reference)
    candidates = in_local_tones(bracket, candidates, logits)
    assert candidates[1].tone[2, 50:70, 105:125].max() > 1.2
    lamp = fuse(bracket, candidates, weigh(bracket, candidates, logits))[116:124, 226:234]
    assert np.ptp(lamp, -1).max() < 0.02 * lamp.min()
