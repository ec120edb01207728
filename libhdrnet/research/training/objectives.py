"""What each network is trained for: its losses (`losses`), the thesis's stages, and parts that are trained alone."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn

from libhdrnet.engine.device import choose_precision
from libhdrnet.networks import MSFFNet
from libhdrnet.networks.ablations import Ablation
from libhdrnet.networks.guided import GuidedDeblurring
from libhdrnet.research.training.fusion import fuse
from libhdrnet.research.training.losses import (
    flow_loss,
    joint_defocus_loss,
    picture_loss,
    relative_estimation_loss,
    selection_loss,
    tone_mapped_l1,
    weighted_defocus_loss,
)

if TYPE_CHECKING:
    from libhdrnet.research.training.options import Run

STAGE_ENDS = {1: 0.4, 2: 0.6, 3: 1.0}
"""Share of the budget at which each of the thesis's stages ends: 400, 200 and 400 epochs."""
EACH_PICTURE = 0.02
"""Weight of each picture's own loss beside that of the last stage."""
LEAST_IN_HALF = 64
"""Pixels of a patch from which bf16 is used: oneDNN's gradient of a 7x7 kernel over 2x2 features, as MSFFNet's of 16
pixels are, is not a number in 5 of 30 steps (none at 32 and 64 pixels)."""
PARTS = {"map": ("estimation",), "deblurring": ("condition", "deblurring")}
"""Parts of the defocus network that can be trained alone, and their modules."""


def part_of(network: nn.Module, only: str | None) -> list[nn.Parameter]:
    """Return the parameters of a part; None: all."""
    modules = [network] if only is None else [network.get_submodule(name) for name in PARTS[only]]
    return [parameter for module in modules for parameter in module.parameters()]


def objective(options: "Run", network: nn.Module, batch: Sequence[Tensor], fraction: float) -> Tensor:
    """Return the loss of a batch after that fraction of the budget; in bf16 where the device has it."""
    device = batch[0].device
    half = choose_precision(device) == torch.bfloat16 and options.chosen.patch >= LEAST_IN_HALF
    with torch.autocast(device.type, torch.bfloat16, enabled=half):
        if options.only == "map":
            return _map_loss(cast(GuidedDeblurring, network), batch)
        if options.only == "deblurring":
            return _deblurring_loss(cast(GuidedDeblurring, network), batch)
        if options.task == "defocus":
            kept = options.chosen.kept_estimation
            return _defocus_loss(options.configuration, cast(GuidedDeblurring, network), batch, fraction, kept)
        return _merging_loss(options.task, options.configuration, network, batch)


def _merging_loss(task: str, configuration: Ablation, network: nn.Module, batch: Sequence[Tensor]) -> Tensor:
    if task == "selection":
        seen, weight, radiance, there, truth, white = batch
        fused, _ = fuse(radiance, weight, network(seen, there), there)
        return selection_loss(fused, truth, white)
    exposures, fused, truth = batch
    if task == "psfnet":
        return tone_mapped_l1(network(exposures, fused), truth)
    auxiliary = configuration.flow_weight > 0
    reconstructed = cast(MSFFNet, network).reconstruct(exposures, fused, auxiliary=auxiliary)
    return flow_loss(*reconstructed, truth, configuration.flow_weight)


def _defocus_loss(
    configuration: Ablation, net: GuidedDeblurring, batch: Sequence[Tensor], fraction: float, kept_estimation: float
) -> Tensor:
    """Loss of the thesis's stages of 400, 200 and 400 epochs: guided by the true map, by the estimate, fine-tuned.

    `kept_estimation`: weight of the first stages' loss that stays in the last one. An ablation's budget ends with its
    last stage; end to end there is only the loss of stage two.
    """
    blurred, sharp, true_radius = batch
    radius = net.estimate(blurred)
    stage = fraction * STAGE_ENDS[configuration.last_stage]
    guided_by_truth = not configuration.end_to_end and (configuration.last_stage == 1 or stage < STAGE_ENDS[1])
    restored = net.deblur(blurred, true_radius if guided_by_truth else radius)
    joint = joint_defocus_loss(radius, true_radius, restored, sharp, net.max_radius)
    if configuration.end_to_end or configuration.last_stage < 3 or stage < STAGE_ENDS[2]:
        return joint
    return weighted_defocus_loss(true_radius, restored, sharp) + kept_estimation * joint


def _map_loss(net: GuidedDeblurring, batch: Sequence[Tensor]) -> Tensor:
    blurred, _, true_radius = batch
    return relative_estimation_loss(net.estimate(blurred), true_radius)


def _deblurring_loss(net: GuidedDeblurring, batch: Sequence[Tensor]) -> Tensor:
    """Loss of the last stage, and each picture's own, under the guidance of a map that stays as it is."""
    blurred, sharp, true_radius = batch
    with torch.no_grad():
        radius = net.estimate(blurred)
    restored = net.deblur(blurred, radius)
    return weighted_defocus_loss(true_radius, restored, sharp) + EACH_PICTURE * picture_loss(restored, sharp)
