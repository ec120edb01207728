"""Cuts of the bank's photographs that are in focus all over: the truth of a synthetic blur is as good as its picture.

About one photograph in ten has a background, or a front, that its own lens left out of focus; and one cut in forty
shows a cloud and nothing else, so that nobody can tell whether it is in focus.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from libhdrnet.research.training.bank import EDGE, Bank
from libhdrnet.research.training.dice import Dice

TRIES = 8
"""So many cuts are looked at before the best of them is taken."""
MOST_BLURRED = 0.03
"""Share of a cut that may be out of focus."""
LEAST_CONTRAST = 0.012
"""Of structures of 2 to 4 pixels, in square-rooted light: below it a place tells nothing."""
LEAST_FINE = 0.12
"""Energy of structures of a pixel, relative to that of 2 to 4 pixels, that a place in focus has."""
LEAST_FINE_CONTRAST = 0.008
"""Of structures of a pixel, in square-rooted light: more than noise and rounding make."""
LEAST_TOLD = 0.1
"""Share of a cut that must have it, so that the cut is known to be in focus."""
CELL = 16
"""Edge in pixels of the cells for which it is told; what lies half a cell around them counts, too."""


@dataclass(frozen=True)
class SharpCuts:
    """The bank's photographs, and where they are in focus."""

    tiles: Tensor
    """(N, 3, EDGE, EDGE) float16, linear."""
    sums: Tensor
    """(N, 2, cells + 1, cells + 1): how many cells above and left are blurred, and how many have fine structure."""

    @staticmethod
    def of(bank: Bank) -> "SharpCuts":
        """Look at a bank's photographs, or at its radiance if it has no other."""
        tiles = bank.tiles[: bank.photographs or None]
        told = torch.cat([torch.stack(blurred_and_told(part), 1) for part in torch.split(tiles, 16)])
        return SharpCuts(tiles, F.pad(told.float(), (1, 0, 1, 0)).cumsum(-1).cumsum(-2))

    def cut(self, dice: Dice, size: int) -> Tensor:
        """Return linear textures (count, 3, size, size), turned and flipped, in focus all over if it can be had."""
        free = max(EDGE - size, 0)
        chosen = (dice.uniform(0, len(self.tiles), TRIES)).long().clamp(max=len(self.tiles) - 1)
        top, left = ((dice.uniform(0, 1, TRIES) * (free + 1)).long().clamp(max=free) for _ in range(2))
        blurred, told = self._shares(chosen, top, left, size)
        order = torch.arange(TRIES, device=dice.device) * 1e-6  # of equals the first
        best = ((blurred - MOST_BLURRED).clamp(min=0) + (told < LEAST_TOLD) + order).argmin(1, keepdim=True)
        places = torch.stack([x.gather(1, best)[:, 0] for x in (chosen, top, left)], 1).tolist()
        turns = (dice.uniform(0, 1, 3) < 0.5).tolist()
        cut = torch.stack([self._turned(place, size, turn) for place, turn in zip(places, turns, strict=True)])
        missing = size - cut.shape[-1]
        return F.pad(cut.float(), (0, missing, 0, missing), mode="reflect") if missing else cut.float()

    def _turned(self, place: list[int], size: int, turn: list[bool]) -> Tensor:
        tile, top, left = place
        cut = self.tiles[tile, :, top : top + size, left : left + size]
        cut = cut.mT if turn[0] else cut
        return cut.flip([axis for axis in (1, 2) if turn[axis]])

    def _shares(self, chosen: Tensor, top: Tensor, left: Tensor, size: int) -> tuple[Tensor, Tensor]:
        """Return the share of blurred cells and of those with fine structure, of each cut."""
        first = [start // CELL for start in (top, left)]
        last = [((start + size + CELL - 1) // CELL).clamp(max=EDGE // CELL) for start in (top, left)]

        def corner(row: Tensor, column: Tensor) -> Tensor:
            return self.sums[chosen, :, row, column]

        inside = corner(last[0], last[1]) - corner(first[0], last[1]) - corner(last[0], first[1])
        inside = inside + corner(first[0], first[1])
        area = (last[0] - first[0]) * (last[1] - first[1])
        return inside[..., 0] / area, inside[..., 1] / area


def blurred_and_told(linear: Tensor) -> tuple[Tensor, Tensor]:
    """Return which cells of linear pictures (B, 3, H, W) in [0, 1] are out of focus, and which have fine structure.

    Both are (B, H / CELL, W / CELL). Out of focus is what has structure, but none as fine as what is in focus has.
    """
    grey = linear.float().mean(1, keepdim=True).clamp(0, 1).sqrt()
    half = F.avg_pool2d(grey, 2)
    fine = grey - _smoothed(grey, 1)
    coarse = _smoothed(half, 1) - _smoothed(half, 2)
    fine_energy = F.avg_pool2d(fine.square(), 2 * CELL, CELL, CELL // 2, count_include_pad=False)[:, 0]
    energy = F.avg_pool2d(coarse.square(), CELL, CELL // 2, CELL // 4, count_include_pad=False)[:, 0]
    blurred = (energy > LEAST_CONTRAST**2) & (fine_energy < LEAST_FINE * energy)
    return blurred, fine_energy > LEAST_FINE_CONTRAST**2


def _smoothed(picture: Tensor, sigma: int) -> Tensor:
    """Convolve (B, 1, H, W) with a Gaussian."""
    line = torch.arange(-3 * sigma, 3 * sigma + 1, device=picture.device)
    weight = torch.exp(-0.5 * (line / sigma) ** 2)
    weight = (weight / weight.sum()).view(1, 1, 1, -1)
    padded = F.pad(picture, (3 * sigma,) * 4, mode="reflect")
    return F.conv2d(F.conv2d(padded, weight), weight.mT)
