"""Training material: a folder with `hdr/` (radiance panoramas) and `sharp/` (photographs), held in memory.

Pictures are reduced to a long edge of 1024 pixels: it makes them sharper and keeps 500 of them under 1 GB.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from libhdrnet.errors import HdrnetError, InputError
from libhdrnet.io.read import Photo, read_photo
from libhdrnet.ops.defocus import display_encoded

log = logging.getLogger(__name__)
LONG_EDGE = 1024
KEPT_APART = 10
"""Of so many pictures of a kind, in the order of their names, the last is not for training but for validation."""


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


def _chosen(folder: Path, validation: bool) -> list[Path]:
    paths = sorted(folder.glob("*"))
    return [path for index, path in enumerate(paths, 1) if (index % KEPT_APART == 0) == validation]


def _read_all(paths: Sequence[Path]) -> Iterator[Photo]:
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
