"""What a camera makes of light, on the device that trains: noise, response with toe and shoulder, sharpening, JPEG.

Pictures are (B, 3, H, W). Light is relative to saturation, codes are in [0, 1].
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from libhdrnet.training.movement import Dice, each

_GRID = 1024
_LUMINANCE = (
    (16, 11, 10, 16, 24, 40, 51, 61), (12, 12, 14, 19, 26, 58, 60, 55), (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62), (18, 22, 37, 56, 68, 109, 103, 77), (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101), (72, 92, 95, 98, 112, 100, 103, 99),
)  # fmt: skip
"""JPEG's quantisation of brightness (ITU-T T.81, Table K.1); colour's (K.2) is 99 but for its first corner."""
_COLOUR = ((17, 18, 24, 47), (18, 21, 26, 66), (24, 26, 56, 99), (47, 66, 99, 99))


@dataclass(frozen=True)
class Development:
    """Cameras of a batch: one for each bracket. Numbers are (B,), those of channels (B, 3, 1, 1)."""

    gamma: Tensor
    contrast: Tensor
    shoulder: Tensor
    toe: Tensor
    shot: Tensor
    read: Tensor
    """Variances: of light x it is shot x + read."""
    blotch: Tensor
    coarse: Tensor
    """Share of the noise's variance in blotches of several pixels, as cameras that reduce noise leave it."""
    common: Tensor
    """Share of the noise's variance that all channels have in common."""
    crosstalk: Tensor
    knee: Tensor
    sharpening: Tensor
    levels: Tensor
    quality: Tensor
    """Of JPEG; 0: none."""
    halved: Tensor

    @staticmethod
    def random(dice: Dice) -> "Development":
        """Draw a camera and its settings for each bracket."""
        speed = torch.exp(dice.uniform(0, math.log(60)))
        eight = dice.happens(0.8)
        each_channel = dice.normal(3, 1, 1)
        shoulder = each(dice.uniform(0, 0.8) * dice.happens(0.7))
        return Development(
            gamma=each(dice.uniform(1.8, 2.6)) * (1 + 0.015 * each_channel),
            contrast=each(dice.uniform(0, 0.9)),
            shoulder=shoulder * (1 + 0.05 * dice.normal(3, 1, 1)),
            toe=each(dice.uniform(0, 0.12)),
            shot=2e-5 * speed,
            read=(2e-4 * speed**0.8) ** 2,
            blotch=dice.uniform(0, 0.8),
            coarse=dice.uniform(0, 0.6) * eight * dice.happens(0.6),
            common=dice.uniform(0, 0.9) * dice.happens(0.6),
            crosstalk=dice.uniform(0, 0.6) * dice.happens(0.6),
            knee=dice.uniform(0.7, 1),
            sharpening=dice.uniform(0, 0.8) * dice.happens(0.6),
            levels=torch.where(eight > 0, 255.0, 65535.0),
            quality=torch.floor(dice.uniform(75, 99)) * eight * dice.happens(0.85),
            halved=dice.happens(0.5),
        )

    def respond(self, light: Tensor) -> Tensor:
        """Return the codes of light in [0, 1], channel by channel."""
        u = light.clamp(1e-9, 1) ** (1 / self.gamma)
        u = u + self.contrast * u * (1 - u) * (u - 0.5)
        u = u * (1 + self.shoulder) / (1 + self.shoulder * u)
        return u.clamp(1e-9, 1) ** (1 + self.toe * (1 - u))

    def inverse(self, codes: Tensor) -> Tensor:
        """Return the light (B, 3, H, W) of codes in [0, 1]."""
        line = torch.linspace(0, 1, 2 * _GRID, device=codes.device) ** 2
        curve = self.respond(line.view(1, 1, 1, -1).expand(len(codes), 3, 1, -1)).squeeze(2)
        wanted = torch.linspace(0, 1, _GRID, device=codes.device).expand(len(codes), 3, -1).contiguous()
        after = torch.searchsorted(curve.contiguous(), wanted).clamp(1, 2 * _GRID - 1)
        low, high = curve.gather(2, after - 1), curve.gather(2, after)
        part = ((wanted - low) / (high - low).clamp(min=1e-7)).clamp(0, 1)
        table = line[after - 1] + part * (line[after] - line[after - 1])
        place = codes.clamp(0, 1) * (_GRID - 1)
        index = place.floor().clamp(max=_GRID - 2).long()
        flat = index.flatten(2)
        first = table.gather(2, flat).view_as(codes)
        second = table.gather(2, flat + 1).view_as(codes)
        return first + (place - index) * (second - first)

    def photograph(self, light: Tensor, dice: Dice) -> Tensor:
        """Return the codes that a file holds of light, 1 = saturation."""
        over = (light.amax(1, keepdim=True) - each(self.knee)).clamp(min=0)
        light = light + each(self.crosstalk) * over
        noise = torch.sqrt(each(self.shot) * light.clamp(0, 1.5) + each(self.read)) * self._grain(dice, light)
        codes = self.respond((light + noise).clamp(0, 1))
        codes = codes + each(self.sharpening) * (codes - _blurred(codes))
        codes = (codes.clamp(0, 1) * each(self.levels)).round() / each(self.levels)
        if bool((self.quality > 0).any()):
            saved = jpeg(codes, self.quality.clamp(min=1), self.halved)
            codes = torch.where(each(self.quality) > 0, saved, codes)
        return codes

    def _grain(self, dice: Dice, like: Tensor) -> Tensor:
        """Return noise of unit variance that denoising has made blotchy."""
        height, width = like.shape[-2:]
        white = self._channels(dice, height, width)
        share = each(self.blotch)
        fine = (1 - share) * white + share * 2.0 * _blurred(white)
        fine = fine / _variance(share, (1.0, 0.5, 0.5625)).sqrt()
        blotches = F.interpolate(self._channels(dice, height // 4, width // 4), size=(height, width), mode="bicubic")
        blotches = blotches / blotches.std((1, 2, 3), keepdim=True)
        return (1 - each(self.coarse)).sqrt() * fine + each(self.coarse).sqrt() * blotches

    def _channels(self, dice: Dice, height: int, width: int) -> Tensor:
        own, common = dice.normal(3, height, width), dice.normal(1, height, width)
        return (1 - each(self.common)).sqrt() * own + each(self.common).sqrt() * common

    def fine_share(self) -> Tensor:
        """Return the share of the noise's variance that is seen at the finest scale (`photometry.noise`), (B,)."""
        fine = _variance(self.blotch, (1.0, 1 / 18, 1 / 64)) / _variance(self.blotch, (1.0, 0.5, 0.5625))
        return (1 - self.coarse) * fine


def _variance(share: Tensor, parts: tuple[float, float, float]) -> Tensor:
    """Return the variance of noise and its blur, mixed, from their own and what they have in common."""
    return (1 - share) ** 2 * parts[0] + 2 * share * (1 - share) * parts[1] + share**2 * parts[2]


def _blurred(picture: Tensor) -> Tensor:
    kernel = torch.tensor([0.25, 0.5, 0.25], device=picture.device)
    weight = torch.outer(kernel, kernel).expand(picture.shape[1], 1, 3, 3)
    return F.conv2d(F.pad(picture, (1, 1, 1, 1), mode="replicate"), weight, groups=picture.shape[1])


def jpeg(codes: Tensor, quality: Tensor, halved: Tensor) -> Tensor:
    """Save and read back codes (B, 3, H, W) in [0, 1] as JPEG of a quality (B,) from 1 to 99.

    Height and width are multiples of 16. `halved` (B,): 1 where colour is kept at half the size.
    """
    red, green, blue = (255 * codes).unbind(1)
    light = 0.299 * red + 0.587 * green + 0.114 * blue
    planes = torch.stack([light, 0.564 * (blue - light) + 128, 0.713 * (red - light) + 128], 1)
    small = _quantised(F.avg_pool2d(planes[:, 1:], 2) - 128, quality)
    small = F.interpolate(small, scale_factor=2.0, mode="bilinear", align_corners=False)
    planes = _quantised(planes - 128, quality)
    light = planes[:, 0] + 128
    cb, cr = torch.where(each(halved) > 0, small, planes[:, 1:]).unbind(1)
    rgb = torch.stack([light + 1.403 * cr, light - 0.344 * cb - 0.714 * cr, light + 1.773 * cb], 1)
    return rgb.round().clamp(0, 255) / 255


def _quantised(planes: Tensor, quality: Tensor) -> Tensor:
    """Round the cosine transform of 8x8 blocks of (B, 3, H, W), or of its two channels of colour."""
    n = torch.arange(8, device=planes.device, dtype=torch.float32)
    basis = torch.cos((2 * n[None] + 1) * n[:, None] * math.pi / 16) * 0.5
    basis[0] *= 2**-0.5
    colour = torch.full((8, 8), 99.0, device=planes.device)
    colour[:4, :4] = torch.tensor(_COLOUR, device=planes.device)
    bright = torch.tensor(_LUMINANCE, device=planes.device, dtype=torch.float32)
    tables = torch.stack([bright, colour, colour][-planes.shape[1] :])
    scale = torch.where(quality < 50, 5000 / quality, 200 - 2 * quality) / 100
    steps = (tables[None] * scale.view(-1, 1, 1, 1) + 0.5).floor().clamp(min=1)[:, :, None, None]
    batch, channels, height, width = planes.shape
    blocks = planes.view(batch, channels, height // 8, 8, width // 8, 8).transpose(3, 4)
    rounded = (basis @ blocks @ basis.T / steps).round() * steps
    return (basis.T @ rounded @ basis).transpose(3, 4).reshape(planes.shape)
