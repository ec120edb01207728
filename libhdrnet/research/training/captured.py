"""Brackets as a merge sees them once they are calibrated and aligned, with what both leave over, and the truth.

Made on the device that trains; only the flow is the merge's own (`alignment.flow`), on threads of the CPU.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from libhdrnet.alignment import dense_flow
from libhdrnet.merge.saturation import SPILL
from libhdrnet.networks.selection import Candidates
from libhdrnet.radiometry import FloatImage
from libhdrnet.ramps import linear_step, smoothstep
from libhdrnet.research.training.bank import Bank
from libhdrnet.research.training.camera import Camera
from libhdrnet.research.training.dice import Dice, each
from libhdrnet.research.training.jpeg import luma
from libhdrnet.research.training.movement import displaced, shots
from libhdrnet.trust import ALIKE, BRIGHT, DARK, END, FADE

REDUCED = 2
"""Pixels of the picture on an edge that the selection and the flow see as one."""
MARGIN = 24
"""Pixels around a picture, and how far things move in it between two frames at most (their speed, before it bends)."""
_BEND = 0.8
"""Code of the reference up to which its tones are those of gamma 2.2; above, the calibration goes straight on."""
_USUAL_READ = 2.5e-8
_DIM = 0.01
"""Light added to both where stops in any channel tell whether another moment shows the same; not tuned."""


@dataclass(frozen=True)
class Captured:
    """A batch of brackets; B brackets, n candidates."""

    candidates: Candidates
    there: Tensor
    """(B, n): 0 for what only fills up the batch."""
    truth: Tensor
    """(B, 3, H, W) radiance as the reference's moment has it (`_aim`), in its tones, 1 = its white."""
    codes: Tensor
    """(B, frames, 3, H, W): what the files hold, frame 0 the reference."""


def capture(
    bank: Bank, dice: Dice, size: int, frames: int, pool: ThreadPoolExecutor, *, around: bool = False
) -> Captured:
    """Make a batch of brackets of so many frames, size x size pixels.

    With `around` the frame after the reference is shorter, the next longer.
    """
    stops, there = _stops(dice, frames, around)
    moves = dice.happens(0.5)
    light = _exposed(shots(bank, dice, size, MARGIN, stops, moves), dice, stops)
    camera = Camera.random(dice)
    codes = torch.stack([camera.photograph(light[:, j] * each(2.0 ** stops[:, j]), dice) for j in range(frames)], 1)
    tones = _Tones(camera)
    errors = [_Errors(dice, first=j == 0) for j in range(frames)]

    def calibrated(pictures: Tensor) -> Tensor:
        known = [camera.inverse(pictures[:, j]) / each(2.0 ** stops[:, j]) for j in range(frames)]
        return torch.stack([errors[j].on(tones(known[j]), pictures[:, j]) for j in range(frames)], 1).clamp(min=0)

    def level(code: float) -> Tensor:
        return calibrated(torch.full((dice.count, frames, 3, 1, 1), code, device=dice.device)).flatten(2)

    radiance = calibrated(codes) * _spots(dice, size, frames)
    white, black = level(BRIGHT), level(DARK)
    eight = (camera.levels < 300).float()
    saturation = saturation_of(codes, eight)
    claimed = stops + 0.06 * dice.normal(frames) * (torch.arange(frames, device=dice.device) > 0)
    shot = (camera.shot * camera.fine_share() * torch.exp(0.3 * dice.normal()))[:, None].expand(-1, frames)
    read = torch.maximum(camera.read, torch.tensor(_USUAL_READ, device=dice.device))
    read = torch.where((eight > 0) & (dice.happens(0.5) > 0), torch.full_like(read, _USUAL_READ), read)
    one = torch.ones_like(saturation)
    lying = Candidates(
        radiance, saturation, one, 0 * one, white, black, claimed, shot, read[:, None].expand(-1, frames)
    )
    candidates = with_flow(lying, pool)
    clipped = [camera.respond((light[:, j] * each(2.0 ** stops[:, j])).clamp(0, 1)) for j in range(frames)]
    truth = _aim(
        light, saturation_of(torch.stack(clipped, 1), torch.zeros_like(eight)), stops, there, tones(light[:, 0]), tones
    )
    flows = there[:, 1:] * (1 - dice.happens(0.3))[:, None]
    return Captured(candidates, torch.cat([there, flows], 1), truth, codes)


