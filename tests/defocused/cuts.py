"""Cuts of photographs that are in focus all over: the truth of a synthetic blur is only as good as its sharp picture.

About one photograph in ten has a background, or a front, that its own lens left out of focus; and one cut in forty
shows a cloud and nothing else, so that nobody can tell whether it is in focus.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from libhdrnet.radiometry import FloatImage, decode_srgb

Photographs = Sequence[npt.NDArray[np.uint8]]
"""sRGB, (H, W, 3)."""
_SRGB: FloatImage = decode_srgb(np.arange(256) / 255)
TRIES = 8
"""So many cuts are looked at before the best of them is taken."""
MOST_BLURRED = 0.03
"""Share of a cut that may be out of focus."""
LEAST_CONTRAST = 0.012
"""Of structures of 2 to 4 pixels, in square-rooted light: below it a place tells nothing."""
LEAST_FINE = 0.12
"""Energy of structures of a pixel, relative to that of 2 to 4 pixels, that a place in focus has."""
LEAST_FINE_CONTRAST = 0.008
"""Of structures of a pixel, in square-rooted light: more than noise and rounding make."""
LEAST_TOLD = 0.1
"""Share of a cut that must have it, so that the cut is known to be in focus."""
WINDOW, WIDER_WINDOW = 21, 33
"""Edges in pixels of the squares in which structures and fine structures are looked for."""


def crop_sharp(photographs: Photographs, rng: np.random.Generator, size: int) -> FloatImage:
    """Cut a (size, size, 3) linear picture from one of them, in focus all over if it can be had."""
    best, least = None, 2.0
    for _ in range(TRIES):
        cut = _crop(photographs, rng, size)
        share = blurred_share(cut)
        if share < least:
            best, least = cut, share
        if share <= MOST_BLURRED:
            break
    assert best is not None
    return best


def blurred_share(linear: FloatImage) -> float:
    """Share of a linear picture (H, W, 3) in [0, 1] that has structure, but none as fine as what is in focus has.

    1 where next to nothing in it has fine structure.
    """
    import cv2

    grey = np.sqrt(np.clip(linear.mean(-1), 0, 1))
    fine = grey - cv2.GaussianBlur(grey, (0, 0), 1)
    coarse = cv2.GaussianBlur(grey, (0, 0), 2) - cv2.GaussianBlur(grey, (0, 0), 4)
    fine_energy = cv2.blur(fine * fine, (WIDER_WINDOW, WIDER_WINDOW))
    if (fine_energy > LEAST_FINE_CONTRAST**2).mean() < LEAST_TOLD:
        return 1.0
    energy = cv2.blur(coarse * coarse, (WINDOW, WINDOW))
    return float(((energy > LEAST_CONTRAST**2) & (fine_energy < LEAST_FINE * energy)).mean())


def _crop(photographs: Photographs, rng: np.random.Generator, size: int) -> FloatImage:
    import cv2

    image = photographs[int(rng.integers(len(photographs)))]
    height, width = image.shape[:2]
    zoom = float(np.exp(rng.uniform(np.log(0.6), np.log(1.0))))  # what is enlarged is no longer sharp
    cut = int(np.clip(round(size / zoom), 8, min(height, width)))
    top, left = int(rng.integers(height - cut + 1)), int(rng.integers(width - cut + 1))
    linear = _SRGB[image[top : top + cut, left : left + cut]]
    linear = cv2.resize(linear, (size, size), interpolation=cv2.INTER_AREA if cut > size else cv2.INTER_LINEAR)
    linear = np.rot90(linear, int(rng.integers(4)))
    if rng.random() < 0.5:
        linear = linear[:, ::-1]
    return np.ascontiguousarray(np.maximum(linear, 0), np.float32)
