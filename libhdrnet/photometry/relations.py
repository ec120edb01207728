"""What pairs of frames tell of each other: which code of the darker one goes with a code of the brighter one.

The joint histogram of the brighter frame's code and of the log misfit to what is nominal has a ridge where the scene
did not move (Grossberg and Nayar 2003 use ranks instead). Dynamic programming finds the best connected ridge of all,
so that what moves, which lies beside it, cannot draw it away.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from libhdrnet.keeping import Codes, let_go
from libhdrnet.photometry.noise import Noise
from libhdrnet.radiometry import FloatImage, Floats, brightest, look_up
from libhdrnet.ramps import linear_step

Doubles = npt.NDArray[np.float64]

_PIXELS = 1.5e5
"""Pixels that are compared: noise and a shift of a pixel matter little at that size."""
_BINS, _LOW, _HIGH = 48, 0.04, 0.98
"""Bins of the brighter frame's encoded values, and between which these tell the light; a camera may change all channels
where one is above."""
_DARKEST = 0.05
"""And from which the darker one's does (pictures by made cameras with a toe)."""
FINE, REACH = 0.02, 2.0
"""Bins of the misfit (log), and how large a misfit is looked for."""
MISFITS = np.arange(-REACH, REACH + FINE / 2, FINE)
_EDGE = 0.06
"""Range of the encoded values around a pixel at which it counts half."""
_CHANNEL_REACH, _TRIM = 0.35, 0.2
"""Misfits (log) from the ridge of all channels that one's ridge may have, and from its ridge that a pixel may have."""
_CLEAR, _DEMOSAICED = (5.0, 15.0), 2.5
"""Ratios of the darker frame's light to its noise between which a pair begins to count in full, for noise biases those
below (villa, whose dark places tell its toe), and how much more than the finest scale shows is in RAW (dark frames).
"""
DIM = 1e-6
"""Linear value below which nothing is told apart."""
_LEAST_COUNT, _ENOUGH = 8.0, 100.0
_CHANGE = 0.25
"""What a ridge pays for a change of misfit by one, in shares of a bin's pixels."""
_SPREAD = 0.06
"""Spread (log) around the ridge from which a bin loses weight."""


@dataclass(frozen=True)
class Sample:
    """A frame at reduced size, as lists of pixels."""

    codes: FloatImage
    """(n, 3), encoded values in [0, 1]."""
    weights: FloatImage
    """(n,), 1 in flat places that the frame covers, less at edges."""
    averaged: float
    """Pixels of the frame that are one here."""


@dataclass(frozen=True)
class Pairs:
    """Pairs of codes that one light has in two frames: lists of n, from all channels."""

    dark: npt.NDArray[np.intp]
    bright: npt.NDArray[np.intp]
    """Indices of the frames."""
    channel: npt.NDArray[np.intp]
    dark_codes: Doubles
    bright_codes: Doubles
    ratios: Doubles
    """log of the nominal linear values' ratio."""
    weights: Doubles
    """How far a pair is to be believed, above 0 up to 1."""

    @staticmethod
    def joined(parts: Sequence["Pairs"]) -> "Pairs":
        """Put those of several frames together."""
        return Pairs(*(np.concatenate(lists) for lists in zip(*(vars(part).values() for part in parts), strict=True)))

    def without(self, frames: npt.NDArray[np.bool_]) -> "Pairs":
        """Return the pairs in which none of the frames, a mask, takes part."""
        kept = ~(frames[self.dark] | frames[self.bright])
        return Pairs(*(values[kept] for values in vars(self).values()))


def sample_frame(codes: Codes, coverage: Codes | None) -> Sample:
    """Reduce a frame, uint16 (H, W, 3), to what is compared; coverage: uint16 (H, W), 0 = no data."""
    height, width = codes.shape[:2]
    factor = min(1.0, (_PIXELS / (height * width)) ** 0.5)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    small = cv2.resize(codes, size, interpolation=cv2.INTER_AREA).astype(np.float32) * np.float32(1 / 65535)
    around = np.ones((3, 3), np.uint8)
    contrast = brightest(cv2.dilate(small, around) - cv2.erode(small, around))
    weights = np.asarray(1 / (1 + (contrast / np.float32(_EDGE)) ** 2), np.float32)
    if coverage is not None and coverage.min() < 65535:
        weights *= cv2.resize(coverage, size, interpolation=cv2.INTER_AREA) > 65535 * 0.99
    let_go(codes, coverage)
    return Sample(small.reshape(-1, 3), weights.ravel(), factor**-2)


def pairs_of(exposures: Sequence[float], reference: int) -> list[tuple[int, int]]:
    """Return which frames are compared, the darker one first: each with its neighbours and with the reference."""
    order = sorted(range(len(exposures)), key=exposures.__getitem__)
    place = order.index(reference)
    return sorted(
        {*pairwise(order), *((i, reference) for i in order[:place]), *((reference, i) for i in order[place + 1 :])}
    )


