"""What the network that selects among what a bracket captured (`networks.selection`) learns from."""

from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor

from libhdrnet.networks.selection import features, fine_difference
from libhdrnet.research.training.bank import Bank
from libhdrnet.research.training.captured import REDUCED, Captured, capture
from libhdrnet.research.training.dice import Dice
from libhdrnet.research.training.fusion import log_weights
from libhdrnet.research.training.queued import Batch

FRAMES = (3, 3, 4)
"""Frames of the brackets, in turn."""


@torch.no_grad()
def selection_batch(bank: Bank, count: int, size: int, seed: int, number: int, pool: ThreadPoolExecutor) -> Batch:
    """Make batch `number` of `count` brackets, and all of it that is not learned.

    Returns features (B, n, FEATURES, H / 2, W / 2) and the logarithms of the weights of least noise (B, n, 1, H, W), as
    `seen_and_weights` gives them, the candidates' radiance (B, n, 3, H, W), which there are (B, n), the truth
    (B, 3, H, W), and the radiance of the bracket's white (B,).
    """
    frames = FRAMES[number % len(FRAMES)]
    made = capture(bank, Dice.of(count, bank.tiles.device, seed, number), size, frames, pool)
    white = made.candidates.white.masked_fill(made.there[:, :, None] == 0, 0).amax((1, 2))
    seen, weight = seen_and_weights(made, frames)
    return seen, weight, made.candidates.radiance, made.there, made.truth, white


def seen_and_weights(made: Captured, frames: int) -> tuple[Tensor, Tensor]:
    """Return the selection's features and the logarithms of the weights of least noise."""
    candidates = made.candidates
    seen = features(candidates.reduced(REDUCED), fine_difference(candidates, REDUCED))
    return seen, log_weights(candidates, frames)
