import pytest
import torch

from libhdrnet.networks import SelectionNet, set_precision
from libhdrnet.networks.selection import BOUND, FEATURES, Candidates, features, fine_difference, tone
from libhdrnet.weights import load_network


def candidates(count=3, size=32, batch=2, seed=0, light=None):
    """What is known of candidates, of random light or of one that is given."""
    random = torch.Generator().manual_seed(seed)

    def uniform(*shape):
        return torch.rand(batch, count, *shape, generator=random)

    radiance = uniform(3, size, size) if light is None else torch.full((batch, count, 3, size, size), light)
    stops = torch.linspace(0, -4, count).expand(batch, -1)
    white = 0.85 * (2.0**-stops)[..., None].expand(-1, -1, 3)
    return Candidates(
        radiance, uniform(1, size, size), uniform(1, size, size), 9 * uniform(1, size, size), white, 1e-3 * white,
        stops, torch.full((batch, count), 1e-4), torch.full((batch, count), 1e-6),
    )  # fmt: skip


def seen_of(frames):
    return features(frames.reduced(2), fine_difference(frames, 2))


@pytest.fixture(scope="module")
def trained():
    return load_network("selection")[0]


@pytest.fixture(scope="module")
def seen():
    return seen_of(candidates(5))


def test_it_is_small():
    assert sum(p.numel() for p in SelectionNet().parameters()) <= 100_000


def test_a_network_that_has_not_learned_believes_all_alike(seen):
    assert (SelectionNet()(seen, torch.ones(2, 5)) == 0).all()


@torch.inference_mode()
def test_the_order_of_the_candidates_is_that_of_their_logits(trained, seen):
    there, order = torch.tensor([[1, 1, 0, 1, 1], [1, 1, 1, 1, 1.0]]), [0, 3, 1, 4, 2]
    moved = trained(seen[:, order], there[:, order])
    assert torch.allclose(moved, trained(seen, there)[:, order], atol=1e-4)
    assert trained(seen, there).std() > 0.1


@torch.inference_mode()
def test_candidates_that_are_not_there_change_nothing(trained, seen):
    there = torch.tensor([[1, 1, 1, 0, 0.0]]).expand(2, -1)
    other = seen.clone()
    other[:, 3:] = 100
    alone = trained(seen[:, :3], there[:, :3])
    assert torch.allclose(trained(seen, there)[:, :3], alone, atol=1e-5)
    assert torch.allclose(trained(other, there)[:, :3], alone, atol=1e-5)


@torch.inference_mode()
@pytest.mark.parametrize("size", [8, 32])
def test_logits_are_bounded_and_of_mean_zero_before_they_are(trained, size):
    seen = seen_of(candidates(4, 2 * size))
    logits = trained(seen, torch.ones(2, 4))
    assert logits.shape == (2, 4, 1, size, size) and logits.abs().max() <= BOUND
    assert (BOUND * torch.atanh(logits / BOUND)).mean(1).abs().max() < 1e-3
    assert trained(1000 * seen, torch.ones(2, 4)).abs().max() <= BOUND


@torch.inference_mode()
@pytest.mark.parametrize("light", [0.0, 1e-8, 1.0, 6e4])
@pytest.mark.parametrize("size", [2, 16])
def test_features_of_black_white_and_glaring_light_are_finite(light, size):
    frames = candidates(size=size, light=light)
    seen = seen_of(frames)
    assert seen.shape == (2, 3, FEATURES, size // 2, size // 2)
    assert torch.isfinite(seen).all() and seen.abs().max() < 20


@torch.inference_mode()
def test_features_where_nothing_is_known_are_finite():
    frames = candidates()
    for tensor in (frames.radiance, frames.white, frames.black, frames.shot, frames.read, frames.confidence):
        tensor.mul_(0)
    assert torch.isfinite(seen_of(frames)).all()


@torch.inference_mode()
def test_candidates_that_show_the_same_do_not_differ():
    frames = candidates(size=16)
    frames.radiance[:] = frames.radiance[:, :1].clamp(0.01, 0.5)
    frames.saturation.zero_()
    seen = seen_of(frames)
    differences = seen[:, :, 6:13]  # of tones, signed, largest, of structure, fine
    assert differences.abs().max() < 1e-5


def test_tones_rise_from_black_to_white():
    assert tone(torch.tensor([-1.0, 0.0])).tolist() == [0, 0]
    assert tone(torch.tensor(1.0)).item() == pytest.approx(1, abs=1e-4)
    assert (tone(torch.linspace(0, 8, 99)).diff() > 0).all()


@torch.inference_mode()
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)
def test_sixteen_bits_are_close_to_float32(seen, dtype):
    there = torch.ones(2, 5)
    expected = load_network("selection")[0](seen, there)
    found = set_precision(load_network("selection")[0], dtype)(seen, there)
    assert found.dtype == torch.float32
    assert (found - expected).square().mean().sqrt() < 0.05 * expected.std()


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_without_saying_which_are_there_all_are(seen, precision):
    network = set_precision(load_network("selection")[0], precision)
    with torch.inference_mode():
        assert torch.equal(network(seen), network(seen, torch.ones(2, 5)))
