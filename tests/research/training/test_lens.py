import pytest
import torch

from libhdrnet.research.training.dice import Dice
from libhdrnet.research.training.lens import LARGEST, REACH, Lens

COUNT = 12
SIZE = 48


def lens(seed=0, *, fringed=False):
    return Lens.random(Dice.of(COUNT, torch.device("cpu"), 1, seed), fringed=fringed)


def even_lens():
    """A lens whose disc is round, even and sharp."""
    line = (torch.arange(56) + 0.5) / 56 * 2.4 - 1.2
    disc = (torch.hypot(line, line[:, None]) < 1).float()
    return Lens((disc / disc.sum()).expand(COUNT, 2, -1, -1), torch.zeros(COUNT, 1))


def spectrum(picture):
    return torch.fft.rfft2(picture)


@pytest.mark.parametrize("radius", [0.1, 0.25, 0.5, 1.0, 1.5, 3.0, 8.0, LARGEST])
def test_a_disc_spreads_light_as_far_as_its_radius_says(radius):
    kernel = even_lens().kernels(torch.full((COUNT,), radius))[0, 0]
    places = torch.arange(-REACH, REACH + 1).float()
    assert kernel.sum().item() == pytest.approx(1, abs=1e-5)
    # The second moment of a disc is radius^2 / 2.
    assert (2 * (kernel * (places**2 + places[:, None] ** 2)).sum()).sqrt().item() == pytest.approx(radius, rel=0.02)


@pytest.mark.parametrize("seed", range(4))
def test_a_lens_makes_no_light_takes_none_and_moves_nothing(seed):
    drawn = lens(seed, fringed=seed % 2 == 0)
    places = torch.arange(-REACH, REACH + 1).float()
    for radius in (-LARGEST, -3.0, 0.7, LARGEST):
        kernel = drawn.kernels(torch.full((COUNT,), radius))
        assert kernel.shape == (COUNT, 3 if seed % 2 == 0 else 1, len(places), len(places))
        assert (kernel.sum((2, 3)) - 1).abs().max() < 2e-3
        for middle in ((kernel * places).sum((2, 3)), (kernel * places[:, None]).sum((2, 3))):
            assert middle.abs().max() < 0.05 * abs(radius)


def test_what_is_in_focus_stays_as_it_is():
    picture = torch.rand(COUNT, 3, SIZE + 2 * REACH, SIZE + 2 * REACH)
    seen = lens(fringed=True).blurred(spectrum(picture), torch.zeros(COUNT), SIZE)
    assert (seen - picture[..., REACH:-REACH, REACH:-REACH]).abs().max() < 1e-5


def test_a_picture_is_blurred_as_by_a_convolution_with_the_weights():
    drawn = lens()
    picture = torch.rand(COUNT, 1, 60 + 2 * REACH, 60 + 2 * REACH)
    radius = torch.linspace(-9, 9, COUNT)
    seen = drawn.blurred(spectrum(picture), radius, SIZE)
    turned = drawn.kernels(radius).flip(2, 3)
    plain = torch.nn.functional.conv2d(picture.transpose(0, 1), turned, groups=COUNT).transpose(0, 1)
    assert (seen - plain[..., :SIZE, :SIZE]).abs().max() < 1e-5


def test_before_the_plane_of_focus_a_disc_is_upside_down_and_its_rim_the_opposite():
    drawn = lens()
    behind, before = (drawn.kernels(torch.full((COUNT,), r))[:, 0] for r in (-12.0, 12.0))
    places = torch.arange(-REACH, REACH + 1).float()
    far = torch.hypot(places, places[:, None])
    ring, heart = (far > 8) & (far < 11), far < 4
    ratio = [k[:, ring].mean(1) / k[:, heart].mean(1) for k in (behind, before)]
    both = torch.stack(ratio, 1)
    assert ((both.amax(1) > 1.2) & (both.amin(1) < 0.9)).float().mean() > 0.5
    shape = [(k / (1 + 1e-9 + k.amax((1, 2), keepdim=True)) > 0).float() for k in (behind, before)]
    assert (shape[0].flip(1, 2) - shape[1]).abs().mean() < 0.05


def test_colours_of_a_fringed_lens_differ_and_change_sides():
    drawn = lens(fringed=True)
    places = torch.arange(-REACH, REACH + 1).float()
    wide = [(drawn.kernels(torch.full((COUNT,), r)) * (places**2 + places[:, None] ** 2)).sum((2, 3)) for r in (-6, 6)]
    red_over_blue = [w[:, 0] > w[:, 2] for w in wide]
    assert (red_over_blue[0] != red_over_blue[1]).float().mean() > 0.9
