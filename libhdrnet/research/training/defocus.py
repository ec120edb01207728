"""Defocused pictures with their truth, on the device that trains: layers of depth, a lens, a camera, often a resizing.

Light is linear until the camera; what lies before hides what lies behind as it does in a lens: a layer's matte is
blurred with it. Depth is told by the root of the radius of the circle of confusion, negative behind the plane of focus
(`lens`): steps of it are fine where little is blurred.
"""

import math
from concurrent.futures import ThreadPoolExecutor

import torch
import torch.nn.functional as F
from torch import Tensor

from libhdrnet.research.training.camera import Camera, sharpened, smoothed
from libhdrnet.research.training.dice import Dice, each
from libhdrnet.research.training.lens import LARGEST, LEAST, REACH, Lens
from libhdrnet.research.training.queued import Batch
from libhdrnet.research.training.sharpness import SharpCuts
from libhdrnet.research.training.silhouettes import KINDS, silhouette

LAYERS = (3, 4, 3, 5, 4, 6, 8)
"""Layers of depth of the batches, in turn."""
STEPS = ((5,), (3, 3), (5, 3), (1, 3, 3))
"""Depths at which the layers from the back are blurred, and interpolated between, in turn; the others have one."""
STEP = 0.5
"""Largest step: what is interpolated is as blurred as it should be within a tenth."""
SHRINKS = (1.0, 1.5, 1.0, 1.25, 1.75)
"""How much smaller pictures are made after the camera, in turn."""
IN_FOCUS = 0.15
"""Share of samples that are wholly in focus."""
LAMPS = 8
_FAST = 48
"""Multiples of it have fast Fourier transforms."""


@torch.no_grad()
def defocus_batch(
    cuts: SharpCuts, count: int, size: int, seed: int, number: int, _pool: ThreadPoolExecutor | None = None
) -> Batch:
    """Make batch `number` of `count` samples, size x size pixels.

    Returns the blurred pictures and the sharp ones (B, 3, H, W), both as a camera encodes them, in [0, 1], and the true
    radius of the circle of confusion (B, 1, H, W) in pixels, of what the sharp picture shows.
    """
    dice = Dice.of(count, cuts.tiles.device, seed, number)
    shrink = SHRINKS[number % len(SHRINKS)]
    light, sharp, radius = _seen(cuts, dice, round(size * shrink), number)
    ranked = sharp.amax(1)[:, ::4, ::4].flatten(1).sort(1).values
    bright = ranked[:, int(0.97 * ranked.shape[1])].clamp(min=0.05)
    exposure = each(0.9 / bright * torch.exp(0.5 * dice.normal() - 0.2))  # so that little is saturated
    camera = Camera.with_sensor(dice, mosaic=0.8 if shrink > 1 else 0.2)
    amount = dice.uniform(0, 0.6) * dice.happens(0.4)

    def finished(codes: Tensor) -> Tensor:
        if codes.shape[-1] != size:
            codes = F.interpolate(codes, size=(size, size), mode="bicubic", antialias=True).clamp(0, 1)
        return sharpened(codes, amount)

    blurred = camera.saved(finished(camera.developed(light * exposure, dice)))
    truth = finished(camera.developed(sharp * exposure))
    radius = F.interpolate(radius, size=(size, size), mode="nearest-exact") / shrink
    return blurred, truth, torch.where(radius < LEAST, 0.0, radius)


