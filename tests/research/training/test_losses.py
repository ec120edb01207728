import math

import pytest
import torch

from libhdrnet.research.training.losses import (
    disbelief_loss,
    flow_loss,
    joint_defocus_loss,
    mu_law,
    picture_loss,
    relative_estimation_loss,
    selection_loss,
    tone_mapped_l1,
    weighted_defocus_loss,
)


def picture(*values):
    return torch.tensor(values, dtype=torch.float64).reshape(1, 1, 1, -1)


def test_the_mu_law_takes_0_to_0_and_1_to_1():
    assert mu_law(picture(0.0, 1.0)).flatten().tolist() == [0, pytest.approx(1)]


def test_the_mu_law_has_mu_5000():
    assert mu_law(picture(0.01)).item() == pytest.approx(math.log(51) / math.log(5001))


def test_the_tone_mapped_loss_is_the_mean_difference_after_the_mu_law():
    loss = tone_mapped_l1(picture(0.0, 0.01), picture(1.0, 0.01))
    assert loss.item() == pytest.approx(0.5)


def test_the_flow_loss_counts_the_auxiliary_picture_twice():
    truth, wrong = picture(0.0, 0.0), picture(1.0, 0.0)
    assert flow_loss(truth, wrong, truth).item() == pytest.approx(2 * 0.5)
    assert flow_loss(wrong, wrong, truth).item() == pytest.approx(0.5 + 2 * 0.5)
    assert flow_loss(wrong, None, truth).item() == pytest.approx(0.5)


def test_what_is_left_in_a_clean_picture_counts_in_the_selection_s_loss_as_in_a_bad_one():
    truth, noise = torch.full((2, 3, 16, 16), 0.2), torch.randn(1, 3, 16, 16, generator=torch.manual_seed(0)) / 100
    clean, bad, white = truth + noise, truth + 5 * noise, torch.ones(2)
    halved = [
        selection_loss(x, truth, white) - selection_loss(truth + (x - truth) / 2, truth, white) for x in (clean, bad)
    ]
    assert halved[0] == pytest.approx(halved[1].item(), rel=0.2)
    assert halved[0] > 1


def test_noise_counts_in_the_selection_s_loss_beside_a_ghost_more_than_half_as_much_as_alone():
    truth, noise = torch.full((1, 3, 32, 64), 0.2), torch.randn(1, 3, 32, 64, generator=torch.manual_seed(0)) / 100
    ghost = torch.zeros_like(truth)
    ghost[..., :31] = 0.5
    halved = [
        selection_loss(truth + more + noise, truth, torch.ones(1))
        - selection_loss(truth + more + torch.cat([noise[..., :32], noise[..., 32:] / 2], -1), truth, torch.ones(1))
        for more in (0, ghost)
    ]
    assert halved[0] > 0.5
    assert 0.6 * halved[0] < halved[1] < halved[0]


@pytest.mark.parametrize(("foreign", "sign"), [(1.0, -1), (0.0, 1)])
def test_a_lead_that_the_fusion_is_blind_to_is_learned_where_a_saturated_reference_hides_something_else(foreign, sign):
    lead = torch.zeros(1, 2, 1, 1, 2, requires_grad=True)
    asked = torch.tensor([0.0, 1.0]).expand(1, 2, 1, 1, 2)
    disbelief_loss(lead, torch.full_like(lead, foreign), asked).backward()
    assert (lead.grad[..., 0] == 0).all() and (lead.grad[..., 1].sign() == sign).all()
    at = [disbelief_loss(torch.full_like(lead, x), torch.full_like(lead, foreign), asked).item() for x in (4.0, 8.0)]
    assert (at[1] - at[0]) * sign > 0.5


def test_where_nothing_is_asked_there_is_no_loss_of_disbelief():
    none = torch.zeros(1, 2, 1, 2, 2)
    assert disbelief_loss(none, none, none) == 0


def test_the_joint_loss_weighs_map_and_picture_as_eq_4_7():
    loss = joint_defocus_loss(picture(4.0, 0.0), picture(0.0, 0.0), picture(0.5, 0.5), picture(0.25, 0.25), 20.0)
    assert loss.item() == pytest.approx(0.2 * (2 / 20) + 0.9 * 0.25)


def test_the_map_s_own_loss_compares_logarithms_of_the_radius():
    assert relative_estimation_loss(picture(math.e - 1, 2.0), picture(0.2, 2.0)).item() == pytest.approx(
        (1 - math.log(1.2)) ** 2 / 2
    )
    near, far = (relative_estimation_loss(picture(r + 1), picture(r)) for r in (0.1, 9.0))
    assert near > 10 * far


def test_what_is_in_focus_is_to_be_told_below_zero_and_what_is_hardly_blurred_is_not():
    assert relative_estimation_loss(picture(-0.8), picture(0.0)).item() == pytest.approx(0)
    assert relative_estimation_loss(picture(0.1), picture(0.1)).item() == pytest.approx(0)
    assert relative_estimation_loss(picture(0.1), picture(0.0)).item() > 0.4


def test_the_map_s_own_loss_has_a_gradient_below_zero():
    radius = picture(-0.5).requires_grad_()
    relative_estimation_loss(radius, picture(2.0)).backward()
    assert radius.grad.item() < 0


def test_the_last_stage_weighs_errors_by_the_radius_over_its_mean():
    """Eqs. 4.5, 4.6 and 4.8: W = (1, 3) / 2, the norm as a root mean square."""
    loss = weighted_defocus_loss(picture(1.0, 3.0), picture(0.2, 0.4), picture(0.0, 0.0))
    assert loss.item() == pytest.approx(0.9 * 0.3 + 0.1 * math.sqrt((0.1**2 + 0.6**2) / 2))


@pytest.mark.parametrize("radius", [0.0, 2.0])
def test_a_batch_without_defocus_or_error_has_a_usable_gradient(radius):
    restored = picture(0.5, 0.5).requires_grad_()
    weighted_defocus_loss(picture(radius, radius), restored, picture(0.5, 0.4)).backward()
    assert torch.isfinite(restored.grad).all()
    restored = picture(0.5, 0.5).requires_grad_()
    weighted_defocus_loss(picture(radius, radius), restored, picture(0.5, 0.5)).backward()
    assert torch.isfinite(restored.grad).all()


def test_in_the_picture_loss_a_decibel_is_one_whatever_the_picture():
    sharp = torch.rand(2, 3, 16, 16)
    error = torch.randn(2, 3, 16, 16) * torch.tensor([0.2, 0.02]).reshape(2, 1, 1, 1)
    psnr = -10 * torch.log10(error.square().mean((1, 2, 3)))
    assert picture_loss(sharp + error, sharp).item() == pytest.approx(-psnr.mean().item() / 10 * 2.3026, abs=0.02)
    better = [error * torch.tensor(shares).reshape(2, 1, 1, 1) for shares in ((0.8, 1), (1, 0.8))]
    gains = [picture_loss(sharp + e, sharp) - picture_loss(sharp + error, sharp) for e in better]
    assert gains[0].item() == pytest.approx(gains[1].item(), rel=0.05)
