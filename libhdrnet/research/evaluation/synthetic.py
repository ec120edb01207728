"""Built-in sets with an exact truth, rendered when they are wanted: nothing to download, nobody's pictures.

"synthetic": the demo's room as it is photographed by hand while people and things move, cut-outs of the room that move
over it, with the masks of Table 3.2, and what else moves in photographs (`demo.moments`); in Kalantari's layout.
"synthetic-defocus": the room out of focus in places; as a folder of pairs.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import tifffile

from libhdrnet.errors import OutputError
from libhdrnet.files import output_error
from libhdrnet.io import write_display, write_map, write_radiance
from libhdrnet.radiometry import FloatImage, encode_gamma, encode_srgb
from libhdrnet.research.evaluation.defocused.sample import DefocusRecipe, make_defocus
from libhdrnet.research.evaluation.matte import irregular_matte
from libhdrnet.research.rendering import Bracket, moments, render_bracket

SYNTHETIC = {"synthetic": "kalantari", "synthetic-defocus": "pairs"}
"""Names of the built-in sets, and the layout each is written in."""
SIZE = (400, 600)
"""Rows and columns of a rendered room."""
CUT = 256
"""Edge of a scene of cut-outs and of a defocused picture."""
COUNT = 2
"""Scenes of each kind."""
STOPS = (-2.0, 0.0, 2.0)
_DONE = ".whole"
_SHOT_NOISE, _READ_NOISE = 4e-5, 2e-4


def write_synthetic(name: str, folder: Path) -> Path:
    """Render a built-in set into `folder`, unless it is there already, and return it.

    Raises:
        OutputError: the folder cannot be written.
    """
    if (folder / _DONE).is_file():
        return folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        rooms = [render_bracket(*SIZE, seed=seed) for seed in range(COUNT)]
        if name == "synthetic":
            _write_brackets(folder, rooms)
            _write_moments(folder)
        else:
            _write_defocused(folder, rooms)
        (folder / _DONE).touch()
    except OSError as error:
        raise error if isinstance(error, OutputError) else output_error(folder, error) from error
    return folder


def _write_brackets(folder: Path, rooms: list[Bracket]) -> None:
    for index, room in enumerate(rooms):
        times = np.array(room.exposure_times)
        truth = np.clip(room.radiance * np.float32(times[0] / times[1]), 0, 1)
        _write_scene(folder / f"room-{index + 1}", room.frames, list(np.log2(times / times[1])), truth)
        rng = np.random.default_rng([7, index])
        shots, masks = _cut_outs(room.radiance, rng)
        frames = [_photographed(shot * np.float32(2.0**stop), rng) for shot, stop in zip(shots, STOPS, strict=True)]
        truth = np.clip(shots[1] * np.float32(2.0 ** STOPS[0]), 0, 1)
        scene = folder / f"cut-outs-{index + 1}"
        _write_scene(scene, frames, list(STOPS), truth)
        for mask, values in masks.items():
            write_display(scene / f"{mask}.png", np.repeat(values[..., None], 3, -1).astype(np.float32))


def _write_moments(folder: Path) -> None:
    for index, kind in enumerate(moments.KINDS):
        rng = np.random.default_rng([13, index])
        shots = moments.take(kind, SIZE, STOPS, 1, index)
        frames = [_photographed(shot * np.float32(2.0**stop), rng) for shot, stop in zip(shots, STOPS, strict=True)]
        _write_scene(folder / kind, frames, list(STOPS), np.clip(shots[1] * np.float32(2.0 ** STOPS[0]), 0, 1))


def _write_scene(scene: Path, frames: list[FloatImage], stops: list[float], truth: FloatImage) -> None:
    scene.mkdir(exist_ok=True)
    for name, frame in zip(("short", "ref", "long"), frames, strict=True):
        tifffile.imwrite(scene / f"{name}.tif", np.round(encode_gamma(frame) * 65535).astype(np.uint16))
    (scene / "exposure.txt").write_text("".join(f"{stop:.4f}\n" for stop in stops))
    write_radiance(scene / "HDRImg.exr", truth)


def _cut_outs(room: FloatImage, rng: np.random.Generator) -> tuple[list[FloatImage], dict[str, npt.NDArray[np.bool_]]]:
    """Three moments of three objects that move over a part of the room, and the masks of the middle one.

    mask1: the reference shows what an object covers in another frame; mask2: that, or an object.
    """
    import cv2

    edge = min(CUT, *room.shape[:2])
    size = (edge, edge)

    def part() -> FloatImage:
        top, left = (int(rng.integers(total - edge + 1)) for total in room.shape[:2])
        return room[top : top + edge, left : left + edge]

    background = part()
    shots, covered = [background.copy() for _ in STOPS], [np.zeros(size, np.float32) for _ in STOPS]
    for _ in range(3):
        texture = part()[:, ::-1] * np.float32(np.exp(rng.normal(0, 0.5)))
        matte = irregular_matte(edge, rng, radius=rng.uniform(0.07, 0.13) * edge)
        start, step = rng.uniform(-0.25, 0.25, 2) * edge, rng.normal(0, 0.07, 2) * edge
        for moment, shot in enumerate(shots):
            x, y = start + step * (moment - 1)
            place = np.array([[1, 0, x], [0, 1, y]], np.float32)
            alpha = cv2.warpAffine(matte, place, size)
            moved = cv2.warpAffine(np.ascontiguousarray(texture), place, size, borderMode=cv2.BORDER_REFLECT)
            shot[:] = shot * (1 - alpha[..., None]) + moved * alpha[..., None]
            covered[moment] = np.maximum(covered[moment], alpha)
    short, own, long = (alpha > 0.5 for alpha in covered)
    return shots, {"mask1": (short | long) & ~own, "mask2": short | own | long}


def _photographed(exposed: FloatImage, rng: np.random.Generator) -> FloatImage:
    sigma = np.sqrt(_SHOT_NOISE * np.clip(exposed, 0, 1) + np.float32(_READ_NOISE**2))
    return np.asarray(np.clip(exposed + sigma * rng.standard_normal(exposed.shape, np.float32), 0, 1), np.float32)


def _write_defocused(folder: Path, rooms: list[Bracket]) -> None:
    photographs = [np.round(np.clip(encode_srgb(room.radiance), 0, 1) * 255).astype(np.uint8) for room in rooms]
    for part in ("blurred", "sharp", "map"):
        (folder / part).mkdir(exist_ok=True)
    for index in range(2 * COUNT):
        recipe = DefocusRecipe(size=min(CUT, SIZE[0] // 2), sharp=0.0, resized=0.0)
        blurred, sharp, radius = make_defocus(photographs, recipe, np.random.default_rng([11, index]))
        name = f"room-{index + 1}"
        write_display(folder / "blurred" / f"{name}.png", np.ascontiguousarray(blurred.transpose(1, 2, 0)))
        write_display(folder / "sharp" / f"{name}.png", np.ascontiguousarray(sharp.transpose(1, 2, 0)))
        write_map(folder / "map" / f"{name}.tif", radius[0], scale=None)
