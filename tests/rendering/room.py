"""The room itself: floor, walls, window, curtains, a print and a bookcase let into the wall."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from libhdrnet.ramps import smoothstep
from rendering import textures
from rendering.light import (
    ROOM_HIGH,
    ROOM_LOW,
    WINDOW_DEPTH,
    WINDOW_HIGH,
    WINDOW_LOW,
    pane,
    pane_of_wall,
)
from rendering.shapes import Scalars, Vectors, vector
from rendering.textures import cell, colour, mix

RUG = (-0.95, 3.05, 0.95, 0.75)  # centre x and z, half width and half depth
_CASE = (1.12, 0.35, 2.22, 2.35)  # left, bottom, right, top
_PRINT = (0.915, 1.72, 0.17, 0.21)  # centre x and y, half width and half height, with its frame
_CURTAINS = ((-1.78, -1.3), (0.47, 0.7))
_SHELF, _NICHE = 0.4, 0.16  # height of a shelf and depth behind the spines


class Surface(NamedTuple):
    """What a body looks like at some points."""

    albedo: Vectors
    gloss: Scalars | float = 0.0
    shade: Scalars | float = 1.0


def hit(origin: Vectors, direction: Vectors) -> tuple[Scalars, npt.NDArray[np.intp]]:
    """Find the distance to the walls and the face that is hit.

    Faces are 0 and 1 for left and right, 2 and 3 for floor and ceiling, 5 for the back wall.
    """
    safe = np.where(np.abs(direction) < 1e-6, np.float32(1e-6), direction)
    distances = (np.where(safe > 0, ROOM_HIGH, ROOM_LOW) - origin) / safe
    axis = distances.argmin(axis=0)
    nearest = distances.min(axis=0)
    positive = np.take_along_axis(safe, axis[None], 0)[0] > 0
    return nearest, axis * 2 + positive


def floor(points: Vectors) -> Surface:
    """Varnished boards and a rug."""
    x, _, z = points
    u, v = (x - RUG[0]) / RUG[2], (z - RUG[1]) / RUG[3]
    on_rug = (np.abs(u) < 1) & (np.abs(v) < 1)
    albedo = textures.planks(x, z)
    albedo[:, on_rug] = textures.rug(u[on_rug], v[on_rug]) * textures.weave(x[on_rug], z[on_rug], 0.012)
    return Surface(albedo, np.where(on_rug, np.float32(0), np.float32(0.5)))


def plain_wall(points: Vectors) -> Surface:
    """Painted plaster above a skirting board."""
    x, y, z = points
    plaster = (
        1 + 0.05 * (textures.noise((x + z) * 55, y * 55) - 0.5) + 0.06 * (textures.noise((x + z) * 3, y * 3) - 0.5)
    )
    board = 1 - smoothstep(y, (0.11, 0.113))
    return Surface(mix(colour(0.42, 0.47, 0.43) * plaster, colour(0.7, 0.68, 0.64), board))


def back_wall(points: Vectors) -> Surface:
    """Plaster with curtains, a print and the bookcase; the window is apart."""
    x, y, _ = points
    surface = plain_wall(points)
    albedo, shade = surface.albedo, np.ones_like(x)
    sill = (np.abs(x - (WINDOW_LOW[0] + WINDOW_HIGH[0]) / 2) < 1.05) & (np.abs(y - WINDOW_LOW[1] + 0.03) < 0.03)
    albedo[:, sill] = colour(0.72, 0.7, 0.66)
    u, v = (x - _PRINT[0]) / _PRINT[2], (y - _PRINT[1]) / _PRINT[3]
    on_print = (np.abs(u) < 1) & (np.abs(v) < 1)
    albedo[:, on_print] = textures.star(u[on_print], v[on_print])
    shade *= 1 - 0.35 * (smoothstep(1.25 - np.maximum(np.abs(u - 0.06), np.abs(v + 0.06)), (0, 0.22)) * ~on_print)
    for left, right in _CURTAINS:
        # the hem hangs in waves
        on = (x > left) & (x < right + 0.012 * np.sin(y * 9)) & (y > 0.12) & (y < 2.58)
        folds = np.sin(x[on] * 62 + 1.2 * np.sin(x[on] * 17) + 0.35 * np.sin(y[on] * 1.7))
        albedo[:, on] = colour(0.50, 0.21, 0.11) * textures.weave(x[on], y[on], 0.011)
        shade[on] = 0.72 + 0.38 * folds
    rod = (np.abs(y - 2.6) < 0.014) & (x > -1.9) & (x < 0.82)
    albedo[:, rod] = colour(0.30, 0.22, 0.10)
    return Surface(albedo, 0.0, shade)


def in_case(points: Vectors) -> npt.NDArray[np.bool_]:
    """Which points of the back wall are the opening of the bookcase."""
    x, y, _ = points
    return np.asarray((x > _CASE[0]) & (x < _CASE[2]) & (y > _CASE[1]) & (y < _CASE[3]), bool)


def bookcase(points: Vectors, direction: Vectors) -> Surface:
    """Shelves and spines; rays that pass above a book end in the dark behind it."""
    x, y, _ = points
    shelf = (y - _CASE[1]) % _SHELF
    edge = np.minimum(x - _CASE[0], _CASE[2] - x)
    board = (shelf < 0.028) | (edge < 0.03) | (_CASE[3] - y < 0.03)
    wood = textures.wood(x, y, colour(0.16, 0.08, 0.035), colour(0.34, 0.19, 0.09))

    recess = 0.05 / direction[2]
    x, y = x + direction[0] * recess, y + direction[1] * recess
    row = np.floor((y - _CASE[1]) / _SHELF)
    books, height = _spines(x, y - _CASE[1] - row * _SHELF - 0.028, row)
    behind = mix(colour(0.05, 0.035, 0.025), colour(0.03, 0.024, 0.018), smoothstep(height, (0, 0.05)))
    albedo = np.where(board, wood, np.where(height < 0, books, behind))
    # the boards above keep the light from the upper ends
    shade = np.where(board, 1, 0.75 - 0.35 * smoothstep((y - _CASE[1]) % _SHELF, (0.2, 0.4)))
    return Surface(np.asarray(albedo, np.float32), 0.0, np.asarray(shade, np.float32))


def window(points: Vectors, direction: Vectors) -> tuple[Scalars, Vectors, Vectors, Vectors]:
    """Look through the opening.

    Returns:
        The share of glass, points and normals of reveal or frame, and the radiance outside.
    """
    steps = (WINDOW_DEPTH - ROOM_HIGH[2]) / direction[2]
    end = points + direction * steps
    glass = pane(end[0], end[1], 0.003) * pane_of_wall(end[0], end[1])
    normals = np.zeros_like(end)
    normals[2] = -1
    for axis in (0, 1):
        for limit, side in ((WINDOW_LOW[axis], 1), (WINDOW_HIGH[axis], -1)):
            past = (end[axis] - limit) * side < 0
            back = np.where(past, (limit - points[axis]) / direction[axis], steps)
            end = np.where(past, points + direction * back, end)
            normals[:, past] = vector(*(side if k == axis else 0 for k in range(3)))
    return glass, end, normals, textures.outdoors(direction)


def _spines(x: Scalars, height: Scalars, row: Scalars) -> tuple[Vectors, Scalars]:
    """Colour of the spines, and how far above the top of its book each point is."""
    slot = 0.042
    index = np.floor(x / slot)
    # the gap between two books is shifted, so that they are not all of one width
    index = index - (x - index * slot < 0.016 * cell(index, row + 11))
    left = index * slot + 0.016 * cell(index, row + 11)
    width = slot + 0.016 * (cell(index + 1, row + 11) - cell(index, row + 11))
    inside = (x - left) / width
    tone, kind = cell(index, row + 31), cell(index, row + 51)
    tints = np.array(
        [[0.42, 0.05, 0.04], [0.05, 0.14, 0.34], [0.07, 0.23, 0.11], [0.52, 0.42, 0.26], [0.10, 0.08, 0.07],
         [0.48, 0.22, 0.04], [0.23, 0.07, 0.18], [0.58, 0.55, 0.48]],
        np.float32,
    ).T  # fmt: skip
    paint = tints.take((tone * 8).astype(np.int32), 1) * (0.7 + 0.5 * kind)
    top = 0.23 + 0.1 * cell(index, row + 71)
    band = np.abs(np.abs(height - top * 0.5) - top * 0.38) < 0.006
    title = (np.abs(inside - 0.5) < 0.16) & (np.abs(height - top * 0.5) < top * 0.28)
    title = title & (textures.noise(height * 210, index * 3.7) > 0.42)
    paint = np.where((band | title) & (kind > 0.25), colour(0.62, 0.5, 0.25), paint)
    round_edge = np.clip(4.5 * inside * (1 - inside), 0.25, 1)
    return paint * round_edge, np.where(kind < 0.06, np.float32(1), height - top)
