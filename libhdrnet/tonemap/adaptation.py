"""Local adaptation: gains in stops that bring a scene's large-scale contrast nearer to a display's.

Tones are stops from middle grey as the picture is exposed, float32 (h, w), of a reduced picture.
"""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from libhdrnet.radiometry import FloatImage, decode_srgb, encode_srgb
from libhdrnet.tonemap.curve import MIDDLE_GREY, Sigmoid

# Tuned by eye on twenty brackets: windows, faces against the light, sunsets, nights.
_WHITE = 2.47  # stops from middle grey to a display's white
_EASING = 1.5  # exponent of the easing at strength 1; at 2/3 highlights just fit below white
_LEAST_SLOPE = 0.4  # what is left of a stop, before that exponent
_MOST_LIFT = 3.0  # stops to which the lift of shadows saturates: below is noise
_DETAIL = 1.5  # stops from a tone within which a contrast is detail, and kept; also the step of the samples
_SHADOW = -2.5  # tone to which the brightest exposure brings shadows
_FUSED_WHITE = 4.0  # light that becomes white in each of them
_MOST_DARKER, _MOST_BRIGHTER = 5.0, 2.5  # stops that these exposures may be away from the middle one
_SIDE = 9  # pixels of the reduced picture over which gains are fitted to tones
_FLAT = 0.02  # variance in stops squared below which a place counts as flat in that
_SMALLEST = 6  # short edge in pixels of a pyramid's coarsest level


def eased(tones: FloatImage, strength: float) -> FloatImage:
    """Return gains that ease large-scale contrast around middle grey and keep detail: a local Laplacian filter.

    Paris, Hasinoff and Kautz 2011, in the fast form of Aubry et al. 2014. All 0 where nothing is brighter than white.
    """
    brightest = float(np.quantile(tones, 0.99))
    slope = max(_WHITE / max(brightest, _WHITE), _LEAST_SLOPE) ** (_EASING * strength)
    if slope == 1:
        return np.zeros_like(tones)
    samples = np.arange(tones.min(), tones.max() + _DETAIL, _DETAIL, dtype=np.float32)
    levels = _gaussian(tones)
    out = [*(np.zeros_like(level) for level in levels[:-1]), slope * levels[-1]]
    for sample in samples:
        away = tones - sample
        remapped = away * (slope + (1 - slope) * np.exp(-0.5 * (away / _DETAIL) ** 2))
        for total, level, part in zip(out[:-1], levels, _laplacian(remapped), strict=False):
            total += part * np.maximum(1 - np.abs(level - sample) / _DETAIL, 0)
    gains = _collapsed(out) - tones
    return np.asarray(np.where(gains > 0, _MOST_LIFT * (1 - np.exp(-gains / _MOST_LIFT)), gains), np.float32)


def fused(tones: FloatImage, strength: float) -> FloatImage:
    """Return gains that show each place as that of several exposures does which shows it best.

    Mertens, Kautz and Van Reeth 2007, with exposures made of the scene: none is misaligned, none has ghosts.
    """
    low, high = (float(tone) for tone in np.quantile(tones, (0.02, 0.99)))
    spread = strength**0.5  # half of the strength is most of the way: with less the style would be no other
    darker = spread * min(max(high - _WHITE, 0.0), _MOST_DARKER)
    brighter = spread * min(max(_SHADOW - low, 0.0), _MOST_BRIGHTER)
    if darker + brighter == 0:
        return np.zeros_like(tones)
    curve = Sigmoid.up_to(_FUSED_WHITE)
    shifts = np.linspace(-darker, brighter, 2 + int(darker + brighter), dtype=np.float32)
    shown = [encode_srgb(curve(np.float32(MIDDLE_GREY) * np.exp2(tones + shift))) for shift in shifts]
    weights = [np.exp(-0.5 * ((picture - 0.5) / 0.2) ** 2) for picture in shown]
    total = np.sum(weights, axis=0)
    out = [np.zeros_like(level) for level in _gaussian(tones)]
    for picture, weight in zip(shown, weights, strict=True):
        for level, part, share in zip(out, _laplacian(picture), _gaussian(weight / total), strict=True):
            level += part * share
    light = curve.inverse(np.clip(decode_srgb(_collapsed(out)), 1e-4, 1))
    return np.asarray(np.log2(light / np.float32(MIDDLE_GREY)) - tones, np.float32)


def guided(tones: FloatImage, gains: FloatImage) -> FloatImage:
    """Return coefficients (h, w, 2), gains = slope * tones + offset: enlarged, they follow edges (He et al. 2013)."""

    def mean(plane: npt.NDArray[Any]) -> FloatImage:
        return np.asarray(cv2.blur(plane, (_SIDE, _SIDE)), np.float32)

    tone, gain = mean(tones), mean(gains)
    slope = (mean(tones * gains) - tone * gain) / (np.maximum(mean(tones * tones) - tone * tone, 0) + _FLAT)
    return np.dstack([mean(slope), mean(gain - slope * tone)])


def _gaussian(plane: FloatImage) -> list[FloatImage]:
    """Return the Gaussian pyramid of a plane (H, W): itself and its reductions by two, down to a few pixels."""
    levels = [plane]
    while min(levels[-1].shape) >= 2 * _SMALLEST:
        levels.append(np.asarray(cv2.pyrDown(levels[-1]), np.float32))
    return levels


def _laplacian(plane: FloatImage) -> list[FloatImage]:
    """Return what each level of `_gaussian` has beyond the next coarser one, and that one's last level."""
    levels = _gaussian(plane)
    return [fine - _enlarged(coarse, fine) for fine, coarse in zip(levels, levels[1:], strict=False)] + levels[-1:]


def _collapsed(levels: list[FloatImage]) -> FloatImage:
    """Return the plane whose `_laplacian` is `levels`."""
    plane = levels[-1]
    for level in levels[-2::-1]:
        plane = level + _enlarged(plane, level)
    return plane


def _enlarged(coarse: FloatImage, fine: FloatImage) -> FloatImage:
    return np.asarray(cv2.pyrUp(coarse, dstsize=fine.shape[::-1]), np.float32)
