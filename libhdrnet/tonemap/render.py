"""`tone_map`: exposure, local adaptation and curve of a radiance image."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from libhdrnet.bands import enlarged
from libhdrnet.errors import InputError
from libhdrnet.options import ToneOptions, check
from libhdrnet.radiometry import FloatImage, brightest, encode_srgb
from libhdrnet.tonemap.adaptation import eased, fused, guided
from libhdrnet.tonemap.curve import MIDDLE_GREY, Sigmoid
from libhdrnet.tonemap.metering import metered

_REC709 = np.array([0.2126, 0.7152, 0.0722], np.float32)
_DARKEST = 2e-4  # light below which nothing is told apart, some ten stops below the middle
_LIGHTEST = 1e9  # its powers are within float32
_FAINT = 2e-4  # light half of whose colour is noise or rounding: a JPEG's lowest codes
_EDGE = 1024  # long edge in pixels of the reduced picture that is metered and adapted
_MOST_WHITE = 16.0  # light that may become display white, as the exposure has it; beyond it, mid-tones would go flat
# Tuned by eye on nineteen brackets: eased contrast left a veil over what a photograph shows as black.
_DARK, _BLACK = 0.01, 0.004  # share of the picture whose light becomes black or nearly, and light that is so already
_MOST_VEIL = 0.03  # light that may be taken away for it: fog stays
_STRIP = 1 << 16  # pixels worked on at a time: what fits into a processor's cache


@dataclass(frozen=True, kw_only=True)
class Tone:
    """How to render a radiance image for a display; checked when it is made.

    Raises:
        InputError: an unknown style or a value out of range.
    """

    style: str = "natural"
    exposure: float = 0.0
    local: float = 0.5
    saturation: float = 1.0

    def __post_init__(self) -> None:
        check(ToneOptions, tone=self.style, exposure=self.exposure, local=self.local, saturation=self.saturation)


def tone_map(
    radiance: npt.NDArray[Any],
    *,
    style: str = "natural",
    exposure: float = 0.0,
    local: float = 0.5,
    saturation: float = 1.0,
) -> FloatImage:
    """Render a radiance image for a display.

    The exposure is chosen by what is in the middle and has detail, and stays near the reference's. A picture whose
    range a display has is hardly changed; else large-scale contrast is eased, without halos, and a sigmoid that keeps
    hues brings highlights to white.

    Args:
        radiance: float (H, W, 3), linear Rec.709, 1.0 = white of the reference. Negative values count as 0.
        style: "natural", or "fusion": each place as that of several exposures shows it which shows it best, brighter
            and crisper, as for interiors.
        exposure: stops brighter than what is chosen, -10 to 10.
        local: how far bright and dark areas are brought together, 0 (one curve for all) to 1.
        saturation: of colours, 0 (grey) to 2.

    Returns:
        float32 (H, W, 3) in [0, 1], sRGB-encoded; deterministic.

    Raises:
        InputError: an unknown style, a value out of range, NaN or infinity, or an array that is not float (H, W, 3).
    """
    tone = Tone(style=style, exposure=exposure, local=local, saturation=saturation)
    radiance = np.asarray(radiance)
    if radiance.dtype.kind != "f" or radiance.ndim != 3 or radiance.shape[2] != 3 or 0 in radiance.shape:
        raise InputError(f"The radiance is {radiance.shape} {radiance.dtype}; tone mapping takes (H, W, 3) float32.")
    with np.errstate(over="ignore"):
        scene = radiance.astype(np.float32, copy=False)
    return Adaptation.of(scene, tone).show(scene)


@dataclass(frozen=True)
class Adaptation:
    """How a scene is brought to a display, whole or a part of it."""

    tone: Tone
    shape: tuple[int, ...]
    """Of the scene, (H, W, 3)."""
    coefficients: FloatImage
    """(h, w, 2) of gains in stops, slope * tone + offset."""
    veil: float
    """Light that is taken from all, before the curve, and given back to middle grey."""
    curve: Sigmoid

    @classmethod
    def of(cls, scene: FloatImage, tone: Tone, *, edge: int = _EDGE) -> "Adaptation":
        """Look at a scene, float32 (H, W, 3), reduced to a long edge; raises InputError for NaN or infinity."""
        return cls(tone, scene.shape, *_adapted(_reduced(scene, edge), tone))

    def show(self, part: FloatImage, box: tuple[slice, slice] = (slice(None), slice(None))) -> FloatImage:
        """Return a part of the scene, its rows and columns of `box`, as `tone_map` does."""
        top, columns = box[0].indices(self.shape[0])[0], box[1]
        out = np.empty(part.shape, np.float32)
        height = max(1, _STRIP // part.shape[1])
        for start in range(0, len(part), height):
            rows = slice(start, min(start + height, len(part)))
            strip = np.clip(part[rows], 0, _LIGHTEST)
            grey = strip @ _REC709
            at = slice(top + rows.start, top + rows.stop)
            slope, offset = np.moveaxis(enlarged(self.coefficients, self.shape, at, columns), 2, 0)
            level = _level(strip, grey)
            gain = np.exp2(slope * _tones(level) + offset)
            gain *= _unveiled(level * gain, self.veil)
            colour = gain * np.float32(self.tone.saturation) * grey / (grey + np.float32(_FAINT))
            light = strip * colour[..., None] + (grey * (gain - colour))[..., None]
            out[rows] = encode_srgb(self.curve.in_colour(np.maximum(light, 0)))
        return out


def _adapted(small: FloatImage, tone: Tone) -> tuple[FloatImage, float, Sigmoid]:
    """Return coefficients (h, w, 2) of gains in stops, slope * tone + offset, the veil, and the curve after them."""
    tones = _tones(_level(small, small @ _REC709))
    stops = metered(tones)
    if tone.style == "fusion":
        gains = fused(tones + np.float32(stops), tone.local)
    else:
        gains = eased(tones + np.float32(stops), tone.local)
        stops = metered(tones + gains)
    stops += tone.exposure
    light = brightest(small) * np.float32(2**stops)
    before, white = (float(np.quantile(shown, 0.998)) for shown in (light, light * np.exp2(gains)))
    if white < min(before, 1):  # what was white would be grey
        stops += np.log2(min(before, 1) / white)
    white = min(white, _MOST_WHITE)
    dark = MIDDLE_GREY * 2 ** float(np.quantile(tones + gains + np.float32(stops), _DARK))
    veil = min(max(dark - _BLACK, 0), _MOST_VEIL) * (1 - 1 / max(white, 1) ** 2)
    return guided(tones, gains + np.float32(stops)), veil, Sigmoid.up_to(white)


def _unveiled(light: FloatImage, veil: float) -> FloatImage:
    """Return what light is to be multiplied by so that it loses the veil; middle grey stays."""
    left = np.maximum(1 - np.float32(veil) / np.maximum(light, np.float32(_DARKEST)), 0)
    return np.asarray(left * np.float32(MIDDLE_GREY / (MIDDLE_GREY - veil)), np.float32)


def _level(scene: FloatImage, grey: FloatImage) -> FloatImage:
    """Return the mean of luminance and brightest channel: a coloured lamp is bright."""
    return np.asarray(np.float32(0.5) * (grey + brightest(scene)), np.float32)


def _tones(level: FloatImage) -> FloatImage:
    """Return stops from middle grey."""
    return np.asarray(np.log2(np.maximum(level, np.float32(_DARKEST)) / np.float32(MIDDLE_GREY)), np.float32)


def _reduced(scene: FloatImage, edge: int) -> FloatImage:
    height, width = scene.shape[:2]
    factor = min(1.0, edge / max(height, width))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    small = np.asarray(cv2.resize(scene, size, interpolation=cv2.INTER_AREA), np.float32)
    if not np.isfinite(small).all():  # every pixel is part of one of these
        raise InputError("The radiance holds NaN or infinity; tone mapping takes finite values.")
    return np.clip(small, 0, _LIGHTEST)
