import pytest
import torch
from textures import bank

from libhdrnet.research.training import sky
from libhdrnet.research.training.camera import smoothed
from libhdrnet.research.training.dice import Dice

SIZE = 96


def scenes(count=12):
    return bank(cells=200).crops(Dice.of(count, torch.device("cpu"), 0, 0), SIZE)


def with_skies(scene):
    return sky.with_skies(scene, Dice.of(len(scene), torch.device("cpu"), 1, 0))


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_a_share_of_the_samples_has_a_sky(monkeypatch, share):
    monkeypatch.setattr(sky, "SHARE", share)
    scene = scenes(40)
    changed = (with_skies(scene) != scene).flatten(1).any(1).float().mean().item()
    assert changed == pytest.approx(share, abs=0.2)


def test_skies_are_smooth_and_bright_around_the_sun(monkeypatch):
    """But for clouds, which are faint copies of the texture."""
    monkeypatch.setattr(sky, "SHARE", 1.0)
    scene = scenes()
    found = with_skies(scene)
    assert torch.isfinite(found).all() and (found >= 0).all()
    covered = (found != scene).all(1, keepdim=True)

    def roughness(picture):
        light = picture.clamp(min=1e-4).log()
        return (light - smoothed(light)).abs()[covered.expand_as(light)].median().item()

    assert covered.float().mean() > 0.3
    assert roughness(found) < 0.3 * roughness(scene)
    assert (found.amax((1, 2, 3)) > 2 * scene.amax((1, 2, 3))).float().mean() > 0.4
