"""How far the pixels of a frame are saturated, by their brightest channel."""

import numpy as np
import numpy.typing as npt

from libhdrnet.merge.codes import ENCODED, Codes
from libhdrnet.radiometry import FloatImage, brightest
from libhdrnet.ramps import linear_step, smoothstep
from libhdrnet.trust import END, FADE

SATURATION: FloatImage = smoothstep(ENCODED, FADE)
"""For each code of the brightest channel, (65536,), how far it is saturated, in [0, 1]."""
CLIPPED: FloatImage = linear_step(ENCODED, END)
"""For each code of a channel, (65536,), how far it is clipped, in [0, 1]."""
RISING: FloatImage = linear_step(ENCODED, (FADE[0], END[0]))
"""The same, (65536,), how far it is about to be clipped or is."""
SPILL = 2
"""Pixels that the colour of one reaches: JPEG keeps colours at half of the size, and decoders interpolate them."""


def brightest_shown(codes: Codes, *, halved: bool) -> npt.NDArray[np.uint16]:
    """Return the code (H, W) that the brightest channel of each pixel (H, W, 3) may have had.

    With `halved` the file may hold colours at half of the size, unlike the luma, as most JPEGs do: a clipped red petal
    next to a leaf comes back less red, with codes that look measured and are too dark by two stops. With the colour of
    a clipped pixel nearby, of which at least half is left, it would be clipped.
    """
    bright = brightest(codes)
    if not halved or not (clipped := np.take(CLIPPED, bright)).any():
        return bright
    import cv2

    luma = cv2.cvtColor(codes, cv2.COLOR_RGB2GRAY)
    colour = cv2.subtract(bright, luma)
    around = cv2.dilate((clipped * colour).astype(np.uint16), np.ones((2 * SPILL + 1,) * 2, np.uint8))
    return np.asarray(np.maximum(bright, cv2.add(luma, np.minimum(around, cv2.add(colour, colour)))))


def relative(bright: npt.NDArray[np.uint16], white: FloatImage | None) -> npt.NDArray[np.uint16]:
    """Return the codes of brightest channels (H, W) relative to the code, in [0, 1], that is white there; None: 1."""
    return bright if white is None else np.minimum(bright / white, np.float32(65535)).astype(np.uint16)


def saturation(bright: npt.NDArray[np.uint16], white: FloatImage | None = None) -> FloatImage:
    """Return how far pixels are saturated, (H, W), by the codes of their brightest channels and `relative`'s white."""
    return np.take(SATURATION, relative(bright, white))
