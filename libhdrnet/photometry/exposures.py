"""What is to be cleared up before a bracket is calibrated: exposures that are missing or impossible, lifted blacks."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from libhdrnet.photometry.relations import Sample, log_linear
from libhdrnet.radiometry import FloatImage

_LOW, _HIGH = 0.08, 0.9
"""Encoded values between which a pixel is neither noise nor close to saturation."""
_THINNED = 4
_LEAST_PIXELS = 40
_FITTING = 0.6
"""Share of the pixels whose own ratio has to be within a stop of that of the ranks."""
_USUAL_STEP = 4.0
"""Ratio of two exposures of which nothing is known."""
_EXPONENTS, _TOLERATED = (0.4, 2.5), 0.5
"""Measured stops over claimed ones that a response may bring about, and a difference in stops that is no proof."""
_LOWEST, _EQUAL, _BRIGHTEST_BLACK, _LIGHTER = 1e-3, 1.05, 0.1, 1.5


def measured_ratio(frame: Sample, other: Sample, decode: FloatImage) -> float | None:
    """Return t_frame / t_other as the pixels tell it; None: too little is well exposed in both, or they do not fit.

    Brightnesses are compared rank by rank, so that motion matters little; well exposed ranks vote by their median.
    """
    seen = np.minimum(frame.weights, other.weights) > 0
    a, b = (sample.codes[seen][::_THINNED] for sample in (frame, other))
    ranked = [np.sort(codes, axis=0) for codes in (a, b)]
    stops = _stops(ranked[0], ranked[1], decode)
    own = _stops(a, b, decode)
    if min(np.isfinite(stops).sum(), 10 * np.isfinite(own).sum()) < _LEAST_PIXELS:
        return None
    ratio = float(np.nanmedian(stops))
    return float(2**ratio) if np.mean(np.abs(own[np.isfinite(own)] - ratio) < 1) > _FITTING else None


def _stops(a: FloatImage, b: FloatImage, decode: FloatImage) -> FloatImage:
    usable = (np.minimum(a, b) > _LOW) & (np.maximum(a, b) < _HIGH)
    stops = (log_linear(a, decode) - log_linear(b, decode)) / np.float32(np.log(2))
    return np.where(usable, stops, np.float32(np.nan))


def complete(claimed: Sequence[float | None], samples: Sequence[Sample], decode: FloatImage) -> list[float]:
    """Return the claimed exposures, the missing ones measured against the frame next in brightness."""
    order = sorted(range(len(claimed)), key=lambda i: float(samples[i].codes.mean()))
    exposures = list(claimed)
    if all(value is None for value in exposures):
        exposures[order[len(order) // 2]] = 1.0
    while None in exposures:
        for darker, brighter in [*pairwise(order), *reversed(list(pairwise(order)))]:
            for known, missing in ((darker, brighter), (brighter, darker)):
                value = exposures[known]
                if value is not None and exposures[missing] is None:
                    usual = _USUAL_STEP if missing == brighter else 1 / _USUAL_STEP
                    exposures[missing] = value * (measured_ratio(samples[missing], samples[known], decode) or usual)
    return [float(value) for value in exposures if value is not None]


def impossible(exposures: Sequence[float], reference: int, samples: Sequence[Sample], decode: FloatImage) -> list[int]:
    """Return the frames whose claimed exposure, relative to the reference, no response could explain."""
    wrong = []
    for i, exposure in enumerate(exposures):
        ratio = None if i == reference else measured_ratio(samples[i], samples[reference], decode)
        if ratio is None:
            continue
        claimed, measured = np.log2(exposure / exposures[reference]), np.log2(ratio)
        low, high = sorted(exponent * claimed for exponent in _EXPONENTS)
        if not low - _TOLERATED < measured < high + _TOLERATED:
            wrong.append(i)
    return wrong


def common_black(exposures: Sequence[float], samples: Sequence[Sample], decode: FloatImage) -> FloatImage:
    """Return for each channel the linear value (3,) that is the lowest in frames of different exposure; 0 if none.

    It is not light: lifted blacks of a tone curve, or a black level left in linear data. In some channel the light
    above it has to differ, for frames that are the same picture have the same lowest value whatever it is.
    """
    found = []
    for sample in samples:
        codes = sample.codes[sample.weights > 0] if sample.weights.any() else sample.codes
        rank = int(_LOWEST * len(codes))
        linear = np.exp(log_linear(codes, decode))
        found.append((np.partition(linear, rank, axis=0)[rank], linear.mean(0)))
    black = np.zeros(3, np.float32)
    for dark, (floor, dim) in zip(exposures, found, strict=True):
        for bright, (lowest, mean) in zip(exposures, found, strict=True):
            if bright > _LIGHTER * dark and (mean - floor > _LIGHTER * (dim - floor)).any():
                same = (lowest <= floor * _EQUAL) & (floor < _BRIGHTEST_BLACK)
                black = np.maximum(black, np.where(same, floor, 0))
    return black
