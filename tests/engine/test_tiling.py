import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from libhdrnet.engine.tiling import spans, tiles


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
