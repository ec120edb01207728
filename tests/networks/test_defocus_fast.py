import pytest
import torch

from libhdrnet.networks import build
from libhdrnet.networks.blocks import ChannelNorm, PooledStatistics
from libhdrnet.networks.defocus_fast import ConditionNet, balance
from libhdrnet.networks.detail import detail_and_contrast
from libhdrnet.networks.modulation import SFT, Conditions, DecomposedTransform, spatial_parts


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def small(**options):
    return build("defocus-fast", channels=16, conditions=8, blocks=2, outer_blocks=1, **options)


def some_conditions(*shape):
    features = torch.randn(*shape)
    return Conditions(features, PooledStatistics(4)(features), 4)


def test_the_network_has_two_fifths_of_the_thesis_s_5_12_million_parameters():
    count = sum(p.numel() for p in build("defocus-fast").parameters())
    assert count == pytest.approx(2.03e6, rel=0.03)


def test_normalised_features_have_unit_size_at_each_place():
    out = ChannelNorm(16)(5 * torch.randn(1, 16, 4, 4))
    assert torch.allclose(out.square().mean(1), torch.ones(1, 4, 4), atol=1e-3)


def test_detail_is_the_same_at_every_contrast_and_the_contrast_is_told():
    image = torch.rand(1, 3, 32, 32)
    detail, contrast = detail_and_contrast(image)
    weaker, less = detail_and_contrast(image / 4 + 0.3)
    assert torch.allclose(detail, weaker, atol=0.01)
    assert torch.allclose(less, contrast / 4, rtol=0.01)
    flat, least = detail_and_contrast(torch.full((1, 3, 16, 16), 0.7))
    assert flat.abs().max() < 1e-3 and least.max() < 0.004


def test_conditions_come_at_half_and_at_a_quarter_of_the_size():
    half, quarter = ConditionNet(8)(torch.rand(1, 1, 16, 24))
    assert half.features.shape == (1, 8, 8, 12) and quarter.features.shape == (1, 8, 4, 6)


def test_the_decomposed_gamma_is_the_product_of_its_parts():
    transform, conditions = DecomposedTransform(8, 16), some_conditions(2, 8, 6, 10)
    channel, spatial = transform.parts(conditions)
    assert channel.shape == (2, 16, 1, 1)
    assert spatial.shape == (2, 1, 6, 10)
    assert torch.allclose(transform(conditions), channel * spatial)


def test_spatial_parts_of_several_transforms_are_those_of_each():
    transforms, conditions = [DecomposedTransform(8, 16) for _ in range(3)], some_conditions(2, 8, 6, 10)
    together = spatial_parts(transforms, conditions.features)
    for transform, spatial in zip(transforms, together, strict=True):
        assert torch.allclose(transform.parts(conditions)[1], spatial, atol=1e-6)


def test_sft_scales_and_shifts_features_as_eq_4_2_says():
    sft, features, conditions = SFT("sft-dec", 8, 16), torch.randn(1, 16, 5, 5), some_conditions(1, 8, 5, 5)
    expected = sft.gamma(conditions) * features + sft.beta(conditions)
    assert torch.allclose(sft(features, conditions), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("modulation", "gamma", "beta"),
    [("sft", False, False), ("sft-dec", True, False), ("sft-fdec", True, True)],
)
def test_each_modulation_of_table_4_3_decomposes_what_it_says(modulation, gamma, beta):
    sft = SFT(modulation, 8, 16)
    assert isinstance(sft.gamma, DecomposedTransform) == gamma
    assert isinstance(sft.beta, DecomposedTransform) == beta
    out, radius = small(modulation=modulation)(torch.rand(1, 3, 16, 16))
    assert out.shape == (1, 3, 16, 16)
    assert radius.shape == (1, 1, 16, 16)


def test_the_baseline_without_modulation_ignores_the_map():
    network, image = small(modulation="none").eval(), torch.rand(1, 3, 16, 16)
    near, far = (network.deblur(image, torch.full((1, 1, 16, 16), r)) for r in (2.0, 10.0))
    assert torch.equal(near, far)


def test_the_map_guides_the_deblurring():
    network, image = small().eval(), torch.rand(1, 3, 16, 16)
    near, far = (network.deblur(image, torch.full((1, 1, 16, 16), r)) for r in (2.0, 10.0))
    assert not torch.equal(near, far)


