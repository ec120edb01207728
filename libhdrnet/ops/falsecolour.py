"""A defocus map in false colours, to look at: dark blue in focus, yellow far out, with a scale in pixels below."""

import cv2
import numpy as np
import numpy.typing as npt

from libhdrnet.radiometry import FloatImage

STEPS = (0.5, 1, 2, 5, 10, 20, 50, 100, 200)
"""Between the numbers of a scale; ..."""
NUMBERS = 8
"""... the first that gives at most so many is taken."""
LEAST_SCALE = 24
"""Height in pixels of a scale, at least; a twenty-fifth of the picture's."""


def false_colours(radius: FloatImage, largest: float) -> npt.NDArray[np.uint8]:
    """Return the map (H, W), radius in pixels, as a picture (H + scale, W, 3) in sRGB.

    `largest` pixels and more are yellow.
    """
    picture = coloured(radius / np.float32(largest))
    return np.concatenate([picture, _scale(radius.shape[0], radius.shape[1], largest)])


def coloured(shares: FloatImage, colours: int = cv2.COLORMAP_VIRIDIS) -> npt.NDArray[np.uint8]:
    """Return the colours (H, W, 3) in sRGB of shares (H, W), 0 to 1, by one of OpenCV's colour maps."""
    codes = np.round(np.clip(shares, 0, 1) * 255).astype(np.uint8)
    return np.asarray(cv2.applyColorMap(codes, colours)[..., ::-1], np.uint8)


def _scale(picture: int, width: int, largest: float) -> npt.NDArray[np.uint8]:
    """Return a bar (h, W, 3) of all colours, with numbers below it."""
    height = max(LEAST_SCALE, picture // 25)
    bar = coloured(np.tile(np.linspace(0, 1, width, dtype=np.float32), (height // 2, 1)))
    below = np.zeros((height - height // 2, width, 3), np.uint8)
    size, font, thick = below.shape[0] / 30, cv2.FONT_HERSHEY_SIMPLEX, max(1, below.shape[0] // 20)
    step = next((step for step in STEPS if largest / step <= NUMBERS), largest)
    for value in np.arange(0, largest + step / 100, step):
        text = f"{value:g} px" if value == 0 else f"{value:g}"
        across = cv2.getTextSize(text, font, size, thick)[0][0]
        left = int(np.clip(value / largest * width - across / 2, 0, max(0, width - across)))
        cv2.putText(below, text, (left, int(below.shape[0] * 0.85)), font, size, (255, 255, 255), thick, cv2.LINE_AA)
    return np.concatenate([bar, below])
