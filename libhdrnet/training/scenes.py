"""Training material: a folder with `hdr/` (radiance panoramas) and `sharp/` (photographs), held in memory.

Pictures are reduced to a long edge of 1024 pixels: it makes them sharper and keeps 500 of them under 1 GB.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from libhdrnet.errors import HdrnetError, InputError
from libhdrnet.io.read import Photo, read_photo
from libhdrnet.ops.defocus import display_encoded
from libhdrnet.radiometry import FloatImage, decode_srgb

log = logging.getLogger(__name__)
LONG_EDGE = 1024
KEPT_APART = 10
"""Of so many pictures of a kind, in the order of their names, the last is not for training but for validation."""
_SRGB: FloatImage = decode_srgb(np.arange(256) / 255)


@dataclass(frozen=True)
class Scenes:
    """The pictures of a data folder."""

    radiance: Sequence[npt.NDArray[np.float16]]
    """Linear radiance, (H, W, 3), median 0.18, from hdr/."""
    photographs: Sequence[npt.NDArray[np.uint8]]
    """sRGB photographs, (H, W, 3), from sharp/."""


def load_scenes(folder: Path, *, limit: int | None = None, validation: bool = False) -> Scenes:
    """Read the pictures under `folder` that are for training, or those for `validation`; `limit`: so many of each kind.

    Raises:
        InputError: neither hdr/ nor sharp/ holds a picture that can be read.
    """
    radiance = [_radiance(photo.pixels) for photo in _read_all(_chosen(folder / "hdr", validation)[:limit])]
    photographs = read_photographs(_chosen(folder / "sharp", validation)[:limit])
    if not photographs and not radiance:
        few = f" ({KEPT_APART} are needed for one to be kept apart)" if validation else ""
        raise InputError(f"{folder}: no pictures in hdr/ or sharp/{few}; point --data at a folder that has them.")
    return Scenes(radiance, photographs)


def read_photographs(paths: Sequence[Path]) -> list[npt.NDArray[np.uint8]]:
    """Return the pictures that can be read, (H, W, 3), reduced like all training material."""
    encoded = (display_encoded(photo.pixels, photo.encoding == "linear") for photo in _read_all(paths))
    return [np.asarray(np.rint(255 * pixels), np.uint8) for pixels in encoded]


def crop_linear(scenes: Scenes, rng: np.random.Generator, size: int, *, photographs_only: bool = False) -> FloatImage:
    """Cut a random (size, size, 3) linear picture, scaled, flipped and turned at random; its median is near 0.2.

    A photograph's highlights are expanded at random, so that it has a dynamic range worth a bracket.
    """
    import cv2

    use_radiance = not photographs_only and len(scenes.radiance) > 0 and rng.random() < 0.35
    use_radiance = use_radiance or not scenes.photographs
    source = scenes.radiance if use_radiance else scenes.photographs
    image = source[int(rng.integers(len(source)))]
    height, width = image.shape[:2]
    # a photograph that is enlarged is no longer sharp
    zoom = float(np.exp(rng.uniform(np.log(0.6), np.log(1.0 if photographs_only else 1.6))))
    cut = int(np.clip(round(size / zoom), 8, min(height, width)))
    top = int(rng.integers(height - cut + 1))
    if use_radiance:  # skip the poles of a panorama
        top = int(np.clip(top, 0.12 * height, max(0.12 * height, 0.88 * height - cut)))
        top = min(top, height - cut)
    left = int(rng.integers(width - cut + 1))
    patch = image[top : top + cut, left : left + cut]
    linear = patch.astype(np.float32) if use_radiance else _SRGB[patch]
    linear = cv2.resize(linear, (size, size), interpolation=cv2.INTER_AREA if cut > size else cv2.INTER_LINEAR)
    linear = np.rot90(linear, int(rng.integers(4)))
    if rng.random() < 0.5:
        linear = linear[:, ::-1]
    if not use_radiance and not photographs_only:
        strength = rng.uniform(0.0, 0.95)
        peak = linear.max(-1, keepdims=True)
        linear = linear / (1.0 - strength * np.clip(peak, 0, 1) ** 2)
    return np.ascontiguousarray(np.maximum(linear, 0), np.float32)


def _chosen(folder: Path, validation: bool) -> list[Path]:
    paths = sorted(folder.glob("*"))
    return [path for index, path in enumerate(paths, 1) if (index % KEPT_APART == 0) == validation]


def _read_all(paths: Sequence[Path]) -> Iterator[Photo]:
    import cv2

    for path in paths:
        try:
            photo = read_photo(path)
        except HdrnetError as error:
            log.warning("left out: %s", error)
            continue
        scale = LONG_EDGE / max(photo.pixels.shape[:2])
        if scale < 1:
            pixels = cv2.resize(photo.pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            photo = replace(photo, pixels=pixels)
        yield photo


def _radiance(image: npt.NDArray[Any]) -> npt.NDArray[np.float16]:
    linear = np.nan_to_num(np.asarray(image, np.float32))
    scaled = linear * (0.18 / max(float(np.median(linear)), 1e-6))
    return np.asarray(np.clip(scaled, 0, 6e4), np.float16)
