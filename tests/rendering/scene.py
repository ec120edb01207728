"""What stands and moves in the room: table, still life, lamp, a person who walks and a ball that rolls."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from libhdrnet.ramps import smoothstep
from rendering import light, textures
from rendering.room import Surface
from rendering.shapes import Box, Ellipsoid, RoundCone, Shape, Vectors, vector
from rendering.textures import colour, mix

TABLE = Box(vector(0.72, 0.73, 2.05), vector(0.95, 0.022, 0.42))
_TOP = 0.752
_OAK = colour(0.20, 0.10, 0.045), colour(0.46, 0.27, 0.12)


@dataclass(frozen=True)
class Body:
    """A shape, how it looks, and whether it gives light itself."""

    shape: Shape
    paint: Callable[[Vectors, Vectors], Surface]
    glow: bool = False


def plain(
    r: float, g: float, b: float, gloss: float = 0.0, weave: float = 0.0
) -> Callable[[Vectors, Vectors], Surface]:
    """One colour, woven with threads `weave` metres apart if that is not zero."""

    def paint(points: Vectors, normals: Vectors) -> Surface:
        albedo = np.broadcast_to(colour(r, g, b), points.shape)
        if weave:
            albedo = albedo * textures.weave(points[0] + points[2], points[1], weave)
        return Surface(np.asarray(albedo, np.float32), gloss)

    return paint


def bodies(seconds: float) -> list[Body]:
    """All that is in the room at a moment."""
    return [
        *_furniture(),
        *_still_life(),
        *_walker(-0.86 + 1.15 * seconds, seconds),
        _ball(-1.13 + 0.85 * seconds),
    ]


def _furniture() -> list[Body]:
    def table(points: Vectors, normals: Vectors) -> Surface:
        return Surface(textures.wood(points[0], points[2] + points[1], *_OAK), 0.45)

    def lampshade(points: Vectors, normals: Vectors) -> Surface:
        ribs = 0.86 + 0.14 * np.cos((points[1] - light.LAMP[1]) * 260)
        heart = 0.55 + 0.45 * np.clip(-normals[2], 0, 1) ** 2
        return Surface(colour(2.1, 1.35, 0.68) * (ribs * heart))

    legs = [
        Body(RoundCone(vector(x, 0, z), vector(x, 0.7, z), 0.022, 0.035), plain(0.3, 0.17, 0.08))
        for x in (-0.16, 1.6)
        for z in (1.72, 2.38)
    ]
    x, y, z = light.LAMP[:, 0]
    foot = RoundCone(vector(x, _TOP, z), vector(x, y - 0.1, z), 0.035, 0.012)
    shade = Ellipsoid(light.LAMP, vector(light.LAMP_RADIUS, light.LAMP_RADIUS * 0.92, light.LAMP_RADIUS))
    return [
        Body(TABLE, table),
        *legs,
        Body(foot, plain(0.12, 0.09, 0.06, 0.4)),
        Body(shade, lampshade, glow=True),
    ]


def _still_life() -> list[Body]:
    stack = [
        _book(vector(0.46, _TOP + 0.022, 2.2), vector(0.16, 0.022, 0.115), 0.25, colour(0.05, 0.12, 0.30)),
        _book(vector(0.47, _TOP + 0.061, 2.2), vector(0.145, 0.017, 0.105), 0.05, colour(0.42, 0.06, 0.04)),
        _book(vector(0.45, _TOP + 0.097, 2.2), vector(0.12, 0.019, 0.09), 0.5, colour(0.50, 0.38, 0.12)),
    ]
    fruit = [
        Body(Ellipsoid(vector(x, _TOP + r, z), vector(r, r * 0.96, r)), plain(*tint, 0.25))
        for x, z, r, tint in (
            (0.10, 2.18, 0.042, (0.62, 0.23, 0.02)),
            (0.19, 2.13, 0.040, (0.30, 0.42, 0.05)),
            (0.13, 2.08, 0.041, (0.55, 0.06, 0.03)),
        )
    ]
    vase = [
        Body(RoundCone(vector(1.36, _TOP + 0.07, 2.12), vector(1.36, _TOP + 0.2, 2.12), 0.075, 0.035),
             plain(0.05, 0.17, 0.2, 0.9)),
    ]  # fmt: skip
    for k in range(7):
        angle, height = k * 2.4, 0.42 + 0.05 * (k % 3)
        tip = vector(1.36 + 0.14 * math.cos(angle), _TOP + height, 2.12 + 0.12 * math.sin(angle))
        vase.append(Body(RoundCone(vector(1.36, _TOP + 0.2, 2.12), tip, 0.004, 0.003), plain(0.09, 0.2, 0.05)))
        vase.append(
            Body(
                Ellipsoid(tip, vector(0.034, 0.03, 0.034)),
                plain(*((0.6, 0.1, 0.2), (0.62, 0.45, 0.1), (0.55, 0.5, 0.5))[k % 3]),
            )
        )
    return [*stack, *fruit, *vase, _clock(), _page()]


def _book(centre: Vectors, half: Vectors, yaw: float, tint: Vectors) -> Body:
    shape = Box(centre, half, yaw)

    def paint(points: Vectors, normals: Vectors) -> Surface:
        local, facing = shape.to_local(points - centre) / half, shape.to_local(normals)
        leaves = (facing[2] < -0.5) & (np.abs(local[1]) < 0.8) & (local[0] > -0.94)
        paper = colour(0.62, 0.57, 0.46) * (0.8 + 0.3 * textures.cell(np.floor(local[1] * 14)))
        frame = np.abs(np.maximum(np.abs(local[0]), np.abs(local[2])) - 0.8) < 0.02
        cover = mix(tint, colour(0.6, 0.5, 0.28), np.asarray(frame & (facing[1] > 0.5), np.float32))
        return Surface(np.where(leaves, paper, cover * np.ones_like(local)), 0.12)

    return Body(shape, paint)


def _page() -> Body:
    shape = Box(vector(0.42, _TOP + 0.006, 1.83), vector(0.21, 0.006, 0.14), -0.22)

    def paint(points: Vectors, normals: Vectors) -> Surface:
        local = shape.to_local(points - shape.centre) / shape.half
        u, v = (local[0] + 1) % 1, (1 - local[2]) / 2
        ink = textures.print_lines(u, v, 15)
        gutter = 0.55 + 0.45 * smoothstep(np.abs(local[0]), (0, 0.16))
        return Surface(mix(colour(0.72, 0.69, 0.6), colour(0.05, 0.045, 0.04), ink * 0.9) * gutter)

    return Body(shape, paint)


def _clock() -> Body:
    shape = Box(vector(0.80, _TOP + 0.06, 2.03), vector(0.06, 0.06, 0.03), 0.18)

    def paint(points: Vectors, normals: Vectors) -> Surface:
        x, y, _ = shape.to_local(points - shape.centre) / shape.half
        radius, angle = np.hypot(x, y), np.arctan2(x, y)
        hour = np.abs((angle / math.pi * 6 + 0.5) % 1 - 0.5) < 0.13
        hands = ((np.abs(angle + 1.9) < 0.05 / (radius + 0.02)) & (radius < 0.38)) | (
            (np.abs(angle - 1.2) < 0.035 / (radius + 0.02)) & (radius < 0.58)
        )
        ink = np.asarray((hour & (radius > 0.6) & (radius < 0.74)) | hands, np.float32)
        dial = mix(colour(0.7, 0.67, 0.58), colour(0.03, 0.03, 0.03), ink)
        on_dial = (radius < 0.82) & (shape.to_local(normals)[2] < -0.5)
        case = textures.wood(points[1], points[0] * 2, colour(0.10, 0.035, 0.02), colour(0.25, 0.10, 0.05))
        return Surface(np.where(on_dial, dial, case), 0.15)

    return Body(shape, paint)


def _ball(x: float) -> Body:
    radius = 0.13
    centre = vector(x, radius, 2.62)
    turn = -x / radius

    def paint(points: Vectors, normals: Vectors) -> Surface:
        local = (points - centre) / radius
        c, s = math.cos(turn), math.sin(turn)
        across, up = c * local[0] - s * local[1], s * local[0] + c * local[1]
        sector = np.floor((np.arctan2(up, across) / math.pi + 1) * 3) % 3
        tints = np.array([[0.6, 0.05, 0.04], [0.62, 0.6, 0.55], [0.04, 0.16, 0.5]], np.float32).T
        ring = np.abs(local[2]) > 0.93
        albedo = np.where(ring, colour(0.6, 0.45, 0.06), tints.take(sector.astype(np.int32), 1))
        return Surface(np.asarray(albedo, np.float32), 0.3)

    return Body(Ellipsoid(centre, vector(radius, radius, radius)), paint)


def _walker(x: float, seconds: float) -> list[Body]:
    """Build a person who walks to the right."""
    z, stride = 3.25, math.sin(3.4 * seconds + 0.9)
    skin, coat, cloth = plain(0.48, 0.27, 0.18), plain(0.40, 0.07, 0.06, weave=0.012), plain(0.06, 0.07, 0.11)
    shoe, hair, scarf = (
        plain(0.05, 0.03, 0.02),
        plain(0.09, 0.05, 0.025),
        plain(0.55, 0.40, 0.07, weave=0.012),
    )

    def limb(paint: Callable[[Vectors, Vectors], Surface], *joints: tuple[float, float, float, float]) -> list[Body]:
        return [
            Body(
                RoundCone(vector(x + a[0], a[1], z + a[2]), vector(x + b[0], b[1], z + b[2]), a[3], b[3]),
                paint,
            )
            for a, b in zip(joints[:-1], joints[1:], strict=True)
        ]

    parts: list[Body] = []
    for side, swing in ((-0.09, stride), (0.09, -stride)):
        knee, ankle = 0.20 * swing + 0.04, 0.36 * swing - 0.05 + 0.06 * abs(swing)
        parts += limb(cloth, (0, 0.84, side * 0.8, 0.085), (knee, 0.48, side, 0.062), (ankle, 0.1, side, 0.043))
        parts += limb(shoe, (ankle - 0.03, 0.05, side, 0.045), (ankle + 0.14, 0.04, side, 0.035))
        hand = -0.30 * swing + 0.08
        parts += limb(
            coat,
            (0, 1.40, side * 2.1, 0.06),
            (-0.16 * swing - 0.02, 1.13, side * 2.6, 0.052),
            (hand, 0.93, side * 2.4, 0.042),
        )
        parts += limb(skin, (hand + 0.01, 0.89, side * 2.4, 0.04), (hand + 0.04, 0.84, side * 2.4, 0.03))
    parts += limb(coat, (0, 0.80, 0, 0.19), (0.01, 1.1, 0, 0.135), (0.015, 1.36, 0, 0.125))
    parts += limb(coat, (0, 1.40, -0.13, 0.075), (0, 1.40, 0.13, 0.075))
    parts += limb(scarf, (0.02, 1.475, 0, 0.075), (0.03, 1.51, 0, 0.065))
    parts.append(Body(Ellipsoid(vector(x + 0.05, 1.64, z), vector(0.098, 0.125, 0.08)), skin))
    parts.append(Body(Ellipsoid(vector(x + 0.012, 1.675, z), vector(0.112, 0.115, 0.095)), hair))
    parts += limb(skin, (0.14, 1.63, 0, 0.018), (0.158, 1.61, 0, 0.014))
    return parts
