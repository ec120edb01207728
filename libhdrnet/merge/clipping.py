"""Places clipped below a file's white: local tone mapping and editing dim lamps and skies that a sensor clipped.

Light has noise and what is clipped has none: where a bright place is far more even than the noise of its frame allows,
its level is white.
"""

import numpy as np

from libhdrnet.merge.codes import Codes
from libhdrnet.radiometry import FloatImage, brightest

_BRIGHT = (0.8, 0.985)
"""Codes of the brightest channel between which a place may be clipped below white."""
_EVEN, _WINDOW = 0.15, 9
"""Share of the noise's deviation that is left of it, in so many pixels on an edge (tuned on twenty-eight brackets: a
lamp of phone486 is found, smooth clouds are not)."""
_NOISY = 2.0 / 255
"""Least deviation of the noise in codes: with less, quantisation and JPEG leave even places, too."""
_AROUND = 12
"""Pixels of the reduced size around such a place where colours bend towards white, channel by channel (its rim)."""


def local_white(codes: Codes, deviation: FloatImage) -> FloatImage | None:
    """Return the code, in [0, 1], at which a frame is clipped in each place (h, w), or None: at its white everywhere.

    Args:
        codes: (2 h, 2 w, 3).
        deviation: of the noise at each of 256 codes, in [0, 1].
    """
    first, last = (round(255 * code) for code in _BRIGHT)
    if deviation[first:last].max() < _NOISY:
        return None
    import cv2

    bright = brightest(codes)
    level = bright.astype(np.float32) * np.float32(1 / 65535)
    noise = np.take(deviation, bright >> 8)
    mean = cv2.blur(level, (_WINDOW, _WINDOW))
    spread = cv2.sqrt(cv2.blur(cv2.pow(level - mean, 2), (_WINDOW, _WINDOW)))
    even = (spread < np.float32(_EVEN) * noise) & (noise > np.float32(_NOISY))
    even &= (level > np.float32(_BRIGHT[0])) & (level < np.float32(_BRIGHT[1]))
    clipped = cv2.morphologyEx(even.view(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    if not clipped.any():
        return None
    white = np.where(clipped, mean, np.float32(1))[::2, ::2]
    lowest = cv2.erode(white, np.ones((2 * _AROUND + 1,) * 2, np.uint8))
    return np.asarray(cv2.blur(lowest, (_AROUND + 1, _AROUND + 1)), np.float32)