def test_what_training_tells_below_zero_guides_as_in_focus():
    network, image = build("defocus-fast").train(), torch.rand(1, 3, 32, 32)
    below, zero = (network.deblur(image, torch.full((1, 1, 32, 32), radius)) for radius in (-0.8, 0.0))
    assert torch.equal(below, zero)


def test_what_is_in_focus_stays_and_is_corrected_the_more_the_less_it_is():
    network, image = small().eval(), torch.rand(1, 3, 16, 16)
    changed = [(network.deblur(image, torch.full((1, 1, 16, 16), r)) - image).abs().mean() for r in (0.8, 1.1, 1.5)]
    assert changed[0] == 0 < changed[1] < changed[2]


def test_a_correction_that_moves_light_is_kept_and_one_that_takes_it_away_is_not():
    sharper = torch.zeros(1, 3, 48, 48)
    sharper[..., 20:24], sharper[..., 24:28] = 0.1, -0.1  # an edge at 24
    assert balance(sharper)[..., 20:28].min() == 1
    assert balance(-0.1 * torch.ones(1, 3, 48, 48)).max() == 0
    hole = torch.zeros(1, 3, 96, 96)
    hole[..., 44:52, 44:52] = -1
    assert balance(hole)[..., 44:52, 44:52].max() == 0 and balance(hole)[..., :8, :8].min() == 1


def test_a_change_too_small_to_be_seen_is_not_judged():
    assert balance(torch.full((1, 3, 48, 48), 0.001)).min() == 1


def test_a_deblurred_lamp_in_the_dark_is_not_put_out():
    network, image = small().eval(), torch.zeros(1, 3, 64, 64)
    image[..., 28:36, 28:36] = 1
    with torch.no_grad():
        network.deblurring.output.bias.fill_(-1)  # takes light away wherever there is contrast
    out = network.deblur(image, torch.full((1, 1, 64, 64), 8.0))
    assert out[..., 28:36, 28:36].min() > 0.9


@pytest.mark.parametrize("size", [(4, 4), (20, 28), (64, 44)])
def test_every_multiple_of_four_fits(size):
    out, radius = small().eval()(torch.rand(1, 3, *size))
    assert out.shape == (1, 3, *size) and radius.shape == (1, 1, *size)


def test_the_map_sees_what_lies_a_hundred_pixels_away():
    network, image = small(), torch.rand(1, 3, 32, 256)
    torch.nn.init.normal_(network.estimation.output.weight)  # else the first weights make a map of nearly zero
    torch.nn.init.normal_(network.estimation.surroundings.output.weight)
    other = image.clone()
    other[..., 160:] = torch.rand(1, 3, 32, 96)
    with torch.no_grad():
        change = (network.train().estimate(other) - network.estimate(image)).abs().amax((0, 1, 2))
    assert change[60] > 0 and change[60] < change[200]


def test_what_too_large_a_disc_has_wiped_out_is_not_invented():
    network, image = small().eval(), torch.rand(1, 3, 16, 16)
    radii = (9.0, 14.0, 16.0, 60.0)
    changed = [(network.deblur(image, torch.full((1, 1, 16, 16), r)) - image).abs().mean() for r in radii]
    assert changed[0] > changed[1] > changed[2] == changed[3] == 0


def test_outputs_are_in_range():
    network = small(max_radius=12.0).eval()
    out, radius = network(torch.rand(1, 3, 24, 32) * 3 - 1)
    assert out.min() >= 0 and out.max() <= 1
    assert radius.min() >= 0 and radius.max() <= 12


def test_gradients_reach_every_parameter(parameters_without_gradient):
    def make():
        network = build("defocus-fast", channels=32, conditions=32, blocks=2, outer_blocks=1)
        out, radius = network(torch.rand(2, 3, 16, 16))
        return network, out.square().mean() + radius.mean()

    assert parameters_without_gradient(make) == set()


def test_a_decomposed_offset_has_either_sign():
    torch.manual_seed(0)
    sft = SFT("sft-fdec", 8, 16)
    for layer in (sft.beta.squeeze, sft.beta.expand):
        torch.nn.init.normal_(layer.weight)
    offset = sft.beta(some_conditions(1, 8, 5, 5))
    assert offset.min() < 0 < offset.max()
