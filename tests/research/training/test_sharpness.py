import pytest
import textures
import torch
import torch.nn.functional as F

from libhdrnet.research.training.bank import EDGE, Bank
from libhdrnet.research.training.dice import Dice
from libhdrnet.research.training.sharpness import MOST_BLURRED, SharpCuts, blurred_and_told

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def leaves():
    """Two linear pictures with detail of every size."""
    layers = [textures.noise(2, cells, cells)[:, :1] for cells in (16, 64, 256, 512)]
    return (0.5 + 3 * (torch.stack(layers).mean(0) - 0.5)).clamp(0, 1).expand(-1, 3, -1, -1)


def blurred(pictures, times=12):
    for _ in range(times):
        pictures = F.avg_pool2d(F.pad(pictures, (1, 1, 1, 1), mode="reflect"), 3, 1)
    return pictures


def share(pictures):
    return blurred_and_told(pictures)[0].float().mean().item()


def test_a_picture_in_focus_has_next_to_nothing_blurred(leaves):
    soft, told = blurred_and_told(leaves)
    assert soft.shape == told.shape == (2, EDGE // 16, EDGE // 16)
    assert soft.float().mean() < 0.01 and told.float().mean() > 0.9


def test_a_picture_out_of_focus_is_blurred_where_it_has_structure(leaves):
    assert share(blurred(leaves)) > 0.5


def test_a_half_that_is_out_of_focus_is_found_where_it_is(leaves):
    mixed = leaves.clone()
    mixed[..., EDGE // 2 :] = blurred(leaves)[..., EDGE // 2 :]
    soft, _ = blurred_and_told(mixed)
    assert soft[..., 18:].float().mean() > 0.5 and soft[..., :14].float().mean() < 0.01


def test_what_is_even_is_not_known_to_be_in_focus():
    assert not blurred_and_told(torch.full((1, 3, 64, 64), 0.4))[1].any()


def test_beside_a_sharp_edge_an_even_place_is_in_focus():
    edge = torch.full((1, 3, 128, 128), 0.2)
    edge[..., 64:] = 0.7
    assert share(edge) < MOST_BLURRED


def test_cuts_are_taken_from_what_is_in_focus_and_are_the_photographs_pixels(leaves):
    soft = blurred(leaves)
    cuts = SharpCuts.of(Bank(torch.cat([leaves[:1], soft[:1], soft[1:]]).half(), 3))
    cut = cuts.cut(Dice.of(40, CPU, 1, 0), 96)
    assert cut.shape == (40, 3, 96, 96)
    known = set(leaves[0, 0].half().flatten().tolist())
    sharp = [set(picture[0].half().flatten().tolist()) <= known for picture in cut]
    assert sum(sharp) > 36


def test_if_nothing_is_in_focus_or_large_enough_a_cut_is_had_all_the_same(leaves):
    cuts = SharpCuts.of(Bank(blurred(leaves).half(), 0))
    assert cuts.cut(Dice.of(3, CPU, 1, 0), EDGE + 48).shape == (3, 3, EDGE + 48, EDGE + 48)
