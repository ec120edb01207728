"""What is to be cleared up before a bracket is calibrated: exposures that are missing or impossible, lifted blacks."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from libhdrnet.errors import InputError, sentence
from libhdrnet.photometry.relations import Sample, log_linear
from libhdrnet.radiometry import FloatImage, brightest
from libhdrnet.trust import BRIGHT, DARK

_LOW, _HIGH = 0.08, 0.9
"""Encoded values between which a pixel is neither noise nor close to saturation."""
_THINNED = 16
_LEAST_PIXELS = 40
_FITTING = 0.6
"""Share of the pixels whose own ratio has to be within a stop of that of the ranks."""
_USUAL_STEP = 2.0
"""Stops between two frames of which nothing is known."""
_TOLERATED = 0.5
"""Stops by which a step may go the other way than the pixels show, and be off beside `_BENT`."""
_BENT = (0.6, 2.0)
"""Measured over true stops that a camera's response may make of a step: 0.7 to 1.7 in real brackets, once 2.1."""
_LOWEST = (1e-3, 1e-2)
"""Shares of the pixels: frames end at the first one's rank, and it is no chance if the second's has the same value."""
_SHOWN_BY_NEITHER = 0.02
"""Share of the picture, black in one frame and white in the next, from which an exposure between them is missing: of 28
real brackets none reaches it (0.9 %), and with frames left out whose merge is torn have 5 % and more."""
_EQUAL, _LIGHTER = 1.05, 1.5
"""Ratios of values that are the same and of lights that differ."""
_DARKEST_BLACK, _BRIGHTEST_BLACK = 1e-4, 0.1
"""Linear values: the lowest codes of eight bits are the same by rounding, and burnt out frames end above the other."""


def measured_stops(frame: Sample, other: Sample, decode: FloatImage) -> float | None:
    """Return log2(t_frame / t_other) as the pixels tell it; None: too little is well exposed, or they do not fit.

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
    return ratio if np.mean(np.abs(own[np.isfinite(own)] - ratio) < 1) > _FITTING else None


def too_far_apart(samples: Sequence[Sample], exposures: Sequence[float]) -> list[tuple[int, int, float]]:
    """Return neighbours, by exposure, between which one is missing, and the share of the picture that neither shows.

    It is more than what both show: else it may be something black that passed before a white sky.
    """
    light = [brightest(sample.codes) for sample in samples]
    found = []
    for a, b in pairwise(sorted(range(len(samples)), key=exposures.__getitem__)):
        seen = np.minimum(samples[a].weights, samples[b].weights) > 0
        neither = float((seen & (light[a] < DARK) & (light[b] > BRIGHT)).mean())
        if neither > max(_SHOWN_BY_NEITHER, float((seen & (light[a] > DARK) & (light[b] < BRIGHT)).mean())):
            found.append((a, b, neither))
    return found


def _stops(a: FloatImage, b: FloatImage, decode: FloatImage) -> FloatImage:
    usable = (np.minimum(a, b) > _LOW) & (np.maximum(a, b) < _HIGH)
    stops = (log_linear(a, decode) - log_linear(b, decode)) / np.float32(np.log(2))
    return np.where(usable, stops, np.float32(np.nan))


def measured_exposures(
    samples: Sequence[Sample], claimed: Sequence[float | None], decode: FloatImage
) -> tuple[float, ...]:
    """Return an exposure for each frame, in the unit of the claims, measured where there is none; (65536,) `decode`.

    Raises:
        InputError: there is no claim, and nothing can be measured.
    """
    order, decodes = by_brightness(samples), np.repeat(decode[:, None], 3, 1)
    if not any(claimed) and all(measured_stops(samples[b], samples[a], decodes) is None for a, b in pairwise(order)):
        raise InputError(
            sentence(
                "No frame tells its exposure, and too little is well exposed in two of them to measure it; give the "
                "exposures, as times like 1/60, 1/15, 1/4 or as stops like -2, 0, +2."
            )
        )
    found, _ = settle(claimed, order[len(order) // 2], samples, decodes, last_word=True)
    units = [t / f for t, f in zip(claimed, found.tolist(), strict=True) if t is not None]
    unit = float(np.median(units)) if units else 1.0
    return tuple(unit * t for t in found.tolist())


def by_brightness(samples: Sequence[Sample]) -> list[int]:
    """Return the indices of the frames, the darkest first."""
    return sorted(range(len(samples)), key=lambda i: float(samples[i].codes.mean()))


def settle(
    claimed: Sequence[float | None],
    reference: int,
    samples: Sequence[Sample],
    decode: FloatImage,
    *,
    last_word: bool = False,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Return exposures to begin with, relative to the reference, and which of them are as claimed, (n,) each.

    Frames are chained in the order of their brightness. A step between two is as claimed unless that is missing, goes
    the other way than the pixels, or, without `last_word`, is one that no response makes what the pixels show; so is an
    exposure, by the steps between it and the reference.
    """
    claims = np.log2(np.array([np.nan if t is None else t for t in claimed]))
    order = by_brightness(samples)
    possible = _rises if last_word else _possible
    chain = np.zeros(len(claims))
    for darker, brighter in pairwise(order):
        step = claims[brighter] - claims[darker]
        measured = measured_stops(samples[brighter], samples[darker], decode)
        if np.isnan(step):
            step = _USUAL_STEP if measured is None else measured
        elif measured is not None and not possible(step, measured):
            step = measured
        chain[brighter] = chain[darker] + step
    chain -= chain[reference]
    known = ~np.isnan(claims)
    origin = claims[reference] if known[reference] else np.median(claims[known] - chain[known]) if known.any() else 0.0
    as_claimed = np.array([bool(k and possible(c - origin, s)) for k, c, s in zip(known, claims, chain, strict=True)])
    return 2 ** np.where(as_claimed, claims - origin, chain), as_claimed


def _rises(claimed: float, shown: float) -> bool:
    return bool(np.sign(claimed) * shown > -_TOLERATED)


def _possible(claimed: float, shown: float) -> bool:
    """Say whether a response can make `shown` of the stops claimed; frames equally exposed are so under any."""
    low, high = sorted((_BENT[0] * claimed, _BENT[1] * claimed))
    return low - _TOLERATED < shown < high + _TOLERATED


def common_black(exposures: Sequence[float], samples: Sequence[Sample], decode: FloatImage) -> FloatImage:
    """Return for each channel the linear value (3,) at which frames of different exposure end; 0 if there is none.

    It is not light: lifted blacks of a tone curve, or a black level left in linear data. Pixels pile up there, and in
    some channel the light above it differs, for frames that are the same picture end at the same value whatever it is.
    """
    found = []
    for sample in samples:
        codes = sample.codes[:: _THINNED // 4]
        linear = np.exp(log_linear(codes[sample.weights[:: _THINNED // 4] > 0], decode))
        found.append((*np.quantile(linear, _LOWEST, axis=0), linear.mean(0)) if len(linear) else (np.ones(3),) * 3)
    black = np.zeros(3, np.float32)
    for dark, (floor, heap, dim) in zip(exposures, found, strict=True):
        for bright, (lowest, _, mean) in zip(exposures, found, strict=True):
            if bright > _LIGHTER * dark and (mean - floor > _LIGHTER * (dim - floor)).any():
                same = (
                    (np.maximum(lowest, heap) <= floor * _EQUAL) & (floor > _DARKEST_BLACK) & (floor < _BRIGHTEST_BLACK)
                )
                black = np.maximum(black, np.where(same, floor, 0)).astype(np.float32)
    return black
