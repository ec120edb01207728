"""The light in the room: sky through the window, sun, a paper lamp and what the walls throw back.

Radiance 1 saturates the reference exposure; irradiance is in the same unit times steradians.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from rendering.shapes import Group, Scalars, Shape, Vectors, dot, normalize, vector

ROOM_LOW, ROOM_HIGH = vector(-2.45, 0.0, -2.0), vector(2.45, 2.75, 4.2)
WINDOW_LOW, WINDOW_HIGH, WINDOW_DEPTH = (-1.4, 0.92), (0.55, 2.45), 4.38
LAMP, LAMP_RADIUS = vector(1.02, 1.13, 2.2), 0.15

_TO_SUN = normalize(vector(0.28, 0.62, 1.0))
_SUN = vector(21.0, 18.0, 13.5)
_SKY, _BAKE_GRID = vector(1.9, 2.0, 2.1), (4, 3)
_BULB = vector(0.42, 0.25, 0.105)
_BOUNCE = vector(0.062, 0.054, 0.046)


def irradiance(
    points: Vectors, normals: Vectors, grid: tuple[int, int] = (2, 2), occluders: Sequence[Shape] = ()
) -> Vectors:
    """Irradiance from sky, lamp and walls; `occluders` throw soft shadows. The sun is apart.

    The window counts as `grid` small lamps, in columns and rows.
    """
    sky, lamp = np.zeros(points.shape[1], np.float32), np.zeros(points.shape[1], np.float32)
    for x, y in _window_samples(*grid):
        sky += _received(points, normals, vector(x, y, WINDOW_DEPTH), occluders, vector(0, 0, -1))
    for offset in (vector(0.08, 0, 0), vector(-0.05, 0.07, 0.03), vector(-0.05, -0.07, -0.03)):
        lamp += _received(points, normals, LAMP + offset, occluders) / 3
    width, height = WINDOW_HIGH[0] - WINDOW_LOW[0], WINDOW_HIGH[1] - WINDOW_LOW[1]
    area = width * height / (grid[0] * grid[1])
    walls = (1 + 0.35 * normals[1] - 0.15 * normals[2]) * _openness(points)
    return np.asarray(_SKY * (sky * area) + _BULB * lamp + _BOUNCE * walls, np.float32)


def sunlight(points: Vectors, normals: Vectors, occluders: Group) -> Vectors:
    """Irradiance from the sun through the window panes, with sharp shadows of the occluders."""
    cosine = np.maximum(dot(normals, _TO_SUN), 0)
    if not cosine.any():
        return np.zeros_like(points)
    steps = (WINDOW_DEPTH - points[2]) / _TO_SUN[2]
    x, y = points[0] + steps * _TO_SUN[0], points[1] + steps * _TO_SUN[1]
    share = pane(x, y, 0.012) * pane_of_wall(x - 0.2 * _TO_SUN[0], y - 0.2 * _TO_SUN[1]) * cosine
    lit = np.flatnonzero(share > 0)
    if lit.size:
        start = points[:, lit] + normals[:, lit] * np.float32(2e-3)
        share[lit] *= ~blocked(start, np.broadcast_to(_TO_SUN, start.shape), occluders)
    return np.asarray(_SUN * share, np.float32)


def pane(x: Scalars, y: Scalars, soft: float) -> Scalars:
    """1 where the window is glass, 0 where it is frame, with an edge `soft` metres wide."""
    (x0, y0), (x1, y1) = WINDOW_LOW, WINDOW_HIGH
    across, up = (x - x0) / (x1 - x0) * 3, (y - y0) / (y1 - y0)
    bar_x = (np.abs(across - np.rint(across)) / 3) * (x1 - x0)
    bar_y = np.abs(up - 0.68) * (y1 - y0)
    outside = np.minimum(np.minimum(x - x0, x1 - x), np.minimum(y - y0, y1 - y))
    edge = np.minimum(np.minimum(bar_x - 0.03, bar_y - 0.025), outside - 0.05)
    return np.asarray(np.clip(edge / soft + 0.5, 0, 1), np.float32)


def pane_of_wall(x: Scalars, y: Scalars) -> Scalars:
    """1 inside the opening of the wall, 0 outside."""
    (x0, y0), (x1, y1) = WINDOW_LOW, WINDOW_HIGH
    return np.asarray((x > x0) & (x < x1) & (y > y0) & (y < y1), np.float32)


def blocked(origin: Vectors, direction: Vectors, occluders: Group) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Whether anything stands in the way of each ray."""
    hit = np.zeros(origin.shape[1], bool)
    for index in occluders.near(origin, direction):
        hit |= np.isfinite(occluders.shapes[index].hit(origin, direction))
    return hit


