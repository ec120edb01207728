"""Coding-independent code points (ITU-T H.273): colours of PNG's cICP chunk to linear Rec.709 and back.

Light is that of the reference display, as for sRGB: BT.709 and its kin are shown by BT.1886 (a power of 2.4 on black
that is black), HLG by BT.2100's EOTF on a display of 1000 cd/m2 (system gamma 1.2). PQ and HLG tell cd/m2: 1.0 is
diffuse white, 203 cd/m2 (ITU-R BT.2408), which is 58 % of the signal in PQ and 75 % in HLG; their peaks are 49.3 and
4.93. All other curves reach 1.0 at their full signal.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from libhdrnet.io import colour
from libhdrnet.io.chromaticities import rec709_matrix, rgb_to_xyz
from libhdrnet.io.colour import Array
from libhdrnet.radiometry import FloatImage, decode_srgb, encode_srgb

Curve = Callable[[Array], Array]
REFERENCE_WHITE = 203.0
"""cd/m2 of 1.0 in PQ and HLG."""
PQ_PEAK = 10_000.0
"""cd/m2 of PQ's full signal."""
_SRGB, _PQ, _HLG, _HLG_PEAK, _HLG_GAMMA = 13, 16, 18, 1000.0, 1.2
_C = (0.310, 0.316)
PRIMARIES = {
    1: colour.REC709,
    4: (0.67, 0.33, 0.21, 0.71, 0.14, 0.08, *_C),
    5: (0.64, 0.33, 0.29, 0.60, 0.15, 0.06, *colour.D65),
    6: (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, *colour.D65),
    7: (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, *colour.D65),
    8: (0.681, 0.319, 0.243, 0.692, 0.145, 0.049, *_C),
    9: (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, *colour.D65),
    11: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.314, 0.351),
    12: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, *colour.D65),
    22: (0.630, 0.340, 0.295, 0.605, 0.155, 0.077, *colour.D65),
}
"""x, y of red, green, blue and white (H.273, table 2)."""
_POWERS = {1: 2.4, 4: 2.2, 5: 2.8, 6: 2.4, 8: 1.0, 14: 2.4, 15: 2.4}
"""Exponents of the reference display, by transfer characteristics (H.273, table 3)."""
_M1, _M2, _C1, _C2, _C3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
_A = 0.17883277
_B, _D = 1 - 4 * _A, 0.5 - _A * np.log(4 * _A)
"""HLG's constants a, b and c."""


