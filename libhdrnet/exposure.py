"""Exposures of a bracket: are they usable and true, and which frames take which part.

Frames are uint16 (H, W, 3), encoded with gamma 2.2, 65535 = saturation. Exposures t are relative
(time * ISO / N^2, any unit); stops are log2 of their ratios.
"""

import math
import warnings
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from libhdrnet.errors import HdrnetWarning, InputError
from libhdrnet.radiometry import GAMMA

Frame = npt.NDArray[np.uint16]

_EQUAL = 0.01  # relative difference below which two exposures are one and the same
_TOLERATED_STOPS = 1 / 3  # one click of a camera's dial
_WIDTH = 512  # pixels of the long edge that ratios are measured at
_LOW, _HIGH = 0.08, 0.9  # encoded values between which a pixel is neither noise nor close to saturation
_LEAST_PIXELS = 200  # and at least this many of them, for a ratio to be believed
_SATURATED, _CRUSHED = 0.99, 0.06  # encoded values
_MOST_SATURATED, _MOST_CRUSHED = 0.35, 0.6  # shares of the pixels of a frame that may still be the reference
_HOPELESS = 0.5  # share of saturated pixels from which the longer of two frames is no reference
_WANTED_STOPS = 2.0  # distance of the short and long frame from the reference that the networks are trained with


def validate_exposures(exposures: Sequence[float], n: int) -> list[float]:
    """Check the relative exposures of n frames and return them as floats.

    Raises:
        InputError: a wrong count, a value that is not positive and finite, or two that are equal within 1 %;
            the message names the frames, counted from 1.
    """
    values = [float(t) for t in exposures]
    if len(values) != n:
        raise InputError(f"There are {n} frames but {len(values)} exposures; give one exposure a frame.")
    for i, t in enumerate(values):
        if not (math.isfinite(t) and t > 0):
            raise InputError(f"Frame {i + 1} has exposure {t}; give a positive, finite exposure time.")
    order = sorted(range(n), key=values.__getitem__)
    for i, j in zip(order, order[1:], strict=False):
        if values[j] <= values[i] * (1 + _EQUAL):
            first, second = sorted((i + 1, j + 1))
            raise InputError(
                f"Frames {first} and {second} have the same exposure ({values[i]:g} and {values[j]:g}); "
                "leave one of them out, or give their true exposure times."
            )
    return values


def measured_ratio(frame: Frame, reference: Frame) -> float | None:
    """Estimate t_frame / t_reference from the pixels.

    Brightnesses are compared rank by rank, so motion of the camera or of people matters little; the ranks
    that are well exposed in both pictures vote by their median.

    Args:
        frame: uint16 (H, W, 3), gamma 2.2.
        reference: uint16 (H, W, 3), of the same scene.

    Returns:
        The ratio, or None where too few pixels are well exposed in both or the pictures do not match.
    """
    a, b = _reduced(frame), _reduced(reference)
    if a.shape != b.shape:
        return None
    ratios = []
    for channel in range(3):
        ranked_a, ranked_b = np.sort(a[..., channel], axis=None), np.sort(b[..., channel], axis=None)
        both = (ranked_a > _LOW) & (ranked_a < _HIGH) & (ranked_b > _LOW) & (ranked_b < _HIGH)
        ratios.append(GAMMA * np.log2(ranked_a[both] / ranked_b[both]))
    votes = np.concatenate(ratios)
    if len(votes) < _LEAST_PIXELS:
        return None
    stops = float(np.median(votes))
    if _share_that_fits(a, b, stops) < 0.5:
        return None
    return float(2.0**stops)


