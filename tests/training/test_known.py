"""The radiance that the networks correct while they learn: what needs no network."""

import pytest
import torch

from libhdrnet.training.known import known_radiance


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
