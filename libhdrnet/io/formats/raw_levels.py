"""Levels of a sensor's data: where it clips in truth, and black with room below it for noise."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Histograms = npt.NDArray[np.int64]
"""(colours, 65536): how often each raw value occurs, in one frame or in several together."""

_COLOURS = 4
_LEAST_SHARE = 0.5
"""Of the declared range: a pile-up further down is something in the picture."""
_LEAST_COUNT, _LEAST_PART = 100, 1e-4
"""Pixels in a pile-up, and the share of all that they are."""
_NARROW = 0.003
"""Largest standard deviation of a pile-up, as a share of the range: a bright surface's own noise is wider."""
_CLEARLY = 8.0
"""Times as dense a pile-up is as what lies just below."""
_STRAYS = 0.02
"""Pixels above a pile-up, as a share of it: hot ones."""
_SIGMAS = 2.0
_ROOM = 1 / 32
"""Most of the range that is given up for what lies below black."""


def histograms(raw: Any) -> Histograms:
    """Count the values of each colour of an opened RAW's visible part."""
    counts = np.zeros((_COLOURS, 65536), np.int64)
    for colour, plane in _planes(raw):
        for top in range(0, len(plane), 512):
            counts[colour] += np.bincount(plane[top : top + 512].ravel(), minlength=65536)
    return counts


def clip_level(counts: Histograms, black: Sequence[int], white: int) -> int | None:
    """Return the raw value from which pixels are clipped where that is below the declared `white`, else None.

    Sensors that clip earlier than their file says have many pixels at or within noise of one value, clearly more than
    just below, and none above. Of several colours the lowest such value counts.
    """
    found = [_pile_up(count, level, white) for count, level in zip(counts, black, strict=True)]
    lowest = min((level for level in found if level is not None), default=white)
    return lowest if lowest < white else None


def lowered_black(
    black: Sequence[int], white: int, multipliers: Sequence[float]
) -> tuple[list[int], list[float], float]:
    """Lower the black of each colour, so that white-balanced black is one and the same grey above zero.

    LibRaw takes whole levels only. Among those that leave room the best fitting are chosen, and what is missing (some
    hundredths of a percent) is taken from the `multipliers` of white balance: grey stays grey through any colour
    matrix. `white`: where the colours saturate.

    Returns:
        Lowered levels, multipliers, and where black then lies in the developed picture, 0 to 1; levels that have no
        room below them are returned as they are, with 0.
    """
    levels, gains = np.asarray(black, np.int64), np.asarray(multipliers, np.float64)
    gains = gains / gains.min()
    least = int(np.argmin(gains))
    most = int(min((levels * gains).min(), (white - levels[least]) * _ROOM))
    if most < 2:
        return list(black), list(multipliers), 0.0
    rooms = np.arange((most + 1) // 2, most + 1)[:, None]
    whole = np.maximum(np.rint(rooms / gains), 1)
    best = int(np.abs(whole * gains / rooms - 1).max(1).argmin())
    room, lowered = float(rooms[best, 0]), levels - whole[best].astype(np.int64)
    return lowered.tolist(), (room / whole[best]).tolist(), room / float(white - lowered.min())


def _planes(raw: Any) -> Iterator[tuple[int, npt.NDArray[np.uint16]]]:
    """Give views of all pixels of one colour each, with its index."""
    visible, pattern = raw.raw_image_visible, raw.raw_pattern
    if pattern is None:  # a developed (linear) DNG or a sensor with full colour at each pixel
        yield from ((colour, visible[..., colour]) for colour in range(min(3, visible.shape[2])))
        return
    pattern = np.roll(pattern, (-raw.sizes.top_margin, -raw.sizes.left_margin), axis=(0, 1))
    for (row, column), colour in np.ndenumerate(pattern):  # LibRaw says 6 where the sensor knows no colours
        yield int(colour) if colour < _COLOURS else 0, visible[row :: len(pattern), column :: len(pattern)]


def _pile_up(count: npt.NDArray[np.int64], black: int, white: int) -> int | None:
    """Find the lower end of the pile-up at the top of one colour's histogram."""
    reach = max(1, round((white - black) * _NARROW))
    sums = np.concatenate([np.zeros(4 * reach, np.int64), np.cumsum(count), np.full(2 * reach, count.sum())])

    def between(low: Any, high: Any) -> Any:
        """Count the pixels from `low` to before `high`; zero and all of them beyond the ends."""
        return sums[np.asarray(high) + 4 * reach - 1] - sums[np.asarray(low) + 4 * reach - 1]

    least = max(_LEAST_COUNT, _LEAST_PART * float(count.sum()))
    levels = np.arange(black + round((white - black) * _LEAST_SHARE), 65536)
    crowded = levels[between(levels - reach, levels + reach + 1) >= least]
    if not crowded.size:
        return None
    top = crowded[crowded >= crowded[-1] - 2 * reach]
    middle = int(top[np.argmax(between(top - reach, top + reach + 1))])
    values = np.arange(max(0, middle - 2 * reach), min(65536, middle + 2 * reach + 1))
    below = float(between(values[0] - 2 * reach, values[0])) / (2 * reach)
    pile = np.maximum(count[values] - below, 0)
    if pile.sum() < _LEAST_COUNT:
        return None
    mean = float(np.average(values, weights=pile))
    spread = float(np.sqrt(np.average((values - mean) ** 2, weights=pile)))
    density = float(pile.sum()) / (1 + 2 * _SIGMAS * spread)
    above = float(between(values[-1] + 1, 65536))
    if spread > reach or above > _STRAYS * pile.sum() or density < _CLEARLY * below:
        return None
    low, high = round(mean - _SIGMAS * spread), mean + _SIGMAS * spread
    return low if high < white - 1 else white
