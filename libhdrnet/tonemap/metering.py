"""Exposure by what matters: detail counts more than bare places, the middle more than the edge, glare little."""

import cv2
import numpy as np

from libhdrnet.radiometry import FloatImage, encode_srgb
from libhdrnet.tonemap.curve import MIDDLE_GREY

# Tuned by eye on twenty brackets, half of them nights and interiors.
_AIM = 0.44  # mean display value of an ordinary photograph
_FINE = 0.5  # stops from there within which the reference's exposure is as meant
_PULL = 0.7  # how far what is beyond that is corrected: at 1 a night would become a day
_DARKER, _BRIGHTER = -0.3, 2.0  # stops that this may lead away from the reference's exposure
_BARE = 0.25  # what a place without detail counts, beside 1 more for a stop of it


def metered(tones: FloatImage) -> float:
    """Return the stops by which to expose a scene; its tones, (h, w), are stops from middle grey."""
    weights = _weights(tones)

    def mean(stops: float) -> float:
        light = np.float32(MIDDLE_GREY) * np.exp2(tones + np.float32(stops))
        return float((weights * encode_srgb(light / (light + np.float32(1 - MIDDLE_GREY)))).sum())

    low, high = -6.0, 6.0
    for _ in range(12):
        middle = (low + high) / 2
        low, high = (middle, high) if mean(middle) < _AIM else (low, middle)
    beyond = np.sign(low) * max(abs(low) - _FINE, 0)
    return float(np.clip(_PULL * beyond, _DARKER, _BRIGHTER))


def _weights(tones: FloatImage) -> FloatImage:
    height, width = tones.shape
    side = max(3, max(tones.shape) // 32)
    mean = cv2.blur(tones, (side, side))
    detail = np.sqrt(np.maximum(cv2.blur(tones * tones, (side, side)) - mean * mean, 0))
    y, x = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)[None]
    glare = np.square(MIDDLE_GREY * np.exp2(tones))
    weights = np.exp(-(x * x + y * y)) * (_BARE + np.minimum(detail, 1)) / (1 + glare)
    return np.asarray(weights / weights.sum(), np.float32)
