"""One colour a pixel, as a sensor has it (Bayer), and the interpolation of the others (Malvar, He and Cutler 2004)."""

import torch
import torch.nn.functional as F
from torch import Tensor

_GREEN = ((0, 0, -2, 0, 0), (0, 0, 4, 0, 0), (-2, 4, 8, 4, -2), (0, 0, 4, 0, 0), (0, 0, -2, 0, 0))
_BESIDE = ((0, 0, 1, 0, 0), (0, -2, 0, -2, 0), (-2, 8, 10, 8, -2), (0, -2, 0, -2, 0), (0, 0, 1, 0, 0))
_ACROSS = ((0, 0, -3, 0, 0), (0, 4, 0, 4, 0), (-3, 0, 12, 0, -3), (0, 4, 0, 4, 0), (0, 0, -3, 0, 0))
"""Sixteenths: green at red or blue; at green the colour of its row; red at blue, or blue at red."""


def demosaiced(picture: Tensor) -> Tensor:
    """Keep one colour a pixel of (B, 3, H, W), red top left and blue diagonally below, and interpolate the others."""
    odd = [torch.arange(n, device=picture.device) % 2 == 1 for n in picture.shape[-2:]]
    rows, columns = odd[0][:, None], odd[1][None]
    red, blue, red_row, blue_row = ~rows & ~columns, rows & columns, ~rows & columns, rows & ~columns
    raw = (picture * torch.stack([red, red_row | blue_row, blue])).sum(1)
    beside = torch.tensor(_BESIDE, device=raw.device)
    kernels = torch.stack([torch.tensor(_GREEN, device=raw.device), beside, beside.T,
                           torch.tensor(_ACROSS, device=raw.device)])  # fmt: skip
    found = F.conv2d(F.pad(raw[:, None], (2, 2, 2, 2), mode="reflect"), kernels[:, None] / 16)
    green, along, upright, across = found.unbind(1)
    return torch.stack([
        torch.where(red, raw, torch.where(red_row, along, torch.where(blue_row, upright, across))),
        torch.where(red | blue, green, raw),
        torch.where(blue, raw, torch.where(blue_row, along, torch.where(red_row, upright, across))),
    ], 1)  # fmt: skip
