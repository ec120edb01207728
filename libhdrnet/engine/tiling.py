"""Cut a picture into overlapping tiles and blend their results without a seam.

Tiles start on a multiple of `grid`, so that statistics pooled on that grid fall on the same cells as in the
whole picture. Along each axis the tiles' weights add up to one everywhere: no sum of weights has to be kept.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from libhdrnet.ramps import smoothstep


@dataclass(frozen=True)
class Span:
    """One tile along one axis."""

    start: int
    """First pixel read."""
    stop: int
    """One past the last pixel read."""
    weights: npt.NDArray[np.float32]
    """Weight of each pixel read, 0 where the border of the tile disturbs the result."""

    def within(self, other: "Span") -> "Span":
        """Return what it has in common with another, counted from where that starts."""
        start, stop = max(self.start, other.start), max(min(self.stop, other.stop), self.start, other.start)
        return Span(start - other.start, stop - other.start, self.weights[start - self.start : stop - self.start])


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

    def share(self, tiles: Iterable["Tile"]) -> npt.NDArray[np.float32]:
        """Return its weights as a share of those of all tiles (h, w, 1); 0 where none has any."""
        total = np.zeros((self.rows.weights.size, self.columns.weights.size), np.float32)
        for tile in tiles:
            common = Tile(tile.rows.within(self.rows), tile.columns.within(self.columns))
            total[common.where] += common.weights[..., 0]
        return np.divide(self.weights, total[..., None], out=np.zeros_like(self.weights), where=total[..., None] > 0)


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
        middle = (begin + quarter, max(end - quarter, begin + quarter + 1))
        rising = smoothstep(np.arange(begin, end) + np.float32(0.5), middle)
        weights[i + 1][: end - begin] *= rising
        weights[i][begin - starts[i] :] *= 1 - rising
    return [Span(*span) for span in zip(starts, stops, weights, strict=True)]


def tiles(height: int, width: int, tile: int, margin: int, grid: int) -> Iterator[Tile]:
    """All tiles of a picture, row by row."""
    for rows in spans(height, tile, margin, grid):
        for columns in spans(width, tile, margin, grid):
            yield Tile(rows, columns)
