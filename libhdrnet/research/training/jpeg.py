"""What JPEG loses, on the device that trains: the rounding of its cosine transform (ITU-T T.81)."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from libhdrnet.research.training.dice import each

_LUMINANCE = (
    (16, 11, 10, 16, 24, 40, 51, 61), (12, 12, 14, 19, 26, 58, 60, 55), (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62), (18, 22, 37, 56, 68, 109, 103, 77), (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101), (72, 92, 95, 98, 112, 100, 103, 99),
)  # fmt: skip
"""JPEG's quantisation of brightness (ITU-T T.81, Table K.1); colour's (K.2) is 99 but for its first corner."""
_COLOUR = ((17, 18, 24, 47), (18, 21, 26, 66), (24, 26, 56, 99), (47, 66, 99, 99))


def jpeg(codes: Tensor, quality: Tensor, halved: Tensor) -> Tensor:
    """Save and read back codes (B, 3, H, W) in [0, 1] as JPEG of a quality (B,) from 1 to 99.

    `halved` (B,): 1 where colour is kept at half the size.
    """
    height, width = codes.shape[-2:]
    codes = F.pad(codes, (0, -width % 16, 0, -height % 16), mode="replicate")
    red, _, blue = (255 * codes).unbind(1)
    light = luma(255 * codes)
    planes = torch.stack([light, 0.564 * (blue - light) + 128, 0.713 * (red - light) + 128], 1)
    small = _quantised(F.avg_pool2d(planes[:, 1:], 2) - 128, quality)
    small = F.interpolate(small, scale_factor=2.0, mode="bilinear", align_corners=False)
    planes = _quantised(planes - 128, quality)
    light = planes[:, 0] + 128
    cb, cr = torch.where(each(halved) > 0, small, planes[:, 1:]).unbind(1)
    rgb = torch.stack([light + 1.403 * cr, light - 0.344 * cb - 0.714 * cr, light + 1.773 * cb], 1)
    return rgb[..., :height, :width].round().clamp(0, 255) / 255


def luma(codes: Tensor) -> Tensor:
    """Return what JPEG keeps at full size of (..., 3, H, W), (..., H, W)."""
    red, green, blue = codes.unbind(-3)
    return 0.299 * red + 0.587 * green + 0.114 * blue


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
