import pytest
import torch
import torch.nn.functional as F

from libhdrnet.networks import build, use_local_statistics
from libhdrnet.networks.blocks import (
    ChannelAttention,
    ChannelNorm,
    PooledStatistics,
    SpatialAttention,
    activated,
    conv3x3,
    convolved,
    spread,
    unshuffle,
)


def test_without_a_window_statistics_are_the_mean_of_the_patch():
    x = torch.randn(2, 3, 8, 9)
    assert torch.allclose(PooledStatistics()(x), x.mean((2, 3), keepdim=True))


def test_with_a_window_statistics_follow_the_place():
    pool = PooledStatistics()
    pool.window = 32
    x = torch.zeros(1, 1, 128, 128)
    x[..., 64:] = 1
    cells = pool(x)
    assert cells.shape == (1, 1, 8, 8)
    assert torch.equal(cells[0, 0, :, 0], torch.zeros(8))
    assert torch.equal(cells[0, 0, :, -1], torch.ones(8))


def test_the_window_is_the_picture_s_at_any_scale():
    x = torch.rand(1, 2, 32, 24)
    pool, whole = PooledStatistics(4), PooledStatistics()
    pool.window = whole.window = 64
    expected = whole(x.repeat_interleave(4, 2).repeat_interleave(4, 3))
    assert torch.allclose(pool(x), expected, atol=1e-6)
    assert spread(pool(x), x, pool.cell).shape == x.shape


def test_a_picture_within_the_window_gets_global_statistics():
    pool = PooledStatistics()
    pool.window = 64
    x = torch.randn(1, 2, 64, 48)
    assert torch.allclose(pool(x), x.mean((2, 3), keepdim=True))


def test_gates_spread_to_odd_sizes():
    x = torch.randn(1, 2, 33, 70)
    assert spread(torch.ones(1, 2, 3, 5), x).shape == x.shape
    assert spread(torch.ones(1, 2, 1, 1), x).shape == (1, 2, 1, 1)


def test_attention_only_weakens():
    x = torch.rand(1, 16, 8, 8)
    for block in (ChannelAttention(16), SpatialAttention()):
        out = block(x)
        assert torch.all(out <= x) and torch.all(out >= 0)


def test_local_statistics_can_be_switched_on_and_off():
    torch.manual_seed(1)
    network, exposures = build("psfnet", channels=8, blocks=1).eval(), torch.rand(1, 3, 6, 96, 96)
    known = torch.rand(1, 3, 96, 96)
    with torch.no_grad():
        before = network(exposures, known)
        use_local_statistics(network, 32)
        local = network(exposures, known)
        use_local_statistics(network, None)
        after = network(exposures, known)
    assert torch.equal(before, after)
    assert not torch.equal(before, local)


def test_only_what_is_not_differentiated_is_activated_in_place():
    given = torch.tensor([-1.0, 2.0])
    x = given.clone()
    assert torch.equal(activated(x, 0.5), torch.tensor([-0.5, 2.0])) and torch.equal(x, given)
    with torch.no_grad():
        assert activated(x, 0.5) is x
    assert torch.equal(x, torch.tensor([-0.5, 2.0]))


@pytest.mark.parametrize("channels", [24, 32])  # 32 fill pairs of vectors, 24 do not
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last], ids=str)
def test_a_convolution_takes_the_gains_of_the_features_that_it_sees(channels, layout):
    norm, convolution = ChannelNorm(channels), conv3x3(channels, 4)
    torch.nn.init.uniform_(norm.gain, -2, 2)
    x = torch.randn(1, channels, 6, 7).contiguous(memory_format=layout)
    power = x.square().mean(1, keepdim=True)
    expected = convolution(x / (power + 1e-4).sqrt() * norm.gain)
    assert torch.allclose(convolved(norm, convolution, x), expected, atol=1e-5)
    assert torch.allclose(convolution(norm(x)), expected, atol=1e-5)


@pytest.mark.parametrize("factor", [2, 4])
def test_squares_are_folded_as_torch_folds_them(factor):
    x = torch.randn(2, 3, 8, 12)
    folded = unshuffle(x, factor)
    assert torch.equal(folded, F.pixel_unshuffle(x, factor))
    assert folded.is_contiguous(memory_format=torch.channels_last)