def with_flow(frames: Candidates, pool: ThreadPoolExecutor) -> Candidates:
    """Add to frames as they lie (the reference first) what the flow brings of each of the others.

    As in the merge the flow is found at the reduced size, and what does not move is no second measurement.
    """
    small = F.avg_pool2d(frames.radiance.flatten(0, 1), REDUCED).permute(0, 2, 3, 1).contiguous().cpu().numpy()
    white, black = frames.white.cpu().numpy(), frames.black.cpu().numpy()
    batch, count = frames.stops.shape
    pictures = small.reshape(batch, count, *small.shape[1:])

    def follow(place: tuple[int, int]) -> FloatImage:
        b, j = place
        low, high = np.maximum(black[b, 0], black[b, j]), np.minimum(white[b, 0], white[b, j])
        flow = dense_flow(pictures[b, 0], pictures[b, j], low, np.maximum(low, high), scale=REDUCED)
        return np.dstack([REDUCED * flow.field, flow.confidence, REDUCED * flow.length])

    places = [(b, j) for b in range(batch) for j in range(1, count)]
    found = torch.from_numpy(np.stack(list(pool.map(follow, places)))).to(frames.radiance.device)
    found = F.interpolate(found.permute(0, 3, 1, 2), scale_factor=float(REDUCED), mode="bilinear", align_corners=False)
    shown = torch.cat([frames.radiance[:, 1:], frames.saturation[:, 1:]], 2).flatten(0, 1)
    brought = displaced(shown, found[:, :2], padding="border")
    both = torch.unflatten(torch.cat([brought, found[:, 2:]], 1), 0, (batch, count - 1))
    radiance, saturation, confidence, length = torch.split(both, [3, 1, 1, 1], 2)
    flowed = {
        "radiance": radiance.clamp(min=0), "saturation": saturation.clamp(0, 1), "confidence": confidence,
        "length": length,
    }  # fmt: skip
    return Candidates(**{name: torch.cat([x, flowed.get(name, x[:, 1:])], 1) for name, x in vars(frames).items()})


def _aim(light: Tensor, saturated: Tensor, stops: Tensor, there: Tensor, truth: Tensor, tones: "_Tones") -> Tensor:
    """Return the truth, and where the reference is saturated what the next shorter frame shows, if bright and alike.

    What moved there nobody can know: a captured texture and its hue are better than the mean of what may have been. But
    a wall is no white shirt.
    """
    best, aim = torch.zeros_like(saturated[:, 0]), truth
    for index in range(1, light.shape[1]):
        shorter = (stops[:, index] < -0.3).float() * there[:, index]
        merit = (1 - saturated[:, index]) * each(shorter * 2.0 ** stops[:, index])
        shown = tones(light[:, index])
        aim = torch.where(merit > best, shown, aim)
        best = torch.maximum(merit, best)
    level = tones(torch.ones_like(truth[:, :, :1, :1])).amin(1, keepdim=True)
    bright = ((aim.amax(1, keepdim=True) / level - 0.9) / 0.15).clamp(0, 1)
    alike = 1 - linear_step(stops_apart(aim, truth), ALIKE)
    return truth + saturated[:, 0] * bright * alike * (best > 0) * (aim - truth)


def stops_apart(light: Tensor, other: Tensor) -> Tensor:
    """Return by how many stops radiances (..., 3, H, W) differ in any channel, (..., 1, H, W)."""
    return ((light + _DIM).log2() - (other + _DIM).log2()).abs().amax(-3, keepdim=True)


def saturation_of(codes: Tensor, halved: Tensor) -> Tensor:
    """Return how far codes (B, n, 3, H, W) are saturated, as `merge.saturation` tells; halved: (B,), 1 or 0."""
    bright, light = codes.amax(2), luma(codes)
    colour = bright - light
    around = F.max_pool2d(linear_step(bright, END) * colour, 2 * SPILL + 1, 1, SPILL)
    near = light + torch.minimum(around, 2 * colour)
    bright = torch.where(each(halved) > 0, torch.maximum(bright, near.clamp(max=1)), bright)
    return smoothstep(bright, FADE)[:, :, None]


