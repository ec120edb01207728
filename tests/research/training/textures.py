"""A bank of made textures, for tests of what is made of it."""

import torch
import torch.nn.functional as F

from libhdrnet.research.training.bank import EDGE, Bank


def noise(count, cells, seed=0):
    """Smooth textures (count, 3, EDGE, EDGE) in [0.05, 0.95] with so many cells on an edge."""
    coarse = torch.rand(count, 3, cells, cells, generator=torch.Generator().manual_seed(seed))
    return 0.05 + 0.9 * F.interpolate(coarse, size=(EDGE, EDGE), mode="bilinear", align_corners=False)


def bank(cells=48):
    """Two photographs, and two halves of a panorama that is twice as bright."""
    return Bank(torch.cat([noise(2, cells), 2 * noise(2, cells, 1)]).half(), 2)
