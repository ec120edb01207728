"""What one frame of a bracket tells of another: the brightness transfer function, and the spread around it.

Nominally a frame's gamma-encoded values are the other's times (t_dark / t_bright)^(1/2.2). Responses that are not
quite known, flare and black levels bend that line. The bend is the same all over the picture and smooth, and most
of a picture does not move, so a few robust parameters tell it from motion (Grossberg & Nayar 2003; Kim &
Pollefeys 2008).
"""

import numpy as np
import numpy.typing as npt

from libhdrnet.radiometry import GAMMA, FloatImage

Codes = npt.NDArray[np.uint16]
Doubles = npt.NDArray[np.float64]

LEVELS = 256
_FINE = 1024
_TABLE = 4096
_LEAST_COUNT = 30
_BLACK = 0.02
_ENOUGH = 1e6
"""Pixels that are looked at."""
_ROUNDS = 12
_PRIOR = np.array([3.0, 0.3, 0.3, 0.3]) * 1e-3
_SPREAD_REACH = 16
_SPREAD_RANK = 30
"""Percentile over neighbouring levels: where something moves the spread is wide, and noise is not."""
_MIDDLES = (np.arange(LEVELS) + 0.5) / LEVELS


def fit_transfer(bright: Codes, dark: Codes, ratio: float, saturated: float) -> Doubles:
    """Fit the transfer from `bright` to `dark`, uint16 (h, w, 3) each and aligned; ratio = t_bright / t_dark.

    Values of the brighter frame above `saturated` are left out.

    Returns:
        (3, 256): the darker frame's encoded value in [0, 1] that is expected at the middle of each of 256 levels
        of the brighter one.
    """
    slope = ratio ** (-1 / GAMMA)
    step = max(1, round((bright.shape[0] * bright.shape[1] / _ENOUGH) ** 0.5))
    bright, dark = bright[::step, ::step], dark[::step, ::step]
    expected = np.empty((3, LEVELS))
    for channel in range(3):
        x = (bright[..., channel] >> 8).ravel().astype(np.int32)
        y = (dark[..., channel] >> 6).ravel()
        histogram = np.bincount(x * _FINE + y, minlength=LEVELS * _FINE).reshape(LEVELS, _FINE)
        expected[channel] = _fit_curve(_medians(histogram) / _FINE, histogram.sum(1), saturated, slope)
    return expected


def predict(bright: Codes, dark: Codes, ratio: float, saturated: float) -> tuple[FloatImage, FloatImage]:
    """Predict the darker frame from the brighter one; the arguments are `fit_transfer`'s.

    Returns:
        (h, w, 3) float32, encoded, and (3,): what is predicted where the brighter one is at `saturated`.
    """
    transfer = fit_transfer(bright, dark, ratio, saturated)
    levels = np.arange(_TABLE)
    tables = [np.interp((levels + 0.5) / _TABLE, _MIDDLES, curve).astype(np.float32) for curve in transfer]
    told = np.stack([table[bright[..., channel] >> 4] for channel, table in enumerate(tables)], -1)
    return told, np.array([table[int(saturated * _TABLE)] for table in tables])


def spread_of(levels: Codes, gaps: npt.NDArray[np.float32], saturated: float) -> Doubles:
    """Return the standard deviation (256,) of what is found around the expected value, for each level.

    Noise, quantisation and misfit; what moves is left out as far as it is not the rule.
    levels: uint16 codes (h, w) of the brighter frame; gaps: absolute differences (h, w).
    """
    x = (levels >> 8).ravel().astype(np.int32)
    gap = np.minimum((gaps * 2 * _FINE).astype(np.int32), LEVELS - 1).ravel()
    histogram = np.bincount(x * LEVELS + gap, minlength=LEVELS * LEVELS).reshape(LEVELS, LEVELS)
    return _lower_envelope(1.4826 * _medians(histogram) / (2 * _FINE), _usable(histogram.sum(1), saturated))


def _usable(counts: npt.NDArray[np.int64], saturated: float) -> npt.NDArray[np.bool_]:
    return (counts > _LEAST_COUNT) & (_MIDDLES > _BLACK) & (saturated > _MIDDLES)


def _medians(histograms: npt.NDArray[np.int64]) -> Doubles:
    """Return the median of each row of counts (rows, bins), in bins from the first one's lower end.

    Interpolated within a bin: a count more or less, which hangs on the last bits, moves it a little and no step.
    """
    half = histograms.sum(1) / 2
    cumulated = histograms.cumsum(1)
    bins = np.minimum((cumulated < half[:, None]).sum(1), histograms.shape[1] - 1)
    rows = np.arange(len(histograms))
    inside = histograms[rows, bins]
    return np.asarray(bins + np.where(inside > 0, (half - cumulated[rows, bins]) / np.maximum(inside, 1) + 1, 0.5))


def _fit_curve(medians: Doubles, counts: npt.NDArray[np.int64], saturated: float, slope: float) -> Doubles:
    """Fit a cubic to the levels' medians by reweighted least squares, held weakly to the nominal line."""
    usable = _usable(counts, saturated)
    design = np.stack([_MIDDLES**power for power in range(4)], 1)
    nominal = np.array([0.0, slope, 0.0, 0.0])
    weights = usable * np.minimum(counts, 2000) / 2000.0
    prior = np.diag(_PRIOR * max(float(weights.sum()), 1.0))
    curve = nominal
    for round_ in range(_ROUNDS):
        misfit = medians - design @ curve
        if round_ == 0:
            robust = weights / (1 + np.abs(misfit) / 0.02)
        else:
            scale = max(1.4826 * float(np.median(np.abs(misfit[usable]))) if usable.any() else 0.01, 0.003)
            robust = weights / (1 + (misfit / (2 * scale)) ** 2) ** 2
        normal = design.T @ (design * robust[:, None]) + prior
        curve = nominal + np.linalg.solve(normal, design.T @ (robust * (medians - design @ nominal)))
    return np.asarray(design @ curve)


def _lower_envelope(spread: Doubles, usable: npt.NDArray[np.bool_]) -> Doubles:
    """Low percentile over neighbouring levels; what is not known is as the nearest that is."""
    levels = np.flatnonzero(usable)
    if not levels.size:
        return np.zeros(LEVELS)
    low = [np.percentile(spread[levels[np.abs(levels - level) <= _SPREAD_REACH]], _SPREAD_RANK) for level in levels]
    return np.asarray(np.interp(np.arange(LEVELS), levels, low))
