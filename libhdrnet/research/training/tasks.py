"""What networks of each task learn from, and what for: samples made of a bank of textures, and losses (`losses`).

A new task is a line of `TRAINING_TASKS`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, nn

from libhdrnet.engine.device import choose_precision
from libhdrnet.networks import SelectionNet
from libhdrnet.research.training import losses
from libhdrnet.research.training.bank import Bank
from libhdrnet.research.training.defocus import defocus_batch
from libhdrnet.research.training.merging import fuse, reconstruction_batch, selection_batch
from libhdrnet.research.training.queued import Batch
from libhdrnet.research.training.sharpness import SharpCuts
from libhdrnet.weights import load_network, weights_folder

if TYPE_CHECKING:
    from libhdrnet.research.training.options import Run

STAGE_ENDS = {1: 0.4, 2: 0.6, 3: 1.0}
"""Share of the budget at which each of the thesis's stages ends: 400, 200 and 400 epochs."""
EACH_PICTURE = 0.02
"""Weight of each picture's own loss beside that of the last stage."""
LEAST_IN_HALF = 64
"""Pixels of a patch from which bf16 is used: oneDNN's gradient of a 7x7 kernel over 2x2 features, as MSFFNet's of 16
pixels are, is not a number in 5 of 30 steps (none at 32 and 64 pixels)."""
PARTS = ("map", "deblurring")
"""Parts of the defocus network that can be trained alone: the loss of one tells the other nothing."""


@dataclass(frozen=True)
class TrainingTask:
    """How networks of a task are trained."""

    samples: Callable[[Bank, int, int], Callable[..., Batch]]
    """Of a bank, so many of an edge in pixels: makes a batch of a seed, its number and a pool for work on the CPU.

    PSFNet's and MSFFNet's, which correct what the selection of `weights_folder` fuses, need that one's weights."""
    loss: Callable[["Run", Any, Sequence[Tensor], float], Tensor]
    """Of a run, its network, a batch and the fraction of the budget that is spent."""


def objective(run: "Run", network: nn.Module, batch: Sequence[Tensor], fraction: float) -> Tensor:
    """Return the loss of a batch after that fraction of the budget; in bf16 where the device has it."""
    device = batch[0].device
    half = choose_precision(device) == torch.bfloat16 and run.chosen.patch >= LEAST_IN_HALF
    with torch.autocast(device.type, torch.bfloat16, enabled=half):
        return TRAINING_TASKS[run.task].loss(run, network, batch, fraction)


def _reconstructed(images: int, bank: Bank, count: int, size: int) -> Callable[..., Batch]:
    selection = cast(SelectionNet, load_network("selection", weights_folder())[0].to(bank.tiles.device))
    return partial(reconstruction_batch, bank, selection, images, count, size)


def _selection_loss(run: "Run", network: Any, batch: Sequence[Tensor], fraction: float) -> Tensor:
    seen, logs, radiance, there, truth, white, shorter, foreign, asked = batch
    logits = network(seen, there)
    fused, _ = fuse(radiance, logs, logits, there, shorter)
    return losses.selection_loss(fused, truth, white) + losses.disbelief_loss(logits[:, :1] - logits, foreign, asked)


def _psfnet_loss(run: "Run", network: Any, batch: Sequence[Tensor], fraction: float) -> Tensor:
    exposures, fused, truth = batch
    return losses.tone_mapped_l1(network(exposures, fused), truth)


def _msffnet_loss(run: "Run", network: Any, batch: Sequence[Tensor], fraction: float) -> Tensor:
    exposures, fused, truth = batch
    weight = run.configuration.flow_weight
    reconstructed, auxiliary = network.reconstruct(exposures, fused, auxiliary=weight > 0)
    return losses.flow_loss(reconstructed, auxiliary, truth, weight)


def _defocus_loss(run: "Run", network: Any, batch: Sequence[Tensor], fraction: float) -> Tensor:
    """Loss of the thesis's stages of 400, 200 and 400 epochs: guided by the true map, by the estimate, fine-tuned.

    In the last one a share of the first stages' loss stays (`Recipe.kept_estimation`). An ablation's budget ends with
    its last stage; end to end there is only the loss of stage two. What deblurs alone learns by the last stage's loss
    and each picture's own, under the guidance of a map that stays as it is.
    """
    blurred, sharp, true_radius = batch
    if run.only == "deblurring":
        with torch.no_grad():
            radius = network.estimate(blurred)
        restored = network.deblur(blurred, radius)
        whole = losses.weighted_defocus_loss(true_radius, restored, sharp)
        return whole + EACH_PICTURE * losses.picture_loss(restored, sharp)
    radius = network.estimate(blurred)
    if run.only == "map":
        return losses.relative_estimation_loss(radius, true_radius)
    ablation = run.configuration
    stage = fraction * STAGE_ENDS[ablation.last_stage]
    guided_by_truth = not ablation.end_to_end and (ablation.last_stage == 1 or stage < STAGE_ENDS[1])
    restored = network.deblur(blurred, true_radius if guided_by_truth else radius)
    joint = losses.joint_defocus_loss(radius, true_radius, restored, sharp, network.max_radius)
    if ablation.end_to_end or ablation.last_stage < 3 or stage < STAGE_ENDS[2]:
        return joint
    return losses.weighted_defocus_loss(true_radius, restored, sharp) + run.chosen.kept_estimation * joint


TRAINING_TASKS = {
    "selection": TrainingTask(lambda *of: partial(selection_batch, *of), _selection_loss),
    "psfnet": TrainingTask(partial(_reconstructed, 3), _psfnet_loss),
    "msffnet": TrainingTask(partial(_reconstructed, 2), _msffnet_loss),
    "defocus": TrainingTask(lambda bank, *of: partial(defocus_batch, SharpCuts.of(bank), *of), _defocus_loss),
}
