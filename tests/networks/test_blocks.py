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
    known_radiance,
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
    with torch.no_grad():
        before = network(exposures)
        use_local_statistics(network, 32)
        local = network(exposures)
        use_local_statistics(network, None)
        after = network(exposures)
    assert torch.equal(before, after)
    assert not torch.equal(before, local)


def exposure(encoded, ratio):
    """Make [L, H] of one grey pixel; `ratio` is t / t_min."""
    level = torch.full((1, 3, 2, 2), encoded)
    return torch.cat([level, level**2.2 / ratio], 1)


def grey(radiance):
    return radiance[0, 0, 0, 0].item()


def saturated(radiance, ratio):
    """Expose a radiance, 1 = saturation of the shortest, for `ratio` times the shortest's time."""
    return exposure(min(1.0, radiance * ratio) ** (1 / 2.2), ratio)


def shots(radiance, ratios=(1, 4, 16)):
    return [saturated(radiance, ratio) for ratio in ratios]


@pytest.mark.parametrize("radiance", [0.0005, 0.01, 0.05, 0.2])
def test_exposures_that_agree_tell_their_radiance(radiance):
    assert grey(known_radiance(*shots(radiance))) == pytest.approx(radiance, rel=1e-3)
    assert grey(known_radiance(*shots(radiance)[:2])) == pytest.approx(radiance, rel=1e-3)


def test_a_saturated_reference_takes_its_radiance_from_the_short_exposure():
    known = known_radiance(exposure(0.8, 1), exposure(1.0, 4), exposure(1.0, 16))
    assert grey(known) == pytest.approx(0.8**2.2, rel=1e-3)


def test_where_all_are_saturated_the_short_exposure_is_nearest():
    known = known_radiance(exposure(1.0, 1), exposure(1.0, 4), exposure(1.0, 16))
    assert grey(known) == pytest.approx(1.0, rel=0.05)


def test_a_short_exposure_darker_than_a_saturated_reference_has_moved_and_is_not_believed():
    known = known_radiance(exposure(0.2, 1), exposure(1.0, 4), exposure(1.0, 16))
    assert grey(known) == pytest.approx(0.25, rel=1e-3)


def test_a_long_exposure_that_shows_something_else_is_not_believed():
    short, reference, _ = shots(0.05)
    assert grey(known_radiance(short, reference, exposure(0.3, 16))) == pytest.approx(0.05, rel=1e-3)


def test_the_long_exposure_takes_the_noise_from_a_dark_reference():
    torch.manual_seed(0)
    clean = shots(0.002)
    noisy = [e[..., :1, :1].repeat(1, 1, 64, 64) for e in clean]
    for e, ratio in zip(noisy, (1, 4, 16), strict=True):
        e[:, :3] += 0.01 * torch.randn(1, 3, 64, 64)
        e[:, 3:] = e[:, :3].clamp(0, 1) ** 2.2 / ratio
    known = known_radiance(*noisy)
    assert known.mean().item() == pytest.approx(0.002, rel=0.05)
    assert known.std() < 0.5 * noisy[1][:, 3:].std()


@pytest.mark.parametrize(("long", "believed"), [(0.06, True), (0.4, False)])
def test_a_wholly_black_tile_still_tells_what_can_be_believed(long, believed):
    known = known_radiance(exposure(0.0, 1), exposure(0.0, 4), exposure(long, 16))
    assert torch.isfinite(known).all()
    assert grey(known) == (pytest.approx(long**2.2 / 16, rel=0.1) if believed else pytest.approx(0.0, abs=1e-7))
