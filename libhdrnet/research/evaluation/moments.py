"""What moves in photographers' brackets, painted with an exact truth: people, water, leaves, glass, smoke, a low sun.

Lengths are in heights of the picture, y goes down, times are in seconds with 0 the reference's; radiance is (H, W, 3),
1.0 = white of the reference. A frame is the mean over its exposure, so that what moves is blurred the more the longer.
"""

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np

from libhdrnet.radiometry import FloatImage, Floats
from libhdrnet.ramps import smoothstep

INTERVAL, DURATION = 0.4, 0.04
"""Seconds from one frame to the next, and of the reference's exposure."""
_SHAKE = 3.0  # pixels from one frame to the next
_STEPS = 8  # moments that make the longest exposure
_SKIN, _BARK = (0.5, 0.33, 0.25), (0.02, 0.015, 0.01)
LATTICE = 256
"""Edge of the lattice of `noise`, a power of two."""
Colour = Sequence[float] | Floats
Point = tuple[float, float]


class Canvas:
    """A picture that is painted on, and where its pixels lie."""

    def __init__(self, height: int, width: int, shift: Point) -> None:
        self.pixel = 1 / height
        rows, columns = np.mgrid[:height, :width].astype(np.float32)
        self.x, self.y = (columns + shift[0]) / height, (rows + shift[1]) / height
        self.picture = np.zeros((height, width, 3), np.float32)

    def over(self, alpha: FloatImage, colour: Colour) -> None:
        """Lay a colour (3,) or a picture (H, W, 3) over it with alpha (H, W)."""
        self.picture += alpha[..., None] * (np.asarray(colour, np.float32) - self.picture)

    def stroke(self, start: Point, end: Point, radius: float, colour: Colour) -> None:
        """Draw a line with round ends."""
        first, ends = np.array([self.x[0, 0], self.y[0, 0]]), np.array([start, end])
        box = np.array([ends.min(0) - radius, ends.max(0) + radius])
        (left, top), (right, bottom) = np.maximum((box - first) / self.pixel + [[-2], [3]], 0).astype(int)
        window = np.s_[top:bottom, left:right]
        x, y = self.x[window] - start[0], self.y[window] - start[1]
        dx, dy = end[0] - start[0], end[1] - start[1]
        along = np.clip((x * dx + y * dy) / max(dx * dx + dy * dy, 1e-12), 0, 1)
        distance = np.hypot(x - along * dx, y - along * dy) - radius
        part, alpha = self.picture[window], np.clip(0.5 - distance / self.pixel, 0, 1)
        part += alpha[..., None] * (np.asarray(colour, np.float32) - part)


def take(kind: str, size: tuple[int, int], stops: Sequence[float], reference: int, seed: int) -> list[FloatImage]:
    """Paint the radiance of each frame of a hand-held bracket whose exposures are `stops` apart."""
    shaken = np.random.default_rng([seed, 1])
    longest, taken = max(stops), []
    for index, stop in enumerate(stops):
        across, down = shaken.normal(0, _SHAKE if index != reference else 0, 2)
        steps, total = max(1, round(_STEPS * 2.0 ** (stop - longest))), np.zeros((*size, 3), np.float32)
        for step in range(steps):
            canvas = Canvas(*size, (float(across), float(down)))
            seconds = (index - reference) * INTERVAL + DURATION * 2.0 ** (stop - stops[reference]) * step / steps
            KINDS[kind](canvas, seconds, np.random.default_rng([seed, 2]))
            total += canvas.picture / steps
        taken.append(total)
    return taken


@cache
def lattice() -> FloatImage:
    """Return the random numbers that `noise` interpolates, LATTICE rows of as many one after the other."""
    return np.random.default_rng(7).random(LATTICE * LATTICE, np.float32)


def noise(u: Floats, v: Floats) -> FloatImage:
    """Smooth noise in [0, 1) with features of size one."""
    u0, v0 = np.floor(u), np.floor(v)
    fu, fv = u - u0, v - v0
    fu, fv = smoothstep(fu, (0, 1)), smoothstep(fv, (0, 1))
    i, j = u0.astype(np.int32) & (LATTICE - 1), (v0.astype(np.int32) & (LATTICE - 1)) * LATTICE
    i1, j1 = (i + 1) & (LATTICE - 1), (j + LATTICE) & (LATTICE * LATTICE - 1)
    table = lattice()
    low, low1, high, high1 = table.take(i + j), table.take(i1 + j), table.take(i + j1), table.take(i1 + j1)
    low, high = low + fu * (low1 - low), high + fu * (high1 - high)
    return np.asarray(low + fv * (high - low), np.float32)


def _wall(canvas: Canvas, seconds: float, rng: np.random.Generator) -> None:
    """Plaster that runs into the dark, and a lit shop window that burns out."""
    x, y = canvas.x, canvas.y
    shade = (0.05 + 0.15 * noise(x * 7, y * 7) + 0.08 * noise(x * 60, y * 60)) * smoothstep(x, (-0.3, 0.8))
    canvas.picture[:] = _of(shade, (0.9, 0.8, 0.65))
    inside = smoothstep(np.maximum(np.abs(x - 1.1) - 0.3, np.abs(y - 0.35) - 0.2), (0.004, 0))
    canvas.over(inside, _of(0.4 + 3 * noise(x * 12, y * 9) * smoothstep(x, (0.8, 1.4)), (1, 0.85, 0.6)))


