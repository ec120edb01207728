"""Built-in sets with an exact truth: nothing to download, nobody's pictures.

"synthetic": a rendered room as it is photographed by hand while people and things move, cut-outs of the room that move
over it, with the masks of Table 3.2, and what else moves in photographs (`moments`); in Kalantari's layout.
"synthetic-defocus": the room out of focus in places; as a folder of pairs. What is rendered lies in `built_in`, made by
`PYTHONPATH=tests python -m rendering`.
"""

import shutil
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import tifffile

from libhdrnet.files import writing
from libhdrnet.io import write_display, write_radiance
from libhdrnet.radiometry import FloatImage, encode_gamma
from libhdrnet.research.evaluation import moments
from libhdrnet.research.evaluation.scenes import read_float

PICTURES = Path(__file__).parent / "built_in"
"""room-N: a room's radiance at the moment of each frame, 1 = white of the reference; defocus: the pairs."""
SIZE = (400, 600)
"""Rows and columns of a painted scene, and of a room."""
CUT = 256
"""Edge of a scene of cut-outs."""
COUNT = 2
"""Rooms that are used; there are so many."""
FRAMES, STOPS = ("short", "ref", "long"), (-2.0, 0.0, 2.0)
_DONE = ".whole"
_SHOT_NOISE, _READ_NOISE = 4e-5, 2e-4


def write_synthetic(name: str, folder: Path) -> Path:
    """Write a built-in set into `folder` unless it is there, and return it; raise OutputError where it cannot be."""
    if (folder / _DONE).is_file():
        return folder
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        if name == "synthetic":
            _write_brackets(folder)
        else:
            for part in ("blurred", "sharp", "map"):
                (folder / part).mkdir(exist_ok=True)
                for path in sorted((PICTURES / "defocus" / part).iterdir())[: 2 * COUNT]:
                    shutil.copyfile(path, folder / part / path.name)
        (folder / _DONE).touch()
    return folder


def _write_brackets(folder: Path) -> None:
    for index in range(COUNT):
        name = f"room-{index + 1}"
        room = [read_float(PICTURES / name / f"{frame}.exr") for frame in FRAMES]
        _write_scene(folder / name, room, np.random.default_rng([3, index]))
        rng, scene = np.random.default_rng([7, index]), folder / f"cut-outs-{index + 1}"
        shots, masks = _cut_outs(room[1], rng)
        _write_scene(scene, shots, rng)
        for mask, values in masks.items():
            write_display(scene / f"{mask}.png", np.repeat(values[..., None], 3, -1).astype(np.float32))
    for index, kind in enumerate(moments.KINDS):
        _write_scene(folder / kind, moments.take(kind, SIZE, STOPS, 1, index), np.random.default_rng([13, index]))


def _write_scene(scene: Path, shots: list[FloatImage], rng: np.random.Generator) -> None:
    """Photograph the radiance of each moment, 1 = white of the reference; the middle one is the truth."""
    scene.mkdir(exist_ok=True)
    for name, shot, stop in zip(FRAMES, shots, STOPS, strict=True):
        exposed = shot * np.float32(2.0**stop)
        sigma = np.sqrt(_SHOT_NOISE * np.clip(exposed, 0, 1) + np.float32(_READ_NOISE**2))
        frame = np.clip(exposed + sigma * rng.standard_normal(exposed.shape, np.float32), 0, 1)
        tifffile.imwrite(scene / f"{name}.tif", np.round(encode_gamma(frame) * 65535).astype(np.uint16))
    (scene / "exposure.txt").write_text("".join(f"{stop:.4f}\n" for stop in STOPS))
    write_radiance(scene / "HDRImg.exr", np.clip(shots[1] * np.float32(2.0 ** STOPS[0]), 0, 1))


def _cut_outs(room: FloatImage, rng: np.random.Generator) -> tuple[list[FloatImage], dict[str, npt.NDArray[np.bool_]]]:
    """Three moments of three objects that move over a part of the room, and the masks of the middle one.

    mask1: the reference shows what an object covers in another frame; mask2: that, or an object.
    """
    size = (CUT, CUT)

    def part() -> FloatImage:
        top, left = (int(rng.integers(total - CUT + 1)) for total in room.shape[:2])
        return room[top : top + CUT, left : left + CUT]

    background = part()
    shots, covered = [background.copy() for _ in STOPS], [np.zeros(size, np.float32) for _ in STOPS]
    for _ in range(3):
        texture = part()[:, ::-1] * np.float32(np.exp(rng.normal(0, 0.5)))
        matte = irregular_matte(CUT, rng, radius=rng.uniform(0.07, 0.13) * CUT)
        start, step = rng.uniform(-0.25, 0.25, 2) * CUT, rng.normal(0, 0.07, 2) * CUT
        for moment, shot in enumerate(shots):
            x, y = start + step * (moment - 1)
            place = np.array([[1, 0, x], [0, 1, y]], np.float32)
            alpha = cv2.warpAffine(matte, place, size)
            moved = cv2.warpAffine(np.ascontiguousarray(texture), place, size, borderMode=cv2.BORDER_REFLECT)
            shot[:] = shot * (1 - alpha[..., None]) + moved * alpha[..., None]
            covered[moment] = np.maximum(covered[moment], alpha)
    short, own, long = (alpha > 0.5 for alpha in covered)
    return shots, {"mask1": (short | long) & ~own, "mask2": short | own | long}


def irregular_matte(size: int, rng: np.random.Generator, *, radius: float) -> FloatImage:
    """Soft, irregular blob (size, size) in [0, 1] near the middle."""
    noise = cv2.resize(rng.standard_normal((6, 6)).astype(np.float32), (size, size), interpolation=cv2.INTER_CUBIC)
    yy, xx = np.mgrid[:size, :size].astype(np.float32)
    cx, cy = size / 2 + rng.uniform(-0.25, 0.25, 2) * size
    angle, stretch = rng.uniform(0, np.pi), np.exp(rng.uniform(0, 0.8))
    u = (xx - cx) * np.cos(angle) + (yy - cy) * np.sin(angle)
    v = (yy - cy) * np.cos(angle) - (xx - cx) * np.sin(angle)
    inside = np.hypot(u / stretch, v * stretch) / max(radius, 2.0) + 0.3 * noise < 1
    return np.asarray(cv2.GaussianBlur(inside.astype(np.float32), (0, 0), rng.uniform(0.5, 1.5)), np.float32)
