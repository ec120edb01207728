import numpy as np
import pytest
import torch

from libhdrnet.ramps import linear_step, smoothstep


@pytest.mark.parametrize("of", [lambda x: np.array(x, np.float32), torch.tensor], ids=["numpy", "torch"])
def test_ramps_rise_or_fall_between_their_limits_and_keep_the_type(of):
    x = of([-1.0, 0.0, 1.0, 2.0, 4.0, 9.0])
    for found, expected in (
        (linear_step(x, (0, 4)), [0, 0, 0.25, 0.5, 1, 1]),
        (linear_step(x, (4, 0)), [1, 1, 0.75, 0.5, 0, 0]),
        (smoothstep(x, (0, 4)), [0, 0, 0.15625, 0.5, 1, 1]),
    ):
        assert found.tolist() == expected and found.dtype == x.dtype
