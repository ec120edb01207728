"""Joining: outside nothing changes, inside the network's tones are those of the classical merge, no edge shows."""

import numpy as np
import pytest

from libhdrnet.ops.join import join
from libhdrnet.radiometry import mu_law

SIZE = (300, 280)


@pytest.fixture
def agreement():
    """1 outside a disc, 0 inside, soft between."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    return np.clip((np.hypot(y - 150, x - 140) - 40) / 6, 0, 1).astype(np.float32)


def joined(classical, network, agreement, computed=None, white=4.0):
    computed = np.ones(SIZE, np.bool_) if computed is None else computed
    return join(classical.copy(), network, computed, lambda rows: agreement[rows], white)


def test_outside_nothing_changes_and_inside_is_the_network(scene, agreement):
    classical = scene(*SIZE, 2.0) ** 2 + np.float32(0.01)
    network = classical.copy()
    network[140:160, 130:150] += 0.5
    out = joined(classical, network, agreement)
    assert np.array_equal(out[agreement == 1], classical[agreement == 1])
    assert np.allclose(out[140:160, 130:150], network[140:160, 130:150], rtol=0.05)


@pytest.mark.parametrize("factor", [0.6, 1.5])
def test_a_difference_of_brightness_is_taken_away(scene, agreement, factor):
    classical = scene(*SIZE, 1.0) ** 2 + np.float32(0.01)
    out = joined(classical, classical * np.float32(factor), agreement)
    gap = np.abs(mu_law(out / 4) - mu_law(classical / 4))
    assert gap.max() < 0.02 and gap.mean() < 0.002


def test_a_slow_offset_leaves_no_edge(scene, agreement):
    classical = scene(*SIZE, 1.0) ** 2 + np.float32(0.05)
    slope = np.linspace(0.6, 1.4, SIZE[1], dtype=np.float32)[None, :, None]
    out = joined(classical, classical * slope, agreement)
    rim = (agreement > 0.3) & (agreement < 0.7)
    assert np.abs(out / classical - 1)[rim].mean() < 0.65 * np.abs(slope - 1 + 0 * classical)[rim].mean()


def test_what_was_not_computed_is_never_looked_at(scene, agreement):
    classical = scene(*SIZE) + np.float32(0.01)
    computed = np.zeros(SIZE, np.bool_)
    computed[90:210, 80:200] = True
    network = np.where(computed[..., None], classical, np.float32(np.nan))
    out = joined(classical, np.nan_to_num(network, nan=7.0), agreement, computed)
    assert np.allclose(out, classical, rtol=0.01)


def test_without_an_agreeing_pixel_the_network_stays_as_it_is(scene):
    classical, network = scene(*SIZE) + np.float32(0.01), scene(*SIZE, seed=3) + np.float32(0.01)
    out = joined(classical, network, np.zeros(SIZE, np.float32))
    assert np.allclose(out, network, rtol=1e-3)
