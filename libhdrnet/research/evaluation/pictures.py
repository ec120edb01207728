"""Small pictures for the report, as data URIs: a scene at several exposures, errors, masks, flow, defocus maps."""

import base64
from collections.abc import Sequence

import cv2
import numpy as np

from libhdrnet.ops.falsecolour import coloured
from libhdrnet.radiometry import FloatImage, encode_srgb, mu_law
from libhdrnet.research.evaluation.metrics import Array
from libhdrnet.tonemap import tone_map

EXPOSURES = (-4, -2, 0, 2, 4)
"""Stops relative to the reference's exposure at which radiance is shown."""
LONG_EDGE = 640
"""Pixels of a whole picture."""
CROP = (200, 280)
"""Rows and columns of a detail, in pixels of the scene."""
CLOSE = 192
"""Edge of a crop at 100 %, in pixels of the scene."""
LARGEST_ERROR = 0.1
"""Error in the mu-law (or display) domain that is shown as the brightest colour."""
Place = tuple[slice, slice]


def worst_place(error: Array) -> Place:
    """Rows and columns of the detail in which an error (H, W) is largest on the whole."""
    height, width = (min(size, edge) for size, edge in zip(CROP, error.shape, strict=True))
    total = cv2.integral(np.asarray(error, np.float64))
    sums = total[height:, width:] - total[:-height, width:] - total[height:, :-width] + total[:-height, :-width]
    top, left = np.unravel_index(int(np.argmax(sums)), sums.shape)
    return slice(int(top), int(top) + height), slice(int(left), int(left) + width)


def exposures_of(radiance: FloatImage, white: float | np.float32) -> dict[str, FloatImage]:
    """Display renderings of radiance (H, W, 3): by stops, and "tone-mapped"; `white` is the reference's white."""
    own = np.asarray(radiance / np.float32(white), np.float32)
    shown = {f"{ev:+d} EV": np.clip(encode_srgb(own * np.float32(2.0**ev)), 0, 1) for ev in EXPOSURES}
    return {"tone-mapped": tone_map(own), **shown}


def views(renderings: dict[str, FloatImage], place: Place) -> dict[str, dict[str, str]]:
    """Whole picture and detail of each rendering, as JPEG."""
    return {
        "whole": {name: jpeg(_reduced(picture), 80) for name, picture in renderings.items()},
        "detail": {name: jpeg(picture[place], 88) for name, picture in renderings.items()},
    }


def radiance_error(predicted: FloatImage, truth: FloatImage) -> FloatImage:
    """Absolute error (H, W) in the mu-law domain, mean over channels."""
    difference = mu_law(np.clip(predicted, 0, 1)) - mu_law(np.clip(truth, 0, 1))
    return np.asarray(np.abs(difference).mean(-1), np.float32)


def error_map(error: FloatImage) -> str:
    """Colour an error (H, W): black 0, bright yellow `LARGEST_ERROR` and more."""
    return _coloured(error / LARGEST_ERROR, cv2.COLORMAP_INFERNO)


def defocus_picture(radius: FloatImage, largest: float) -> str:
    """Colour a radius (H, W): dark blue in focus, yellow `largest` pixels and more."""
    return _coloured(radius / largest, cv2.COLORMAP_VIRIDIS)


def grey_picture(values: FloatImage) -> str:
    """Show a map (H, W) in [0, 1] in grey."""
    return jpeg(_reduced(np.repeat(values[..., None], 3, -1)), 80)


def flow_picture(flow: FloatImage) -> str:
    """Colour a flow (H, W, 2): the hue is its direction, the brightness its length up to its 99th percentile."""
    length, angle = np.hypot(flow[..., 0], flow[..., 1]), np.arctan2(flow[..., 1], flow[..., 0])
    longest = max(float(np.percentile(length, 99)), 1e-3)
    hsv = np.stack([np.degrees(angle) % 360, np.ones_like(length), np.clip(length / longest, 0, 1)], -1)
    return jpeg(_reduced(np.asarray(cv2.cvtColor(hsv.astype(np.float32), cv2.COLOR_HSV2RGB), np.float32)), 80)


def crops(versions: Sequence[FloatImage], middles: Sequence[tuple[int, int]]) -> str:
    """Crops at 100 % around the middles, one a row, of pictures (H, W, 3) in [0, 1] side by side."""
    height, width = (min(size, CLOSE) for size in versions[0].shape[:2])
    rows = []
    for row, column in middles:
        top = min(max(0, row - height // 2), versions[0].shape[0] - height)
        left = min(max(0, column - width // 2), versions[0].shape[1] - width)
        rows.append(np.hstack([picture[top : top + height, left : left + width] for picture in versions]))
    return jpeg(np.vstack(rows), 92)


def jpeg(picture: FloatImage, quality: int) -> str:
    """Encode a picture (H, W, 3) in [0, 1] as a data URI."""
    codes = np.round(np.clip(picture, 0, 1) * 255).astype(np.uint8)
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
    data = cv2.imencode(".jpg", np.ascontiguousarray(codes[..., ::-1]), options)[1]
    return "data:image/jpeg;base64," + base64.b64encode(data.tobytes()).decode("ascii")


def _coloured(values: Array, colours: int) -> str:
    codes = coloured(_reduced(np.asarray(values, np.float32)), colours)
    return jpeg(np.asarray(codes / np.float32(255), np.float32), 80)


def _reduced(picture: FloatImage) -> FloatImage:
    scale = LONG_EDGE / max(picture.shape[:2])
    if scale >= 1:
        return picture
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.float32)
