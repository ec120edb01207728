"""Dense flow from the reference to a frame, both ways, on structure alone (Kroeger et al. 2016, OpenCV's DIS).

Pictures are radiances in common tones, float32 (H, W, 3). A flow is in pixels (x, y): what is at p in the reference is
at p + flow(p) in the frame.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from libhdrnet.radiometry import FloatImage, brightest
from libhdrnet.ramps import linear_step

_FLOOR = 0.06  # contrast (natural logarithm of the radiance) below which structure counts as noise
_CONTRAST = 48.0  # codes for one standard deviation of the local contrast
_STILL, _MOVES = 0.3, 0.8  # pixels between which a flow comes to count: what is still stays as it is
_WINDOW = 24  # of the short edge: over that part of it contrast is local
_TORN = 0.2  # change of the flow from pixel to pixel from which it is torn: 0.03 more halve the belief
_FINEST = 1  # scale at which DIS stops; 0 would be four times as slow and follows noise


@dataclass(frozen=True)
class Flow:
    """A flow and how far it can be believed."""

    field: FloatImage
    """(H, W, 2), pixels (x, y), 0 where nothing moves."""
    confidence: FloatImage
    """(H, W) in [0, 1]: 1 where the way there and back ends at its start, less where the flow is torn or the reference
    shows nothing to go by."""
    length: FloatImage
    """(H, W), pixels."""


def dense_flow(
    reference: FloatImage, frame: FloatImage, low: npt.NDArray[Any], high: npt.NDArray[Any], *, scale: int = 1
) -> Flow:
    """Estimate the flow from `reference` to `frame`, (H, W, 3) each; both show what lies between `low` and `high` (3,).

    `scale` is how many pixels of the picture one of these is wide: what counts as still hangs on that. The flow is in
    pixels of what is given. A picture of less than 12 pixels a side has no flow.
    """
    height, width = reference.shape[:2]
    still = np.zeros((height, width), np.float32)
    if min(height, width) < 12:
        return Flow(np.zeros((height, width, 2), np.float32), still + 1, still)
    there, back = (_structure(picture, low, high) for picture in (reference, frame))
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    search.setFinestScale(_FINEST)
    backward = search.calc(back, there, None)  # only the belief hangs on it
    search.setFinestScale(_FINEST if scale == 1 else 0)
    forward = search.calc(there, back, None)
    gap = scale * _length(forward + fetch(backward, forward, cubic=False))
    length = scale * _length(forward)
    confidence = np.exp(-np.square(gap / (1 + np.float32(0.1) * length)))
    moves = linear_step(length, (_STILL, _MOVES))
    field = np.asarray(forward * moves[..., None], np.float32)
    confidence *= np.exp(-20 * np.maximum(_change(field) - np.float32(_TORN), 0)) * (1 - _blank(reference, low, high))
    return Flow(field, confidence, length * moves / np.float32(scale))


def fetch(
    picture: npt.NDArray[Any], field: FloatImage, *, origin: tuple[int, int] = (0, 0), cubic: bool = True
) -> npt.NDArray[Any]:
    """Bring `picture`, (H, W) or (H, W, C), to the reference by a flow (h, w, 2); its edge is continued.

    `origin` is the row and column of the picture that the flow's first pixel lies on.
    """
    rows, columns = field.shape[:2]
    x = field[..., 0] + np.arange(origin[1], origin[1] + columns, dtype=np.float32)
    y = field[..., 1] + np.arange(origin[0], origin[0] + rows, dtype=np.float32)[:, None]
    # Of a large picture the window that is seen: OpenCV addresses sources by 16 bits.
    (top, bottom), (left, right) = (_window(places, size) for places, size in zip((y, x), picture.shape, strict=False))
    how = cv2.INTER_CUBIC if cubic else cv2.INTER_LINEAR
    window = picture[top:bottom, left:right]
    return np.asarray(
        cv2.remap(window, x - np.float32(left), y - np.float32(top), how, borderMode=cv2.BORDER_REPLICATE)
    )


def _length(field: FloatImage) -> FloatImage:
    x, y = field[..., 0], field[..., 1]
    return np.asarray(np.sqrt(x * x + y * y))


def _window(places: FloatImage, size: int) -> tuple[int, int]:
    first = int(np.clip(places.min() - 2, 0, size - 1))
    return first, int(np.clip(places.max() + 4, first + 1, size))


def _change(field: FloatImage) -> FloatImage:
    """Return the change of a flow from pixel to pixel, averaged over 5 x 5 pixels, (H, W)."""
    steps = [np.abs(np.diff(field, axis=axis, append=field.take([-1], axis))).sum(-1) for axis in (0, 1)]
    return np.asarray(cv2.blur(steps[0] + steps[1], (5, 5)), np.float32)


def _blank(picture: FloatImage, low: npt.NDArray[np.floating], high: npt.NDArray[np.floating]) -> FloatImage:
    """Return the share of pixels around each that are saturated or black, (H, W)."""
    above, below = picture >= np.asarray(high, np.float32), picture <= np.asarray(low, np.float32)
    clipped = brightest(above) | ~brightest(~below)
    return np.asarray(cv2.blur(clipped.astype(np.float32), (17, 17)), np.float32)


def _structure(
    picture: FloatImage, low: npt.NDArray[np.floating], high: npt.NDArray[np.floating]
) -> npt.NDArray[np.uint8]:
    """Return the local contrast in codes, (H, W), of what both pictures can show."""
    shown = np.clip(picture, np.asarray(low, np.float32), np.asarray(high, np.float32))
    level = np.log(shown @ np.array([0.25, 0.5, 0.25], np.float32) + np.float32(1e-3))
    size = max(7, min(level.shape) // _WINDOW) | 1
    mean = cv2.blur(level, (size, size))
    spread = np.sqrt(np.maximum(cv2.blur(level * level, (size, size)) - mean * mean, 0)) + np.float32(_FLOOR)
    return np.asarray(np.clip(128 + _CONTRAST * (level - mean) / spread, 0, 255), np.uint8)
