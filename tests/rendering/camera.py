"""The camera: held in the hand, three exposures, the sensor's noise, JPEG files with metadata."""

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
import pyexiv2

from libhdrnet.errors import OutputError
from libhdrnet.radiometry import FloatImage, encode_srgb
from rendering.render import View
from rendering.shapes import Vectors, normalize

EXPOSURE_TIMES = (1 / 250, 1 / 60, 1 / 15)
ISO = 200

_REFERENCE = 1
_SHUTTERS, _BIASES = ("1/250", "1/60", "1/15"), ("-2/1", "0/1", "2/1")
_INTERVAL = 0.15  # seconds from one picture to the next
_FOCAL = 0.84  # in widths of the picture
_EYE, _PITCH, _YAW = (0.02, 1.5, -0.1), math.radians(-8.0), math.radians(0.5)
_SHAKE = 2.5  # pixels at a width of 1200
_FULL_WELL, _READ_NOISE, _LEVELS = 14000.0, 4.0, 2**14 - 1
_TILE = 96
_STEP = 0.04  # of the square root of radiance, between pixels that get more rays


class Bracket(NamedTuple):
    """Three exposures of one scene and what it truly looked like."""

    frames: list[FloatImage]
    """Linear exposures (H, W, 3) in [0, 1], 1 = saturation, with noise; the darkest comes first."""
    exposure_times: list[float]
    """Seconds, one for each frame."""
    radiance: FloatImage
    """Noiseless linear radiance (H, W, 3) of the middle frame; 1 = its saturation, highlights rise above."""


def render_bracket(height: int = 800, width: int = 1200, *, seed: int = 0) -> Bracket:
    """Take a bracket of three pictures of the rendered room; the same seed gives the same pictures.

    Args:
        height: Rows of a picture.
        width: Columns of a picture.
        seed: Chooses how the hand shakes and the sensor's noise.

    Returns:
        A `Bracket`; a person and a ball move and the camera turns a little between its frames.
    """
    rng = np.random.default_rng(seed)
    radiances = render_moments(height, width, rng)
    relative = [time / EXPOSURE_TIMES[_REFERENCE] for time in EXPOSURE_TIMES]
    frames = [_expose(radiance * t, rng) for radiance, t in zip(radiances, relative, strict=True)]
    return Bracket(frames, list(EXPOSURE_TIMES), radiances[_REFERENCE])


def render_moments(height: int, width: int, rng: np.random.Generator) -> list[FloatImage]:
    """Render the noiseless radiance (height, width, 3) of each frame of a bracket, 1 = white of the middle."""
    poses = [_pose(rng) for _ in EXPOSURE_TIMES]
    with ThreadPoolExecutor(len(poses)) as pool:
        jobs = [pool.submit(_photograph, k * _INTERVAL, pose, height, width) for k, pose in enumerate(poses)]
        return [job.result() for job in jobs]


def write_bracket(folder: str | Path, *, height: int = 800, width: int = 1200, seed: int = 0) -> list[Path]:
    """Write the rendered bracket as JPEG files DEMO_01.jpg, DEMO_02.jpg, … with the metadata of a camera.

    Args:
        folder: Where to write; made if it is not there.
        height: Rows of a picture.
        width: Columns of a picture.
        seed: See `render_bracket`.

    Returns:
        The paths, the darkest picture first.

    Raises:
        OutputError: The folder cannot be made or written to.
    """
    folder = Path(folder)
    paths = [folder / f"DEMO_{k + 1:02}.jpg" for k in range(len(EXPOSURE_TIMES))]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number, frame in enumerate(render_bracket(height, width, seed=seed).frames):
            paths[number].write_bytes(_jpeg(frame, number))
    except OSError as error:
        raise OutputError(f"The rendered pictures cannot be written to {folder}: {error.strerror}.") from error
    return paths


