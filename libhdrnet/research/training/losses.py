"""Losses of the thesis: mu-law L1, the regularised flow loss, and the three defocus stages."""

import torch
import torch.nn.functional as F
from torch import Tensor

from libhdrnet.networks.blocks import mu_law
from libhdrnet.trust import DISBELIEVED

IN_FOCUS = -0.8
"""Radius in pixels that stands for in focus: among the radii that are made it is as far from a slight blur in
log(1 + radius) as its rank is from that one's."""

EDGES = 0.5
"""Weight of the loss of differences between neighbours, which seams and patchy noise have."""
SQUARE = 32
"""Edge in pixels of the squares of which each counts alike in one half of the selection's loss; in the other whole
pictures do. Of whole pictures alone, noise beside something moving counts next to nothing: 5,000 and 7,900 steps so, of
changed samples, brought nothing. Squares alone draw a faint arc around a made sun (tests/merge/test_sunset.py)."""
FOREIGN = 3.5
"""How much worse a piece of something else is than the lost hue of a highlight. The present weights learned with 1 and
DISBELIEVED of 4 and 8, which asks for the same lead."""


def tone_mapped_l1(predicted: Tensor, truth: Tensor) -> Tensor:
    """L1 in the mu-law domain (Eqs. 2.6 and 3.4)."""
    return (mu_law(predicted) - mu_law(truth)).abs().mean()


def flow_loss(predicted: Tensor, auxiliary: Tensor | None, truth: Tensor, weight: float = 2.0) -> Tensor:
    """L_tm + lambda L_reg (Eq. 3.6)."""
    loss = tone_mapped_l1(predicted, truth)
    return loss if auxiliary is None else loss + weight * tone_mapped_l1(auxiliary, truth)


def selection_loss(fused: Tensor, truth: Tensor, white: Tensor) -> Tensor:
    """Mean PSNR in the mu-law domain up to `white` (B,), as a logarithm, and EDGES of that of edges.

    Of squares and of whole pictures, half each: so what is left where nothing moves counts as much as a ghost, and
    beside one, too.
    """
    scale = white.view(-1, 1, 1, 1)
    gap = mu_law(fused / scale) - mu_law(truth / scale)
    edges = (gap.diff(dim=-1)[..., 1:, :].abs() + gap.diff(dim=-2)[..., 1:].abs()).mean(1, keepdim=True)
    square = gap.square().mean(1, keepdim=True)

    def of(edge: int) -> Tensor:
        light, steps = (F.avg_pool2d(x, min(edge, x.shape[-1]), ceil_mode=True) for x in (square, edges))
        return (light + 1e-6).log().mean() + EDGES * (steps + 1e-4).log().mean()

    return (of(SQUARE) + of(gap.shape[-1])) / 2


def disbelief_loss(lead: Tensor, foreign: Tensor, asked: Tensor) -> Tensor:
    """Cross entropy of what shows something else where the reference is saturated: told by a lead beyond DISBELIEVED.

    There the weights say so little for the reference that a fusion's error has no gradient.
    lead: by how much the reference is ahead, logits; foreign: in [0, 1]; asked: weights; all (B, n, 1, H, W).
    """
    weight = torch.tensor(FOREIGN, device=lead.device)
    told = F.binary_cross_entropy_with_logits(lead - sum(DISBELIEVED) / 2, foreign, pos_weight=weight, reduction="none")
    return (asked * told).sum() / asked.sum().clamp(min=1)


def relative_estimation_loss(radius: Tensor, true_radius: Tensor) -> Tensor:
    """Squared difference of log(1 + radius), radii in pixels: one pixel more is much in focus and little far from it.

    Where a place leaves the radius open its answer is a mean, and L1's (Eq. 4.3) a median, which is often zero. What is
    in focus is to be told as IN_FOCUS, which the network brings to zero: a place that may be out of focus by a little
    lies further from it than log(1 + radius) says.
    """
    aim = torch.where(true_radius > 0, true_radius, IN_FOCUS)
    shown, truth = (r.sign() * torch.log1p(r.abs()) for r in (radius, aim))
    return (shown - truth).square().mean()


def joint_defocus_loss(
    radius: Tensor, true_radius: Tensor, restored: Tensor, sharp: Tensor, max_radius: float
) -> Tensor:
    """Loss of stages one and two (Eq. 4.7), lambda 0.2 and 0.9; radii in pixels, compared relative to `max_radius`."""
    estimation = (radius - true_radius).abs().mean() / max_radius
    return 0.2 * estimation + 0.9 * (restored - sharp).abs().mean()


def weighted_defocus_loss(true_radius: Tensor, restored: Tensor, sharp: Tensor) -> Tensor:
    """Loss of stage three (Eq. 4.8), lambda 0.9 and 0.1, with W_dm of Eq. 4.6."""
    weight = true_radius / true_radius.mean().clamp(min=1e-3)
    # Where all is sharp the norm is 0, and so that its gradient is not NaN it is kept from the tip of the root.
    weighted = ((weight * (restored - sharp)).square().mean() + 1e-12).sqrt()
    return 0.9 * (restored - sharp).abs().mean() + 0.1 * weighted


def picture_loss(restored: Tensor, sharp: Tensor) -> Tensor:
    """Mean over the pictures of a batch of ln(MSE + 1e-5), which is their PSNR: not in the thesis.

    In the others a picture that is almost in focus counts next to nothing, and making it worse costs nothing.
    """
    return ((restored - sharp).square().mean((1, 2, 3)) + 1e-5).log().mean()
