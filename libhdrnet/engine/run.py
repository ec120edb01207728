"""Run a network over a picture of any size, tile by tile, within the memory there is.

Arrays on the outside, tensors inside. When memory runs out the tile is halved; when even the smallest does not
fit on an accelerator the CPU takes over. A tile that 16 bits cannot compute is computed in float32. What was done is in
the report.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from libhdrnet.engine.cover import parts
from libhdrnet.engine.device import choose_device, choose_precision, default_tile
from libhdrnet.engine.models import loaded
from libhdrnet.engine.progress import Reporter
from libhdrnet.engine.settings import Report
from libhdrnet.engine.tiling import Tile
from libhdrnet.errors import NotFiniteError, OutOfMemoryError
from libhdrnet.networks import NETWORKS, STATISTICS_GRID
from libhdrnet.options import SMALLEST_TILE, Settings
from libhdrnet.radiometry import FloatImage
from libhdrnet.weights import read_card, weights_folder

log = logging.getLogger(__name__)
Fetch = Callable[[slice, slice], tuple[FloatImage, ...]]
Forward = Callable[..., Tensor]


@dataclass(frozen=True)
class _Place:
    device: torch.device
    dtype: torch.dtype
    tile: int


def run_tiled(
    name: str,
    fetch: Fetch,
    out: npt.NDArray[np.float32],
    *,
    needed: npt.NDArray[np.bool_] | None = None,
    forward: Callable[[nn.Module], Forward] = lambda network: network,
    margin: int | None = None,
    larger: float = 1,
    settings: Settings = Settings(),  # noqa: B008 (frozen)
    reporter: Reporter = Reporter(),  # noqa: B008 (frozen)
    stage: str = "running the network",
) -> Report:
    """Fill `out` (H, W, C) with the result of network `name` for what `fetch` returns.

    `fetch(rows, columns)` returns the network's inputs for that rectangle, each (..., h, w) float32 without the
    batch dimension; `forward(network)` is the callable to use, the network itself by default. With `needed`,
    bool (H, W), only such pixels and what is near are computed; the rest of `out` is left as it is.
    `margin` is what a part of the network needs around a tile, if it is not what the whole needs; `larger`, how many
    times larger its tiles may be.

    Raises:
        InputError: bad device, precision or tile.
        OutOfMemoryError: not even the smallest tile on the CPU fits.
        CancelledError: the reporter's caller asked to stop.
        NotFiniteError: the network gives NaN or infinity, in float32, too.
        WeightsError: the weights are missing or damaged.
    """
    place = _first_place(settings)
    margin = NETWORKS[read_card(name, weights_folder()).network].margin if margin is None else margin
    if settings.tile is None and needed is not None:
        place = replace(place, tile=place.tile * 4 // 3)  # few of its tiles are so large

    def fill() -> tuple[str, int]:
        """Return the weights' checksum and how many tiles had to be computed again in float32."""
        network, card = loaded(name, str(place.device), place.dtype)
        call = forward(network)
        edge = round(place.tile * larger / STATISTICS_GRID) * STATISTICS_GRID
        cut = parts(needed, out.shape, edge, margin, STATISTICS_GRID)
        for part in cut:
            out[part.where] = 0
        total, done, again = sum(part.pixels for part in cut), 0, 0
        with torch.inference_mode():
            for part in cut:
                reporter(done / total, stage)
                inputs = [_tensor(array, place.device) for array in fetch(*part.where)]
                result = _pixels(call(*inputs), part)
                if not np.isfinite(result).all():
                    again += 1
                    exact, _ = loaded(name, str(place.device), torch.float32)
                    result = _pixels(forward(exact)(*inputs), part)
                    _check_finite(result, part, name)
                out[part.where] += result * part.share(cut)
                done += part.pixels
        reporter(1.0, stage)
        return card.sha256, again

    notes: list[str] = []
    while True:
        try:
            sha256, again = fill()
        except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
            if not _is_out_of_memory(error):
                raise
            smaller = _next_place(place, error)
            notes.append(
                f"Memory ran out with {place.tile}-pixel tiles on {place.device}; "
                f"went on with {smaller.tile}-pixel tiles on {smaller.device}."
            )
            log.info(notes[-1])
            place = smaller
        else:
            precision = str(place.dtype).removeprefix("torch.")
            if again:
                notes.append(f"{again} tiles overflowed in {precision} and were computed in float32.")
                log.info(notes[-1])
            return Report(name, sha256, str(place.device), precision, place.tile, tuple(notes))


def _first_place(settings: Settings) -> _Place:
    device = choose_device(settings.device)
    tile = default_tile(device) if settings.tile is None else settings.tile
    return _Place(device, choose_precision(device, settings.precision), -(-tile // STATISTICS_GRID) * STATISTICS_GRID)


def _next_place(place: _Place, error: BaseException) -> _Place:
    if place.device.type == "cuda":
        torch.cuda.empty_cache()
    if place.tile // 2 >= SMALLEST_TILE:
        return replace(place, tile=place.tile // 2 // STATISTICS_GRID * STATISTICS_GRID)
    if place.device.type == "cpu":
        raise OutOfMemoryError(
            "memory ran out even with {pixels}-pixel tiles; close other programs or use a smaller picture.",
            pixels=place.tile,
        ) from error
    cpu = torch.device("cpu")
    return _Place(cpu, choose_precision(cpu), default_tile(cpu))


def _is_out_of_memory(error: BaseException) -> bool:
    text = str(error).lower()
    kinds = (torch.OutOfMemoryError, MemoryError)
    return isinstance(error, kinds) or "out of memory" in text or "can't allocate memory" in text


def _pixels(result: Tensor, part: Tile) -> FloatImage:
    """Return the part (h, w, C) of a network's result that belongs to the tile."""
    kept = result[0, :, : part.rows.weights.size, : part.columns.weights.size]
    return np.asarray(kept.permute(1, 2, 0).float().cpu().numpy())


def _check_finite(result: FloatImage, part: Tile, name: str) -> None:
    wrong = np.argwhere(~np.isfinite(result))
    if wrong.size:
        row, column = part.rows.start + wrong[0, 0], part.columns.start + wrong[0, 1]
        raise NotFiniteError(
            f"network {name!r} computes NaN or infinity at row {row}, column {column} of the picture, in float32, too; "
            "use weights that were trained to the end, and the classical method for a merge."
        )


def _tensor(array: FloatImage, device: torch.device) -> Tensor:
    """Bring (..., h, w) float32 to a batch of one whose size the network takes: the border is repeated."""
    tensor = torch.from_numpy(np.require(array, requirements=["C", "W"]))  # torch warns of what it could not write to
    height, width = tensor.shape[-2:]
    below, right = -height % STATISTICS_GRID, -width % STATISTICS_GRID
    if below or right:
        flat = tensor.reshape(1, -1, height, width)
        tensor = F.pad(flat, (0, right, 0, below), mode="replicate").reshape(
            *tensor.shape[:-2], height + below, width + right
        )
    return tensor[None].to(device)
