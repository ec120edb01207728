"""OpenEXR: linear half, float or integer channels; the first part, its display window."""

import contextlib
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np

from libhdrnet.errors import InputError
from libhdrnet.io.colour import D65, REC709_PRIMARIES
from libhdrnet.io.formats.decoded import Array, Decoded, Header, damaged

MAX_SIDE = 2**31 - 1
HALF_MAX = 65504.0
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_ONE_AT_A_TIME = threading.Lock()


def read_attributes(path: Path) -> dict[str, Any]:
    """Header of the first part."""
    import OpenEXR

    try:
        with OpenEXR.File(str(path), header_only=True) as file:
            return dict(file.header())
    except Exception as error:
        raise damaged(path, error) from error


def header(path: Path) -> Header:
    """Size of the display window; the larger of it and the data window where that has more pixels."""
    attributes = read_attributes(path)
    sizes = [_extent(attributes[name], path)[2:] for name in ("displayWindow", "dataWindow")]
    height, width = sizes[0] if sizes[1][0] * sizes[1][1] < 4 * sizes[0][0] * sizes[0][1] else sizes[1]
    return Header(height, width, orientation=1)


def decode(path: Path) -> Decoded:
    """Decode to linear Rec.709 float32: chromaticities are converted, associated alpha is divided out."""
    import OpenEXR

    try:
        with _silent(), OpenEXR.File(str(path), separate_channels=True) as file:
            attributes = dict(file.header())
            channels = {name: np.asarray(channel.pixels) for name, channel in file.channels().items()}
    except Exception as error:
        raise damaged(path, error) from error
    names = _choose(list(channels), path)
    planes = [channels[name] for name in names]
    if any(plane.shape != planes[0].shape for plane in planes):
        raise InputError(f"'{path}' has channels of different sizes, which cannot be read: save it as RGB.")
    grey = len(names) < 3
    colours = 1 if grey else 3
    pixels = np.stack([plane.astype(np.float32) for plane in planes[:colours]], axis=-1)
    alpha = planes[colours].astype(np.float32) if len(planes) > colours else None
    pixels = np.repeat(pixels, 3, axis=2) if grey else pixels
    if alpha is not None and bool((alpha != 1).any()):
        np.divide(pixels, alpha[..., None], out=pixels, where=alpha[..., None] > 0)
    chromaticities = attributes.get("chromaticities")
    if chromaticities is not None and not grey:
        matrix = _to_rec709(tuple(float(value) for value in chromaticities))
        if matrix is not None:
            pixels = np.asarray(pixels @ matrix.T.astype(np.float32), np.float32)
    pixels = _place(pixels, attributes, path)
    alpha = None if alpha is None else _place(alpha, attributes, path)
    return Decoded(pixels, alpha, grey, linear=True, icc_is_final=True)


@contextmanager
def _silent() -> Iterator[None]:
    """Drop what OpenEXR prints about damaged files: from Python to stdout, from C to the process's stderr."""
    with _ONE_AT_A_TIME, contextlib.ExitStack() as undo:
        undo.enter_context(redirect_stdout(StringIO()))
        with contextlib.suppress(OSError):  # a program without a console has no stderr
            kept = os.dup(2)
            undo.callback(os.close, kept)
            nowhere = os.open(os.devnull, os.O_WRONLY)
            undo.callback(os.close, nowhere)
            os.dup2(nowhere, 2)
            undo.callback(os.dup2, kept, 2)
        yield