def _seen(cuts: SharpCuts, dice: Dice, size: int, number: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return the light of a scene through a lens and without, both (B, 3, H, W), and the radius (B, 1, H, W)."""
    canvas = _FAST * math.ceil((size + 2 * REACH) / _FAST)
    inner = (..., slice(REACH, REACH + size), slice(REACH, REACH + size))
    layers, ramps = LAYERS[number % len(LAYERS)], STEPS[number % len(STEPS)]
    lens = Lens.random(dice, fringed=number % 3 == 0)
    depths, steep = _depths(dice, layers)
    lamps = (dice.uniform() * layers).long()
    light = sharp = radius = torch.zeros(1, 1, 1, 1, device=dice.device)
    for index in range(layers):
        texture = _texture(cuts, dice, canvas, (lamps == index).float())
        matte = torch.ones_like(texture[:, :1])
        if index:
            matte = silhouette(KINDS[(index + number) % len(KINDS)], texture, dice)
        steps = ramps[index] if index < len(ramps) else 1
        place = (steps - 1) / 2 * _surface(dice, size) if steps > 1 else torch.zeros_like(radius)
        gap = STEP * dice.uniform().sqrt() * steep
        layer = torch.cat([texture * matte] + bool(index) * lens.colours.shape[1] * [matte], 1)
        spread = _spread(lens, layer, depths[:, index], gap, place, steps, size)
        light = light * (1 - spread[:, 3:]) + spread[:, :3] if index else spread
        sharp = sharp + matte[inner] * (texture[inner] - sharp)
        own = (each(depths[:, index]) + each(gap) * place).square()
        radius = torch.where(matte[inner] > 0.5, own, radius)
    return light.clamp(min=0), sharp, radius


def _spread(lens: Lens, layer: Tensor, depth: Tensor, gap: Tensor, place: Tensor, steps: int, size: int) -> Tensor:
    """Blur a layer at so many depths (B,) with a gap (B,) between, and interpolate where a place lies between them."""
    spread, spectrum = torch.zeros_like(place), torch.fft.rfft2(layer)
    for step in range(steps):
        away = step - (steps - 1) / 2
        at = depth + gap * away
        spread = spread + lens.blurred(spectrum, at * at.abs(), size) * (1 - (place - away).abs()).clamp(min=0)
    return spread


def _depths(dice: Dice, layers: int) -> tuple[Tensor, Tensor]:
    """Return the depths of layers from the back to the front (B, layers), and 0 where all is in focus, else 1, (B,)."""
    places = dice.uniform(0, 1, layers).sort(1).values
    focused = places.gather(1, (dice.uniform() ** 1.5 * layers).long()[:, None])[:, 0]  # more often what lies behind
    focus = torch.where(dice.happens(0.8) > 0, focused, dice.uniform(-0.3, 1.3))
    radii = places - focus[:, None]
    radii = radii / radii.abs().amax(1, keepdim=True) * (LARGEST * dice.uniform())[:, None]
    steep = 1 - dice.happens(IN_FOCUS)
    most = math.sqrt(LARGEST) - STEP * (max(map(max, STEPS)) - 1) / 2
    return (radii.sign() * radii.abs().sqrt()).clamp(-most, most) * steep[:, None], steep


def _surface(dice: Dice, size: int) -> Tensor:
    """Return the depth within a layer (B, 1, S, S) in [-1, 1]: a plane, a bowl or waves, or something of each."""
    line = torch.linspace(-1, 1, size, device=dice.device)
    x, y = line.view(1, 1, 1, -1), line.view(1, 1, -1, 1)
    angle = dice.uniform(0, 2 * math.pi)
    plane = x * each(angle.cos()) + y * each(angle.sin())
    bowl = 1 - 1.5 * ((x - dice.uniform(-1, 1, 1, 1, 1)).square() + (y - dice.uniform(-1, 1, 1, 1, 1)).square())
    parts = dice.uniform(0, 1, 3, 1, 1) * (dice.uniform(0, 1, 3, 1, 1) < 0.5)
    parts[:, 0] += 0.3
    mixed = (parts * torch.cat([plane, bowl, 0.7 * dice.field(5, size, 1)], 1)).sum(1, keepdim=True)
    return (mixed / parts.sum(1, keepdim=True)).clamp(-1, 1)


def _texture(cuts: SharpCuts, dice: Dice, size: int, lit: Tensor) -> Tensor:
    """Return what a layer shows: a photograph whose highlights are as bright as they were, and perhaps with lamps."""
    cut = cuts.cut(dice, size)
    strength = each(dice.uniform(0, 0.9) * dice.happens(0.5))
    red, green, blue = torch.split(cut, 1, 1)
    peak = red.maximum(green).maximum(blue)
    texture = cut / (1 - strength * peak.square()) * torch.exp(0.4 * each(dice.normal()))
    places = (dice.uniform(0, 1, LAMPS) * size * size).long()
    power = torch.exp(dice.uniform(0, 4, LAMPS)) * (lit * dice.happens(0.3))[:, None]
    lamps = torch.zeros(dice.count, size * size, device=dice.device).scatter_add(1, places, power)
    return texture + 8 * smoothed(lamps.view(-1, 1, size, size), 2) * dice.uniform(0.3, 1, 3, 1, 1)
