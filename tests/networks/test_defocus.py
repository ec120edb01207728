import pytest
import torch

from libhdrnet.networks import build
from libhdrnet.networks.blocks import ChannelNorm
from libhdrnet.networks.defocus import ConditionedResidualBlock, ConditionNet, DefocusNetOptions
from libhdrnet.networks.modulation import DecomposedTransform, WholeTransform


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def small(**options):
    return build("defocus", channels=16, conditions=8, blocks=2, **options)


def test_the_network_has_the_thesis_s_5_12_million_parameters():
    assert sum(p.numel() for p in build("defocus").parameters()) == pytest.approx(5.12e6, rel=0.03)


def test_the_estimation_net_has_did_anet_s_layers():
    layers = [m.weight.shape[:2] for m in build("defocus").estimation.modules() if isinstance(m, torch.nn.Conv2d)]
    assert layers == [(64, 3), *[(64, 64)] * 8, (64, 64), (1, 64)]


def test_nothing_of_ours_is_in_it():
    assert not any(isinstance(m, ChannelNorm) for m in build("defocus").modules())


def test_the_condition_net_has_three_convolutions_at_full_size():
    net = ConditionNet(8)
    assert sum(isinstance(m, torch.nn.Conv2d) for m in net.modules()) == 3
    assert net(torch.rand(1, 1, 13, 9)).features.shape == (1, 8, 13, 9)


def test_a_conditioned_block_is_figure_4_2_written_out():
    block = ConditionedResidualBlock(DefocusNetOptions(conditions=8), 16, signed=True)
    conditions, x = ConditionNet(8)(torch.rand(1, 1, 6, 6)), torch.randn(1, 16, 6, 6)
    y = block.conv1(block.sft1.gamma(conditions) * x + block.sft1.beta(conditions)).relu()
    y = block.conv2(block.sft2.gamma(conditions) * y + block.sft2.beta(conditions))
    assert torch.allclose(block(x, conditions), x + y, atol=1e-6)


@pytest.mark.parametrize(
    ("modulation", "gamma", "beta"),
    [
        ("sft", WholeTransform, WholeTransform), ("sft-dec", DecomposedTransform, WholeTransform),
        ("sft-fdec", DecomposedTransform, DecomposedTransform),
    ],
)  # fmt: skip
def test_each_modulation_of_table_4_3_decomposes_what_it_says(modulation, gamma, beta):
    sft = small(modulation=modulation).deblurring.blocks[0].sft1
    assert (type(sft.gamma), type(sft.beta)) == (gamma, beta)


def test_gamma_begins_around_one_and_takes_either_sign():
    sft, conditions = small().deblurring.blocks[0].sft1, ConditionNet(8)(torch.rand(1, 1, 6, 6))
    assert sft.gamma(conditions).mean().item() == pytest.approx(1, abs=0.3)
    torch.nn.init.normal_(sft.gamma.expand.weight, std=20)
    gamma = sft.gamma(conditions)
    assert gamma.min() < 0 < gamma.max()


def test_the_baseline_without_modulation_ignores_the_map():
    network, image = small(modulation="none").eval(), torch.rand(1, 3, 16, 16)
    near, far = (network.deblur(image, torch.full((1, 1, 16, 16), r)) for r in (1.0, 10.0))
    assert torch.equal(near, far)


def test_the_map_guides_the_deblurring():
    network, image = small().eval(), torch.rand(1, 3, 16, 16)
    near, far = (network.deblur(image, torch.full((1, 1, 16, 16), r)) for r in (1.0, 10.0))
    assert not torch.equal(near, far)


@pytest.mark.parametrize("size", [(1, 1), (13, 9), (64, 44)])
def test_every_size_fits_and_outputs_are_in_range(size):
    out, radius = small(max_radius=12.0).eval()(torch.rand(1, 3, *size) * 3 - 1)
    assert out.shape == (1, 3, *size) and radius.shape == (1, 1, *size)
    assert out.min() >= 0 and out.max() <= 1
    assert radius.min() >= 0 and radius.max() <= 12


def test_gradients_reach_every_parameter(parameters_without_gradient):
    def make():
        network = build("defocus", channels=32, conditions=32, blocks=2)
        out, radius = network(torch.rand(2, 3, 16, 16))
        return network, out.square().mean() + radius.mean()

    assert parameters_without_gradient(make) == set()
