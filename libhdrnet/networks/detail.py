"""A picture's detail relative to its local contrast: what blur changes, whatever the light."""

import torch.nn.functional as F
from torch import Tensor

NEIGHBOURHOOD = 9
"""Edge in pixels of the square over which local contrast is measured."""
LEAST_CONTRAST = 0.003
"""Added to it (as a square): what rounding to 8 bits leaves in an even place."""


def detail_and_contrast(image: Tensor) -> tuple[Tensor, Tensor]:
    """Return what differs from the local mean (B, 3, H, W), over the local contrast (B, 1, H, W), and that."""
    detail = image - local_mean(image)
    contrast = (local_mean(detail.square().mean(1, keepdim=True)) + LEAST_CONTRAST**2).sqrt()
    return detail / contrast, contrast


def local_mean(x: Tensor, edge: int = NEIGHBOURHOOD) -> Tensor:
    """Return the mean over a square of that edge around each place; at the border over what is there."""
    for edges in ((edge, 1), (1, edge)):
        reach = (edges[0] // 2, edges[1] // 2)
        x = F.avg_pool2d(x, edges, stride=1, padding=reach, count_include_pad=False)
    return x