@dataclass(frozen=True)
class CodePoints:
    """The three of H.273's numbers that mean something for RGB pictures."""

    primaries: int
    transfer: int
    full_range: bool = True
    """Black and white are the least and the largest code; else 16 and 235 of 255, with room beyond."""

    @classmethod
    def known(cls, primaries: int, transfer: int, *, full_range: bool = True) -> "CodePoints | None":
        """Return them where this module can convert them, else None."""
        return cls(primaries, transfer, full_range) if primaries in PRIMARIES and transfer in _CURVES else None

    @classmethod
    def from_bytes(cls, chunk: bytes) -> "CodePoints | None":
        """Read the content of a cICP chunk; None where it is damaged, not of RGB (matrix 0) or not known."""
        if len(chunk) != 4 or chunk[2] != 0 or chunk[3] > 1:
            return None
        return cls.known(chunk[0], chunk[1], full_range=chunk[3] == 1)

    def to_bytes(self) -> bytes:
        """Undo `from_bytes`."""
        return bytes((self.primaries, self.transfer, 0, self.full_range))

    @property
    def is_bounded(self) -> bool:
        """Whether no colour is brighter than white, so that an ICC profile describes them."""
        return self.full_range and self.transfer not in (_PQ, _HLG)

    def profile(self) -> bytes | None:
        """Return the ICC profile of bounded code points, None for sRGB."""
        if (self.primaries, self.transfer) == (1, _SRGB):
            return None
        return colour.make_profile(PRIMARIES[self.primaries], _POWERS.get(self.transfer))

    def to_linear(self, codes: Array, *, grey: bool = False) -> FloatImage:
        """Decode (H, W, 3) uint8 or uint16 to linear Rec.709 float32; `grey`: all channels are equal and stay so."""
        black, white = self._levels(8 * codes.dtype.itemsize)
        matrix = rec709_matrix(PRIMARIES[self.primaries]).astype(np.float32)

        def convert(band: Array) -> Array:
            light = self._decode((band.astype(np.float32) - black) / (white - black))
            return light if grey else light @ matrix.T

        return colour.by_bands(codes, convert)

    def from_linear(self, linear: Array, *, grey: bool = False, bits: int = 16) -> Array:
        """Undo `to_linear`: (H, W, 3) uint16 of `bits`, rounded once and clipped to what the codes can hold."""
        black, white = self._levels(bits)
        top = np.float32((1 << bits) - 1)

        def convert(band: Array) -> Array:
            signal = self._encode(band if grey else self.light(band))
            codes = np.clip(signal * (white - black) + black, 0, top)
            return np.asarray(codes + np.float32(0.5), np.uint16)

        return colour.by_bands(linear, convert, np.uint16)

    def light(self, linear: Array) -> FloatImage:
        """Convert linear Rec.709, (..., 3) float32, to these primaries; what lies outside of them is negative."""
        matrix = np.linalg.inv(rec709_matrix(PRIMARIES[self.primaries])).astype(np.float32)
        return np.asarray(linear @ matrix.T)

    def _levels(self, bits: int) -> tuple[np.float32, np.float32]:
        unit = 1 << (bits - 8)
        black, white = (0, (1 << bits) - 1) if self.full_range else (16 * unit, 235 * unit)
        return np.float32(black), np.float32(white)

    def _decode(self, signal: Array) -> Array:
        light = _signed(_CURVES[self.transfer][0], signal)
        if self.transfer == _HLG:
            light = light * (np.abs(self._luminance(light)) ** (_HLG_GAMMA - 1) * (_HLG_PEAK / REFERENCE_WHITE))
        return light

    def _encode(self, light: Array) -> Array:
        if self.transfer == _HLG:
            light = light * np.float32(REFERENCE_WHITE / _HLG_PEAK)
            luminance = np.maximum(np.abs(self._luminance(light)), np.float32(1e-12))
            light = np.asarray(light * luminance ** (1 / _HLG_GAMMA - 1))
        return _signed(_CURVES[self.transfer][1], light)

    def _luminance(self, rgb: Array) -> Array:
        weights = rgb_to_xyz(PRIMARIES[self.primaries])[1]
        return np.asarray((rgb @ weights.astype(np.float32))[..., None])


def _signed(function: Curve, values: Array) -> Array:
    """Below black a curve goes on as its mirror image, as the PNG specification recommends."""
    return np.asarray(np.copysign(function(np.abs(values)), values), np.float32)


def _power(exponent: float) -> tuple[Curve, Curve]:
    return lambda signal: np.asarray(signal**exponent), lambda light: np.asarray(light ** (1 / exponent))


def _decode_pq(signal: Array) -> Array:
    root = signal.astype(np.float64) ** (1 / _M2)  # in float32 its steps would show: 78.8 is a large exponent
    ratio = np.maximum(root - _C1, 0) / (_C2 - _C3 * root)
    return np.asarray(ratio ** (1 / _M1) * (PQ_PEAK / REFERENCE_WHITE))


def _encode_pq(light: Array) -> Array:
    root = (light.astype(np.float64) * (REFERENCE_WHITE / PQ_PEAK)) ** _M1
    return np.asarray(((_C1 + _C2 * root) / (1 + _C3 * root)) ** _M2)


def _hlg_inverse_oetf(signal: Array) -> Array:
    bright = (np.exp((np.maximum(signal, 0.5) - _D) / _A) + _B) / 12
    return np.asarray(np.where(signal <= 0.5, signal**2 / 3, bright))


def _hlg_oetf(light: Array) -> Array:
    bright = _A * np.log(np.maximum(12 * light, 1) - _B) + _D
    return np.asarray(np.where(light <= 1 / 12, np.sqrt(3 * light), bright))


_CURVES: dict[int, tuple[Curve, Curve]] = {
    **{transfer: _power(exponent) for transfer, exponent in _POWERS.items()},
    _SRGB: (decode_srgb, encode_srgb),
    _PQ: (_decode_pq, _encode_pq),
    _HLG: (_hlg_inverse_oetf, _hlg_oetf),
}
"""From signal to light and back, by transfer characteristics."""
