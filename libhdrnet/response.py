"""The inverse response of a camera, estimated from its own bracket (Debevec and Malik 1997).

A curve holds linear values for the 8-bit codes 0 to 255 of each channel: 0 for code 0, 1 for code 255.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from libhdrnet.errors import InputError
from libhdrnet.radiometry import look_up

Codes = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]
Curve = npt.NDArray[np.float32]

_LEVELS = 256
_MID = 128
_FIRST, _LAST = 5, 250  # codes between which a pixel tells of the response, not of noise or clipping
_SMOOTHNESS = 30.0
_TONES = 40  # codes of each frame that are looked up in the others
_LEAST_SAMPLES = 20


def estimate_response(frames: Sequence[Codes], exposures: Sequence[float]) -> Curve:
    """Estimate the inverse response from frames of one scene at different exposures.

    Codes are related rank by rank (Grossberg and Nayar 2003), not pixel by pixel, so that motion between the
    frames does little harm; outliers of the fit are weighed down.

    Args:
        frames: uint8 or uint16 (H, W, 3), two or more of one size, encoded by the camera's own curve.
        exposures: relative exposures t, one a frame, all different.

    Returns:
        float32 (256, 3): linear values in [0, 1] of the 8-bit codes, rising strictly, 1 = saturation.

    Raises:
        InputError: fewer than two frames, a wrong count or type, or too little that is well exposed in
            two frames.
    """
    if len(frames) < 2 or len(frames) != len(exposures):
        raise InputError(
            f"A response curve needs two or more frames with one exposure each, not {len(frames)} frames "
            f"and {len(exposures)} exposures."
        )
    if frames[0].dtype not in (np.uint8, np.uint16) or any(
        (f.dtype, f.shape, f.ndim) != (frames[0].dtype, frames[0].shape, 3) for f in frames
    ):
        raise InputError("A response curve needs frames (H, W, 3) of one size, all uint8 or all uint16.")
    order = np.argsort(exposures)
    log_t = np.log(np.asarray(exposures, np.float64))[order]
    ordered = [frames[i] for i in order]
    curve = np.stack([_finish(_fit(_samples(ordered, c), log_t)) for c in range(3)], axis=1)
    return np.asarray(curve, np.float32)


def apply_response(codes: Codes, response: Curve) -> npt.NDArray[np.float32]:
    """Linearise a frame by a look-up table; 16-bit codes are interpolated between the 8-bit ones.

    Args:
        codes: uint8 or uint16 (H, W, 3).
        response: float32 (256, 3) from `estimate_response`.

    Returns:
        float32 (H, W, 3), linear, 1 = saturation.

    Raises:
        InputError: another type of codes.
    """
    if codes.dtype not in (np.uint8, np.uint16):
        raise InputError(f"A response curve applies to uint8 or uint16 codes, not {codes.dtype}.")
    places = np.linspace(0, _LEVELS - 1, 256 if codes.dtype == np.uint8 else 65536)
    curves = [np.interp(places, np.arange(_LEVELS), curve) for curve in response.T]
    return look_up(codes, np.stack(curves, 1).astype(np.float32))


def _samples(frames: Sequence[Codes], channel: int) -> npt.NDArray[np.float64]:
    """Find the codes, in [0, 255], that one radiance has in each frame, by rank; (samples, frames)."""
    step = max(1, max(frames[0].shape[:2]) // 1000)
    scale = 1.0 if frames[0].dtype == np.uint8 else 1 / 257
    ranked = [np.sort(f[::step, ::step, channel].astype(np.float64), axis=None) * scale for f in frames]
    wanted = np.linspace(_FIRST, _LAST, _TONES)
    places = np.unique(np.concatenate([np.searchsorted(codes, wanted) for codes in ranked]))
    places = places[places < len(ranked[0])]
    # The mean over neighbouring ranks undoes the rounding to codes.
    reach = max(1, len(ranked[0]) // 2000)
    low, high = np.maximum(places - reach, 0), np.minimum(places + reach + 1, len(ranked[0]))
    totals = [np.concatenate([[0.0], np.cumsum(codes)]) for codes in ranked]
    return np.stack([(total[high] - total[low]) / (high - low) for total in totals], axis=1)


def _fit(codes: npt.NDArray[np.float64], log_t: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Solve Debevec's equations, robustly; `codes` (samples, frames); returns log exposure of each code."""
    usable = (codes >= _FIRST) & (codes <= _LAST)
    usable &= (usable.sum(1) >= 2)[:, None]
    n = int(usable.any(1).sum())
    if n < _LEAST_SAMPLES:
        raise InputError(
            f"Only {n} tones are well exposed in two frames, too few to estimate the response curve; "
            'use response="srgb" or a bracket with smaller steps.'
        )
    sample, frame = np.nonzero(usable)
    code = codes[sample, frame]
    sample = np.unique(sample, return_inverse=True)[1]
    low = np.minimum(code.astype(int), _LEVELS - 2)
    part = code - low
    hat = np.minimum(code, 255 - code) / 127.5

    inner = np.arange(1, _LEVELS - 1)
    smooth = np.zeros((len(inner) + 1, _LEVELS + n))
    stiffness = _SMOOTHNESS * np.minimum(inner, 255 - inner) / 127.5 + 0.5
    for offset, factor in ((-1, 1.0), (0, -2.0), (1, 1.0)):
        smooth[np.arange(len(inner)), inner + offset] = factor * stiffness
    smooth[-1, _MID] = 1.0

    relation = np.zeros((len(code), _LEVELS + n))
    row = np.arange(len(code))
    relation[row, low], relation[row, low + 1], relation[row, _LEVELS + sample] = 1 - part, part, -1.0
    target, trust = log_t[frame], np.asarray(np.ones(len(code)))
    solution: npt.NDArray[np.floating] = np.zeros(_LEVELS + n)
    for _ in range(4):
        weight = (hat * trust) ** 2
        weighted = relation.T * weight
        solution = np.linalg.solve(weighted @ relation + smooth.T @ smooth, weighted @ target)
        error = np.abs(relation @ solution - target)
        limit = max(4.5 * float(np.median(error)), 0.02)
        trust = np.sqrt(np.minimum(1.0, limit / np.maximum(error, 1e-9)))
    return np.asarray(solution[:_LEVELS], np.float64)


def _finish(log_curve: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Extend the ends, make the curve rise everywhere, and scale it to 0 at code 0 and 1 at code 255."""
    x = np.arange(_LEVELS)
    slope = max(float(log_curve[_LAST] - log_curve[_LAST - 15]) / 15, 1e-4)
    extended = np.where(x > _LAST, log_curve[_LAST] + slope * (x - _LAST), log_curve)
    linear = np.asarray(np.exp(extended - extended[-1]))
    linear[:_FIRST] = linear[_FIRST] * x[:_FIRST] / _FIRST
    # Halfway between the rising hulls from below and above: a dent is levelled from both its sides.
    rising = (np.maximum.accumulate(linear) + np.minimum.accumulate(linear[::-1])[::-1]) / 2
    rising = rising + x * 1e-6
    return np.asarray(rising / rising[-1], np.float64)
