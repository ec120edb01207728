"""Procedural colours: wood, cloth, print, book spines and the landscape outside.

Coordinates are float32 arrays (n,) in metres unless said otherwise; colours are linear, arrays (3, n).
"""

import numpy as np

from libhdrnet.ramps import smoothstep
from libhdrnet.research.evaluation.moments import LATTICE, lattice, noise
from rendering.shapes import Scalars, Vectors


def cell(i: Scalars, j: Scalars | int = 0) -> Scalars:
    """Draw a random number in [0, 1) for each pair of whole numbers."""
    index = (i.astype(np.int32) & (LATTICE - 1)) + (np.asarray(j).astype(np.int32) & (LATTICE - 1)) * LATTICE
    return np.asarray(lattice().take(index), np.float32)


def mix(a: Vectors, b: Vectors, t: Scalars) -> Vectors:
    """Colour `a` where t = 0, `b` where t = 1."""
    return np.asarray(a + (b - a) * t, np.float32)


def colour(r: float, g: float, b: float) -> Vectors:
    """One colour as an array (3, 1)."""
    return np.array([[r], [g], [b]], np.float32)


def wood(along: Scalars, across: Scalars, dark: Vectors, light: Vectors) -> Vectors:
    """Grain that runs along the first coordinate."""
    bend = noise(along * 1.3, across * 7)
    rings = np.sin(across * 130 + bend * 14)
    fibres = noise(along * 22, across * 520)
    return mix(dark, light, 0.45 + 0.2 * rings + 0.5 * (fibres - 0.5) + 0.25 * (bend - 0.5))


def planks(x: Scalars, z: Scalars) -> Vectors:
    """Lay a floor of boards 14 cm wide that run into the room."""
    row = np.floor(x / 0.14)
    shift = z + 1.7 * cell(row)
    board = cell(row, np.floor(shift / 1.3))
    edge = np.minimum(np.abs(x / 0.14 - row - 0.5), np.abs((shift / 1.3) % 1 - 0.5) * 9 - 4)
    gap = 1 - 0.75 * smoothstep(edge, (0.482, 0.497))
    grain = wood(z + board * 9, x + board * 3, colour(0.13, 0.065, 0.03), colour(0.42, 0.25, 0.13))
    return np.asarray(grain * (0.65 + 0.6 * board) * gap, np.float32)


def weave(u: Scalars, v: Scalars, pitch: float) -> Scalars:
    """Light and shade of a plain weave, around 1."""
    a, b = u * (np.pi / pitch), v * (np.pi / pitch)
    over = np.sin(a) * np.sin(b) > 0
    return np.asarray(0.72 + 0.4 * np.where(over, np.abs(np.cos(a)), np.abs(np.cos(b))), np.float32)


def rug(u: Scalars, v: Scalars) -> Vectors:
    """Weave a rug with a border and diamonds; u and v run from -1 to 1."""
    edge = np.maximum(np.abs(u), np.abs(v))
    diamonds = np.abs((u * 4) % 1 - 0.5) + np.abs((v * 3) % 1 - 0.5)
    field = mix(colour(0.22, 0.05, 0.05), colour(0.45, 0.30, 0.14), smoothstep(diamonds, (0.52, 0.56)))
    field = mix(field, colour(0.05, 0.08, 0.18), 1 - smoothstep(diamonds, (0.2, 0.24)))
    field = mix(field, colour(0.48, 0.40, 0.28), smoothstep(edge, (0.83, 0.84)))
    return mix(field, colour(0.05, 0.08, 0.18), smoothstep(edge, (0.93, 0.94)))


def print_lines(u: Scalars, v: Scalars, lines: int) -> Scalars:
    """Ink of a printed page, 0 to 1; u to the right and v down, both from 0 to 1."""
    row = np.floor(v * lines)
    in_row, letter = v * lines - row, u * lines * 1.9
    words = noise(letter * 0.55, row * 7.3) > 0.3
    strokes = noise(letter * 3.1, v * lines * 4.0) > 0.42
    margin = (u > 0.1) & (u < 0.9 - 0.25 * (cell(row, 5) > 0.8)) & (v > 0.08) & (v < 0.92)
    return np.asarray(margin & words & strokes & (in_row > 0.25) & (in_row < 0.8), np.float32)


def star(u: Scalars, v: Scalars) -> Vectors:
    """Print a framed star of 24 rays, for judging sharpness; u and v run from -1 to 1."""
    radius, ray = np.hypot(u, v * 1.25), np.sin(np.arctan2(v * 1.25, u) * 24) > 0
    ink = np.where(ray & (radius < 0.62) & (radius > 0.04), np.float32(0.95), np.float32(0))
    paper = mix(colour(0.78, 0.74, 0.64), colour(0.09, 0.16, 0.24), ink)
    edge = np.maximum(np.abs(u), np.abs(v))
    return mix(paper, colour(0.06, 0.035, 0.02), smoothstep(edge, (0.88, 0.885)))


def outdoors(direction: Vectors) -> Vectors:
    """Radiance of sky, mountains, hills and a field in a direction (seen through the window)."""
    a, e = direction[0] / direction[2], direction[1] / direction[2]
    clouds = noise(a * 9 + 3, e * 22) * 0.55 + noise(a * 23, e * 55) * 0.3 + noise(a * 60, e * 130) * 0.15
    sky = mix(colour(2.7, 2.55, 2.35), colour(0.85, 1.35, 2.3), smoothstep(e, (-0.02, 0.3)))
    sky = mix(sky, colour(3.1, 3.05, 3.0), 0.85 * smoothstep(clouds, (0.48, 0.72)))
    glow = np.exp(-np.hypot(a - 0.03, e - 0.21) * 16)
    sky = sky + colour(9.0, 7.6, 5.4) * glow

    ridge = 0.045 + 0.05 * noise(a * 7, a * 0 + 1) + 0.012 * noise(a * 31, a * 0 + 2) + 0.005 * noise(a * 90, a)
    rock = 0.75 + 0.5 * noise(a * 40 + e * 60, e * 50)
    view = mix(sky, colour(0.98, 1.12, 1.32) * rock, smoothstep(ridge - e, (0, 0.002)))
    hill = 0.012 + 0.03 * noise(a * 5 + 9, a * 0 + 4) + 0.009 * noise(a * 120, e * 60)
    leaves = 0.6 * noise(a * 95 + e * 61, e * 130 - a * 37) + 0.4 * noise(a * 310 - e * 170, e * 350 + a * 120)
    trees = colour(0.14, 0.23, 0.09) * (0.2 + 1.6 * leaves)
    view = mix(view, trees, smoothstep(hill - e, (0, 0.002)))
    crop = 0.75 + 0.5 * noise(a * 170 + e * 90, e * 420 - a * 40)
    furrow = 0.8 + 0.3 * np.sin((a + 0.15) / np.maximum(0.03 - e, 0.01) * 9)
    field = mix(colour(0.62, 0.56, 0.2), colour(0.28, 0.42, 0.12), noise(a * 6, e * 30)) * furrow * crop
    return mix(view, field, smoothstep(-0.018 + 0.008 * noise(a * 11, a * 0) - e, (0, 0.004)))
