import pytest
import torch

from libhdrnet.networks import build
from libhdrnet.networks.defocus import SFT, DecomposedTransform


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def small(**options):
    return build("defocus", channels=16, conditions=8, blocks=2, **options)


def test_the_network_has_the_thesis_s_parameters():
    count = sum(p.numel() for p in build("defocus").parameters())
    assert count == pytest.approx(5.12e6, rel=0.03)


def test_the_decomposed_gamma_is_the_product_of_its_parts():
    transform, conditions = DecomposedTransform(8, 16), torch.randn(2, 8, 6, 10)
    channel, spatial = transform.parts(conditions)
    assert channel.shape == (2, 16, 1, 1)
    assert spatial.shape == (2, 1, 6, 10)
    assert torch.allclose(transform(conditions), channel * spatial)


def test_sft_scales_and_shifts_features_as_eq_4_2_says():
    sft, features, conditions = SFT("sft-dec", 8, 16), torch.randn(1, 16, 5, 5), torch.randn(1, 8, 5, 5)
    expected = sft.gamma(conditions) * features + sft.beta(conditions)
    assert torch.allclose(sft(features, conditions), expected)


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
    near, far = (network.deblur(image, torch.full((1, 1, 16, 16), r)) for r in (0.0, 10.0))
    assert torch.equal(near, far)


def test_the_map_guides_the_deblurring():
    network, image = small().eval(), torch.rand(1, 3, 16, 16)
    near, far = (network.deblur(image, torch.full((1, 1, 16, 16), r)) for r in (0.0, 10.0))
    assert not torch.equal(near, far)


def test_outputs_are_in_range():
    network = small(max_radius=12.0).eval()
    out, radius = network(torch.rand(1, 3, 24, 32) * 3 - 1)
    assert out.min() >= 0 and out.max() <= 1
    assert radius.min() >= 0 and radius.max() <= 12


def test_gradients_reach_every_parameter(parameters_without_gradient):
    def make():
        network = build("defocus", channels=32, conditions=32, blocks=2)
        out, radius = network(torch.rand(2, 3, 16, 16))
        return network, out.square().mean() + radius.mean()

    assert parameters_without_gradient(make) == set()


def test_the_estimation_net_also_runs_at_full_resolution_as_in_the_thesis():
    network = small(estimation_stride=1)
    assert network.estimate(torch.rand(1, 3, 17, 23)).shape == (1, 1, 17, 23)
