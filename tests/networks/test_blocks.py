import torch

from libhdrnet.networks import build, use_local_statistics
from libhdrnet.networks.blocks import ChannelAttention, PooledStatistics, SpatialAttention, spread


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
