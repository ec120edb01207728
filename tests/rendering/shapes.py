"""Rays against ellipsoids, round cones and boxes.

Points and directions are float32 arrays (3, n) or (3, 1), in metres: x to the right, y up, z into the room.
Directions have length one. A distance is an array (n,) with `inf` where the ray misses.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.floating[Any]]
Scalars = npt.NDArray[np.floating[Any]]

_NEAR = 1e-3


def vector(x: float, y: float, z: float) -> Vectors:
    """One point or direction as an array (3, 1)."""
    return np.array([[x], [y], [z]], np.float32)


def dot(a: Vectors, b: Vectors) -> Scalars:
    """Scalar product of each pair of columns."""
    return np.asarray(a[0] * b[0] + a[1] * b[1] + a[2] * b[2], np.float32)


def normalize(a: Vectors) -> Vectors:
    """Scale each column to length one."""
    return np.asarray(a / np.sqrt(dot(a, a)), np.float32)


class Shape(Protocol):
    """What the renderer needs to know of a body."""

    def hit(self, origin: Vectors, direction: Vectors) -> Scalars:
        """Distance to the first hit in front of the origin, `inf` if there is none."""

    def normal(self, points: Vectors) -> Vectors:
        """Outward unit normal at points on the surface."""

    def bound(self) -> tuple[Vectors, float]:
        """Centre and radius of a sphere that holds the body."""


@dataclass(frozen=True)
class Ellipsoid:
    """An ellipsoid with its half axes along x, y and z."""

    centre: Vectors
    radii: Vectors

    def hit(self, origin: Vectors, direction: Vectors) -> Scalars:
        """See `Shape.hit`."""
        o, d = (origin - self.centre) / self.radii, direction / self.radii
        a, b, c = dot(d, d), dot(o, d), dot(o, o) - 1
        discriminant = b * b - a * c
        t = (-b - np.sqrt(np.maximum(discriminant, 0))) / a
        return np.where((discriminant > 0) & (t > _NEAR), t, np.inf)

    def normal(self, points: Vectors) -> Vectors:
        """See `Shape.normal`."""
        return normalize((points - self.centre) / self.radii**2)

    def bound(self) -> tuple[Vectors, float]:
        """See `Shape.bound`."""
        return self.centre, float(self.radii.max())


@dataclass(frozen=True)
class RoundCone:
    """The hull of two spheres: a limb, a cup, a stem."""

    start: Vectors
    end: Vectors
    start_radius: float
    end_radius: float

    def hit(self, origin: Vectors, direction: Vectors) -> Scalars:
        """See `Shape.hit`."""
        axis, o = self.end - self.start, origin - self.start
        ra, rb = self.start_radius, self.end_radius
        taper, length2 = ra - rb, float(dot(axis, axis)[0])
        side2 = length2 - taper**2
        axis_d, axis_o, o_d, o_o = dot(axis, direction), dot(axis, o), dot(o, direction), dot(o, o)
        a = side2 - axis_d * axis_d
        b = side2 * o_d - axis_o * axis_d + axis_d * (taper * ra)
        c = side2 * o_o - axis_o * axis_o + axis_o * (2 * taper * ra) - length2 * ra**2
        discriminant = b * b - a * c
        # a is zero for a ray along the side of the cone, which the end spheres answer for
        t_side = -(np.sqrt(np.maximum(discriminant, 0)) + b) / np.where(a == 0, np.float32(1), a)
        along = axis_o - ra * taper + t_side * axis_d
        on_side = (discriminant > 0) & (along > 0) & (along < side2) & (t_side > _NEAR)

        end_d, end_o = o_d - axis_d, o_o - 2 * axis_o + length2
        t_caps = np.minimum(_sphere_hit(o_d, o_o - ra**2), _sphere_hit(end_d, end_o - rb**2))
        return np.where(on_side, t_side, t_caps)

    def normal(self, points: Vectors) -> Vectors:
        """See `Shape.normal`."""
        axis, taper = self.end - self.start, self.start_radius - self.end_radius
        along = dot(points - self.start, axis) - self.start_radius * taper
        along = np.clip(along / (float(dot(axis, axis)[0]) - taper**2), 0, 1)
        return normalize(points - (self.start + axis * along))

    def bound(self) -> tuple[Vectors, float]:
        """See `Shape.bound`."""
        half = math.sqrt(float(dot(self.end - self.start, self.end - self.start)[0])) / 2
        return (self.start + self.end) / 2, half + max(self.start_radius, self.end_radius)


@dataclass(frozen=True)
class Box:
    """A box that stands upright, turned about the vertical by `yaw` radians."""

    centre: Vectors
    half: Vectors
    yaw: float = 0.0

    def to_local(self, a: Vectors) -> Vectors:
        """Turn world directions into the box's own axes."""
        c, s = math.cos(self.yaw), math.sin(self.yaw)
        return np.stack([c * a[0] - s * a[2], a[1], s * a[0] + c * a[2]])

    def hit(self, origin: Vectors, direction: Vectors) -> Scalars:
        """See `Shape.hit`."""
        o, d = self.to_local(origin - self.centre), self.to_local(direction)
        inverse = 1 / np.where(np.abs(d) < 1e-6, np.float32(1e-6), d)
        middle, reach = -o * inverse, np.abs(inverse) * self.half
        t_in, t_out = (middle - reach).max(axis=0), (middle + reach).min(axis=0)
        return np.where((t_in < t_out) & (t_in > _NEAR), t_in, np.inf)

    def normal(self, points: Vectors) -> Vectors:
        """See `Shape.normal`."""
        local = self.to_local(points - self.centre) / self.half
        n = np.where(np.abs(local) >= np.abs(local).max(axis=0), np.sign(local), 0).astype(np.float32)
        c, s = math.cos(self.yaw), math.sin(self.yaw)
        return np.stack([c * n[0] + s * n[2], n[1], c * n[2] - s * n[0]])

    def bound(self) -> tuple[Vectors, float]:
        """See `Shape.bound`."""
        return self.centre, float(np.linalg.norm(self.half))


class Group:
    """Shapes with their bounding spheres, to leave out quickly what a bundle of rays cannot hit.

    Args:
        shapes: The shapes, in any order.
    """

    def __init__(self, shapes: Sequence[Shape]) -> None:
        self.shapes = shapes
        bounds = [shape.bound() for shape in shapes] or [(vector(0, 0, 0), 0.0)]
        self._centres = np.concatenate([centre for centre, _ in bounds], axis=1)
        self._radii = np.array([radius for _, radius in bounds], np.float32)

    def near(self, origin: Vectors, direction: Vectors) -> list[int]:
        """List the shapes that a bundle of rays may hit, by index."""
        start, middle = origin.mean(axis=1, keepdims=True), normalize(direction.mean(axis=1, keepdims=True))
        offset = origin - start
        reach = self._radii + math.sqrt(float(dot(offset, offset).max()))
        spread = math.acos(min(float(dot(direction, middle).min()), 1.0))
        way = self._centres - start
        distance = np.sqrt(dot(way, way))
        angle = np.arccos(np.clip(dot(way, middle) / distance, -1, 1))
        inside = distance <= reach
        touched = inside | (angle <= spread + np.arcsin(np.minimum(reach / distance, 1)))
        return [int(k) for k in np.flatnonzero(touched[: len(self.shapes)])]


def _sphere_hit(b: Scalars, c: Scalars) -> Scalars:
    discriminant = b * b - c
    t = -b - np.sqrt(np.maximum(discriminant, 0))
    return np.where((discriminant > 0) & (t > _NEAR), t, np.inf)
