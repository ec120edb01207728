"""Sixteen-bit codes of linear light: gamma 2.2, and below a knee the tangent, which goes on below zero.

Noise around black has negative values; without them dark places would be too bright in the mean. Above the knee codes
are those of plain gamma 2.2, whatever the knee: frames are compared by their codes.
"""

import numpy as np
import numpy.typing as npt

from libhdrnet.radiometry import GAMMA, FloatImage, decode_gamma

Codes = npt.NDArray[np.uint16]

ENCODED: FloatImage = np.arange(65536, dtype=np.float32) / np.float32(65535)
"""Encoded value of each code, (65536,), in [0, 1]: what ramps over codes are made of."""
DECODE = decode_gamma(ENCODED)
"""Linear value of each code of plain gamma 2.2."""
LARGEST_KNEE = 0.1
"""Encoded value: the tangent there reaches down to -0.0076."""


def knee_for(least: float) -> float:
    """Return the knee, as an encoded value, from which the tangent reaches down to the linear value `least`; 0 if >= 0.

    It is LARGEST_KNEE at most: what is more negative still is no noise but a colour outside of Rec.709.
    """
    return min(float((max(-least, 0) / (GAMMA - 1)) ** (1 / GAMMA)), LARGEST_KNEE)


def decode_table(knee: float) -> FloatImage:
    """Return the linear value of each code, (65536,)."""
    if knee == 0:
        return DECODE
    below = knee**GAMMA + GAMMA * knee ** (GAMMA - 1) * (np.arange(65536) / 65535 - knee)
    return np.where(np.arange(65536) < knee * 65535, below.astype(np.float32), DECODE)


def encode(linear: FloatImage, knee: float = 0.0) -> Codes:
    """Return the codes of linear values, clipped to what they can hold."""
    codes = np.clip(linear, 0, 1) ** (1 / GAMMA)
    if knee > 0:
        dark = linear < knee**GAMMA
        codes[dark] = np.maximum(knee + (linear[dark] - knee**GAMMA) / (GAMMA * knee ** (GAMMA - 1)), 0)
    return np.round(codes * 65535).astype(np.uint16)
