import cv2
import pytest
import textures
import torch

from libhdrnet.research.training import defocus
from libhdrnet.research.training.bank import EDGE, Bank
from libhdrnet.research.training.camera import smoothed
from libhdrnet.research.training.defocus import LAYERS, SHRINKS, STEPS, defocus_batch
from libhdrnet.research.training.dice import Dice
from libhdrnet.research.training.lens import LARGEST, LEAST
from libhdrnet.research.training.sharpness import SharpCuts
from libhdrnet.research.training.silhouettes import KINDS, silhouette

SIZE = 48


@pytest.fixture(scope="module")
def cuts():
    """Photographs with fine detail."""
    grey = torch.stack([textures.noise(4, cells, cells)[:, :1] for cells in (16, 100, 300)]).mean(0)
    return SharpCuts.of(Bank((0.3 * textures.noise(4, 12) + 0.7 * grey).half(), 4))


@pytest.fixture(scope="module")
def batches(cuts):
    return [defocus_batch(cuts, 6, SIZE, 5, number) for number in range(10)]


def detail(picture):
    """Energy of what changes from pixel to pixel."""
    return (picture.diff(dim=-1)[..., 1:, :].square() + picture.diff(dim=-2)[..., 1:].square()).sum(1, keepdim=True)


def test_a_batch_has_the_shapes_and_ranges_of_its_docstring(batches):
    for blurred, sharp, radius in batches:
        assert blurred.shape == sharp.shape == (6, 3, SIZE, SIZE) and radius.shape == (6, 1, SIZE, SIZE)
        for picture in (blurred, sharp):
            assert torch.isfinite(picture).all() and picture.min() >= 0 and picture.max() <= 1
        assert radius.min() >= 0 and radius.max() <= LARGEST + 1e-4
        assert not ((radius > 0) & (radius < LEAST)).any()


def test_the_same_seed_and_number_make_the_same_batch_and_others_another(cuts, batches):
    again = defocus_batch(cuts, 6, SIZE, 5, 3)
    assert all(torch.equal(a, b) for a, b in zip(batches[3], again, strict=True))
    assert not torch.equal(defocus_batch(cuts, 6, SIZE, 6, 3)[0], again[0])


def test_layers_ramps_and_sizes_come_in_every_combination():
    lengths = [len(turn) for turn in (LAYERS, STEPS, SHRINKS)]
    numbers = range(lengths[0] * lengths[1] * lengths[2])
    assert len({tuple(n % length for length in lengths) for n in numbers}) == len(numbers)


def test_within_a_picture_the_blur_is_where_the_radius_is(batches):
    kept = {}
    for name, low, high in (("near", 0, 0.5), ("little", 1, 2), ("much", 4, 30)):
        found = [0.0, 0.0]
        for blurred, sharp, radius in batches:
            where = (radius >= low) & (radius < high)
            where = where[..., 1:, 1:] & where[..., :-1, :-1]
            found = [f + detail(x)[where].sum().item() for f, x in zip(found, (blurred, sharp), strict=True)]
        kept[name] = found[0] / found[1]
    assert kept["much"] < 0.5 * kept["little"] < 0.5 * kept["near"]


def test_what_is_in_focus_differs_by_noise_and_loss_alone(cuts, monkeypatch):
    monkeypatch.setattr(defocus, "IN_FOCUS", 1.0)
    for number in range(4):
        blurred, sharp, radius = defocus_batch(cuts, 4, SIZE, 5, number)
        assert radius.max() == 0
        assert (blurred - sharp).abs().mean() < 0.04
        assert detail(blurred).sum() > 0.9 * detail(sharp).sum()


def test_some_samples_are_wholly_sharp_and_some_have_ramps_and_edges_of_depth(batches):
    radii = torch.cat([radius for _, _, radius in batches])
    assert 0.05 < (radii.amax((1, 2, 3)) == 0).float().mean() < 0.5
    steps = radii.diff(dim=-1).abs()
    assert (steps.amax((1, 2, 3)) > 2).float().mean() > 0.3
    assert (((steps > 0.01) & (steps < 0.3)).float().mean((1, 2, 3)) > 0.2).float().mean() > 0.15


def test_light_of_a_layer_in_front_hides_what_lies_behind_and_none_is_made(cuts, monkeypatch):
    """All layers are even and as bright as each other: whatever their depths, so is the picture."""
    even = SharpCuts(torch.full((1, 3, EDGE, EDGE), 0.25).half(), cuts.sums[:1])
    monkeypatch.setattr(defocus, "_texture", lambda cuts, dice, size, lit: cuts.cut(dice, size))
    for number in range(4):
        light, sharp, radius = defocus._seen(even, Dice.of(4, torch.device("cpu"), 5, number), SIZE, number)
        assert radius.max() > 1
        assert (light - 0.25).abs().max() < 2e-3 and (sharp - 0.25).abs().max() < 1e-5


def test_a_lamp_in_the_dark_becomes_a_disc_of_its_radius(cuts, monkeypatch):
    depths = torch.linspace(-3, 3, 16)
    monkeypatch.setattr(defocus, "LAYERS", (1,))
    monkeypatch.setattr(defocus, "STEPS", ((1,),))
    monkeypatch.setattr(defocus, "_depths", lambda dice, layers: (depths[:, None], torch.ones(16)))

    def lamp(cuts, dice, size, lit):
        texture = torch.zeros(dice.count, 3, size, size)
        texture[..., size // 2, size // 2] = 1
        return smoothed(texture, 2)

    monkeypatch.setattr(defocus, "_texture", lamp)
    light, _, radius = defocus._seen(cuts, Dice.of(16, torch.device("cpu"), 5, 1), SIZE, 1)
    assert (light.sum((1, 2, 3)) - 3).abs().max() < 0.02
    for disc, wide in zip(light[:, 1], radius.amax((1, 2, 3)), strict=True):
        if wide > 3:
            _, around = cv2.minEnclosingCircle((disc > 0.2 * disc.max()).nonzero().float().numpy())
            assert around == pytest.approx(wide.item(), rel=0.25)


@pytest.mark.parametrize("kind", sorted(set(KINDS)))
def test_a_silhouette_covers_a_part_and_has_edges_a_few_pixels_wide(cuts, kind):
    dice = Dice.of(12, torch.device("cpu"), 3, 0)
    matte = silhouette(kind, cuts.cut(dice, 96), dice)
    assert matte.shape == (12, 1, 96, 96) and matte.min() >= 0 and matte.max() <= 1
    covered = (matte > 0.5).float().mean((1, 2, 3))
    assert 0.02 < covered.mean() < 0.8 and (covered > 0).float().mean() > 0.8
    assert ((matte > 0.02) & (matte < 0.98)).float().mean() < 0.3


def test_an_object_s_silhouette_follows_the_picture_s_own_edges():
    picture = torch.full((8, 3, 96, 96), 0.2)
    picture[..., 20:60] = 0.7
    matte = silhouette("object", picture + 0.01 * torch.rand(picture.shape), Dice.of(8, torch.device("cpu"), 3, 0))
    edges = (matte.diff(dim=-1).abs().sum(1) > 0.5).nonzero()
    near = (edges[:, 2] - 20).abs().minimum((edges[:, 2] - 60).abs()) <= 4
    assert len(edges) and near.float().mean() > 0.5
