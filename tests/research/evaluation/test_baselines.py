import numpy as np
import pytest

from libhdrnet.research.evaluation.baselines import aligned_by_mtb, mertens


@pytest.fixture
def shifted(scene):
    """A dark and a bright exposure of a scene, the dark one moved by 5 pixels across and 3 down."""
    whole = scene(170, 220)
    return [whole[3:163, 5:215] ** 1.5, whole[:160, :210]]


@pytest.mark.parametrize("reference", [0, 1])
def test_mtb_takes_a_shift_back_to_the_pixel(shifted, reference):
    aligned = aligned_by_mtb(shifted, reference)
    inner = np.s_[10:-10, 10:-10]
    assert np.abs(shifted[0] ** (1 / 1.5) - shifted[1])[inner].mean() > 0.05
    assert np.abs(aligned[0] ** (1 / 1.5) - aligned[1])[inner].max() < 1e-5
    assert np.array_equal(aligned[reference], shifted[reference])


def test_a_fusion_of_one_scene_three_times_is_that_scene(scene):
    frame = scene(64, 80) * 0.8 + 0.1
    fused = mertens([frame] * 3, [1, 1, 1], 1)
    assert np.abs(fused ** (1 / 2.2) - frame).mean() < 0.03