def relate(
    samples: Sequence[Sample],
    lights: Sequence[FloatImage],
    dark: int,
    bright: int,
    log_ratio: float,
    decode: FloatImage,
    noise: Noise,
) -> Pairs:
    """Find the pairs of two frames; log_ratio = log(t_bright / t_dark), lights are `log_linear` of the samples."""
    b, d = samples[bright].codes, samples[dark].codes
    misfit = lights[bright] - lights[dark] - np.float32(log_ratio)
    usable = (b > _LOW) & (d > _DARKEST) & (np.abs(misfit) < REACH)
    usable &= (np.maximum(brightest(b), brightest(d)) < _HIGH)[:, None]
    weights = np.minimum(samples[bright].weights, samples[dark].weights)
    bins = ((b - _LOW) * np.float32(_BINS / (_HIGH - _LOW))).astype(np.int32)
    places = bins * len(MISFITS) + np.rint((misfit + REACH) / FINE).astype(np.int32)
    shape = (_BINS, len(MISFITS))
    counts = np.empty((3, *shape), np.float64)
    for channel in range(3):
        which = np.flatnonzero(usable[:, channel])  # a mask takes five times as long
        there = np.bincount(places[:, channel].take(which), weights.take(which), _BINS * len(MISFITS))
        counts[channel] = there.reshape(shape)
    typical, trust = follow(counts)
    bright_codes = np.tile(_LOW + (np.arange(_BINS) + 0.5) * (_HIGH - _LOW) / _BINS, (3, 1))
    ratios = typical + log_ratio
    told = np.exp(log_linear(bright_codes.T, decode).T - ratios)
    codes = np.arange(65536) / 65535
    dark_codes = np.stack([np.interp(told[c], decode[:, c], codes) for c in range(3)])
    clear = told / np.sqrt(noise.variance(dark, told) / samples[dark].averaged)
    clear /= _DEMOSAICED if decode[0].min() < 0 else 1
    trust = trust * linear_step(clear, _CLEAR)
    kept = np.nonzero(trust > 0)
    count, lists = len(kept[0]), (x[kept] for x in (dark_codes, bright_codes, ratios, trust))
    return Pairs(np.full(count, dark), np.full(count, bright), kept[0], *lists)


def log_linear(codes: Floats, decode: FloatImage) -> FloatImage:
    """Return the logarithm of the linear values of encoded values (n, 3) in [0, 1]; decode is (65536, 3)."""
    found = look_up(np.asarray(codes * 65535 + 0.5, np.uint16)[None], decode)[0]
    return np.asarray(np.log(np.maximum(found, DIM)))


def follow(counts: Doubles) -> tuple[Doubles, Doubles]:
    """Return the misfit on the ridge for each channel and bin, (3, bins), and how far it is believed, in [0, 1].

    counts: (3, bins, misfits), or of one channel.
    """
    joint = MISFITS[_best_path(_score(counts.sum(0)))]
    near = np.abs(MISFITS - joint[:, None]) < _CHANNEL_REACH
    paths = np.stack([MISFITS[_best_path(np.where(near, _score(plane), -1.0))] for plane in counts])
    kept = counts * (np.abs(MISFITS - paths[..., None]) < _TRIM)
    upper = kept.cumsum(-1)
    total = upper[..., -1:]
    # The mean of the middle half: as robust as the median, and it does not jump with JPEG's steps.
    middle = np.maximum(np.minimum(upper, 0.75 * total) - np.maximum(upper - kept, 0.25 * total), 0)
    typical = (middle * MISFITS).sum(-1) / np.maximum(middle.sum(-1), 1e-9)
    spread = np.sqrt((kept * (MISFITS - typical[..., None]) ** 2).sum(-1) / np.maximum(total[..., 0], 1e-9)) + FINE
    number = total[..., 0]
    trust = number / (number + _ENOUGH) * np.minimum(1, (_SPREAD / spread) ** 2)
    return typical, np.where(number > _LEAST_COUNT, trust, 0)


def _score(counts: Doubles) -> Doubles:
    """Return how good each place of a path is: the share of its bin's pixels, less in bins of few."""
    number = counts.sum(1, keepdims=True)
    smooth = cv2.GaussianBlur(counts, (0, 0), sigmaX=2.5, sigmaY=0.8)
    return np.asarray(smooth / (number + 0.005 * number.max() + 1) - 2e-3 * np.abs(MISFITS))


def _best_path(score: Doubles) -> npt.NDArray[np.intp]:
    """Return the column for each row of the path of the highest sum, less what its changes of misfit cost."""
    costs = _CHANGE * MISFITS
    sums = [score[0]]
    for row in score[1:]:
        upward = np.maximum.accumulate(sums[-1] + costs) - costs
        downward = np.maximum.accumulate((sums[-1] - costs)[::-1])[::-1] + costs
        sums.append(np.maximum(upward, downward) + row)
    path = [sums.pop().argmax()]
    for best in reversed(sums):
        path.append((best - np.abs(costs - costs[path[-1]])).argmax())
    return np.array(path[::-1])
