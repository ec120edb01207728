"""Black: where frames of different exposure end at the same lowest value, that value is not light.

Lifted blacks of a tone curve, a response estimated elsewhere that never reaches zero, a black level left in linear
data: to the merge the floor of a frame would tell of light that is not there, and in the mu-law domain, which is
made for dark tones, a thousandth of white is far from black.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from libhdrnet.ops.frames import Frame
from libhdrnet.radiometry import FloatImage, look_up

LEAST_RATIO = 1.5
"""Exposures differ by that factor at least, and in some channel the light above the floor, too: frames that are the
same picture have the same floor whatever it is."""
_SHARE = 1e-3
"""Of a frame's pixels, at its lowest value: fewer may be defects."""
_EQUAL = np.float32(1.05)
_BRIGHTEST = 0.1
"""No black is brighter: frames that are burnt out all over have their lowest value in common, too."""
_PIXELS = 1e6


def lower_black(frames: Sequence[Frame]) -> list[Frame]:
    """Return the frames with the floor they have in common, channel by channel, brought to zero.

    A linear value v becomes v - floor * clip(2 - v / floor, 0, 1): zero at the floor, unchanged from twice the
    floor on. Frames without such a floor are returned as they are.
    """
    floors = common_floors(frames)
    if not floors.any():
        return list(frames)
    return [
        replace(frame, codes=look_up(frame.codes, np.stack([_table(floor, frame.decode) for floor in floors], 1)))
        for frame in frames
    ]


def common_floors(frames: Sequence[Frame]) -> FloatImage:
    """Return for each channel the linear value (3,) that is the lowest in frames of different exposure; 0 if none."""
    found = [_lowest_and_mean(frame) for frame in frames]
    floors = np.zeros(3, np.float32)
    for dark, (floor, dim) in zip(frames, found, strict=True):
        for bright, (lowest, mean) in zip(frames, found, strict=True):
            if bright.exposure > LEAST_RATIO * dark.exposure:
                lighter = (mean - floor > LEAST_RATIO * (dim - floor)).any()
                floors = np.maximum(
                    floors, np.where(lighter & (lowest <= floor * _EQUAL) & (floor < _BRIGHTEST), floor, 0)
                )
    return floors


def _lowest_and_mean(frame: Frame) -> tuple[FloatImage, FloatImage]:
    step = max(1, int((frame.codes.shape[0] * frame.codes.shape[1] / _PIXELS) ** 0.5))
    sample = frame.codes[::step, ::step].reshape(-1, 3)
    rank = int(_SHARE * len(sample))
    lowest = np.partition(sample, rank, axis=0)[rank]
    return frame.decode[lowest], frame.decode[sample].mean(0)


def _table(floor: np.float32, decode: FloatImage) -> npt.NDArray[np.uint16]:
    codes = np.arange(65536, dtype=np.uint16)
    if floor == 0:
        return codes
    lowered = decode - floor * np.clip(2 - decode / floor, 0, 1)
    return np.asarray(np.round(np.interp(lowered, decode, codes)), np.uint16)
