"""What PSFNet and MSFFNet learn from: to correct what the selection fuses, of brackets made on the device."""

from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor

from libhdrnet.networks import SelectionNet
from libhdrnet.radiometry import GAMMA
from libhdrnet.research.training.bank import Bank
from libhdrnet.research.training.captured import Captured, capture
from libhdrnet.research.training.dice import Dice
from libhdrnet.research.training.fusion import fuse
from libhdrnet.research.training.queued import Batch
from libhdrnet.research.training.selection import seen_and_weights


@torch.no_grad()
def reconstruction_batch(
    bank: Bank, selection: SelectionNet, images: int, count: int, size: int, seed: int, number: int,
    pool: ThreadPoolExecutor,
) -> Batch:  # fmt: skip
    """Make batch `number` of `count` brackets of 3 images (short, reference, long) or 2 (short, reference).

    Returns exposures (B, images, 6, H, W) as `networks.psfnet` takes them, what the selection fuses of them and the
    truth, both (B, 3, H, W) in [0, 1], 1 = saturation of the shortest exposure.
    """
    made = capture(bank, Dice.of(count, bank.tiles.device, seed, number), size, images, pool, around=True)
    seen, weight = seen_and_weights(made, images)
    logits = selection(seen, made.there)
    fused, _ = fuse(made.candidates.radiance, weight, logits, made.there)
    exposures, white = exposures_of(made, images)
    scale = white.view(-1, 1, 1, 1)
    return exposures, (fused / scale).clamp(0, 1), (made.truth / scale).clamp(0, 1)


def exposures_of(made: Captured, images: int) -> tuple[Tensor, Tensor]:
    """Return what a network sees, from short to long, and the radiance of saturation in the shortest (B,)."""
    order = [1, 0, 2][:images]
    radiance, stops = made.candidates.radiance[:, order], made.candidates.stops[:, order]
    time = (2.0**stops)[:, :, None, None, None]
    white = 2.0 ** -stops.amin(1)
    encoded = (radiance * time).clamp(1e-9, 1) ** (1 / GAMMA)
    return torch.cat([encoded, (radiance / white.view(-1, 1, 1, 1, 1)).clamp(0, 1)], 2), white