def check_exposures(frames: Sequence[Frame], exposures: Sequence[float], reference_index: int) -> list[float | None]:
    """Compare the claimed exposures with the pixels.

    Returns:
        For each frame the measured minus the claimed exposure in stops, relative to the reference (whose own
        entry is 0), or None where it cannot be measured.

    Warns:
        HdrnetWarning: for each frame that is off by more than a third of a stop.
    """
    reference, t_reference = frames[reference_index], exposures[reference_index]
    errors: list[float | None] = []
    for i, (frame, t) in enumerate(zip(frames, exposures, strict=True)):
        ratio = 1.0 if i == reference_index else measured_ratio(frame, reference)
        if i == reference_index or ratio is None:
            errors.append(None if ratio is None else 0.0)
            continue
        claimed, measured = math.log2(t / t_reference), math.log2(ratio)
        errors.append(measured - claimed)
        if abs(measured - claimed) > _TOLERATED_STOPS:
            warnings.warn(
                f"Frame {i + 1} claims {claimed:+.1f} EV relative to the reference but its pixels say "
                f"{measured:+.1f} EV, {abs(measured - claimed):.1f} stops off; check its exposure time, "
                "or let --response estimate find the camera's tone curve.",
                HdrnetWarning,
                stacklevel=2,
            )
    return errors


def pick_reference(frames: Sequence[Frame], exposures: Sequence[float]) -> int:
    """Pick the frame that the others are merged into.

    Of two frames it is the longer exposure, as in training, unless more than half of it is saturated. Of
    more it is the frame nearest to the middle exposure that is neither widely saturated nor widely black.

    Returns:
        An index into `frames`, which need not be sorted.
    """
    n = len(frames)
    order = sorted(range(n), key=exposures.__getitem__)
    loss = {i: _lost_shares(frames[i]) for i in order}
    if n <= 2:
        return order[-1] if loss[order[-1]][0] <= _HOPELESS else order[0]
    usable = [i for i in order if loss[i][0] <= _MOST_SATURATED and loss[i][1] <= _MOST_CRUSHED]
    if not usable:
        return min(order, key=lambda i: sum(loss[i]))
    return min(usable, key=lambda i: (abs(order.index(i) - (n - 1) / 2), sum(loss[i])))


def pick_three(exposures: Sequence[float], reference_index: int) -> tuple[int, int, int]:
    """Pick the short, the reference and the long frame for a network that takes three.

    The short and the long frame are those nearest to 2 EV below and above the reference. Where the reference
    is the shortest or the longest frame itself, it stands in for the side that is missing.

    Returns:
        Three indices into `exposures`, from the shortest exposure to the longest.
    """
    t_reference = exposures[reference_index]
    stops = {i: math.log2(t / t_reference) for i, t in enumerate(exposures) if t != t_reference}
    short = [i for i, s in stops.items() if s < 0]
    long = [i for i, s in stops.items() if s > 0]
    return (
        min(short, key=lambda i: abs(stops[i] + _WANTED_STOPS), default=reference_index),
        reference_index,
        min(long, key=lambda i: abs(stops[i] - _WANTED_STOPS), default=reference_index),
    )


def _reduced(frame: Frame, long_edge: int = _WIDTH) -> npt.NDArray[np.float32]:
    """Return the picture in [0, 1] at a size where neither noise nor a shift of some pixels counts."""
    import cv2

    height, width = frame.shape[:2]
    factor = min(1.0, long_edge / max(height, width))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    small = frame if factor == 1.0 else cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32) / np.float32(65535)


def _share_that_fits(a: npt.NDArray[np.float32], b: npt.NDArray[np.float32], stops: float) -> float:
    """Share of the pixels, among those well exposed in both, whose own ratio is within a stop."""
    both = np.minimum(a, b).min(2) > _LOW
    both &= np.maximum(a, b).max(2) < _HIGH
    if both.sum() < _LEAST_PIXELS / 10:
        return 0.0
    own = GAMMA * np.log2(a[both].mean(1) / b[both].mean(1))
    return float(np.mean(np.abs(own - stops) < 1))


def _lost_shares(frame: Frame) -> tuple[float, float]:
    """Shares of a frame that are saturated in some channel, and black in all once the noise is averaged."""
    step = max(1, max(frame.shape[:2]) // 1000)
    saturated = frame[::step, ::step].max(2) > 65535 * _SATURATED
    return float(saturated.mean()), float(np.mean(_reduced(frame, _WIDTH // 4).max(2) < _CRUSHED))
