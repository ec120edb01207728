"""Cut a picture into overlapping tiles and blend their results without a seam.

Tiles start on a multiple of `grid`, so that statistics pooled on that grid fall on the same cells as in the
whole picture. Along each axis the tiles' weights add up to one everywhere: no sum of weights has to be kept.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Span:
    """One tile along one axis."""

    start: int
    """First pixel read."""
    stop: int
    """One past the last pixel read."""
    weights: npt.NDArray[np.float32]
    """Weight of each pixel read, 0 where the border of the tile disturbs the result."""

    def part(self, first: int, last: int, margin: int, grid: int) -> "Span":
        """Cut out offsets `first` to `last` with `margin` around, starting on the grid."""
        begin = max(0, first - margin) // grid * grid
        end = min(self.weights.size, last + 1 + margin)
        return Span(self.start + begin, self.start + end, self.weights[begin:end])


@dataclass(frozen=True)
class Tile:
    """A rectangle of the picture."""

    rows: Span
    columns: Span

    @property
    def where(self) -> tuple[slice, slice]:
        """Rows and columns of the picture."""
        return slice(self.rows.start, self.rows.stop), slice(self.columns.start, self.columns.stop)

    @property
    def weights(self) -> npt.NDArray[np.float32]:
        """Blending weights (h, w, 1)."""
        return np.outer(self.rows.weights, self.columns.weights)[..., None]

    @property
    def pixels(self) -> int:
        """How many pixels are read."""
        return self.rows.weights.size * self.columns.weights.size

    def around(self, needed: npt.NDArray[np.bool_], margin: int, grid: int) -> "Tile | None":
        """Cut out what computes the needed pixels of the picture that count here; None if there are none."""
        counts = needed[self.where] & (self.rows.weights > 0)[:, None] & (self.columns.weights > 0)
        rows, columns = np.flatnonzero(counts.any(1)), np.flatnonzero(counts.any(0))
        if not rows.size:
            return None
        return Tile(
            self.rows.part(int(rows[0]), int(rows[-1]), margin, grid),
            self.columns.part(int(columns[0]), int(columns[-1]), margin, grid),
        )


def spans(length: int, tile: int, margin: int, grid: int) -> list[Span]:
    """Cover `length` pixels by tiles of `tile` that overlap by twice `margin`.

    In an overlap the outer quarters belong to one tile alone and the blend goes through the middle half.
    """
    if length <= tile:
        return [Span(0, length, np.ones(length, np.float32))]
    margin = min(margin, tile // 4)  # a pixel lies in two tiles at most
    step = -(-(tile - 2 * margin) // grid) * grid
    starts = list(range(0, length - tile + step, step))
    stops = [min(start + tile, length) for start in starts]
    weights = [np.ones(stop - start, np.float32) for start, stop in zip(starts, stops, strict=True)]
    for i in range(len(starts) - 1):
        begin, end = starts[i + 1], stops[i]
        quarter = (end - begin) // 4
        ramp = np.clip((np.arange(begin, end) + 0.5 - (begin + quarter)) / max(end - begin - 2 * quarter, 1), 0, 1)
        rising = (ramp * ramp * (3 - 2 * ramp)).astype(np.float32)
        weights[i + 1][: end - begin] *= rising
        weights[i][begin - starts[i] :] *= 1 - rising
    return [Span(*span) for span in zip(starts, stops, weights, strict=True)]


def tiles(height: int, width: int, tile: int, margin: int, grid: int) -> Iterator[Tile]:
    """All tiles of a picture, row by row."""
    for rows in spans(height, tile, margin, grid):
        for columns in spans(width, tile, margin, grid):
            yield Tile(rows, columns)


def parts(
    needed: npt.NDArray[np.bool_] | None, shape: tuple[int, ...], tile: int, margin: int, grid: int
) -> list[Tile]:
    """Cut a picture of `shape` (H, W, ...) into tiles as small as the needed pixels allow; None: all of it."""
    if needed is None:
        return list(tiles(shape[0], shape[1], tile, margin, grid))
    found = []
    for rows in spans(shape[0], tile, margin, grid):
        counts = np.flatnonzero(needed[rows.start : rows.stop][rows.weights > 0].any(0))
        for columns in _spans_of(counts, shape[1], tile, margin, grid):
            part = Tile(rows, columns).around(needed, margin, grid)
            if part is not None:
                found.append(part)
    return found


def _spans_of(columns: npt.NDArray[np.intp], length: int, tile: int, margin: int, grid: int) -> Iterator[Span]:
    """Cover these of `length` columns; after a gap of two margins anew, so that it is in no tile."""
    for run in np.split(columns, np.flatnonzero(np.diff(columns) > 2 * margin) + 1):
        if run.size:
            start = max(0, int(run[0]) - margin) // grid * grid
            stop = min(length, int(run[-1]) + 1 + margin)
            for span in spans(stop - start, tile, margin, grid):
                yield Span(start + span.start, start + span.stop, span.weights)
