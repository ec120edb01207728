"""The white of a bracket's files where it lies below full scale, as in video levels or prints of a dull white.

Frames of different exposure end at one code only if they are clipped there, and their pixels pile up.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from libhdrnet.keeping import let_go
from libhdrnet.merge.codes import DECODE, Codes
from libhdrnet.radiometry import brightest

_FULL = 0.98
"""Code of the brightest channel from which a frame ends at full scale."""
_ABOVE, _PILE, _NEAR = 5e-4, 5e-3, 0.01
"""Share of the pixels that may lie above a frame's end (JPEG overshoots), the least share that is piled up there, and
within how much of that code."""
_LIGHTER = 1.2
"""Ratio of the mean lights of frames that are differently exposed: their ends are more than `_NEAR` apart, then."""


def common_white(frames: Sequence[Codes]) -> float:
    """Return the code, in [0, 1], at which frames (H, W, 3) of different exposure end; 1 where that is full scale."""
    found = []
    for codes in frames:
        step = max(1, max(codes.shape[:2]) // 1000)
        sample = np.sort(brightest(codes[::step, ::step]).ravel())
        let_go(codes)
        end = float(sample[int((1 - _ABOVE) * (len(sample) - 1))])
        found.append((end, float(np.mean(sample > (1 - _NEAR) * end)), float(DECODE[sample].mean())))
    last = max(end for end, _, _ in found)
    clipped = [light for end, pile, light in found if end > (1 - _NEAR) * last and pile > _PILE]
    differ = any(max(pair) > _LIGHTER * min(pair) for pair in combinations(clipped, 2))
    return last / 65535 if last < _FULL * 65535 and differ else 1.0