def _stops(dice: Dice, frames: int, around: bool) -> tuple[Tensor, Tensor]:
    """Return exposures in stops (B, frames), the reference's 0 first, and which frames there are."""
    steps = dice.uniform(0.8, 3.2, frames)
    steps = torch.where(dice.uniform(0, 1, frames) < 0.4, torch.full_like(steps, 2.0), steps)
    kind = dice.uniform() * (not around)
    stops, lowest, highest = torch.zeros_like(steps), torch.zeros_like(kind), torch.zeros_like(kind)
    for index in range(1, frames):  # shorter, longer, shorter, ...; or all shorter; or all longer
        shorter = ((kind < 0.62) & (index % 2 == 1)) | ((kind >= 0.62) & (kind < 0.78))
        lowest = lowest - steps[:, index] * shorter
        highest = highest + steps[:, index] * ~shorter
        stops[:, index] = torch.where(shorter, lowest, highest)
    stops = torch.where((kind > 0.94)[:, None], 0.03 * stops, stops)  # repeated exposures
    there = torch.ones_like(stops)
    there[:, 2:] *= (1 - dice.happens(0.1 * (not around)))[:, None]
    return stops, there


def _exposed(scene: Tensor, dice: Dice, stops: Tensor) -> Tensor:
    """Scale scenes (B, frames, 3, H, W) so that a random share of the reference is saturated; 1 = its saturation."""
    scene = scene ** dice.uniform(1, 2).view(-1, 1, 1, 1, 1)
    peak = scene[:, 0].amax(1).flatten(1)
    ranked = peak.sort(1).values
    share = torch.where(dice.happens(0.3) > 0, torch.zeros_like(stops[:, 0]), dice.uniform(0, 0.4))

    def rank(part: Tensor) -> Tensor:
        return ranked.gather(1, (part * (ranked.shape[1] - 1)).long()[:, None])[:, 0]

    level = rank(1 - share) / torch.where(share == 0, dice.uniform(0.1, 1), torch.ones_like(share))
    least = rank(torch.full_like(share, 0.98)) * 2.0 ** stops.amin(1) * dice.uniform(0.5, 1.5)
    level = torch.maximum(level, least).clamp(min=1e-5)
    darker = torch.where(dice.happens(0.3) > 0, 2.0 ** -dice.uniform(1, 5), torch.ones_like(level))
    return scene / level.view(-1, 1, 1, 1, 1) * darker.view(-1, 1, 1, 1, 1)


class _Tones:
    """The reference's tones: what a calibration makes of light, which knows the response up to a smooth curve."""

    def __init__(self, camera: Camera) -> None:
        device = camera.shot.device
        at = torch.tensor([0.9 * _BEND, _BEND], device=device).view(1, 1, 1, 2).expand(len(camera.shot), 3, 1, 2)
        self.camera = camera
        light = camera.inverse(at.contiguous())
        value = at**2.2
        self.knee = light[..., 1:]
        self.slope = (value.diff() / light.diff().clamp(min=1e-6)).clamp(min=0.3)

    def __call__(self, light: Tensor) -> Tensor:
        below = self.camera.respond(torch.minimum(light, self.knee)) ** 2.2
        return below + self.slope * (light - self.knee).clamp(min=0)


class _Errors:
    """What a calibration leaves over in one frame: what is left in static brackets of real cameras.

    The first frame, the reference, sets the tones but for its highlights.
    """

    def __init__(self, dice: Dice, *, first: bool) -> None:
        others = 0.0 if first else 1.0
        large = torch.where(dice.happens(0.1) > 0, 0.2, 0.04)
        tint = torch.where(dice.happens(0.1) > 0, 0.12, 0.025)
        self.scale = others * large * dice.normal()
        self.channel = others * each(tint) * dice.normal(3, 1, 1)
        self.slope = others * 0.05 * dice.normal()
        self.bottom = others * 0.25 * dice.normal()
        self.top = 0.18 * dice.normal()
        self.pedestal = others * 0.0006 * dice.normal() * dice.happens(0.3)

    def on(self, radiance: Tensor, codes: Tensor) -> Tensor:
        """Return the radiance with these errors."""
        bend = each(self.slope) * (2 * codes - 1) + each(self.top) * ((codes - 0.8) / 0.2).clamp(0, 1) ** 2
        bend = bend + each(self.bottom) * (1 - codes / 0.25).clamp(0, 1) ** 2
        factor = torch.exp(each(self.scale) + self.channel + bend)
        return radiance * factor + each(self.pedestal)


def _spots(dice: Dice, size: int, frames: int) -> Tensor:
    """Return how much brighter parts of frames are than in the first: light that scatters, shadows lifted locally."""
    parts = [torch.ones(dice.count, 1, size, size, device=dice.device)]
    for _ in range(1, frames):
        strength = each(dice.uniform(0, 0.08) * dice.happens(0.5))
        parts.append(torch.exp(strength * dice.field(4, size, 1)))
    return torch.stack(parts, 1)