def _people(canvas: Canvas, seconds: float, rng: np.random.Generator) -> None:
    _wall(canvas, seconds, rng)
    for _ in range(3):
        x, feet, size = rng.uniform(0.2, 1.3), rng.uniform(0.85, 1.0), rng.uniform(0.4, 0.6)
        speed, clothes = rng.choice([-1, 1]) * rng.uniform(0.08, 0.35), rng.uniform(0.02, 0.6, (2, 3))
        x += speed * seconds
        stride = 0.13 * size * np.sin(seconds * 7 + rng.uniform(0, 6))
        hip, neck = feet - 0.45 * size, feet - 0.82 * size
        for side in (-1, 1):
            canvas.stroke((x, hip), (x + side * stride, feet), 0.05 * size, clothes[0])
            canvas.stroke((x, neck + 0.06 * size), (x - side * stride, hip), 0.03 * size, clothes[1] * 0.8)
        canvas.stroke((x, neck + 0.05 * size), (x, hip), 0.09 * size, clothes[1])
        canvas.stroke((x, neck - 0.07 * size), (x, neck - 0.05 * size), 0.065 * size, _SKIN)


def _sunset(canvas: Canvas, seconds: float, rng: np.random.Generator) -> None:
    """Paint a sky that runs smoothly through saturation, with wires and bare twigs before it."""
    canvas.picture[:] = _sky(canvas, canvas.y)
    for wire in range(5):
        for part in range(12):
            start, end = ((x, 0.25 + 0.05 * wire + 0.1 * (x - 0.9) ** 2) for x in (0.15 * part, 0.15 * part + 0.15))
            canvas.stroke(start, end, 0.0008 * (wire + 1), _BARK)
    for _ in range(60):
        x, y, bend = rng.uniform(0, 0.5), rng.uniform(0.3, 1), rng.uniform(-0.1, 0.1)
        canvas.stroke((x, y), (x + bend, y - rng.uniform(0.05, 0.2)), rng.uniform(0.0006, 0.003), _BARK)


def _sky(canvas: Canvas, y: FloatImage) -> FloatImage:
    far = np.hypot(canvas.x - 0.9, y - 0.42)
    blue = _of(0.05 + 0.12 * noise(canvas.x * 3, y * 11), (0.5, 0.6, 1.0))
    return blue + _of(5 * np.exp(-far / 0.13) + 0.15 * np.exp(-far / 0.5), (1, 0.5, 0.16))


def _water(canvas: Canvas, seconds: float, rng: np.random.Generator) -> None:
    """Mirror the sky in waves that run towards the camera."""
    depth = np.maximum(canvas.y - 0.5, 0.01)
    u, v = canvas.x / depth, 1 / depth
    wave = noise(u * 2, v * 1.5 + 3 * seconds) + 0.5 * noise(u * 5 + seconds, v * 4 + 7 * seconds) - 0.75
    mirrored = _sky(canvas, 1 - canvas.y + wave * 0.35)
    canvas.picture[:] = mirrored * (0.3 + 0.55 * noise(u * 3, v * 3 + 5 * seconds))[..., None]
    canvas.over(smoothstep(canvas.y, (0.503, 0.5)), _sky(canvas, canvas.y))


def _leaves(canvas: Canvas, seconds: float, rng: np.random.Generator) -> None:
    """Paint leaves that sway on their twigs before a bright sky."""
    canvas.picture[:] = _sky(canvas, canvas.y)
    for _ in range(250):
        x, y, size, angle = rng.uniform(0, 1.5), rng.uniform(0, 1), rng.uniform(0.01, 0.035), rng.uniform(0, 6.3)
        x += rng.uniform(0.002, 0.02) * np.sin(seconds * 5 + rng.uniform(0, 6.3))
        canvas.stroke((x - 0.1, y - 0.08), (x, y), 0.0012, _BARK)
        green = np.array([0.1, 0.22, 0.04]) * rng.uniform(0.1, 2)
        canvas.stroke((x, y), (x + size * np.cos(angle), y + size * np.sin(angle)), 0.4 * size, green)


def _glass(canvas: Canvas, seconds: float, rng: np.random.Generator) -> None:
    """Put a pane before the people that shows half of them, and what passes on this side."""
    _people(canvas, seconds, rng)
    x, y = canvas.x, canvas.y
    mirrored = 0.05 + 0.3 * noise((x - 0.25 * seconds) * 5, y * 5) ** 2 + 5 * np.exp(-np.hypot(x - 0.5, y - 0.3) / 0.03)
    pane = smoothstep(np.maximum(np.abs(x - 0.6) - 0.4, np.abs(y - 0.55) - 0.4), (0.003, 0))
    canvas.over(pane, canvas.picture * np.float32(0.55) + _of(mirrored, (0.8, 0.9, 1)))


def _smoke(canvas: Canvas, seconds: float, rng: np.random.Generator) -> None:
    """Let smoke rise before the people, thin to dense, white where light falls on it."""
    _people(canvas, seconds, rng)
    x, y = canvas.x, canvas.y
    swirl = noise(x * 4 + 0.5 * seconds, y * 4 + 1.2 * seconds)
    dense = noise(x * 5 + 2 * swirl, y * 5 + 2 * seconds) * 0.7 + 0.3 * noise(x * 17 + swirl, y * 17 + 3 * seconds)
    alpha = 0.9 * smoothstep(dense, (0.35, 0.8)) * np.exp(-(((x - 0.7) / (0.15 + 0.4 * (1 - y))) ** 2))
    canvas.over(alpha, _of(0.1 + 1.5 * smoothstep(x, (0.6, 1.2)) * swirl, (1, 0.98, 0.95)))


def _of(light: Floats, colour: Sequence[float]) -> FloatImage:
    return np.asarray(light[..., None] * np.array(colour, np.float32), np.float32)


KINDS: dict[str, Callable[[Canvas, float, np.random.Generator], None]] = {
    "people": _people, "water": _water, "leaves": _leaves, "glass": _glass, "smoke": _smoke, "sunset": _sunset,
}  # fmt: skip
"""What is painted, by the name of the scene."""