def write(path: Path, pixels: Array, attributes: Mapping[str, Any], *, alpha: Array | None = None) -> None:
    """(H, W) as channel Y or (H, W, 3) as R, G, B, float16 or float32, ZIP; `alpha` is multiplied in."""
    import OpenEXR

    channels: dict[str, Array] = {}
    if alpha is not None:
        pixels = (pixels * alpha[..., None]).astype(pixels.dtype)
        channels["A"] = np.ascontiguousarray(alpha.astype(pixels.dtype))
    if pixels.ndim == 2:
        channels["Y"] = np.ascontiguousarray(pixels)
    else:
        channels |= {name: np.ascontiguousarray(pixels[..., index]) for index, name in enumerate("RGB")}
    head = {
        "compression": OpenEXR.ZIP_COMPRESSION,
        "type": OpenEXR.scanlineimage,
        "chromaticities": (*REC709_PRIMARIES, *D65),
        **attributes,
    }
    with OpenEXR.File(head, channels) as file:
        file.write(str(path))


def _choose(names: list[str], path: Path) -> list[str]:
    """Channel names of R, G, B (A) or Y (A), of the plain layer if there is one, else of the first layer."""
    layers: dict[str, dict[str, str]] = {}
    for name in names:
        layer, _, last = name.rpartition(".")
        layers.setdefault(layer, {})[last.upper()] = name
    for layer in sorted(layers, key=len):
        found = layers[layer]
        if {"R", "G", "B"} <= found.keys():
            return [found[key] for key in ("R", "G", "B", "A") if key in found]
        if {"RY", "BY"} & found.keys():
            raise InputError(f"'{path}' stores luminance and chroma, which are not read: save it as RGB.")
        if "Y" in found:
            return [found[key] for key in ("Y", "A") if key in found]
    listed = ", ".join(names) or "none"
    raise InputError(f"'{path}' has no channels R, G, B or Y (it has {listed}): save it as an RGB picture.")


def _extent(window: Any, path: Path) -> tuple[int, int, int, int]:
    (left, top), (right, bottom) = ([int(value) for value in corner] for corner in window)
    if right < left or bottom < top:
        raise damaged(path, "an empty window")
    return top, left, bottom - top + 1, right - left + 1


def _place(values: Array, attributes: Mapping[str, Any], path: Path) -> Array:
    """Crop or pad the data window to the display window, which is the picture."""
    top, left, height, width = _extent(attributes["displayWindow"], path)
    data_top, data_left, data_height, data_width = _extent(attributes["dataWindow"], path)
    if (top, left, height, width) == (data_top, data_left, data_height, data_width):
        return values
    result = np.zeros((height, width, *values.shape[2:]), values.dtype)
    first_row, first_column = max(top, data_top), max(left, data_left)
    end_row = min(top + height, data_top + data_height)
    end_column = min(left + width, data_left + data_width)
    if first_row < end_row and first_column < end_column:
        result[first_row - top : end_row - top, first_column - left : end_column - left] = values[
            first_row - data_top : end_row - data_top, first_column - data_left : end_column - data_left
        ]
    return result


def _to_rec709(chromaticities: tuple[float, ...]) -> Array | None:
    """Compute the matrix to Rec.709, Bradford-adapted; None where the file is Rec.709 or makes no sense."""
    target = (*REC709_PRIMARIES, *D65)
    if len(chromaticities) != 8 or np.allclose(chromaticities, target, atol=2e-3):
        return None
    try:
        source_xyz, target_xyz = _rgb_to_xyz(chromaticities), _rgb_to_xyz(target)
        cones = (_BRADFORD @ target_xyz.sum(axis=1)) / (_BRADFORD @ source_xyz.sum(axis=1))
        adapt = np.linalg.inv(_BRADFORD) @ np.diag(cones) @ _BRADFORD
        matrix = np.linalg.inv(target_xyz) @ adapt @ source_xyz
    except (np.linalg.LinAlgError, ZeroDivisionError):
        return None
    return matrix if bool(np.isfinite(matrix).all()) else None


def _rgb_to_xyz(chromaticities: tuple[float, ...]) -> Array:
    points = np.array([[x / y, 1.0, (1 - x - y) / y] for x, y in np.reshape(chromaticities, (4, 2))])
    primaries = points[:3].T
    return np.asarray(primaries * np.linalg.solve(primaries, points[3]), np.float64)
