"""Synthetic defocus with ground truth: layered scenes, thin-lens blur in linear light, a camera, often a resizing.

A sample is the blurred picture (3, S, S), the sharp one (3, S, S), both sRGB-encoded in [0, 1], and the true
radius of the circle of confusion (1, S, S) in pixels: zero in focus, and else at least LEAST_RADIUS.
"""

from dataclasses import dataclass

import numpy as np

from defocused.aperture import LEAST_RADIUS, Aperture, blur
from defocused.camera import Camera
from defocused.cuts import Photographs, crop_sharp
from libhdrnet.radiometry import FloatImage
from libhdrnet.research.evaluation.synthetic import irregular_matte


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
    photographs: Photographs, recipe: DefocusRecipe, rng: np.random.Generator
) -> tuple[FloatImage, FloatImage, FloatImage]:
    """Make one sample: blurred (3, S, S), sharp (3, S, S), radius (1, S, S), float32."""
    margin = int(recipe.max_radius) + 4
    shrink = rng.uniform(1, 2) if rng.random() < recipe.resized else 1.0
    size = 2 * round(recipe.size * shrink / 2)
    canvas = size + 2 * margin
    aperture = Aperture.random(rng)
    sharp = crop_sharp(photographs, rng, canvas)
    in_focus = rng.random() < recipe.sharp
    radius = np.zeros((canvas, canvas), np.float32) if in_focus else _radius_map(canvas, recipe, rng)
    blurred = blur(sharp, radius, aperture)
    for _ in range(int(rng.integers(0, 4))):
        layer = crop_sharp(photographs, rng, canvas)
        matte = irregular_matte(canvas, rng, radius=rng.uniform(0.1, 0.5) * size)[..., None]
        front = np.full_like(radius, 0.0 if in_focus else _random_radius(recipe, rng))
        # A layer in front bleeds over what lies behind it: its matte is blurred with it.
        covered = blur(layer * matte, front, aperture)
        veil = blur(np.repeat(matte, 3, -1), front, aperture)
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
