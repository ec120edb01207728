"""Synthetic defocus with ground truth: layered scenes, thin-lens blur in linear light, a camera, often a resizing.

A sample is the blurred picture (3, S, S), the sharp one (3, S, S), both sRGB-encoded in [0, 1], and the true
radius of the circle of confusion (1, S, S) in pixels: zero in focus, and else at least LEAST_RADIUS.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from libhdrnet.radiometry import FloatImage
from libhdrnet.training.camera import Camera
from libhdrnet.training.matte import irregular_matte
from libhdrnet.training.scenes import Scenes
from libhdrnet.training.sharpness import crop_sharp

STEP = 0.5
"""Least difference in pixels of radii between whose blurred versions is interpolated."""
LEAST_RADIUS = 0.05
"""Radius in pixels below which nothing is blurred."""
FINER = 4
"""A disc's radius is at least so many places of the grid on which it is drawn."""


@dataclass(frozen=True)
class DefocusRecipe:
    """How defocused pictures are made."""

    size: int = 64
    """Edge of a patch in pixels."""
    max_radius: float = 16.0
    """Largest radius of the circle of confusion, in pixels."""
    sharp: float = 0.15
    """Share of samples that are wholly in focus."""
    resized: float = 0.5
    """Share of samples that were made smaller after the camera, down to a half."""


def make_defocus(
    scenes: Scenes, recipe: DefocusRecipe, rng: np.random.Generator
) -> tuple[FloatImage, FloatImage, FloatImage]:
    """Make one sample: blurred (3, S, S), sharp (3, S, S), radius (1, S, S), float32."""
    margin = int(recipe.max_radius) + 4
    shrink = rng.uniform(1, 2) if rng.random() < recipe.resized else 1.0
    size = 2 * round(recipe.size * shrink / 2)
    canvas = size + 2 * margin
    aperture = _Aperture.random(rng)
    sharp = crop_sharp(scenes, rng, canvas)
    in_focus = rng.random() < recipe.sharp
    radius = np.zeros((canvas, canvas), np.float32) if in_focus else _radius_map(canvas, recipe, rng)
    blurred = _blur(sharp, radius, aperture)
    for _ in range(int(rng.integers(0, 4))):
        layer = crop_sharp(scenes, rng, canvas)
        matte = irregular_matte(canvas, rng, radius=rng.uniform(0.1, 0.5) * size)[..., None]
        front = np.full_like(radius, 0.0 if in_focus else _random_radius(recipe, rng))
        # A layer in front bleeds over what lies behind it: its matte is blurred with it.
        covered = _blur(layer * matte, front, aperture)
        veil = _blur(np.repeat(matte, 3, -1), front, aperture)
        blurred = blurred * (1 - veil) + covered
        sharp = sharp * (1 - matte) + layer * matte
        radius = radius * (1 - matte[..., 0]) + front * matte[..., 0]
    inner = slice(margin, margin + size)
    exposure = np.float32(0.9 / max(float(np.quantile(sharp, 0.97)), 0.05) * np.exp(rng.normal(0, 0.2)))
    camera = Camera.random(rng)
    truth = camera.ideal(np.clip(sharp[inner, inner] * exposure, 0, 1))
    seen = camera.photograph(np.clip(blurred[inner, inner] * exposure, 0, 1), rng)
    radius = _resized(radius[inner, inner] * np.float32(recipe.size / size), recipe.size)
    radius[radius < LEAST_RADIUS] = 0  # the thin end of a soft matte is no blur
    return (
        _resized(seen, recipe.size).transpose(2, 0, 1).copy(),
        _resized(truth, recipe.size).transpose(2, 0, 1).copy(),
        radius[None],
    )


def _resized(image: FloatImage, size: int) -> FloatImage:
    import cv2

    if image.shape[0] == size:
        return image
    return np.asarray(cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA), np.float32)


def _random_radius(recipe: DefocusRecipe, rng: np.random.Generator) -> float:
    return 0.0 if rng.random() < 0.3 else float(recipe.max_radius * rng.random() ** 1.2)


def _radius_map(size: int, recipe: DefocusRecipe, rng: np.random.Generator) -> FloatImage:
    """Radius of a plane that may be tilted, |S2 - S1| / S2 of Eq. 1.3 with its constants drawn at random."""
    if rng.random() < 0.4:
        return np.full((size, size), _random_radius(recipe, rng), np.float32)
    angle = rng.uniform(0, 2 * np.pi)
    yy, xx = np.mgrid[:size, :size].astype(np.float32) / size - 0.5
    depth = 1 + 0.9 * rng.random() * (xx * np.cos(angle) + yy * np.sin(angle)) * 2 / np.sqrt(2)
    focus = rng.uniform(0.4, 2.0)
    radius = np.abs(depth - focus) / depth
    return np.asarray(radius * (recipe.max_radius * rng.random() ** 0.7 / max(float(radius.max()), 1e-3)), np.float32)


def _blur(image: FloatImage, radius: FloatImage, aperture: "_Aperture") -> FloatImage:
    """Convolve with the aperture scaled to each place's radius: interpolated between a few blurred versions."""
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


def _convolved(image: FloatImage, radius: float, aperture: "_Aperture") -> FloatImage:
    import cv2

    channels = [
        cv2.filter2D(channel, -1, aperture.kernel(radius * aperture.fringe**order), borderType=cv2.BORDER_REFLECT)
        for order, channel in zip((1, 0, -1), cv2.split(image), strict=True)
    ]
    return np.asarray(cv2.merge(channels), np.float32)


def _cubic(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    near, far = (1.5 * x - 2.5) * x**2 + 1, ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x < 1, near, np.where(x < 2, far, 0.0))


@dataclass(frozen=True)
class _Aperture:
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
    def random(rng: np.random.Generator) -> "_Aperture":
        blades = 0 if rng.random() < 0.5 else int(rng.integers(5, 10))
        cut = rng.uniform(0.1, 0.9) if rng.random() < 0.3 else 0.0
        return _Aperture(
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
