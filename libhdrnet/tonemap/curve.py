"""The curve from scene-referred light to the light of a display: a sigmoid that keeps hues."""

from dataclasses import dataclass

import cv2
import numpy as np

from libhdrnet.radiometry import FloatImage

MIDDLE_GREY = 0.18
"""Linear light that is shown as it is."""
_CONTRAST = 0.25  # what is added to the contrast of middle grey where a wide range is brought into a display's
_HUE = 0.5  # share of the hue that is kept: at 1 a setting sun's yellow turns pink, at 0 every light turns yellow


@dataclass(frozen=True)
class Sigmoid:
    """y = most * x^power / (x^power + half), the log-logistic curve, for linear light x >= 0; y is at most 1."""

    power: float
    half: float
    most: float

    @classmethod
    def up_to(cls, white: float) -> "Sigmoid":
        """Return the curve that leaves middle grey where it is and brings `white` to 1.

        Up to white = 1 it is the identity: what a display can show stays as it is.
        """
        white = max(white, 1.001)
        contrast = 1 + _CONTRAST * (1 - 1 / white)
        power = half = most = 1.0
        for _ in range(30):  # the contrast at middle grey, power * (1 - MIDDLE_GREY / most), settles
            grey = MIDDLE_GREY ** (power - 1)
            half = grey * (1 - MIDDLE_GREY) / (1 - grey / white**power)
            most = 1 + half / white**power
            power = contrast / (1 - MIDDLE_GREY / most)
        return cls(power, half, most)

    def __call__(self, light: FloatImage) -> FloatImage:
        """Return the display's light of scene light >= 0."""
        powered = cv2.pow(light, self.power)
        shown = cv2.divide(powered, powered + np.float32(self.half), scale=self.most)
        return np.asarray(np.minimum(shown, 1), np.float32)

    def inverse(self, shown: FloatImage) -> FloatImage:
        """Return the scene light of a display's light in [0, 1]."""
        return np.asarray((self.half * shown / (self.most - shown)) ** (1 / self.power), np.float32)

    def in_colour(self, light: FloatImage) -> FloatImage:
        """Return the display's light of a scene's (H, W, 3) >= 0.

        Channel by channel, so that what is far brighter than white turns white; the middle channel goes half of the
        way back to where it was between the others, so that hues move little.
        """
        red, green, blue = (light[..., channel] for channel in range(3))
        high = np.maximum(np.maximum(red, green), blue)
        low = np.minimum(np.minimum(red, green), blue)
        bottom = self(low)
        share = np.float32(_HUE) * (self(high) - bottom) / np.maximum(high - low, np.float32(1e-9))
        kept = light * share[..., None] + (np.float32(_HUE) * bottom - low * share)[..., None]
        return np.asarray(kept + np.float32(1 - _HUE) * self(light), np.float32)
