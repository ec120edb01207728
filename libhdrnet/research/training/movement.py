"""Scenes in which things move, as a hand-held camera sees them at the moments of a bracket, on the device that trains.

Tensors are (B, 3, H, W) linear radiance.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from libhdrnet.research.training.bank import Bank, affine_grid
from libhdrnet.research.training.dice import Dice, each
from libhdrnet.research.training.sky import with_skies

OBJECTS = 3
"""Things that may move in a sample."""
PALE = 0.3
"""Share of them that are nearly white: a shirt or a car in the sun, which clips before a wall that does not; not
tuned."""
LIGHTS = 0.12
"""Share of the samples, of those in which something moves, with a light that changes its colour from frame to frame;
not tuned."""


def displaced(picture: Tensor, shift: Tensor, *, padding: str = "reflection") -> Tensor:
    """Fetch each pixel from a place `shift` (B, 2, H, W) pixels (x, y) away."""
    size = picture.shape[-1]  # height as well
    line = torch.arange(size, device=picture.device, dtype=picture.dtype)
    at = torch.stack([line.expand(size, size), line[:, None].expand(size, size)])[None] + shift
    grid = (at.permute(0, 2, 3, 1) * 2 + 1) / size - 1
    return F.grid_sample(picture, grid, mode="bicubic", padding_mode=padding, align_corners=False)


def shots(bank: Bank, dice: Dice, size: int, margin: int, stops: Tensor, moves: Tensor) -> Tensor:
    """Return the scene at each exposure's moment, (B, frames, 3, size, size); frame 0 is the reference.

    `stops` (B, frames): a longer exposure may be blurred by motion. `moves` (B,): 0 where nothing moves.
    """
    canvas = size + 2 * margin
    frames = stops.shape[1]
    background = with_skies(bank.crops(dice, canvas), dice)
    reach = float(margin)
    present = [(moves * dice.happens(0.6)).nonzero()[:, 0] for _ in range(OBJECTS)]
    things = [_Thing(bank, dice, canvas, size, reach, which) for which in present if len(which)]
    water = each(moves * dice.happens(0.3)) * blob(dice, canvas, dice.uniform(0.3, 0.9) * size)
    amplitude = each(dice.uniform(0.5, 7))
    brightens = each(dice.uniform(0, 0.5) * dice.happens(0.5))
    fine = each(dice.happens(0.5))
    parallax = each(dice.uniform(0.3, 2.5) * dice.happens(0.3))
    drift = dice.uniform() ** 3 * 2.0 * dice.happens(0.7)
    order = dice.uniform(0, 1, frames).argsort(1).argsort(1)
    moments = (order - order[:, :1]).float()  # one after the other, in any order; the reference's is 0
    lit = each(moves * dice.happens(LIGHTS)) * torch.sigmoid(3 * dice.field(4, canvas, 1))
    taken = []
    for index in range(frames):
        shift = torch.zeros(dice.count, 2, canvas, canvas, device=dice.device)
        if index:
            shift = shift + dice.normal(2, 1, 1) * each(drift) + parallax * dice.field(5, canvas)
            turn = dice.normal(1, 1, 1) * each(drift) / canvas
            line = torch.arange(canvas, device=dice.device) - canvas / 2
            spin = torch.stack([-line[:, None].expand(canvas, canvas), line.expand(canvas, canvas)])[None]
            shift = shift + turn * spin
        waves = fine * dice.field(36, canvas) + (1 - fine) * dice.field(12, canvas)
        shift = shift + water * amplitude * waves
        frame = displaced(background, shift)
        frame = frame * torch.exp(water * brightens * dice.field(20, canvas, 1))
        moment = moments[:, index]
        blurred = dice.uniform(0, 0.5) * dice.happens(0.5) * (stops[:, index] > 0.5)
        for thing in things:
            frame = thing.over(frame, moment, blurred if index else torch.zeros_like(blurred))
        frame = frame * torch.exp(lit * dice.normal(3, 1, 1))
        taken.append(frame[..., margin : margin + size, margin : margin + size].clamp(min=0))
    return torch.stack(taken, 1)


class _Thing:
    """Something that moves, on a way that bends, in those samples of a batch whose numbers are `which` (n,)."""

    def __init__(self, bank: Bank, dice: Dice, canvas: int, size: int, reach: float, which: Tensor) -> None:
        self.which, self.dice = which, (dice := Dice(len(which), dice.generator))
        texture = bank.crops(dice, canvas) * torch.exp(each(dice.normal()) * 0.8)
        texture = torch.where(each(dice.happens(PALE)) > 0, _pale(texture, dice), texture)
        thin = each(dice.happens(0.2))
        line = (1.6 - dice.field(9, canvas, 1).abs() * each(dice.uniform(6, 20))).clamp(0, 1)
        matte = blob(dice, canvas, dice.log_uniform(0.04, 0.5) * size)
        matte = matte * (1 - thin + thin * line)
        matte = matte * each(torch.where(dice.happens(0.2) > 0, dice.uniform(0.15, 0.8), 1.0))
        self.picture = torch.cat([texture * matte, matte], 1)
        length = dice.log_uniform(1, 4 * reach)  # it may leave the picture
        angle = dice.uniform(0, 2 * math.pi)
        self.velocity = torch.stack([angle.cos(), angle.sin()], 1) * length[:, None]
        self.place = dice.uniform(-0.4, 0.4, 2) * size
        self.bend = dice.normal(2) * 0.2 * reach

    def over(self, frame: Tensor, moment: Tensor, blurred: Tensor) -> Tensor:
        """Lay the thing over the frame as it is at `moment` (B,), blurred over a part of its way."""
        moment, blurred = moment[self.which], blurred[self.which]
        moved = (moment != 0).float()
        turn = self.dice.normal() * 0.035 * moved
        scale = torch.exp(self.dice.normal() * 0.015 * moved)
        offsets = (-0.4, 0.0, 0.4) if bool((blurred > 0).any()) else (0.0,)
        shown = torch.zeros_like(self.picture)
        for offset in offsets:
            when = moment + offset * blurred
            at = self.place + self.velocity * when[:, None] + 0.5 * self.bend * (when**2 * moved)[:, None]
            shown = shown + _placed(self.picture, at, turn, scale) / len(offsets)
        return frame.index_copy(0, self.which, frame[self.which] * (1 - shown[:, 3:]) + shown[:, :3])


def _pale(texture: Tensor, dice: Dice) -> Tensor:
    """Make textures nearly white, with little left of their contrast."""
    grey = texture.mean(1, keepdim=True)
    contrast = (grey / grey.mean((2, 3), keepdim=True)).clamp(0.02, 50) ** each(dice.uniform(0, 0.3))
    return contrast * each(dice.log_uniform(0.3, 3)) * torch.exp(0.06 * dice.normal(3, 1, 1))


def blob(dice: Dice, canvas: int, radius: Tensor, place: Tensor | None = None) -> Tensor:
    """Return a soft, irregular blob (B, 1, canvas, canvas) in [0, 1] around the middle, or `place` (B, 2) from it."""
    line = torch.arange(canvas, device=dice.device) - canvas / 2
    angle, stretch = dice.uniform(0, math.pi), torch.exp(dice.uniform(0, 0.8))
    x, y = line.view(1, 1, 1, -1), line.view(1, 1, -1, 1)
    if place is not None:
        x, y = x - each(place[:, 0]), y - each(place[:, 1])
    u = x * each(angle.cos()) + y * each(angle.sin())
    v = y * each(angle.cos()) - x * each(angle.sin())
    edge = each(radius.clamp(min=2))
    far = torch.hypot(u / each(stretch), v * each(stretch)) / edge + 0.3 * dice.field(6, canvas, 1)
    softness = torch.where(dice.happens(0.2) > 0, dice.uniform(4, 12), dice.uniform(0.8, 4))
    return (0.5 + (1 - far) * edge / each(softness)).clamp(0, 1)


def _placed(picture: Tensor, at: Tensor, turn: Tensor, scale: Tensor) -> Tensor:
    """Turn, scale and move pictures by `at` (B, 2) pixels."""
    size = picture.shape[-1]
    theta = torch.zeros(len(picture), 2, 3, device=picture.device)
    theta[:, 0, 0] = theta[:, 1, 1] = turn.cos() * scale
    theta[:, 0, 1], theta[:, 1, 0] = turn.sin() * scale, -turn.sin() * scale
    theta[:, :, 2] = -2 / size * torch.einsum("bij,bj->bi", theta[:, :, :2], at)
    return F.grid_sample(picture, affine_grid(theta, size), align_corners=False)
