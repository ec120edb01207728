import math

import pytest
import torch
from torch.nn.functional import pixel_shuffle

from libhdrnet.networks import build, use_local_statistics
from libhdrnet.networks.blocks import (
    CORRECTION,
    SEEN,
    ChannelAttention,
    PooledStatistics,
    SpatialAttention,
    corrected,
    seen,
    spread,
)
from libhdrnet.radiometry import mu_law


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


def test_a_correction_is_added_in_the_mu_law_domain_and_stays_in_range():
    radiance = torch.tensor([0.0, 1e-4, 0.3, 1.0])
    assert torch.allclose(corrected(radiance, torch.zeros(4)), radiance, atol=1e-6)
    step = math.log1p(5000 * 0.3) / math.log1p(5000) + 0.01
    expected = math.expm1(step * math.log1p(5000)) / 5000
    assert corrected(radiance, torch.full((4,), 0.01 / CORRECTION))[2].item() == pytest.approx(expected, rel=1e-4)
    assert corrected(radiance, torch.full((4,), -1 / CORRECTION)).max() == 0
    whole = corrected(radiance, torch.full((4,), 1 / CORRECTION))
    assert whole.min() > 0.9999 and whole.max() <= 1


def test_what_a_network_sees_is_the_code_the_radiance_and_how_it_differs_from_the_known():
    exposures, known = torch.rand(2, 3, 6, 4, 6), torch.rand(2, 3, 4, 6)
    folded = seen(exposures, known)
    assert folded.shape == (6, SEEN * 4, 2, 3)
    code, radiance, difference = pixel_shuffle(folded, 2).reshape(2, 3, SEEN, 4, 6).split(3, 2)
    assert torch.allclose(code + 0.5, exposures[:, :, :3])
    told, base = (torch.from_numpy(mu_law(x.numpy())) for x in (exposures[:, :, 3:], known))
    assert torch.allclose(radiance + 0.5, told, atol=1e-6)
    expected = (told - base[:, None]) * 10
    assert torch.allclose(difference, expected.clamp(-1, 1), atol=1e-5)


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
