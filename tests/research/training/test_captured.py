from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch
from textures import bank

from libhdrnet.merge.saturation import brightest_shown, saturation
from libhdrnet.research.training import captured, sky
from libhdrnet.research.training.captured import capture, saturation_of
from libhdrnet.research.training.dice import Dice
from libhdrnet.research.training.merging import foreign, fuse, reconstruction_batch, selection_batch
from libhdrnet.research.training.movement import shots
from libhdrnet.weights import load_network

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def pool():
    with ThreadPoolExecutor(1) as made:
        yield made


@pytest.fixture(scope="module")
def made(pool):
    """Twelve brackets of three frames."""
    return capture(bank(), Dice.of(12, CPU, 0, 0), 48, 3, pool)


def test_a_batch_depends_on_seed_and_number_alone(pool):
    first, again, later, other = (
        selection_batch(bank(), 2, 32, *which, pool) for which in ((1, 5), (1, 5), (1, 8), (2, 5))
    )
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not torch.equal(first[4], later[4]) and not torch.equal(first[4], other[4])


def test_samples_are_saturated_where_a_merge_of_files_finds_them_so():
    codes = np.random.default_rng(0).integers(0, 256, (24, 32, 3)).astype(np.uint16) * 257
    planes = torch.from_numpy(codes.astype(np.float32) / 65535).permute(2, 0, 1)[None, None].expand(2, 1, -1, -1, -1)
    found = saturation_of(planes, torch.tensor([1.0, 0.0])).numpy()
    for sample, halved in zip(found, (True, False), strict=True):
        assert sample[0, 0] == pytest.approx(saturation(brightest_shown(codes, halved=halved)), abs=1e-3)
    assert np.abs(found[0] - found[1]).max() > 0.9


def test_a_bracket_has_the_reference_first_and_is_finite(made):
    candidates = made.candidates
    assert candidates.radiance.shape == (12, 5, 3, 48, 48) and made.truth.shape == (12, 3, 48, 48)
    assert (candidates.stops[:, 0] == 0).all() and (made.there[:, :2] == 1).all()
    assert torch.equal(candidates.stops[:, 1:3], candidates.stops[:, 3:])
    for tensor in (*vars(candidates).values(), made.truth, made.codes):
        assert torch.isfinite(tensor).all()
    assert made.codes.min() >= 0 and made.codes.max() <= 1
    assert candidates.radiance.min() >= 0 and made.truth.min() >= 0


def test_the_reference_shows_the_truth_where_it_is_not_saturated(made):
    seen = (made.candidates.saturation[:, :1] == 0).expand(-1, -1, 3, -1, -1)[:, 0] & (made.truth > 0.05)
    ratio = (made.candidates.radiance[:, 0] / made.truth)[seen]
    assert seen.float().mean() > 0.1 and ratio.median().item() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize(("moves", "least", "most"), [(0.0, 0.0, 0.01), (1.0, 0.02, 1.0)])
def test_things_move_only_where_they_are_to(monkeypatch, moves, least, most):
    """What alignment leaves over, a pixel or two, changes little in textures as smooth as these, without skies."""
    monkeypatch.setattr(sky, "SHARE", 0.0)
    dice = Dice.of(8, CPU, 3, 0)
    taken = shots(bank(cells=3), dice, 64, 24, torch.zeros(8, 3), torch.full((8,), moves))
    gap = (taken[:, 1:] - taken[:, :1]).abs() / taken[:, :1].clamp(min=0.05)
    assert least <= gap.mean().item() < most


class _Same:
    def __call__(self, light):
        return light


@pytest.mark.parametrize("shorter", [True, False])
def test_the_aim_is_the_shorter_frame_s_light_where_the_reference_is_saturated_and_only_there(shorter):
    reference, moved = torch.full((1, 3, 8, 8), 0.3), torch.full((1, 3, 8, 8), 0.4)
    reference[..., 4:], moved[..., 4:] = 3.0, 2.5
    light = torch.stack([reference, moved], 1)
    stops = torch.tensor([[0.0, -2.0 if shorter else 2.0]])
    codes = (light * 2.0 ** stops[:, :, None, None, None]).clamp(0, 1)
    aim = captured._aim(light, codes, stops, torch.ones(1, 2), reference, _Same())
    assert torch.equal(aim[..., :4], reference[..., :4])
    assert torch.equal(aim[..., 4:], (moved if shorter else reference)[..., 4:])


