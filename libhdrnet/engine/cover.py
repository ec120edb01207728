"""Cover what is needed of a picture by few and small tiles.

A rectangle around what is needed is cut in two, along the line that saves most pixels, as long as one does (an "XY
cut"); what is still too large is cut into equal parts. Each tile reads a margin around its rectangle, so margins count,
too. All this is done on the cells of the grid on which tiles begin.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from libhdrnet.engine.tiling import Span, Tile, tiles
from libhdrnet.ramps import smoothstep

Cells = npt.NDArray[np.bool_]


def parts(needed: Cells | None, shape: tuple[int, ...], tile: int, margin: int, grid: int) -> list[Tile]:
    """Cut a picture of `shape` (H, W, ...) into tiles; with `needed` (H, W) only what is needed of it.

    Tiles of what is needed have any shape and as many pixels as a square of `tile` at most. Their weights fall over
    half a margin around what is a tile's own, and do not add up to one: see `Tile.share`.
    """
    if needed is None:
        return list(tiles(shape[0], shape[1], tile, margin, grid))
    margin = min(margin, tile // 4)
    cells = _coarser(_coarser(needed, grid).T, grid).T
    return [
        Tile(
            _around(grid * top, grid * bottom, needed.shape[0], margin, grid),
            _around(grid * left, grid * right, needed.shape[1], margin, grid),
        )
        for top, bottom, left, right in _boxes(cells, 0, 0, tile // grid, -(-margin // grid))
    ]


def _coarser(needed: Cells, grid: int) -> Cells:
    return np.logical_or.reduceat(needed, np.arange(0, needed.shape[0], grid))


def _around(first: int, last: int, length: int, margin: int, grid: int) -> Span:
    """Return the span that computes pixels `first` to `last` (not included) of `length`."""
    start, stop = max(0, first - margin) // grid * grid, min(length, last + margin)
    places = np.arange(start, stop) + 0.5
    beyond = np.maximum(first - places, places - last)
    return Span(start, stop, 1 - smoothstep(beyond.astype(np.float32), (0, max(margin / 2, 0.5))))


def _boxes(cells: Cells, top: int, left: int, largest: int, reach: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield top, bottom, left, right of boxes that hold the needed cells, the first of which is at `top`, `left`."""
    rows, columns = np.flatnonzero(cells.any(1)), np.flatnonzero(cells.any(0))
    if not rows.size:
        return
    cells = cells[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    top, left = top + int(rows[0]), left + int(columns[0])
    height, width = cells.shape
    whole = (height + 2 * reach) * (width + 2 * reach)
    (cost, cut), (cost_across, cut_across) = _best_cut(cells, reach), _best_cut(cells.T, reach)
    across = cost_across < cost
    if min(cost, cost_across) >= whole:
        if whole <= largest**2:
            yield top, top + height, left, left + width
            return
        across = width > height
        cut = cut_across = _equal(max(height, width), largest - 2 * reach)
    if across:
        yield from _boxes(cells[:, :cut_across], top, left, largest, reach)
        yield from _boxes(cells[:, cut_across:], top, left + cut_across, largest, reach)
    else:
        yield from _boxes(cells[:cut], top, left, largest, reach)
        yield from _boxes(cells[cut:], top + cut, left, largest, reach)


def _equal(length: int, largest: int) -> int:
    """Return where to cut so that, cut on and on, a length becomes equal parts."""
    count = max(2, -(-length // max(largest, 1)))
    return max(1, round(length * (count // 2) / count))


def _best_cut(cells: Cells, reach: int) -> tuple[float, int]:
    """Return the cells that two boxes read if these are cut between two rows, at least, and how many rows before it."""
    if cells.shape[0] < 2:
        return np.inf, 0
    costs = _read(cells, reach)[:-1] + _read(cells[::-1], reach)[-2::-1]
    return float(costs.min()), int(costs.argmin()) + 1


def _read(cells: Cells, reach: int) -> npt.NDArray[np.intp]:
    """Return for the first row, the first two, ... the size of the box around what they hold; the first holds some."""
    held = np.logical_or.accumulate(cells, 0)
    width = held.shape[1] - held.argmax(1) - held[:, ::-1].argmax(1)
    height = np.maximum.accumulate(np.where(cells.any(1), np.arange(1, len(cells) + 1), 0))
    return np.asarray((height + 2 * reach) * (width + 2 * reach))
