"""What a camera makes of light, on the device that trains: noise, white balance, mosaic, response, sharpening, JPEG.

Pictures are (B, 3, H, W). Light is relative to saturation, codes are in [0, 1]. A part whose number is 0 is off.
"""

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from libhdrnet.research.training.dice import Dice, each
from libhdrnet.research.training.jpeg import jpeg
from libhdrnet.research.training.mosaic import demosaiced

_GRID = 1024


@dataclass(frozen=True)
class Camera:
    """Cameras of a batch: one for each sample. Numbers are (B,), those of channels (B, 3, 1, 1)."""

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
    """Share of the light above the knee that each channel gets, (B, 3, 1, 1) or (B,): a red lamp turns yellow."""
    knee: Tensor
    sharpening: Tensor
    levels: Tensor
    quality: Tensor
    """Of JPEG; 0: none."""
    halved: Tensor
    gains: Tensor
    """White balance: what each channel's signal is multiplied by; 1 where light is already as the sensor sees it."""
    mosaic: Tensor
    """1 where a pixel of the sensor sees one colour."""
    denoising: Tensor
    """Share of colour's fine structure, noise above all, that is smoothed away."""
    smearing: Tensor
    """Share of all fine structure that is smoothed away where it is not above the noise: in dark places above all."""
    dimming: Tensor
    """Share that bright surroundings lose to local tone mapping: what is clipped may lie below the file's white."""

    @staticmethod
    def random(dice: Dice) -> "Camera":
        """Draw a camera and its settings for each bracket, whose pixels are a sensor's made smaller: no mosaic."""
        speed = dice.log_uniform(1, 60)
        eight = dice.happens(0.8)
        each_channel = dice.normal(3, 1, 1)
        shoulder = each(dice.uniform(0, 0.8) * dice.happens(0.7))
        return Camera(
            gamma=each(dice.uniform(1.8, 2.6)) * (1 + 0.015 * each_channel),
            contrast=each(dice.uniform(0, 0.9)),
            shoulder=shoulder * (1 + 0.05 * dice.normal(3, 1, 1)),
            toe=each(dice.uniform(0, 0.12)),
            shot=2e-5 * speed,
            read=(2e-4 * speed**0.8) ** 2,
            blotch=dice.uniform(0, 0.8),
            coarse=dice.uniform(0, 0.6) * eight * dice.happens(0.6),
            common=dice.uniform(0, 0.9) * dice.happens(0.6),
            crosstalk=each(dice.uniform(0, 1) * dice.happens(0.7)) * dice.uniform(0, 1, 3, 1, 1),
            knee=dice.uniform(0.7, 1),
            sharpening=dice.uniform(0, 0.8) * dice.happens(0.6),
            levels=torch.where(eight > 0, 255.0, 65535.0),
            quality=torch.floor(dice.uniform(75, 99)) * eight * dice.happens(0.85),
            halved=dice.happens(0.5),
            gains=torch.ones_like(each_channel),
            mosaic=torch.zeros_like(speed),
            denoising=torch.zeros_like(speed),
            smearing=dice.uniform(0.3, 1) * eight * dice.happens(0.5),
            dimming=dice.uniform(0, 0.2) * eight * dice.happens(0.35),
        )

    @staticmethod
    def with_sensor(dice: Dice, mosaic: float) -> "Camera":
        """Draw a camera for each single picture: of the sensor's own pixels, or of those made smaller, with less noise.

        White balance and denoising are drawn, too, and a share of them has a mosaic, whose interpolation makes noise
        blotchy by itself.
        """
        camera = Camera.random(dice)
        one_colour = dice.happens(mosaic)
        fewer = 1 / dice.log_uniform(1, 30)
        gains = torch.stack([dice.uniform(1.3, 2.4), torch.ones_like(fewer), dice.uniform(1.2, 2.2)], 1)
        return replace(
            camera,
            shot=fewer * camera.shot,
            read=fewer * camera.read,
            blotch=camera.blotch * (1 - one_colour),
            common=camera.common * (1 - one_colour),
            gains=gains.view(-1, 3, 1, 1),
            mosaic=one_colour,
            denoising=dice.uniform(0, 1) * dice.happens(0.5),
            smearing=torch.zeros_like(fewer),
            dimming=torch.zeros_like(fewer),
        )

    def respond(self, light: Tensor) -> Tensor:
        """Return the codes of light in [0, 1], channel by channel."""
        u = light.clamp(1e-9, 1) ** (1 / self.gamma)
        u = u + self.contrast * u * (1 - u) * (u - 0.5)
        u = u * (1 + self.shoulder) / (1 + self.shoulder * u)
        return u.clamp(1e-9, 1) ** (1 + self.toe * (1 - u))

    def inverse(self, codes: Tensor) -> Tensor:
        """Return the light (B, 3, H, W) of codes in [0, 1], as even surroundings have them."""
        line = torch.linspace(0, 1, 2 * _GRID, device=codes.device) ** 2
        curve = self.respond(line.view(1, 1, 1, -1).expand(len(codes), 3, 1, -1)).squeeze(2)
        curve = curve * (1 - self.dimming.view(-1, 1, 1) * curve)
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
        return self.saved(self.developed(light, dice))

    def developed(self, light: Tensor, dice: Dice | None = None) -> Tensor:
        """Return the codes of light before they are rounded; without dice the ideal ones, of a sensor without noise.

        Mosaic, response and sharpening are a camera's look: a network that had to undo them would sharpen what is in
        focus, so the ideal picture has them.
        """
        over = (light.amax(1, keepdim=True) - each(self.knee)).clamp(min=0)
        sensor = (light + self.crosstalk.view(len(light), -1, 1, 1) * over) / self.gains
        if dice is not None:
            variance = each(self.shot) * sensor.clamp(0, 1.5) + each(self.read)
            sensor = sensor + torch.sqrt(variance) * self._grain(dice, sensor)
        seen = sensor.clamp(0, 1) * self.gains
        if bool((self.mosaic > 0).any()):
            seen = torch.where(each(self.mosaic) > 0, demosaiced(seen), seen)
        codes = self.respond(seen.clamp(0, 1))
        if dice is not None and bool((self.smearing > 0).any()):
            codes = self._smeared(codes, seen)
        if bool((self.dimming > 0).any()):
            codes = self._dimmed(codes)
        if bool((self.denoising > 0).any()):
            colour = codes - codes.mean(1, keepdim=True)
            codes = codes + each(self.denoising) * (smoothed(colour, 4) - colour)
        return sharpened(codes, self.sharpening)

    def _smeared(self, codes: Tensor, light: Tensor) -> Tensor:
        deviation = self.respond((light + torch.sqrt(each(self.shot) * light + each(self.read))).clamp(0, 1)) - codes
        fine = codes - smoothed(codes, 6)
        contrast = smoothed(fine.abs().mean(1, keepdim=True), 2) / deviation.mean(1, keepdim=True).clamp(min=1e-4)
        return codes - each(self.smearing) / (1 + (contrast / 3) ** 2) * fine

    def _dimmed(self, codes: Tensor) -> Tensor:
        level = codes.mean(1, keepdim=True)
        small = smoothed(F.avg_pool2d(level, 8, ceil_mode=True, count_include_pad=False), 4)
        wide = F.interpolate(small, size=level.shape[-2:], mode="bilinear", align_corners=False)
        return codes * (1 - each(self.dimming) * (level + wide) / 2)

    def saved(self, codes: Tensor) -> Tensor:
        """Return codes as a file holds them: rounded, most of them to 8 bits, and many as JPEG."""
        codes = (codes * each(self.levels)).round() / each(self.levels)
        if bool((self.quality > 0).any()):
            lossy = jpeg(codes, self.quality.clamp(min=1), self.halved)
            codes = torch.where(each(self.quality) > 0, lossy, codes)
        return codes

    def _grain(self, dice: Dice, like: Tensor) -> Tensor:
        """Return noise of unit variance that denoising has made blotchy."""
        height, width = like.shape[-2:]
        white = self._channels(dice, height, width)
        share = each(self.blotch)
        fine = (1 - share) * white + share * 2.0 * smoothed(white)
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
        return (1 - self.coarse) * fine * (1 - 0.7 * self.smearing) ** 2


def sharpened(codes: Tensor, amount: Tensor) -> Tensor:
    """Add to codes (B, 3, H, W) an amount (B,) of their finest structure."""
    return (codes + each(amount) * (codes - smoothed(codes))).clamp(0, 1)


def _variance(share: Tensor, parts: tuple[float, float, float]) -> Tensor:
    """Return the variance of noise and its blur, mixed, from their own and what they have in common."""
    return (1 - share) ** 2 * parts[0] + 2 * share * (1 - share) * parts[1] + share**2 * parts[2]


def smoothed(picture: Tensor, times: int = 1) -> Tensor:
    """Smooth (B, C, H, W) by weights of 1/4, 1/2 and 1/4 both ways; sums take a tenth of a convolution's time."""
    for _ in range(times):
        x = F.pad(picture, (1, 1, 1, 1), mode="replicate")
        x = 0.5 * x[..., 1:-1] + 0.25 * (x[..., :-2] + x[..., 2:])
        picture = 0.5 * x[..., 1:-1, :] + 0.25 * (x[..., :-2, :] + x[..., 2:, :])
    return picture
