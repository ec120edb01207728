import math

import pytest
import torch
from torch.nn.functional import pixel_shuffle

from libhdrnet.networks.blocks import ChannelNorm
from libhdrnet.networks.form import CORRECTION, FAST, THESIS, Form, corrected
from libhdrnet.radiometry import mu_law


def test_a_correction_is_added_in_the_mu_law_domain_and_stays_in_range():
    radiance = torch.tensor([0.0, 1e-4, 0.3, 1.0])
    assert torch.allclose(corrected(radiance, torch.zeros(4)), radiance, atol=1e-6)
    step = math.log1p(5000 * 0.3) / math.log1p(5000) + 0.01
    expected = math.expm1(step * math.log1p(5000)) / 5000
    assert corrected(radiance, torch.full((4,), 0.01 / CORRECTION))[2].item() == pytest.approx(expected, rel=1e-4)
    assert corrected(radiance, torch.full((4,), -1 / CORRECTION)).max() == 0
    whole = corrected(radiance, torch.full((4,), 1 / CORRECTION))
    assert whole.min() > 0.9999 and whole.max() <= 1


def test_what_a_network_sees_is_the_code_the_radiance_and_how_it_differs_from_the_known():
    exposures, known = torch.rand(2, 3, 6, 4, 6), torch.rand(2, 3, 4, 6)
    folded = FAST.seen(exposures, known)
    assert folded.shape == (6, FAST.inputs, 2, 3)
    code, radiance, difference = pixel_shuffle(folded, 2).reshape(2, 3, 9, 4, 6).split(3, 2)
    assert torch.allclose(code + 0.5, exposures[:, :, :3])
    told, base = (torch.from_numpy(mu_law(x.numpy())) for x in (exposures[:, :, 3:], known))
    assert torch.allclose(radiance + 0.5, told, atol=1e-6)
    expected = (told - base[:, None]) * 10
    assert torch.allclose(difference, expected.clamp(-1, 1), atol=1e-5)


def test_the_thesis_s_form_sees_the_code_and_the_radiance_as_they_are():
    exposures = torch.rand(2, 3, 6, 4, 6)
    assert torch.equal(THESIS.seen(exposures, None), exposures.flatten(0, 1))
    assert THESIS.inputs == 6 and THESIS.outputs == 3


def test_the_thesis_s_form_ends_with_a_sigmoid_and_has_relus_and_no_norm():
    x = torch.randn(1, 3, 4, 4)
    assert torch.equal(THESIS.radiance(x, None), torch.sigmoid(x))
    assert torch.equal(THESIS.activated(x), x.clamp(min=0))
    assert not isinstance(THESIS.norm(8), ChannelNorm) and isinstance(FAST.norm(8), ChannelNorm)


def test_folding_is_undone_at_the_end():
    x = torch.rand(1, 3, 8, 8)
    form = Form(fold=2)
    folded = form.seen(torch.cat([x, x], 1)[:, None], None)
    assert folded.shape == (1, form.inputs, 4, 4)
    assert torch.allclose(form.radiance(folded[:, : form.outputs], None), torch.sigmoid(x))


def test_a_form_with_a_baseline_asks_for_it():
    with pytest.raises(TypeError, match="give one"):
        FAST.seen(torch.rand(1, 3, 6, 4, 4), None)
