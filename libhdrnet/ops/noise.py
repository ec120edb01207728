"""Noise of a bracket's frames, fitted to all at once: shot noise that grows with the light, and read noise.

A linear value x of a frame, 1 = saturation, has the variance k g x + r g^2 (Foi et al. 2008). Its gain g is the ISO
speed over the bracket's lowest: a frame of high ISO has more noise at the same value.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from libhdrnet.ops.frames import Frame
from libhdrnet.radiometry import FloatImage

USUAL_SHOT, USUAL_READ = 2e-5, 2.5e-8
"""k and r where the frames do not tell; r is for quantisation and an uncertain black, too."""
_LEAST_SHOT = 1e-9
_RATIOS = np.geomspace(1e-6, 1, 121)
_LEVELS = np.geomspace(1e-4, 0.8, 33)
_LEAST_COUNT = 400
_SAMPLE = 160
_NOISE_RANK, _NOISE_SIGMAS = 0.35, 0.454
"""The rank of absolute deviations that texture does not reach, and what it is for a standard normal."""
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
        """Return the variance of frame `index` where its noiseless linear values are `linear`."""
        gain = self.gains[index]
        return np.float32(self.shot * gain) * np.maximum(linear, 0) + np.float32(self.read * gain**2)


def fit_noise(frames: Sequence[Frame]) -> Noise:
    """Fit k and r to what the frames show at the finest scale (second differences; Immerkaer 1996).

    Frames that end at black do not show r, nor JPEGs what their ISO speed adds, for cameras clean them: r is the usual
    one then, and the gains are one.
    """
    signed = all(_is_signed(frame) for frame in frames)
    gains = gains_of(frames) if signed else (1.0,) * len(frames)
    found = [(gain, *pair) for frame, gain in zip(frames, gains, strict=True) for pair in _levels_of(frame)]
    if not found:
        return Noise(USUAL_SHOT, USUAL_READ, gains)
    gain, level, variance = np.array(found).T
    if not signed:
        return Noise(max(float(np.median(variance / level)), _LEAST_SHOT), USUAL_READ, gains)
    best = (np.inf, 0.0, 0.0)
    for ratio in _RATIOS:
        above = np.log(variance / (gain * np.maximum(level, 0) + ratio * gain**2))
        middle = float(np.median(above))
        misfit = float(np.minimum(np.abs(above - middle), _OUTLIER).mean())
        misfit += _PULL * abs(float(np.log(ratio * USUAL_SHOT / USUAL_READ)))
        best = min(best, (misfit, float(np.exp(middle)), float(ratio)))
    shot = max(best[1], _LEAST_SHOT)
    return Noise(shot, shot * best[2], gains)


def gains_of(frames: Sequence[Frame]) -> tuple[float, ...]:
    """Return each frame's ISO speed over the lowest of all; 1 for all where one does not tell."""
    from libhdrnet.io.metadata import exposure_values

    speeds = [None if frame.metadata is None else exposure_values(frame.metadata)[1] for frame in frames]
    known = [speed for speed in speeds if speed is not None]
    return tuple(speed / min(known) for speed in known) if len(known) == len(speeds) else (1.0,) * len(speeds)


def _levels_of(frame: Frame) -> list[tuple[float, float]]:
    """Return levels of a frame and the variance of its noise there."""
    import cv2

    kernel = np.outer((1, -2, 1), (1, -2, 1)).astype(np.float32) / 6
    sample = np.asarray(frame.decode[_sample(frame.codes)])
    noise, level = np.abs(cv2.filter2D(sample, -1, kernel)), cv2.blur(sample, (3, 3))
    bins = np.digitize(level, _LEVELS)
    pairs: list[tuple[float, float]] = []
    for index in range(0 if _is_signed(frame) else 1, len(_LEVELS)):
        inside = bins == index
        if np.count_nonzero(inside) <= _LEAST_COUNT:
            continue
        sigma = float(np.quantile(noise[inside], _NOISE_RANK)) / _NOISE_SIGMAS
        mean = float(level[inside].mean())
        if sigma > 0:
            pairs.append((mean, sigma**2))
    return pairs


def _is_signed(frame: Frame) -> bool:
    return bool(frame.decode[0] < 0)


def _sample(codes: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint16]:
    """Cut squares from all over a large picture and lay them side by side."""
    height, width = codes.shape[:2]
    if height * width <= 16 * _SAMPLE**2:
        return codes
    tops, lefts = (
        np.linspace(0, size - _SAMPLE, 4).astype(int) for size in (max(height, _SAMPLE), max(width, _SAMPLE))
    )
    squares = [codes[top : top + _SAMPLE, left : left + _SAMPLE] for top in tops for left in lefts]
    whole = [square for square in squares if square.shape[:2] == (_SAMPLE, _SAMPLE)]
    return np.concatenate(whole) if whole else codes
