import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from libhdrnet.engine.cover import parts


def where(needed, tile, margin):
    return [part.where for part in parts(needed, needed.shape, tile, margin, 16)]


def test_only_what_is_needed_is_read_with_its_margin_and_on_the_grid():
    needed = np.zeros((200, 180), np.bool_)
    needed[100:110, 80:83] = True
    assert where(needed, 256, 32) == [(slice(64, 144), slice(48, 128))]
    assert where(np.zeros_like(needed), 256, 32) == []


@settings(deadline=None)
@given(seed=st.integers(0, 50), margin=st.sampled_from([0, 24, 32]))
def test_shares_add_up_to_one_wherever_it_is_needed_and_tiles_are_small(seed, margin):
    rng = np.random.default_rng(seed)
    needed = np.zeros((410, 390), np.bool_)
    for top, left in rng.integers(0, 380, (3, 2)):
        needed[top : top + rng.integers(1, 90), left : left + rng.integers(1, 90)] = True
    total = np.zeros(needed.shape)
    found = parts(needed, needed.shape, 128, margin, 16)
    for part in found:
        assert part.rows.start % 16 == part.columns.start % 16 == 0
        assert part.pixels <= 128**2
        total[part.where] += part.share(found)[..., 0]
    assert np.allclose(total[needed], 1, atol=1e-6)


def test_what_counts_lies_half_a_margin_from_where_a_tile_was_cut():
    needed = np.ones((64, 640), np.bool_)
    first, second = parts(needed, needed.shape, 224, 32, 16)[:2]
    assert second.columns.start < first.columns.stop
    assert not first.columns.weights[-16:].any() and not second.columns.weights[:16].any()


def test_a_wide_gap_is_in_no_tile_and_a_narrow_one_is():
    needed = np.zeros((64, 640), np.bool_)
    needed[:, :20] = needed[:, 600:] = True
    assert [columns for _, columns in where(needed, 640, 32)] == [slice(0, 64), slice(560, 640)]
    needed[:, 50:570:50] = True
    assert len(where(needed, 640, 32)) == 1


def test_a_corner_costs_no_more_than_its_arms():
    needed = np.zeros((1024, 1024), np.bool_)
    needed[:64] = needed[:, :64] = True
    assert sum(part.pixels for part in parts(needed, needed.shape, 1024, 32, 16)) < 0.25 * needed.size
