"""The gain map of a picture: by how many stops each of its channels differs from the radiance that it shows."""

import numpy as np

from libhdrnet.bands import bands
from libhdrnet.io import colour
from libhdrnet.io.colour import Array
from libhdrnet.io.formats.gain_map_file import GAMMA, OFFSET, Gain
from libhdrnet.radiometry import FloatImage

_RARE = 5e-3
"""Share of a channel's pixels whose gain need not be in range, unless it makes light above white: odd colours in
shadows would coarsen the steps of all others. Tuned with GAMMA and OFFSET on seven merged brackets: luminance comes
back to 0.016 stops in the mean; to 0.018 with a gamma of 0.7, to 0.017 when only 1e-3 is left out, in a room with black
corners to 0.023 instead of 0.019 with an offset of 0.002, to 0.067 with a map of half the size. Ranges of each
channel's own would give 0.014, but see `gain_map_file`."""
_HOT = 1e-4
"""Share of the pixels that may be brighter than the headroom says: sparks on a sensor are none to dim a picture for."""
_SAMPLE = 1_000_000
"""Pixels that suffice to find out what is rare."""
_MID_TONES = 0.05, 0.5
"""Linear values around middle grey."""
_SEEN = 0.1
"""Stops above white that are worth a gain map."""


def headroom_of(linear: FloatImage) -> float:
    """Return by how many stops (H, W, 3) linear Rec.709 rises above white, which is 1; 0 where that is not seen."""
    brightest = float(np.quantile(linear.max(axis=2), 1 - _HOT, method="higher"))
    stops = float(np.log2(max(brightest, 1.0)))
    return stops if stops >= _SEEN else 0.0


def exposure_between(linear: FloatImage, shown: Array) -> float:
    """Return by how many stops a picture of (H, W, 3) linear Rec.709 shows its mid-tones brighter; shown: as in sRGB.

    So much brighter the radiance is what an HDR display should show in the picture's place: else the mid-tones of a
    scene whose shadows were lifted would fall back into the dark. Where there are no mid-tones all that is neither
    black nor white counts; 0 where that is nothing.
    """
    step = max(1, int((linear.shape[0] * linear.shape[1] / _SAMPLE) ** 0.5))
    light = linear[::step, ::step].mean(axis=2)
    seen = colour.to_linear(np.ascontiguousarray(shown[::step, ::step])).mean(axis=2)
    shades = (seen > 0) & (seen < 1) & (light > 0)
    middle = shades & (seen > _MID_TONES[0]) & (seen < _MID_TONES[1])
    middle = middle if middle.any() else shades
    return float(np.median(np.log2(seen[middle] / light[middle]))) if middle.any() else 0.0


def gain_map(linear: FloatImage, shown: Array, headroom: float) -> tuple[Array, Gain]:
    """Compare (H, W, 3) linear Rec.709 without negative values with the picture of it, (H, W, 3) uint8 in sRGB.

    Returns the codes, (H, W, 3) uint8, and what they mean.
    """
    step = max(1, int((linear.shape[0] * linear.shape[1] / _SAMPLE) ** 0.5))
    sample = _stops(linear[::step, ::step], shown[::step, ::step]).reshape(-1, 3)
    low, high = np.quantile(sample, [_RARE, 1 - _RARE], axis=0)
    least, most = float(low.min()), float(high.max())
    for rows in bands(len(linear)):
        bright = linear[rows].max(axis=2) > 1
        if bright.any():
            most = max(most, float(_stops(linear[rows][bright], shown[rows][bright]).max()))
    most = max(most, least + 1e-3)
    codes = np.empty(linear.shape, np.uint8)
    for rows in bands(len(linear)):
        share = (_stops(linear[rows], shown[rows]) - np.float32(least)) / np.float32(most - least)
        codes[rows] = colour.change_depth(np.clip(share, 0, 1) ** np.float32(GAMMA), np.uint8)
    return codes, Gain(least, most, headroom)


def _stops(linear: FloatImage, shown: Array) -> FloatImage:
    seen = colour.to_linear(shown.reshape(1, -1, 3)).reshape(shown.shape)
    return np.asarray(np.log2((linear + np.float32(OFFSET)) / (seen + np.float32(OFFSET))))
