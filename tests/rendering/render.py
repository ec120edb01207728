"""The radiance that arrives along rays from the room at one moment."""

import numpy as np

from rendering import light, room
from rendering.light import Lightmap
from rendering.room import Surface
from rendering.scene import TABLE, Body, bodies
from rendering.shapes import Ellipsoid, Group, Shape, Vectors, dot, vector
from rendering.textures import outdoors

_FACES = {
    0: vector(1, 0, 0),
    1: vector(-1, 0, 0),
    2: vector(0, 1, 0),
    3: vector(0, -1, 0),
    5: vector(0, 0, -1),
}
_WALL_GRID, _FLOOR_GRID, _TABLE_GRID = (24, 24), (64, 64), (80, 40)
_FLOOR, _BACK = 2, 5
_LAMP = Ellipsoid(light.LAMP, vector(light.LAMP_RADIUS, light.LAMP_RADIUS, light.LAMP_RADIUS))
_LAMP_COLOUR = vector(1.9, 1.2, 0.6)
_INV_PI = np.float32(1 / np.pi)


class View:
    """The room at a moment, with its light worked out.

    Args:
        seconds: Time since the first picture of the bracket.
    """

    def __init__(self, seconds: float) -> None:
        self._bodies = bodies(seconds)
        solid: list[Shape] = [body.shape for body in self._bodies if not body.glow]
        self._all, self._solid = Group([body.shape for body in self._bodies]), Group(solid)
        low, high = TABLE.centre - TABLE.half, TABLE.centre + TABLE.half
        low[1] = high[1]
        above = [shape for shape in solid if shape is not TABLE and _reach(shape, 1) > float(high[1, 0])]
        self._table_map = Lightmap.bake(low, high, vector(0, 1, 0), _TABLE_GRID, above)
        # what stands on the table shades the floor no more than the table does
        low_things = [shape for shape in solid if _reach(shape, -1) < float(low[1, 0])]
        self._maps = {face: self._bake_wall(face, low_things) for face in _FACES}

    def radiance(self, origin: Vectors, direction: Vectors) -> Vectors:
        """Linear radiance (3, n) along rays from one point; 1 saturates the reference exposure.

        Args:
            origin: The point, (3, 1), metres.
            direction: Unit vectors (3, n); bundles that point much the same way are quickest.
        """
        nearest, face = room.hit(origin, direction)
        owner = np.full(nearest.shape, -1, np.int32)
        for index in self._all.near(origin, direction):
            distance = self._bodies[index].shape.hit(origin, direction)
            closer = distance < nearest
            np.copyto(nearest, distance, where=closer)
            owner[closer] = index

        points = origin + direction * nearest
        result = np.empty_like(direction)
        label = np.where(owner < 0, -1 - face, owner)
        for key in np.unique(label):
            at = np.flatnonzero(label == key)
            p, d = points[:, at], direction[:, at]
            result[:, at] = self._body(self._bodies[key], p, d) if key >= 0 else self._wall(int(-1 - key), p, d)
        return result

    def _wall(self, face: int, points: Vectors, direction: Vectors) -> Vectors:
        normals = np.broadcast_to(_FACES[face], points.shape)
        if face == _FLOOR:
            return self._shade(room.floor(points), points, normals, direction, self._maps[face].at(points))
        if face != _BACK:
            return self._shade(room.plain_wall(points), points, normals, direction, self._maps[face].at(points))
        result = np.empty_like(points)
        opening = light.pane_of_wall(points[0], points[1]) > 0
        case = room.in_case(points)
        for where, part in (
            (opening, self._window),
            (case, self._bookcase),
            (~(opening | case), self._back_wall),
        ):
            at = np.flatnonzero(where)
            if at.size:
                result[:, at] = part(points[:, at], direction[:, at])
        return result

    def _window(self, points: Vectors, direction: Vectors) -> Vectors:
        glass, end, normals, outside = room.window(points, direction)
        frame = Surface(np.broadcast_to(vector(0.66, 0.64, 0.6), points.shape))
        inside = self._shade(frame, end, normals, direction, light.irradiance(end, normals))
        return inside + (outside - inside) * glass

    def _bookcase(self, points: Vectors, direction: Vectors) -> Vectors:
        return self._diffuse(room.bookcase(points, direction), self._maps[_BACK].at(points))

    def _back_wall(self, points: Vectors, direction: Vectors) -> Vectors:
        return self._diffuse(room.back_wall(points), self._maps[_BACK].at(points))

    def _body(self, body: Body, points: Vectors, direction: Vectors) -> Vectors:
        normals = body.shape.normal(points)
        surface = body.paint(points, normals)
        if body.glow:
            return surface.albedo
        received = light.irradiance(points, normals) if body.shape is not TABLE else self._table_light(points, normals)
        return self._shade(surface, points, normals, direction, received)

    def _table_light(self, points: Vectors, normals: Vectors) -> Vectors:
        received = self._table_map.at(points)
        at = np.flatnonzero(normals[1] < 0.5)
        if at.size:
            received[:, at] = light.irradiance(points[:, at], normals[:, at])
        return received

    def _shade(
        self, surface: Surface, points: Vectors, normals: Vectors, direction: Vectors, received: Vectors
    ) -> Vectors:
        radiance = self._diffuse(surface, received + light.sunlight(points, normals, self._solid))
        gloss = np.broadcast_to(np.asarray(surface.gloss, np.float32), points.shape[1:])
        at = np.flatnonzero(gloss > 0)
        if at.size:
            radiance[:, at] += gloss[at] * self._mirror(points[:, at], normals[:, at], direction[:, at])
        return radiance

    def _diffuse(self, surface: Surface, received: Vectors) -> Vectors:
        return np.asarray(surface.albedo * received * (surface.shade * _INV_PI), np.float32)

    def _mirror(self, points: Vectors, normals: Vectors, direction: Vectors) -> Vectors:
        """Window and lamp as a varnished surface shows them."""
        cosine = dot(direction, normals)
        mirrored = direction - 2 * cosine * normals
        result = np.where(np.isfinite(_LAMP.hit(points, mirrored)), _LAMP_COLOUR, 0).astype(np.float32)
        ahead = np.maximum(mirrored[2], 1e-3)
        end = points + mirrored * ((light.WINDOW_DEPTH - points[2]) / ahead)
        share = light.pane(end[0], end[1], 0.05) * light.pane_of_wall(end[0], end[1]) * (mirrored[2] > 0)
        at = np.flatnonzero(share > 0)
        if at.size:
            share[at] *= ~light.blocked(points[:, at], mirrored[:, at], self._solid)
            result[:, at] += outdoors(mirrored[:, at]) * share[at]
        return result * (0.04 + 0.96 * (1 + np.minimum(cosine, 0)) ** 5)

    def _bake_wall(self, face: int, solid: list[Shape]) -> Lightmap:
        axis, far = divmod(face, 2)
        low, high = light.ROOM_LOW.copy(), light.ROOM_HIGH.copy()
        (low if far else high)[axis] = (high if far else low)[axis]
        if face == _FLOOR:
            return Lightmap.bake(low, high, _FACES[face], _FLOOR_GRID, solid)
        return Lightmap.bake(low, high, _FACES[face], _WALL_GRID)


def _reach(shape: Shape, side: int) -> float:
    """Height of the top (side = 1) or the bottom (side = -1) of the sphere around a shape."""
    centre, radius = shape.bound()
    return float(centre[1, 0]) + side * radius
