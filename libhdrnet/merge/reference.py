"""Which frames of a bracket take which part, and whether its exposures are usable.

Frames are uint16 (H, W, 3), encoded with gamma 2.2, 65535 = saturation. Exposures t are relative
(time * ISO / N^2, any unit); stops are log2 of their ratios.
"""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from libhdrnet.errors import HdrnetNote, InputError, sentence, warn
from libhdrnet.keeping import let_go
from libhdrnet.photometry.sharpness import detail, softer
from libhdrnet.radiometry import brightest

Frame = npt.NDArray[np.uint16]

_WIDTH = 128  # pixels of the long edge at which noise is averaged away
_SATURATED, _CRUSHED = 0.99, 0.09  # encoded values: code 15 of an sRGB picture
_MOST_SATURATED, _MOST_CRUSHED = 0.35, 0.5  # shares of the pixels of a frame that may still be the reference
# (nine brackets of five to eight frames, most at night: with less than half in sight leaves come grey, fog speckled)
_HOPELESS = 0.5  # share of saturated pixels from which the longer of two frames is no reference
_MOST_STOPS = 60  # between two frames: far more than the scenes that there are, and within float32
_WANTED_STOPS = 2.0  # distance of the short and long frame from the reference that the networks are trained with


def validate_exposures(exposures: Sequence[float], n: int) -> list[float]:
    """Check the relative exposures of n frames and return them as floats.

    Raises:
        InputError: a wrong count, a value that is not positive and finite (the message names the frame, from 1), or
            values that no bracket has.
    """
    values = [float(t) for t in exposures]
    if len(values) != n:
        raise InputError(f"There are {n} frames but {len(values)} exposures; give one exposure a frame.")
    for i, t in enumerate(values):
        if not (math.isfinite(t) and t > 0):
            raise InputError(f"Frame {i + 1} has exposure {t}; give a positive, finite exposure time.")
    stops = math.log2(max(values)) - math.log2(min(values))
    if stops > _MOST_STOPS:
        raise InputError(
            sentence(
                "The exposures are {stops} stops apart, which no bracket is; check the exposure times.",
                stops=f"{stops:.0f}",
            )
        )
    return values


def pick_reference(frames: Sequence[Frame], exposures: Sequence[float], names: Sequence[str]) -> int:
    """Pick the frame that the others are merged into.

    Of two frames it is the longer exposure, as in training, unless more than half of it is saturated. Of
    more it is the frame nearest to the middle exposure that is neither widely saturated nor widely black. A frame that
    is so, too, and much sharper, is preferred, with a note.

    Returns:
        An index into `frames`, which need not be sorted.
    """
    n = len(frames)
    order = sorted(range(n), key=exposures.__getitem__)
    loss = {i: _lost_shares(frames[i]) for i in order}
    most = _MOST_SATURATED if n > 2 else _HOPELESS
    usable = [i for i in order if loss[i][0] <= most and loss[i][1] <= _MOST_CRUSHED]
    wanted = n - 1 if n <= 2 else (n - 1) / 2
    usable.sort(key=lambda i: (abs(order.index(i) - wanted), sum(loss[i])))
    if len(usable) > 1:
        details = {i: detail(frames[i]) for i in usable}
        sharp = [i for i in usable if not any(softer(details[i], other) for other in details.values())] or usable
        if sharp[0] != usable[0]:
            warn(
                "{soft} is less sharp than {sharp}, which is the reference in its place.", HdrnetNote,
                soft=names[usable[0]], sharp=names[sharp[0]],
            )  # fmt: skip
        return sharp[0]
    if usable:
        return usable[0]
    if n <= 2:
        return order[-1] if loss[order[-1]][0] <= _HOPELESS else order[0]
    return min(order, key=lambda i: sum(loss[i]))


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


def _lost_shares(frame: Frame) -> tuple[float, float]:
    """Shares of a frame that are saturated in some channel, and black in all once the noise is averaged."""
    import cv2

    step = max(1, max(frame.shape[:2]) // 1000)
    saturated = brightest(frame[::step, ::step]) > 65535 * _SATURATED
    factor = min(1.0, _WIDTH / max(frame.shape[:2]))
    size = [max(1, round(edge * factor)) for edge in frame.shape[1::-1]]
    small = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
    let_go(frame)
    return float(saturated.mean()), float(np.mean(brightest(small) < 65535 * _CRUSHED))