def _photograph(seconds: float, pose: Vectors, height: int, width: int) -> FloatImage:
    """See the room with one ray a pixel, and with four where neighbours differ."""
    view = View(seconds)
    image = np.empty((height, width, 3), np.float32)
    for rows, columns in _tiles(np.ones((height, width), bool)):
        image[rows, columns] = _look(view, pose, rows, columns, image.shape)
    display = np.sqrt(np.minimum(image, 8))
    rough = np.zeros((height, width), bool)
    for axis in (0, 1):
        step = np.abs(np.diff(display, axis=axis)).max(axis=2) > _STEP
        rough |= np.insert(step, 0, False, axis) | np.insert(step, step.shape[axis], False, axis)
    for rows, columns in _tiles(rough):
        down = rows + np.array([[-0.25], [-0.25], [0.25], [0.25]])
        right = columns + np.array([[-0.25], [0.25], [-0.25], [0.25]])
        quarters = _look(view, pose, down.ravel(), right.ravel(), image.shape)
        image[rows, columns] = quarters.reshape(4, -1, 3).mean(axis=0)
    return image


def _tiles(chosen: npt.NDArray[np.bool_]) -> Iterator[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]]:
    """Rows and columns of the chosen pixels, tile by tile."""
    for top in range(0, chosen.shape[0], _TILE):
        for left in range(0, chosen.shape[1], _TILE):
            rows, columns = np.nonzero(chosen[top : top + _TILE, left : left + _TILE])
            if rows.size:
                yield rows + top, columns + left


def _look(
    view: View,
    pose: Vectors,
    rows: npt.NDArray[np.number[Any]],
    columns: npt.NDArray[np.number[Any]],
    shape: tuple[int, ...],
) -> FloatImage:
    """Radiance (n, 3) at pixels, which may be fractions."""
    focal = _FOCAL * shape[1]
    right = ((columns + (0.5 - shape[1] / 2)) / focal).astype(np.float32)
    down = ((rows + (0.5 - shape[0] / 2)) / focal).astype(np.float32)
    rays = pose[:, 2:3] + pose[:, 0:1] * right - pose[:, 1:2] * down
    return np.asarray(view.radiance(pose[:, 3:], normalize(rays)).T, np.float32)


def _pose(rng: np.random.Generator) -> Vectors:
    """Right, up and forward axes and the position, as columns of an array (3, 4)."""
    shake = rng.normal(0, _SHAKE / (_FOCAL * 1200), 2)
    yaw, pitch, roll = _YAW + shake[0], _PITCH + shake[1], rng.normal(0, math.radians(0.2))
    eye = np.array(_EYE) + rng.normal(0, 0.0015, 3)
    cy, sy, cp, sp, cr, sr = (f(a) for a in (yaw, pitch, roll) for f in (math.cos, math.sin))
    forward = np.array([sy * cp, sp, cy * cp])
    level, upright = np.array([cy, 0, -sy]), np.array([-sy * sp, cp, -cy * sp])
    return np.stack([cr * level + sr * upright, cr * upright - sr * level, forward, eye], axis=1).astype(np.float32)


def _expose(exposure: FloatImage, rng: np.random.Generator) -> FloatImage:
    """Shot noise, read noise, saturation and 14-bit steps; the shot noise in its normal approximation."""
    electrons = exposure * np.float32(_FULL_WELL)
    noise = rng.standard_normal(exposure.shape, np.float32) * np.sqrt(electrons + np.float32(_READ_NOISE**2))
    levels = np.rint(np.clip((electrons + noise) / _FULL_WELL, 0, 1) * _LEVELS)
    return np.asarray(levels / _LEVELS, np.float32)


def _jpeg(frame: FloatImage, number: int) -> bytes:
    pixels = np.rint(encode_srgb(frame) * 255).astype(np.uint8)
    _, data = cv2.imencode(".jpg", np.ascontiguousarray(pixels[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, 95])
    moment = f"{round(number * _INTERVAL * 100):02}"
    with pyexiv2.ImageData(data.tobytes()) as file:
        file.modify_exif(
            {
                "Exif.Image.Make": "libhdrnet",
                "Exif.Image.Model": "demo",
                "Exif.Image.Orientation": "1",
                "Exif.Photo.ExposureTime": _SHUTTERS[number],
                "Exif.Photo.FNumber": "56/10",
                "Exif.Photo.ISOSpeedRatings": str(ISO),
                "Exif.Photo.ExposureBiasValue": _BIASES[number],
                "Exif.Photo.ExposureMode": "2",
                "Exif.Photo.DateTimeOriginal": "2025:06:21 18:40:12",
                "Exif.Photo.SubSecTimeOriginal": moment,
                "Exif.Photo.FocalLengthIn35mmFilm": str(round(36 * _FOCAL)),
                "Exif.Photo.ColorSpace": "1",
            }
        )
        return bytes(file.get_bytes())
