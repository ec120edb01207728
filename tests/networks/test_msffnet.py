import pytest
import torch

from libhdrnet.networks import NETWORKS, build
from libhdrnet.networks.msffnet import enlarge, warp


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def small(**options):
    return build("msffnet", channels=8, **options)


def test_the_network_has_the_thesis_s_parameters_without_its_training_head():
    prefix = NETWORKS["msffnet"].training_only
    count = sum(p.numel() for n, p in build("msffnet").named_parameters() if not n.startswith(prefix))
    assert count == pytest.approx(2.07e6, rel=0.03)


def test_zero_flow_warps_to_the_identity():
    features = torch.randn(2, 4, 13, 17)
    assert torch.allclose(warp(features, torch.zeros(2, 2, 13, 17)), features, atol=1e-5)


def test_an_integer_flow_warps_to_a_shift():
    features = torch.randn(1, 3, 12, 15)
    flow = torch.zeros(1, 2, 12, 15)
    flow[:, 0], flow[:, 1] = 3, -2  # fetch from 3 to the right and 2 above
    warped = warp(features, flow)
    assert torch.allclose(warped[..., 2:, :-3], features[..., :-2, 3:], atol=1e-4)


def test_flow_from_outside_repeats_the_border():
    features = torch.randn(1, 1, 4, 4)
    flow = torch.full((1, 2, 4, 4), 100.0)
    assert torch.allclose(warp(features, flow), features[..., -1:, -1:].expand(1, 1, 4, 4))


def test_an_upsampled_flow_keeps_its_direction_and_doubles_its_length():
    flow = torch.full((1, 2, 4, 4), 1.5)
    assert torch.allclose(2 * enlarge(flow, 2), torch.full((1, 2, 8, 8), 3.0))


@pytest.mark.parametrize(
    ("name", "sizes"),
    [("msffnet", [(16, 24), (8, 12), (4, 6)]), ("msffnet-fast", [(8, 12), (4, 6), (2, 3)])],
)
def test_flow_is_estimated_at_three_scales_from_coarse_to_fine(name, sizes):
    network, exposures, known = build(name, channels=8), torch.rand(1, 2, 6, 16, 24), torch.rand(1, 3, 16, 24)
    short, reference = network.features(exposures, known)
    flows, warped = network.align(short, reference)
    assert [f.shape[-2:] for f in flows] == sizes
    assert [w.shape for w in warped] == [f.shape for f in short]


def test_the_flow_to_look_at_is_in_the_picture_s_pixels():
    ours = build("msffnet-fast", channels=8)
    exposures, known = torch.rand(1, 2, 6, 16, 24), torch.rand(1, 3, 16, 24)
    flows, _ = ours.align(*ours.features(exposures, known))
    assert torch.allclose(ours.flow_of(exposures, known), 2 * enlarge(flows[0], 2))
    network = small()
    flows, _ = network.align(*network.features(exposures))
    assert torch.equal(network.flow_of(exposures), flows[0])


@pytest.mark.parametrize("name", ["msffnet", "msffnet-fast"])
def test_gradients_reach_every_parameter_through_both_losses(name, parameters_without_gradient):
    def make():
        network = build(name, channels=32)
        out, auxiliary = network.reconstruct(torch.rand(2, 2, 6, 16, 16), torch.rand(2, 3, 16, 16), auxiliary=True)
        return network, out.square().mean() + auxiliary.square().mean()

    assert parameters_without_gradient(make) == set()


def test_the_auxiliary_loss_teaches_the_flow():
    network = small()
    network.reconstruct(torch.rand(1, 2, 6, 16, 16), torch.rand(1, 3, 16, 16), auxiliary=True)[1].mean().backward()
    assert all(p.grad.abs().sum() > 0 for p in network.flow.parameters())
    assert network.enter.weight.grad is None


def test_the_result_is_in_range_and_has_the_input_s_size():
    out = small()(torch.rand(1, 2, 6, 24, 40), torch.rand(1, 3, 24, 40))
    assert out.shape == (1, 3, 24, 40)
    assert out.min() >= 0 and out.max() <= 1


@pytest.mark.parametrize(
    ("option", "auxiliary"),
    [("channel_attention", True), ("multi_scale", False), ("feature_flow", False), ("ms_fuse", True)],
)
def test_every_ablation_of_table_3_4_runs(option, auxiliary):
    network = small(**{option: False})
    out, extra = network.reconstruct(torch.rand(1, 2, 6, 16, 16), torch.rand(1, 3, 16, 16), auxiliary=True)
    assert out.shape == (1, 3, 16, 16)
    assert (extra is not None) == auxiliary
    assert set(network.state_dict()) != set(small().state_dict()) or any(
        network.state_dict()[k].shape != v.shape for k, v in small().state_dict().items()
    )


def test_h_of_comes_from_the_warped_features_alone():
    network, exposures = small(), torch.rand(1, 2, 6, 16, 16)
    short, reference = network.features(exposures)
    _, warped = network.align(short, reference)
    _, extra = network.reconstruct(exposures, auxiliary=True)
    assert torch.equal(network.auxiliary(warped, None), extra)
    assert extra.min() > 0 and extra.max() < 1
