"""Tones of two pictures of the same light brought together: by a curve that is the same all over the picture.

Responses that are not quite known and exposures that are not quite what was written make one frame brighter than
another by a factor that depends on the level alone. It is measured where both must be equal.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from libhdrnet.bands import bands
from libhdrnet.ops.agreement import Agreement, Map
from libhdrnet.ops.frames import Frame
from libhdrnet.radiometry import FloatImage, inverse_mu_law, mu_law

UNSATURATED = round(0.95 * 65535)
"""Code below which a channel still tells the light."""
_LEVELS, _FINE = 256, 512
_ENOUGH = 2000
"""Pixels of one level beyond which it gains little weight against its neighbours."""
_CURVE_REACH, _FAR_SHARE = (4.0, 32.0), 0.01
"""Levels, as standard deviations, that a level hears, and the share of the farther ones."""
_SURE = 0.99
_MOST_PIXELS = 2e6

NEAR = (1 / 20, 1 / 60)
"""How far around what moved frames are brought to one tone, and the standard deviation of how that fades: shares of the
long edge."""

Rows = Callable[[slice], FloatImage]
"""Gives some rows of a picture or of a map."""


@dataclass(frozen=True)
class Tones:
    """How the codes of each frame are decoded near what moved."""

    tables: Sequence[FloatImage]
    """For each frame the linear value of each code and channel, (65536, 3)."""
    where: Map
    """(h, w) uint8, of reduced size: 255 = by the tables, 0 = as elsewhere."""


def near(moved: npt.NDArray[np.bool_]) -> Map:
    """Return where tones have to be one for what `moved`, (h, w)."""
    import cv2

    reach, fade = (max(1, round(max(moved.shape) * share)) for share in NEAR)
    wide = cv2.dilate(moved.astype(np.uint8) * np.uint8(255), np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    return np.asarray(cv2.GaussianBlur(wide, (0, 0), fade), np.uint8)


def decode_tables(
    radiance: FloatImage, frames: Sequence[Frame], reference: int, agreement: Agreement
) -> list[FloatImage]:
    """Return for each frame the linear value of each code and channel, (65536, 3), in the tones of their merge.

    Args:
        radiance: (H, W, 3), the classical merge, 1.0 = white of the reference.
        frames: aligned.
        reference: index of the reference.
        agreement: of the frames.
    """
    own = frames[reference].exposure
    white = own / min(frame.exposure for frame in frames)
    tables = []
    # What saturation means cannot be measured: there the nominal value stays.
    known = np.interp(np.arange(65536), (UNSATURATED, 65535), (1, 0)).astype(np.float32)[:, None]
    for frame in frames:
        light = np.float32(own / frame.exposure)
        curve = tone_curve(
            radiance,
            lambda rows: frame.linear(rows) * light,  # noqa: B023
            lambda rows: _measured(frame, rows) * agreement.of_all(rows),  # noqa: B023
            white,
        )
        scale = light / np.float32(white)
        nominal = nominal_table(frame)
        seen = np.maximum(nominal, 0)
        table = inverse_mu_law(in_tones(curve, mu_law(np.minimum(seen * scale, 1)))) / scale
        tables.append(nominal + known * (np.maximum(table, 0) - seen))
    return tables


def _measured(frame: Frame, rows: slice) -> FloatImage:
    """Return how far some rows of a frame are data that tell the light, (h, W) in [0, 1]."""
    share = (frame.codes[rows].max(-1, keepdims=True) < UNSATURATED) * frame.covered(rows)
    return np.asarray(share[..., 0], np.float32)


def nominal_table(frame: Frame) -> FloatImage:
    """Return the linear value of each code and channel, (65536, 3), where nothing more is known."""
    return np.repeat(frame.decode[:, None], 3, 1)


def tone_curve(classical: FloatImage, other: Rows, sure: Rows, white: float) -> npt.NDArray[np.float32]:
    """Return the typical difference classical - other at each of 256 levels of the other's mu-law value, (3, 256).

    Measured where both are `sure` to show the same, in large pictures on a grid.
    """
    step = max(1, int((classical.shape[0] * classical.shape[1] / _MOST_PIXELS) ** 0.5))
    counts = np.zeros((3, _LEVELS * _FINE), np.int64)
    scale = np.float32(1 / white)
    for rows in bands(len(classical)):
        chosen = sure(rows)[::step, ::step] > _SURE
        if not chosen.any():
            continue
        pair = (classical[rows][::step, ::step], other(rows)[::step, ::step])
        a, b = (mu_law(np.clip(image[chosen] * scale, 0, 1)) for image in pair)
        level = np.minimum((b * _LEVELS).astype(np.int32), _LEVELS - 1)
        gap = np.clip(((a - b + 0.5) * _FINE).astype(np.int32), 0, _FINE - 1)
        for channel in range(3):
            counts[channel] += np.bincount(level[:, channel] * _FINE + gap[:, channel], minlength=_LEVELS * _FINE)
    return np.stack([_curve(plane.reshape(_LEVELS, _FINE)) for plane in counts])


def _curve(histogram: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    """Return the mean of the middle half of the gaps at each level, (256,), from their counts (256, bins).

    As robust as the median, but a pixel more or less, which may hang on a processor's last bits, moves it a little and
    never makes it jump. Neighbouring levels are heard, too, and where there is nothing near, those far away.
    """
    import cv2

    sizes = histogram.sum(1, keepdims=True)
    if not sizes.any():
        return np.zeros(_LEVELS, np.float32)
    capped = (histogram * (_ENOUGH / (sizes + _ENOUGH))).astype(np.float32)
    near, far = (
        cv2.GaussianBlur(capped, (1, 2 * int(4 * reach) + 1), 1, sigmaY=reach, borderType=cv2.BORDER_REPLICATE)
        for reach in _CURVE_REACH
    )
    heard = (near + np.float32(_FAR_SHARE) * (far + np.float32(1e-6) * capped.sum(0))).astype(np.float64)
    upper = heard.cumsum(1)
    quarter = upper[:, -1:] / 4
    middle = np.maximum(np.minimum(upper, 3 * quarter) - np.maximum(upper - heard, quarter), 0)
    return np.asarray(middle @ (np.arange(_FINE) + 0.5) / middle.sum(1) / _FINE - 0.5, np.float32)


def in_tones(curve: npt.NDArray[np.float32], values: FloatImage) -> FloatImage:
    """Return mu-law values (..., 3) of the other picture as the classical merge would have them."""
    middles = ((np.arange(_LEVELS) + 0.5) / _LEVELS).astype(np.float32)
    out = np.empty_like(values)
    for channel in range(3):
        out[..., channel] = values[..., channel] + np.interp(values[..., channel], middles, curve[channel])
    return out
