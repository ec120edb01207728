import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from libhdrnet.engine.tiling import parts, spans, tiles


@given(length=st.integers(1, 700), tile=st.integers(4, 24).map(lambda n: 16 * n), margin=st.integers(0, 48))
def test_weights_add_up_to_one_everywhere(length, tile, margin):
    total = np.zeros(length)
    for span in spans(length, tile, margin, 16):
        assert span.stop - span.start == span.weights.size <= max(tile, 1)
        total[span.start : span.stop] += span.weights
    assert np.allclose(total, 1, atol=1e-6)


@given(length=st.integers(200, 2000), margin=st.integers(0, 48))
def test_tiles_start_on_the_grid_of_pooled_statistics(length, margin):
    assert all(span.start % 16 == 0 for span in spans(length, 128, margin, 16))


def test_a_small_picture_is_one_tile():
    (only,) = tiles(100, 90, 128, 32, 16)
    assert only.where == (slice(0, 100), slice(0, 90))
    assert np.array_equal(only.weights, np.ones((100, 90, 1)))


def test_borders_of_inner_tiles_weigh_nothing():
    first, second = spans(400, 256, 64, 16)[:2]
    overlap = first.stop - second.start
    assert overlap >= 128
    assert np.all(first.weights[-overlap // 4 + 1 :] == 0)
    assert np.all(second.weights[: overlap // 4 - 1] == 0)


def test_only_what_is_needed_is_cut_out_of_a_tile_with_its_margin_and_on_the_grid():
    (whole,) = tiles(200, 180, 256, 32, 16)
    needed = np.zeros((200, 180), np.bool_)
    needed[100:110, 80:83] = True
    part = whole.around(needed, 24, 16)
    assert part.where == (slice(64, 134), slice(48, 107))
    assert whole.around(np.zeros_like(needed), 24, 16) is None


@given(seed=st.integers(0, 50))
def test_the_parts_of_tiles_have_full_weight_together_wherever_it_is_needed(seed):
    rng = np.random.default_rng(seed)
    needed = np.zeros((410, 390), np.bool_)
    for top, left in rng.integers(0, 380, (3, 2)):
        needed[top : top + rng.integers(1, 90), left : left + rng.integers(1, 90)] = True
    total = np.zeros(needed.shape)
    for part in parts(needed, needed.shape, 128, 32, 16):
        assert part.rows.start % 16 == part.columns.start % 16 == 0
        assert max(part.rows.weights.size, part.columns.weights.size) <= 128
        total[part.where] += part.weights[..., 0]
    assert np.allclose(total[needed], 1, atol=1e-6)


def test_a_wide_gap_is_in_no_tile():
    needed = np.zeros((64, 640), np.bool_)
    needed[:, :20] = needed[:, 600:] = True
    assert [part.where[1] for part in parts(needed, needed.shape, 640, 32, 16)] == [slice(0, 52), slice(560, 640)]
    needed[:, 50:570:50] = True
    assert len(parts(needed, needed.shape, 640, 32, 16)) == 1
