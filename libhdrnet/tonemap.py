"""Display renderings of a radiance image, for previews.

Input is linear Rec.709, float32 (H, W, 3), 1.0 = white of the reference exposure, highlights above it;
output is sRGB-encoded float32 (H, W, 3) in [0, 1].
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from libhdrnet.bands import bands, enlarged
from libhdrnet.errors import InputError
from libhdrnet.radiometry import FloatImage, encode_srgb, mu_law

Curve = Callable[[FloatImage], FloatImage]

OPERATORS = ("natural", "mu-law", "reinhard", "drago", "mantiuk")
"""The names that `tone_map` knows, the default first."""

_REC709 = np.array([0.2126, 0.7152, 0.0722], np.float32)
_DARKEST = 1e-5  # luminance below which nothing is shown, nor counted in an average
_BASE_EDGE = 768  # long edge in pixels that the large-scale brightness is found at
_KEY = 0.16  # linear luminance that a log-average is drawn to
_PULL = 0.6  # how far: 1 brings every scene there, 0 keeps the reference's exposure; a night stays a night
_LEAST_GAIN, _MOST_GAIN = 0.4, 8.0  # how far from the reference's own exposure that may lead
_CONTRAST = 0.85  # what is left of the large-scale contrast around the key, in stops a stop
_DETAIL = 1.1  # what small-scale contrast is multiplied by
_SATURATION = 1.12  # what makes up for the paleness of eased contrast
_LEAST_WHITE, _MOST_WHITE = 0.9, 5.0  # linear luminances that may become display white


def tone_map(radiance: npt.NDArray[Any], *, operator: str = "natural") -> FloatImage:
    """Render a radiance image for a display.

    Args:
        radiance: (H, W, 3), linear Rec.709, 1.0 = white of the reference. Negative values and NaN count as 0,
            infinity as the largest finite value of the picture.
        operator: "natural" (exposure from the log-average, large-scale contrast eased, highlights rolled off
            in colour), "mu-law" (T(H) of Eq. 2.5, scaled to the brightest value), "reinhard" (photographic,
            global), "drago" (adaptive logarithm) or "mantiuk" (contrast in a pyramid).

    Returns:
        float32 (H, W, 3) in [0, 1], sRGB-encoded; deterministic.

    Raises:
        InputError: an unknown operator, or an array that is not (H, W, 3).
    """
    if operator not in OPERATORS:
        raise InputError(f"The operator {operator!r} is unknown; choose one of {', '.join(OPERATORS)}.")
    if radiance.ndim != 3 or radiance.shape[2] != 3 or 0 in radiance.shape:
        raise InputError(f"The radiance is {radiance.shape}; tone mapping takes (H, W, 3).")
    scene = _sane(radiance)
    if operator == "natural":
        return _natural(scene)
    if operator == "mantiuk":
        return _mantiuk(scene)
    if operator == "mu-law":
        white = max(float(scene.max()), 1.0)
        return _in_bands(scene, lambda band: mu_law(band / np.float32(white)))
    luminances = _thumbnail(scene) @ _REC709
    average = _log_average(luminances)
    brightest = max(float(np.quantile(luminances, 0.999)), average * 1.001)
    curve = _reinhard(average, brightest) if operator == "reinhard" else _drago(average, brightest)
    return _in_bands(scene, lambda band: _render(band, band @ _REC709, curve(band @ _REC709)))


def _sane(radiance: npt.NDArray[Any]) -> FloatImage:
    scene = np.array(radiance, np.float32)
    finite = np.isfinite(scene)
    if not finite.all():
        largest = float(scene.max(where=finite, initial=0.0))
        np.nan_to_num(scene, copy=False, nan=0.0, posinf=largest, neginf=0.0)
    return np.asarray(np.clip(scene, 0.0, 1e6, out=scene), np.float32)


def _in_bands(scene: FloatImage, render: Callable[[FloatImage], FloatImage]) -> FloatImage:
    out = np.empty_like(scene)
    for rows in bands(scene.shape[0]):
        out[rows] = render(scene[rows])
    return out


def _thumbnail(scene: FloatImage) -> FloatImage:
    import cv2

    height, width = scene.shape[:2]
    factor = min(1.0, _BASE_EDGE / max(height, width))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return np.asarray(cv2.resize(scene, size, interpolation=cv2.INTER_AREA), np.float32)


def _log_average(luminance: FloatImage) -> float:
    """Geometric mean of the luminance, in which what is black anyway has no voice."""
    seen = luminance[luminance > _DARKEST]
    return float(np.exp(np.log(seen).mean())) if seen.size else 1.0


def _natural(scene: FloatImage) -> FloatImage:
    """Ease the large-scale contrast around the key, keep the detail, then roll the highlights off."""
    import cv2

    small = np.log2(np.maximum(_brightness(_thumbnail(scene)), _DARKEST))
    average = _log_average(np.exp2(small))
    gain = min(max((_KEY / average) ** _PULL, _LEAST_GAIN), _MOST_GAIN)
    # Guided filter: the base follows the edges, so that easing its contrast makes no halos; its
    # coefficients are smooth and can be enlarged.
    side = max(1, max(small.shape) // 16)
    mean = cv2.blur(small, (side, side))
    variance = np.maximum(cv2.blur(small * small, (side, side)) - mean * mean, 0)
    slope = variance / (variance + 0.6)
    slope, offset = cv2.blur(slope, (side, side)), cv2.blur(mean - slope * mean, (side, side))
    coefficients = np.dstack([slope, offset])
    key = np.log2(_KEY)

    def ease(tone: FloatImage, base: FloatImage) -> FloatImage:
        eased = key + _CONTRAST * (base + np.log2(gain) - key) + _DETAIL * (tone - base)
        return np.asarray(np.exp2(eased), np.float32)

    brightest = float(np.quantile(ease(small, slope * small + offset), 0.997))
    white = min(max(brightest, _LEAST_WHITE), _MOST_WHITE)
    height, width = scene.shape[:2]
    out = np.empty_like(scene)
    for rows in bands(height):
        band = scene[rows]
        part = enlarged(coefficients, (height, width), rows)
        before = _brightness(band)
        tone = np.log2(np.maximum(before, _DARKEST))
        after = _film(ease(tone, part[..., 0] * tone + part[..., 1]), white)
        out[rows] = _render(band, before, after, _SATURATION)
    return out


def _film(luminance: FloatImage, white: float = 4.0) -> FloatImage:
    """Compress highlights smoothly up to `white`, which becomes 1; mid-tones keep their brightness."""
    x = luminance * np.float32(1.25)
    return np.asarray(x * (1 + x / np.float32(1.25 * white) ** 2) / (1 + x), np.float32)


def _reinhard(average: float, brightest: float) -> Curve:
    """Photographic operator, global, with a white point (Reinhard et al. 2002, Eq. 4)."""
    scale = 0.18 / average
    white = max(brightest * scale, 1.0)
    return lambda y: np.asarray(y * scale * (1 + y * (scale / white**2)) / (1 + y * scale), np.float32)


def _drago(average: float, brightest: float) -> Curve:
    """Adaptive logarithmic mapping with bias 0.85 (Drago et al. 2003, Eq. 4)."""
    white = brightest / average
    power = np.log(0.85) / np.log(0.5)

    def curve(luminance: FloatImage) -> FloatImage:
        y = np.minimum(luminance / average, white)
        base = np.log(2 + 8 * (y / white) ** power)
        return np.asarray(np.log1p(y) / (base * np.log10(1 + white)), np.float32)

    return curve


def _mantiuk(scene: FloatImage) -> FloatImage:
    """Contrast mapping in a pyramid (Mantiuk et al. 2006), OpenCV's, scaled to its white point."""
    import cv2

    if min(scene.shape[:2]) < 8 or float(np.ptp(scene)) < 1e-6:
        return _in_bands(scene, lambda band: _render(band, band @ _REC709, _film(band @ _REC709)))
    operator = cv2.createTonemapMantiuk(gamma=1.0, scale=0.8, saturation=0.9)
    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)  # OpenCV 5 warns of its own code here
    try:
        mapped = operator.process(np.maximum(scene, _DARKEST))
    finally:
        cv2.utils.logging.setLogLevel(level)
    np.nan_to_num(mapped, copy=False, nan=0.0, posinf=1.0, neginf=0.0)
    white = max(float(np.quantile(mapped[::4, ::4], 0.995)), 1e-6)
    return _in_bands(mapped, lambda band: encode_srgb(np.clip(band / np.float32(white), 0, 1)))


def _brightness(scene: FloatImage) -> FloatImage:
    """Mean of luminance and brightest channel: a coloured lamp counts as bright before it turns white."""
    return np.asarray((scene @ _REC709 + scene.max(2)) / 2, np.float32)


def _render(scene: FloatImage, before: FloatImage, after: FloatImage, saturation: float = 1.0) -> FloatImage:
    """Scale each colour by after / before; what leaves the gamut is desaturated, not cut."""
    colour = scene * (np.clip(after, 0, 1) / np.maximum(before, _DARKEST))[..., None]
    y = np.minimum(colour @ _REC709, 1.0)[..., None]
    colour = y + (colour - y) * np.float32(saturation)
    # Mixed with grey of its own luminance until the brightest channel is 1: hue and luminance stay.
    excess = np.maximum(colour.max(2, keepdims=True) - 1.0, 0.0)
    keep = (1.0 - y) / np.maximum(excess + 1.0 - y, 1e-6)
    return encode_srgb(np.clip(y + (colour - y) * np.where(excess > 0, keep, 1.0), 0, 1))