def test_a_shorter_frame_that_shows_something_dark_is_no_aim():
    reference, moved = torch.full((1, 3, 8, 8), 3.0), torch.full((1, 3, 8, 8), 0.4)
    light, stops = torch.stack([reference, moved], 1), torch.tensor([[0.0, -2.0]])
    codes = (light * 2.0 ** stops[:, :, None, None, None]).clamp(0, 1)
    assert torch.equal(captured._aim(light, codes, stops, torch.ones(1, 2), reference, _Same()), reference)


def test_a_wall_is_no_aim_for_a_white_shirt():
    reference, moved = torch.full((1, 3, 8, 8), 1.3), torch.full((1, 3, 8, 8), 1.1)
    moved[:, 2] = 0.5
    light, stops = torch.stack([reference, moved], 1), torch.tensor([[0.0, -2.0]])
    codes = (light * 2.0 ** stops[:, :, None, None, None]).clamp(0, 1)
    assert torch.equal(captured._aim(light, codes, stops, torch.ones(1, 2), reference, _Same()), reference)


def test_foreign_is_a_shorter_frame_that_shows_something_else_where_the_reference_is_saturated(made):
    """The left half is not saturated in the reference; the right half is a wall there in the first sample alone."""
    light = torch.full((2, 3, 3, 8, 8), 1.3)
    light[0, 1, 2] = 0.5
    saturation = torch.zeros(2, 3, 1, 8, 8)
    saturation[:, [0, 2], :, :, 4:] = 1.0
    stops = torch.tensor([[0.0, -2.0, 2.0]]).expand(2, -1)
    candidates = replace(made.candidates, radiance=light, saturation=saturation, stops=stops)
    bracket = replace(made, candidates=candidates, there=torch.ones(2, 3), truth=torch.full((2, 3, 8, 8), 1.3))
    part, weight = foreign(bracket)
    assert part.shape == weight.shape == (2, 3, 1, 4, 4)
    assert (weight[:, 1, :, :, 2:] == 1).all() and weight.sum() == weight[:, 1, :, :, 2:].sum()
    assert (part[0, 1, :, :, 2:] > 0.99).all() and (part[1] == 0).all()


@pytest.mark.parametrize("images", [2, 3])
def test_what_is_corrected_has_the_shapes_and_ranges_the_networks_take(pool, images):
    selection = load_network("selection")[0]
    exposures, known, truth = reconstruction_batch(bank(), selection, images, 4, 32, 0, 0, pool)
    assert exposures.shape == (4, images, 6, 32, 32) and known.shape == truth.shape == (4, 3, 32, 32)
    for tensor in (exposures, known, truth):
        assert tensor.min() >= 0 and tensor.max() <= 1
    linear = exposures[:, 0, :3] ** 2.2
    assert torch.allclose(exposures[:, 0, 3:], linear, atol=1e-4), "the first exposure is the shortest"


@pytest.mark.parametrize(("logit", "low", "high"), [(-8.0, 0.0, 0.001), (0.0, 0.999, 1.0)], ids=["doubted", "believed"])
def test_the_noise_of_a_frame_of_many_times_the_exposure_counts_where_it_is_believed(logit, low, high):
    """As in a merge (tests/merge/test_fusion.py): six stops, where read noise alone counts."""
    logs = torch.zeros(1, 2, 3, 4, 4)
    logs[:, :, 2] = torch.tensor([1e-3, 1e-3 / 4096]).log().view(1, 2, 1, 1)
    logits = torch.tensor([0.0, logit]).view(1, 2, 1, 1, 1).expand(1, 2, 1, 2, 2)
    _, weights = fuse(torch.ones(1, 2, 3, 4, 4), logs, logits, torch.ones(1, 2), torch.zeros(1, 2))
    assert low <= weights[:, 1].min() and weights[:, 1].max() <= high