@dataclass(frozen=True)
class Lightmap:
    """Irradiance of an upright or level rectangle, baked on a grid; `axis` is the one it stands across."""

    axis: int
    low: Vectors
    high: Vectors
    values: Vectors  # (3, rows * columns)
    shape: tuple[int, int]

    @classmethod
    def bake(
        cls,
        low: Vectors,
        high: Vectors,
        normal: Vectors,
        shape: tuple[int, int],
        occluders: Sequence[Shape] = (),
    ) -> "Lightmap":
        """Compute the light on the rectangle from `low` to `high` (equal along one axis)."""
        axis = int(np.argmin(high - low))
        rows, columns = np.meshgrid(*(np.linspace(0, 1, n, dtype=np.float32) for n in shape), indexing="ij")
        points = np.empty((3, rows.size), np.float32)
        first, second = (k for k in range(3) if k != axis)
        points[axis] = low[axis] + normal[axis] * np.float32(2e-3)
        points[first] = low[first] + (high - low)[first] * rows.ravel()
        points[second] = low[second] + (high - low)[second] * columns.ravel()
        values = irradiance(points, np.broadcast_to(normal, points.shape), _BAKE_GRID, occluders)
        return cls(axis, low, high, values, shape)

    def at(self, points: Vectors) -> Vectors:
        """Irradiance at points of the rectangle, interpolated."""
        first, second = (k for k in range(3) if k != self.axis)
        step = [
            (points[k] - self.low[k]) * ((n - 1) / (self.high - self.low)[k])
            for k, n in zip((first, second), self.shape, strict=True)
        ]
        i, j = (np.clip(s, 0, n - 1.001) for s, n in zip(step, self.shape, strict=True))
        i0, j0 = i.astype(np.int32), j.astype(np.int32)
        fi, fj, index = i - i0, j - j0, i0 * self.shape[1] + j0
        low, low1, high, high1 = (self.values.take(index + n, 1) for n in (0, 1, self.shape[1], self.shape[1] + 1))
        low, high = low + (low1 - low) * fj, high + (high1 - high) * fj
        return np.asarray(low + (high - low) * fi, np.float32)


def _window_samples(columns: int, rows: int) -> Iterator[tuple[float, float]]:
    for i in range(columns):
        for j in range(rows):
            # each row is shifted, so that no two shadows fall into one another
            u, v = (i + (j + 0.5) / rows) / columns, (j + (i + 0.5) / columns) / rows
            yield (
                WINDOW_LOW[0] + u * (WINDOW_HIGH[0] - WINDOW_LOW[0]),
                WINDOW_LOW[1] + v * (WINDOW_HIGH[1] - WINDOW_LOW[1]),
            )


def _received(
    points: Vectors,
    normals: Vectors,
    source: Vectors,
    occluders: Sequence[Shape],
    facing: Vectors | None = None,
) -> Scalars:
    way = source - points
    distance2 = dot(way, way) + np.float32(1e-4)
    distance = np.sqrt(distance2)
    share = np.maximum(dot(normals, way), 0) / (distance * distance2)
    if facing is not None:
        share = share * np.maximum(-dot(way, facing), 0) / distance
    direction = way / distance
    for shape in occluders:
        share = np.where(shape.hit(points, direction) < distance, 0, share)
    return np.asarray(share, np.float32)


def _openness(points: Vectors) -> Scalars:
    """How much of the room a point sees: less in the corners."""
    gap = np.maximum(np.minimum(points - ROOM_LOW, ROOM_HIGH - points), 0)
    return np.asarray(np.prod(1 - 0.3 * np.exp(-gap * 4), axis=0), np.float32)
