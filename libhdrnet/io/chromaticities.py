"""From primaries and white point, as CIE x and y, to linear Rec.709."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from libhdrnet.io.colour import D65, REC709

_SAME = 2e-3
_LEAST_AREA = 1e-4
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


def rec709_matrix(chromaticities: Sequence[float], neutral: Sequence[float] | None = None) -> npt.NDArray[Any]:
    """Return the (3, 3) matrix to linear Rec.709, float64; the identity where the values are Rec.709 as they are.

    `chromaticities`: x and y of red, green, blue and of the white that R = G = B = 1 is. `neutral`: x and y of the
    colour that shall look neutral, by default that white; it is adapted to D65 (Bradford). Primaries may be imaginary,
    with y of zero or less (X, Y and Z themselves, ACES AP0).

    Raises ValueError for values that describe no space of colours.
    """
    values = np.asarray(chromaticities, np.float64).ravel()
    shown = values[6:] if neutral is None else np.asarray(neutral, np.float64).ravel()
    if values.size != 8 or shown.size != 2:
        raise ValueError(f"{values.size} and {shown.size} numbers where 8 and 2 belong")
    if not (np.isfinite(values).all() and np.isfinite(shown).all()):
        raise ValueError("NaN or infinite")
    if np.allclose([*values, *shown], [*REC709, *D65], atol=_SAME):
        return np.eye(3)
    source, target = rgb_to_xyz(values), rgb_to_xyz(REC709)
    before, after = _BRADFORD @ _xyz(shown), _BRADFORD @ _xyz(np.asarray(D65))
    if before.min() <= 0:
        raise ValueError("a neutral that is no colour")
    adapt = np.linalg.solve(_BRADFORD, np.diag(after / before) @ _BRADFORD)
    return np.asarray(np.linalg.solve(target, adapt @ source), np.float64)


def rgb_to_xyz(chromaticities: Sequence[float] | npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the (3, 3) matrix from linear RGB to CIE XYZ with Y = 1 for white, float64.

    `chromaticities`, as in `rec709_matrix`, with its ValueError.
    """
    values = np.asarray(chromaticities, np.float64)
    x, y = values[:6:2], values[1:6:2]
    # Not divided by y, which may be zero: only the direction of a primary counts.
    primaries = np.stack([x, y, 1 - x - y])
    if abs(np.linalg.det(primaries)) < _LEAST_AREA:
        raise ValueError("primaries on one line")
    amounts = np.linalg.solve(primaries, _xyz(values[6:]))
    if amounts.min() <= 0:
        raise ValueError("a white outside of the primaries")
    return np.asarray(primaries * amounts, np.float64)


def _xyz(point: npt.NDArray[Any]) -> npt.NDArray[Any]:
    x, y = point
    if y <= 0:
        raise ValueError("a white without light")
    return np.array([x / y, 1.0, (1 - x - y) / y])
