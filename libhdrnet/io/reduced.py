"""The frames of a bracket read small, for a preview: quickly, in their own encoding, all brought to one size."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from libhdrnet.errors import sizes_differ
from libhdrnet.hearing import told
from libhdrnet.io.read import Photo, bracket_reader, read_header

PIXELS = 1e6
"""Of a preview."""
_REDUCTIONS = (8, 4, 2)
"""Times that a JPEG can be decoded smaller."""


class SmallBracket(NamedTuple):
    """The frames of a bracket, read small."""

    photos: list[Photo]
    full_size: tuple[int, int]
    """Height and width of the first file, upright."""
    warnings: tuple[str, ...]
    """What is to be known of the files."""


def read_small_bracket(paths: Sequence[str | PathLike[str]], threads: int, pixels: float = PIXELS) -> SmallBracket:
    """Read the frames of a bracket with about so many pixels each, or as they are where they have fewer.

    JPEGs are reduced in the transform, RAW files developed at half their size, and all is averaged down to one size.
    RAW files are developed alike, and stay in their camera's colours where all files are RAW of one (`Photo.camera`).

    `threads`: files that are read at a time. `pixels`: height times width, roughly. Raises InputError as `read_photo`
    does, and where the sizes differ.
    """
    files = [Path(path) for path in paths]
    sizes = [(header.height, header.width) for _, header in map(read_header, files)]
    for path, size in zip(files, sizes, strict=True):
        if sorted(size) != sorted(sizes[0]):
            raise sizes_differ(str(files[0]), sizes[0], str(path), size)
    factor = max(1.0, (sizes[0][0] * sizes[0][1] / pixels) ** 0.5)
    reduction = next((times for times in _REDUCTIONS if times <= factor), 1)
    read_whole = bracket_reader(files, in_camera_rgb=True, reduction=reduction)

    def read(path: Path) -> Photo:
        photo = read_whole(path)
        return _averaged(photo, sizes[0], factor) if factor > 1 else photo

    with told() as texts, ThreadPoolExecutor(threads) as pool:
        photos = list(pool.map(lambda context, path: context.run(read, path), [copy_context() for _ in files], files))
    return SmallBracket(photos, _turned_as(photos[0], sizes[0]), tuple(texts))


def _averaged(photo: Photo, full_size: tuple[int, int], factor: float) -> Photo:
    """Bring a photo to the size of all of them, whichever way it was turned."""
    height, width = (max(1, round(edge / factor)) for edge in full_size)
    size = _turned_as(photo, (height, width))
    alpha = None if photo.alpha is None else area_reduced(photo.alpha, size)
    return replace(photo, pixels=area_reduced(photo.pixels, size), alpha=alpha)


def _turned_as(photo: Photo, size: tuple[int, int]) -> tuple[int, int]:
    small, large = sorted(size)
    height, width = photo.pixels.shape[:2]
    return (small, large) if height < width else (large, small)


def area_reduced(pixels: npt.NDArray[Any], size: tuple[int, int]) -> npt.NDArray[Any]:
    """Return (H, W) or (H, W, 3) pixels of any dtype averaged down to (height, width)."""
    import cv2

    return np.asarray(cv2.resize(pixels, size[::-1], interpolation=cv2.INTER_AREA), pixels.dtype)
