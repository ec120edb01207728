"""Blur discs of a lens, and a picture that is blurred at each place by its own."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from libhdrnet.radiometry import FloatImage

STEP = 0.5
"""Least difference in pixels of radii between whose blurred versions is interpolated."""
LEAST_RADIUS = 0.05
"""Radius in pixels below which nothing is blurred."""
FINER = 4
"""A disc's radius is at least so many places of the grid on which it is drawn."""


@dataclass(frozen=True)
class Aperture:
    """Shape of the blur disc: a circle or a polygon, soft-edged, with a bright or a dim rim, cut to a cat's eye."""

    blades: int
    turn: float
    rim: float
    softness: float
    cut: float
    """How far the second edge of a cat's eye is moved in, as a share of the radius."""
    fringe: float
    """Radius of red over green's, and of green over blue's."""

    @staticmethod
    def random(rng: np.random.Generator) -> "Aperture":
        """Draw a lens."""
        blades = 0 if rng.random() < 0.5 else int(rng.integers(5, 10))
        cut = rng.uniform(0.1, 0.9) if rng.random() < 0.3 else 0.0
        return Aperture(
            blades, rng.uniform(0, np.pi), rng.normal(0, 0.3), rng.uniform(0.3, 1.0), cut, 1 + rng.normal(0, 0.015)
        )

    def kernel(self, radius: float) -> npt.NDArray[np.float32]:
        """Weights of the pixels around one, whose sum is 1.

        The disc is drawn on a finer grid and brought to the pixels by the weights of cubic interpolation (Keys 1981),
        which keep its second moment: a disc of half a pixel blurs as much as it does in a lens.
        """
        if radius < LEAST_RADIUS:
            return np.ones((1, 1), np.float32)
        reach = int(np.ceil(radius + 2.5))
        finer = max(2, int(np.ceil(FINER / radius)))
        places = np.arange(-reach * finer, reach * finer + 1) / finer
        pixels = np.arange(-reach, reach + 1)
        share = _cubic(np.abs(pixels[:, None] - places))
        weight = share @ self._disc(radius, places) @ share.T
        return np.asarray(weight / weight.sum(), np.float32)

    def _disc(self, radius: float, places: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        yy, xx = places[:, None], places[None]
        edge = self.softness * min(1.0, radius)
        distance = np.hypot(xx, yy)
        if self.blades:
            sector = 2 * np.pi / self.blades
            angle = (np.arctan2(yy, xx) + self.turn) % sector - sector / 2
            distance = distance * np.cos(angle) / np.cos(sector / 4)
        weight = np.clip((radius - distance) / edge + 0.5, 0, 1)
        if self.cut:
            away = np.hypot(xx - self.cut * radius * np.cos(self.turn), yy - self.cut * radius * np.sin(self.turn))
            weight = weight * np.clip((radius - away) / edge + 0.5, 0, 1)
        return np.maximum(weight * (1 + self.rim * (distance / radius) ** 2), 0)


def blur(image: FloatImage, radius: FloatImage, aperture: Aperture) -> FloatImage:
    """Convolve (H, W, C) with the aperture scaled to each place's radius: interpolated between a few versions."""
    low, high = float(radius.min()), float(radius.max())
    stops = _stops(low, high)
    versions = [_convolved(image, r, aperture) for r in stops]
    if len(versions) == 1:
        return np.asarray(versions[0], np.float32)
    index = np.clip(np.searchsorted(stops, radius, side="right") - 1, 0, len(stops) - 2)
    share = ((radius - stops[index]) / (stops[index + 1] - stops[index]))[..., None]
    stack = np.stack(versions)
    rows, columns = np.indices(radius.shape)
    return np.asarray(stack[index, rows, columns] * (1 - share) + stack[index + 1, rows, columns] * share, np.float32)


def _stops(low: float, high: float) -> npt.NDArray[np.float32]:
    """Return radii from low to high, the next half a pixel or a third further."""
    stops = [low]
    while stops[-1] < high - STEP / 2:
        stops.append(min(high, stops[-1] + max(STEP, stops[-1] / 3)))
    return np.asarray(stops, np.float32)


def _convolved(image: FloatImage, radius: float, aperture: Aperture) -> FloatImage:
    import cv2

    channels = [
        cv2.filter2D(channel, -1, aperture.kernel(radius * aperture.fringe**order), borderType=cv2.BORDER_REFLECT)
        for order, channel in zip((1, 0, -1), cv2.split(image), strict=True)
    ]
    return np.asarray(cv2.merge(channels), np.float32)


def _cubic(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    near, far = (1.5 * x - 2.5) * x**2 + 1, ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x < 1, near, np.where(x < 2, far, 0.0))
