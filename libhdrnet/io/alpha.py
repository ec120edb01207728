"""Alpha of two kinds: associated (colours are multiplied by it: OpenEXR, some TIFFs) and unassociated (PNG)."""

import numpy as np

from libhdrnet.bands import bands
from libhdrnet.io.colour import Array


def unassociated(pixels: Array, alpha: Array) -> tuple[Array, bool]:
    """Divide (H, W, 3) pixels by (H, W) alpha of the same dtype (uint8, uint16 or float32), where that is above 0.

    Where it is 0, or the quotient beyond float32, light is kept as it is; integers are rounded and clipped. Also says
    whether the result shows less light than the pixels did: light at an alpha of 0, and integers above alpha.
    """
    result, loses = np.empty_like(pixels), False
    for rows in bands(len(pixels)):
        light, share = pixels[rows], alpha[rows][..., None]
        if pixels.dtype.kind == "f":
            with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
                quotient = light / share
            kept = ~np.isfinite(quotient) | (share <= 0)
            loses |= bool((kept & (light > 0)).any())
            result[rows] = np.where(kept, light, quotient)
        else:
            top = np.uint32(np.iinfo(pixels.dtype).max)
            whole = np.maximum(share, 1).astype(np.uint32)
            quotient = np.minimum((light * top + whole // 2) // whole, top)
            result[rows] = np.where(share > 0, quotient, light)
            loses |= bool((light > share).any())
    return result, loses


def associated(pixels: Array, alpha: Array) -> tuple[Array, bool]:
    """Multiply (H, W, 3) or (H, W) float32 pixels by (H, W) alpha; also says whether colours at an alpha of 0 go."""
    share = alpha if pixels.ndim == 2 else alpha[..., None]
    return np.asarray(pixels * share, np.float32), bool(pixels[alpha == 0].any())
