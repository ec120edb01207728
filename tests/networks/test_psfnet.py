import pytest
import torch

from libhdrnet.networks import PSFNetOptions, build
from libhdrnet.networks.form import FAST, THESIS
from libhdrnet.networks.psfnet import PSFB, SFFB, PSFNet
from libhdrnet.research.training.losses import mu_law


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def small(**options):
    return build("psfnet", channels=8, **{"blocks": 2, **options})


def test_the_full_network_has_the_thesis_s_parameters():
    count = sum(p.numel() for p in build("psfnet").parameters())
    assert count == pytest.approx(1.24e6, rel=0.02)


def test_sffb_weights_sum_to_one_over_the_images():
    weights = SFFB(16).weights(torch.randn(2, 3, 16, 9, 7) * 10)
    assert weights.shape == (2, 3, 16, 1, 1)
    assert torch.allclose(weights.sum(1), torch.ones(2, 16, 1, 1))
    assert weights.std() > 0


def test_sffb_returns_the_weighted_sum_of_its_images():
    block, features = SFFB(16), torch.randn(1, 3, 16, 5, 5)
    expected = (block.weights(features) * features).sum(1)
    assert torch.allclose(block(features), expected, atol=1e-6)


@pytest.mark.parametrize("form", [THESIS, FAST], ids=["thesis", "fast"])
def test_a_psfb_is_eqs_2_2_to_2_4_written_out(form):
    block, features = PSFB(8, "sffb", form), torch.randn(2, 3, 8, 6, 6)
    own = form.activated(block.conv1(block.norm(features.flatten(0, 1)))).unflatten(0, (2, 3))
    fused = block.fusion(own)
    expected = [block.conv2(torch.cat([fused, own[:, i]], 1)) + features[:, i] for i in range(3)]
    assert torch.allclose(block(features), torch.stack(expected, 1), atol=1e-5)


@pytest.mark.parametrize(
    ("name", "size"),
    [("psfnet", (1, 1)), ("psfnet", (17, 23)), *(("psfnet-fast", size) for size in ((2, 2), (18, 22), (16, 40)))],
)
def test_a_size_that_fits_comes_out_as_it_went_in_and_in_range(name, size):
    network = build(name, channels=8, blocks=2)
    out = network(torch.rand(1, 3, 6, *size), torch.rand(1, 3, *size))
    assert out.shape == (1, 3, *size)
    assert out.min() >= 0 and out.max() <= 1


@pytest.mark.parametrize("name", ["psfnet", "psfnet-fast"])
def test_gradients_reach_every_parameter(name, parameters_without_gradient):
    def make():
        network = build(name, channels=32, blocks=2)
        return network, network(torch.rand(2, 3, 6, 16, 16), torch.rand(2, 3, 16, 16)).square().mean()

    assert parameters_without_gradient(make) == set()


def test_ours_starts_from_the_fused_radiance():
    reference = torch.rand(1, 3, 24, 24) * 0.2 + 0.01
    shots = [(reference * ratio).clamp(0, 1) for ratio in (1, 4, 16)]
    exposures = torch.stack([torch.cat([x ** (1 / 2.2), x / r], 1) for x, r in zip(shots, (1, 4, 16), strict=True)], 1)
    full = build("psfnet-fast")
    started = (mu_law(full(exposures, reference)) - mu_law(reference)).abs().mean()
    without = (mu_law(build("psfnet")(exposures)) - mu_law(reference)).abs().mean()
    assert started < 0.02 < without


def test_each_exposure_matters():
    network, exposures = small(), torch.rand(1, 3, 6, 16, 16)
    known = torch.rand(1, 3, 16, 16)
    whole = network(exposures, known)
    for index in range(3):
        changed = exposures.clone()
        changed[:, index] *= 0.5
        assert (network(changed, known) - whole).abs().max() > 1e-4


@pytest.mark.parametrize(
    "options",
    [
        {"fusion": "sum"}, {"fusion": "concat"}, {"fusion": "sffb"}, {"blocks": 0}, {"blocks": 4}, {"blocks": 8},
        {"dual_attention": False}, {"local_skip": False}, {"global_skip": False},
    ],
)  # fmt: skip
def test_every_ablation_of_tables_2_2_to_2_4_runs_and_differs(options):
    torch.manual_seed(1)
    ablated = small(**options)
    exposures, known = torch.rand(1, 3, 6, 16, 16), torch.rand(1, 3, 16, 16)
    out = ablated(exposures, known)
    assert out.shape == (1, 3, 16, 16)
    default = PSFNet(PSFNetOptions(channels=8, blocks=2))
    if options != {"fusion": "sffb"}:
        same_weights = default.load_state_dict(ablated.state_dict(), strict=False)
        structure = bool(same_weights.missing_keys or same_weights.unexpected_keys)
        assert structure or not torch.allclose(default(exposures, known), out)


def test_the_thesis_s_network_needs_nothing_but_the_exposures():
    network, exposures = small(), torch.rand(1, 3, 6, 16, 16)
    assert torch.equal(network(exposures), network(exposures, torch.rand(1, 3, 16, 16)))
