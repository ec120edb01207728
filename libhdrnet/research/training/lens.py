"""Lenses of a batch: blur discs of every shape, and pictures blurred by them, by Fourier transforms.

Places are told as signed radii of the circle of confusion in pixels: before the plane of focus positive, behind it
negative. A lens's disc differs on both sides, in brightness of the rim, in colour, and is upside down.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from libhdrnet.research.training.dice import Dice, each

LARGEST = 20.0
"""Radius in pixels."""
LEAST = 0.05
"""Radius in pixels below which a place is in focus."""
REACH = 24
"""Pixels around a picture that blur into it: the largest disc with its corners and colours."""
_TEXELS = 56
_EXTENT = 1.2
"""A disc is drawn once, on so many places an edge, from -1.2 to 1.2 radii, and brought to pixels at each radius."""


@dataclass(frozen=True)
class Lens:
    """A lens for each picture."""

    discs: Tensor
    """(B, 2, places, places), sum 1: behind the plane of focus, and before it."""
    colours: Tensor
    """(B, colours): how much sooner each is in focus, in pixels of radius; one colour for all where none differs."""

    @staticmethod
    def random(dice: Dice, *, fringed: bool) -> "Lens":
        """Draw lenses; `fringed`: whether colours differ."""
        line = _line(dice.device)
        x, y = line.view(1, 1, 1, -1), line.view(1, 1, -1, 1)
        edge = each(0.06 + 0.4 * dice.uniform() ** 2)
        far = _distance(dice, x, y)
        weight = ((1 - far) / edge + 0.5).clamp(0, 1)
        angle, cut = dice.uniform(0, 2 * math.pi), 0.45 * dice.uniform() * dice.happens(0.3)
        for side in (-1, 1):  # a cat's eye: the barrel cuts what comes from aside
            away = torch.hypot(x - side * each(cut * angle.cos()), y - side * each(cut * angle.sin()))
            weight = torch.where(each(cut) > 0, weight * ((1 - away) / edge + 0.5).clamp(0, 1), weight)
        onion = each(dice.uniform(0, 0.25) * dice.happens(0.25))
        weight = weight * (1 + onion * torch.cos(each(dice.uniform(15, 50)) * far))
        # Spherical aberration: light gathers at the rim on one side of focus, and in the middle on the other.
        rim = each((0.5 * dice.normal()).clamp(-0.95, 0.95))
        sides = torch.cat([-rim, rim], 1) * (2 * far.square() - 1).clamp(max=1)
        discs = weight * (1 + sides)
        shift = 0.4 * dice.normal()[:, None] * torch.tensor([1.0, 0, -1], device=dice.device)
        shift = shift + 0.1 * dice.normal(3)
        return Lens(discs / discs.sum((2, 3), keepdim=True), shift if fringed else torch.zeros_like(shift[:, :1]))

    def kernels(self, radius: Tensor) -> Tensor:
        """Return the weights around a pixel at signed radii (B,), (B, colours, side, side), sum 1.

        Each of the disc's places is brought to the pixels around it by the weights of cubic interpolation (Keys 1981),
        which keep its second moment: a disc of half a pixel blurs as much as it does in a lens.
        """
        moved = radius[:, None] + self.colours * (radius.abs()[:, None] / 2).clamp(max=1)
        pixels = torch.arange(-REACH, REACH + 1, device=radius.device)
        share = _cubic((pixels[:, None] - moved[..., None, None] * _line(radius.device)).abs())
        discs = self.discs[torch.arange(len(radius), device=radius.device), (radius > 0).long(), None]
        return share @ discs @ share.mT

    def blurred(self, spectrum: Tensor, radius: Tensor, size: int) -> Tensor:
        """Return pictures blurred at signed radii (B,), (B, C, size, size), of the Fourier transforms of larger ones.

        Those begin REACH before it and end REACH or more after it. C is a multiple of the number of colours.
        """
        edge = spectrum.shape[-2]
        weights = torch.fft.rfft2(self.kernels(radius), s=(edge, edge))
        coloured = torch.unflatten(spectrum, 1, (-1, weights.shape[1])) * weights[:, None]
        whole: Tensor = torch.fft.irfft2(coloured.flatten(1, 2), s=(edge, edge))
        return whole[..., 2 * REACH : 2 * REACH + size, 2 * REACH : 2 * REACH + size]


def _line(device: torch.device) -> Tensor:
    return ((torch.arange(_TEXELS, device=device) + 0.5) / _TEXELS * 2 - 1) * _EXTENT


def _distance(dice: Dice, x: Tensor, y: Tensor) -> Tensor:
    """Return how far a disc's places lie from its middle, 1 at its edge: a circle's or a polygon's of 5 to 9 blades."""
    blades = each(torch.floor(dice.uniform(5, 10)))
    round_ = each(torch.where(dice.happens(0.5) > 0, torch.ones_like(blades.flatten()), dice.uniform() ** 2))
    sector = 2 * math.pi / blades
    angle = torch.remainder(torch.atan2(y, x) + each(dice.uniform(0, 2 * math.pi)), sector) - sector / 2
    far = torch.hypot(x, y)
    return far * (round_ + (1 - round_) * angle.cos() / (sector / 4).cos())


def _cubic(x: Tensor) -> Tensor:
    near, far = (1.5 * x - 2.5) * x.square() + 1, ((-0.5 * x + 2.5) * x - 4) * x + 2
    return torch.where(x < 1, near, torch.where(x < 2, far, torch.zeros_like(x)))
