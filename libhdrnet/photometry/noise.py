"""Noise of a bracket's frames, fitted to all at once: shot noise that grows with the light, and read noise.

A linear value x of a frame, 1 = saturation, has the variance k g x + r g^2 (Foi et al. 2008). Its gain g is the ISO
speed over the bracket's lowest, or what the frames show of that: one of high ISO has more noise at the same value.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from libhdrnet.keeping import Codes
from libhdrnet.photometry.sharpness import detail, softer
from libhdrnet.radiometry import FloatImage

USUAL_SHOT, USUAL_READ = 2e-5, 2.5e-8
"""k and r where the frames do not tell; r is for quantisation and an uncertain black, too."""
_LEAST_SHOT = 1e-9
_SATURATING = 0.9
"""Share of saturation from which a frame no longer counts."""
_RATIOS = np.geomspace(1e-6, 1, 121)
_LEVELS = np.geomspace(1e-4, 0.8, 33)
_LEAST_COUNT = 400
_LEAST_BINS = 4
"""Bins of levels, with so many pixels each, that a gain is told by."""
_SQUARE, _SQUARES = 64, 4
"""Edge in pixels of the squares that a large picture is sampled by, and their number in each direction."""
_NOISE_RANK, _NOISE_SIGMAS = 0.35, 0.454
"""The rank of absolute deviations that texture does not reach, and what it is for a standard normal."""
_STEP = 257
"""Codes to a step of 8 bits."""
_OUTLIER = 1.0
_PULL = 2e-3
"""How strongly the usual ratio of the two noises draws, per factor e: enough where only one of them is seen."""


@dataclass(frozen=True)
class Noise:
    """What the frames of one bracket have in common, and the gain of each."""

    shot: float
    """k, relative to saturation."""
    read: float
    """r, relative to the square of saturation."""
    gains: tuple[float, ...]

    def variance(self, index: int, linear: FloatImage) -> FloatImage:
        """Return the variance of frame `index` where its noiseless linear values, 1 = saturation, are `linear`."""
        gain = self.gains[index]
        return np.float32(self.shot * gain) * np.maximum(linear, 0) + np.float32(self.read * gain**2)


def merged_noise(noise: Noise, exposures: Sequence[float]) -> tuple[float, float]:
    """Return S and O of the variance S x + O that the noise-optimal mean of all frames has where the radiance is x.

    Each stop of radiance counts alike: it is the shadows' noise, and that of lights which few frames show is more.

    Args:
        noise: of the frames.
        exposures: t_i / t_reference of each; radiance 1 is the reference's saturation.
    """
    radiance = np.geomspace(1e-4, 1, 65)
    precision = np.zeros_like(radiance)
    shortest = min(exposures)
    for index, t in enumerate(exposures):
        variance = noise.variance(index, (radiance * t).astype(np.float32)) / t**2
        precision += np.where((radiance * t < _SATURATING) | (t == shortest), 1 / variance, 0)
    columns = np.stack([radiance * precision, precision], 1)  # each level counts alike: relative errors
    found = np.linalg.lstsq(columns, np.ones(len(radiance)), rcond=None)[0]
    return float(max(found[0], _LEAST_SHOT)), float(max(found[1], 0.0))


def fit_noise(codes: Sequence[Codes], decode: FloatImage, gains: Sequence[float] | None = None) -> Noise:
    """Fit k and r to what the frames show at the finest scale (second differences; Immerkaer 1996).

    Frames that end at black do not show r, nor JPEGs what their ISO speed adds, for cameras clean them: r is the usual
    one then, and the gains are what the frames show.

    Args:
        codes: uint16 (H, W, 3) each.
        decode: float32 (65536,), the linear value of each code; RAW has room for negative noise at the lowest.
        gains: ISO speed of each frame over the lowest; None: unknown.
    """
    signed = bool(decode[0] < 0)
    seen = [_seen(frame, decode) for frame in codes]
    known = tuple(gains or (1.0,) * len(codes)) if signed else _shown_gains(codes, seen)
    found = [
        (gain, *told)
        for shown, gain in zip(seen, known, strict=True)
        for told in _levels(*shown, first=0 if signed else 1)
    ]
    if not found:
        return Noise(USUAL_SHOT, USUAL_READ, known)
    gain, level, variance, rounded = np.array(found).T
    if not rounded.all():  # what is no more than rounding says nothing beside what is
        gain, level, variance = (x[rounded == 0] for x in (gain, level, variance))
    if not signed:
        return Noise(max(float(np.median(variance / (gain * level))), _LEAST_SHOT), USUAL_READ, known)
    best = (np.inf, 0.0, 0.0)
    for ratio in _RATIOS:
        above = np.log(variance / (gain * np.maximum(level, 0) + ratio * gain**2))
        middle = float(np.median(above))
        misfit = float(np.minimum(np.abs(above - middle), _OUTLIER).mean())
        misfit += _PULL * abs(float(np.log(ratio * USUAL_SHOT / USUAL_READ)))
        best = min(best, (misfit, float(np.exp(middle)), float(ratio)))
    shot = max(best[1], _LEAST_SHOT)
    return Noise(shot, shot * best[2], known)


def _shown_gains(codes: Sequence[Codes], seen: Sequence[tuple[npt.NDArray[Any], ...]]) -> tuple[float, ...]:
    """Return each frame's gain, 1 = the lowest: how much more noise a darker one has at the same places for its light.

    Texture looks like noise, the more the brighter a frame is: less says nothing, nor does more than a blurred frame's.
    """
    order = sorted(range(len(seen)), key=lambda i: float(seen[i][0].mean()), reverse=True)
    found = np.ones(len(seen))
    for bright, dark in pairwise(order):
        more = _noisier(*seen[dark][:2], *seen[bright][:2])
        if more > 1 and softer(detail(codes[bright]), detail(codes[dark])):
            more = 1.0
        found[dark] = found[bright] * max(more, 1.0)
    return tuple(found.tolist())


def _noisier(dark: FloatImage, dark_noise: FloatImage, bright: FloatImage, bright_noise: FloatImage) -> float:
    """Return the ratio of the gains of two frames, given their `_seen`; 1 where it cannot be told."""
    both = (dark > _LEVELS[0]) & (dark < _LEVELS[-1])
    dark, dark_noise, bright, bright_noise = dark[both], dark_noise[both], bright[both], bright_noise[both]
    ratios = [
        (_variance(dark_noise[at]) / dark[at].mean()) / (variance / mean)
        for at, mean in _bins(bright, 1)
        if (variance := _variance(bright_noise[at])) > 0
    ]
    return float(np.median(ratios)) if len(ratios) >= _LEAST_BINS else 1.0


def _seen(codes: Codes, decode: FloatImage) -> tuple[FloatImage, FloatImage, npt.NDArray[np.bool_]]:
    """Return levels of a frame, flat, what its pixels differ by at the finest scale, and which by the least there is.

    It is what 8 bits round: less is what JPEG smoothed away, and no measure of a frame's noise beside another's.
    """
    kernel, sampled = np.array([1, -2, 1], np.float32), _sample(codes)
    sample = decode[sampled]
    noise = np.abs(cv2.sepFilter2D(sample, -1, kernel, kernel / 6))
    least = np.zeros_like(noise)
    if decode[0] >= 0:
        steps = (decode[_STEP:] - decode[:-_STEP]) * np.float32(_NOISE_SIGMAS * 12**-0.5)
        least = steps[np.minimum(sampled, len(steps) - 1)]
    return cv2.blur(sample, (3, 3)).ravel(), np.maximum(noise, least).ravel(), (noise <= least).ravel()


def _levels(
    level: FloatImage, noise: FloatImage, rounded: npt.NDArray[np.bool_], *, first: int
) -> Iterator[tuple[float, float, bool]]:
    """Return levels of a frame, the variance of its noise there, and whether that is but rounding."""
    for inside, mean in _bins(level, first):
        if (variance := _variance(noise[inside])) > 0:
            yield mean, variance, bool(rounded[inside].mean() > _NOISE_RANK)


def _bins(level: FloatImage, first: int) -> Iterator[tuple[npt.NDArray[np.intp], float]]:
    """Return the places of like levels, from bin `first` on, where they are enough, and their mean level."""
    bins = np.zeros(level.size, np.uint8)
    for limit in _LEVELS.astype(np.float32):  # so few are sooner compared than searched
        bins += level >= limit
    order = np.argsort(bins, kind="stable")
    ends = np.concatenate([[0], np.bincount(bins, minlength=len(_LEVELS)).cumsum()])
    for index in range(first, len(_LEVELS)):
        inside = order[ends[index] : ends[index + 1]]
        if len(inside) > _LEAST_COUNT:
            yield inside, float(level[inside].mean())


def _variance(noise: FloatImage) -> float:
    rank = int(_NOISE_RANK * len(noise))
    return (float(np.partition(noise, rank)[rank]) / _NOISE_SIGMAS) ** 2


def _sample(codes: Codes) -> Codes:
    """Cut squares from all over a large picture and lay them side by side."""
    if min(codes.shape[:2]) <= _SQUARES * _SQUARE:
        return codes
    tops, lefts = (np.linspace(0, size - _SQUARE, _SQUARES).astype(int) for size in codes.shape[:2])
    return np.concatenate([codes[top : top + _SQUARE, left : left + _SQUARE] for top in tops for left in lefts])
