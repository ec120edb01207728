"""Deblur a picture under the guidance of its defocus map (thesis, chapter 4).

A disc of many pixels leaves no fine detail: such places are corrected in the picture at half its size, a quarter...,
which takes a fourth of the time and reaches discs that the network has never seen.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast, overload

import cv2
import numpy as np
import numpy.typing as npt
from torch import Tensor, nn

from libhdrnet.bands import bands, enlarged
from libhdrnet.engine import CancelCallback, ProgressCallback, Report, Reporter, Settings, bounded
from libhdrnet.engine.run import run_tiled
from libhdrnet.errors import InputError
from libhdrnet.networks.defocus import DefocusNet
from libhdrnet.networks.defocus_fast import IN_FOCUS, LOST
from libhdrnet.octaves import CELL, of_cells
from libhdrnet.ops.defocus import EVEN, LEAST_EDGE, defocus_map, detail, display_encoded, open_image
from libhdrnet.ops.fringes import remove_fringes
from libhdrnet.ops.recovery import recovery
from libhdrnet.options import DeblurOptions, recorded, takes
from libhdrnet.radiometry import FloatImage, decode_srgb
from libhdrnet.ramps import linear_step

HALVED = (6.0, 10.0)
"""Radius in pixels from which the correction of the halved picture is taken, and from which it alone. Fifteen real
pairs (data/defocus): (5, 8) is 0.03 dB worse, (3, 5) 0.3 dB, (8, 12) no better and slower."""
LEAST_SHARE = 0.1
"""Share of a correction in a cell, in the mean, from which it is computed: less is specks of the map."""
LARGER = 1.5
"""Its tiles may be so much larger than others: it works at half of the resolution."""


@dataclass(frozen=True)
class DeblurResult:
    """A deblurred picture and how it was made."""

    pixels: npt.NDArray[Any]
    """Shape, dtype and encoding of the input."""
    radius: FloatImage
    """The defocus map that guided it, (H, W), pixels."""
    estimated: bool
    """False if the caller gave the map."""
    options: DeblurOptions
    report: Report
    mask: FloatImage | None = None
    """Where detail was recovered (`ops.recovery`), if that was asked for."""

    def as_record(self, name: str) -> dict[str, Any]:
        """JSON-able record of how the picture was made; `name` is the input's."""
        return {
            "operation": "deblur",
            "inputs": [Path(name).name],
            **recorded(DeblurOptions, self.options),
            "map": "estimated" if self.estimated else "given",
            "engine": self.report.as_record(),
        }


@overload
def deblur(
    image: str | Path | npt.NDArray[Any],
    defocus: npt.NDArray[Any] | None = None,
    *,
    linear: bool | None = None,
    return_mask: Literal[False] = False,
    progress: ProgressCallback | None = None,
    cancel: CancelCallback | None = None,
    **options: Any,
) -> npt.NDArray[Any]: ...


@overload
def deblur(
    image: str | Path | npt.NDArray[Any],
    defocus: npt.NDArray[Any] | None = None,
    *,
    linear: bool | None = None,
    return_mask: Literal[True],
    progress: ProgressCallback | None = None,
    cancel: CancelCallback | None = None,
    **options: Any,
) -> tuple[npt.NDArray[Any], FloatImage]: ...


@takes(DeblurOptions)
def deblur(
    image: str | Path | npt.NDArray[Any],
    defocus: npt.NDArray[Any] | None = None,
    *,
    linear: bool | None = None,
    return_mask: bool = False,
    progress: ProgressCallback | None = None,
    cancel: CancelCallback | None = None,
    **options: Any,
) -> npt.NDArray[Any] | tuple[npt.NDArray[Any], FloatImage]:
    """Deblur a picture that is out of focus in places (thesis, Secs. 4.3.2 and 4.3.3).

    Args:
        image: A path, or an array (H, W, 3): uint8, uint16 or float32, display-encoded (sRGB).
        defocus: Radius of the circle of confusion in pixels, (H, W); None estimates it.
        linear: True for a linear image, False for an encoded one; None: a file says so itself, arrays are encoded.
        return_mask: Return (picture, mask).
        progress: Called with the fraction done and the stage.
        cancel: Return True to stop; checked between tiles.
        options: Those of `libhdrnet.options.DeblurOptions`:

    Returns:
        Array of the input's shape, dtype and encoding. Float values outside [0, 1] are kept: the correction is
        computed for the clipped picture and added. With `return_mask` also float32 (H, W): 1 where detail was
        recovered that, blurred again, gives the input back, 0.5 where it does not, 0 where the picture was left alone.

    Raises:
        InputError: the image, the map or an option cannot be used.
        OutOfMemoryError: not even the smallest tile fits.
        CancelledError: `cancel()` returned True.
        WeightsError: the trained weights are missing or damaged.

    """
    given = DeblurOptions(**options)
    pixels, is_linear = open_image(image, linear, gain_map=given.read_gain_map)
    result = deblur_pixels(
        pixels, is_linear, defocus, given, with_mask=return_mask, reporter=Reporter(progress, cancel)
    )
    return result.pixels if result.mask is None else (result.pixels, result.mask)


def deblur_pixels(
    pixels: npt.NDArray[Any],
    linear: bool,
    defocus: npt.NDArray[Any] | None = None,
    options: DeblurOptions = DeblurOptions(),  # noqa: B008 (frozen)
    *,
    with_mask: bool = False,
    reporter: Reporter = Reporter(),  # noqa: B008 (frozen)
) -> DeblurResult:
    """Do what `deblur` does for pixels that are read and checked, and tell how."""
    estimated, out = defocus is None, np.empty_like(pixels)
    with bounded(options.threads):
        if defocus is None:
            radius, _ = defocus_map(pixels, linear, options, reporter.part(0, 0.25))
        else:
            radius = _check_map(defocus, pixels.shape[:2])
        correction, report = _correction(pixels, linear, radius, options, reporter.part(0.25 if estimated else 0, 1))
        for rows in bands(pixels.shape[0]):
            out[rows] = _apply(pixels[rows], correction[rows], linear, options.strength)
        mask = recovery(pixels, out, linear, radius) if with_mask else None
    return DeblurResult(out, radius, estimated, options, report, mask)


def _correction(
    pixels: npt.NDArray[Any], linear: bool, radius: FloatImage, settings: Settings, reporter: Reporter
) -> tuple[FloatImage, Report]:
    """Return what is to be added to the encoded picture, (H, W, 3)."""
    height, width = radius.shape
    halves = bool(radius.max() > HALVED[0]) and min(height, width) // 2 >= LEAST_EDGE
    correction = np.zeros(pixels.shape, np.float32)

    def fetch(rows: slice, columns: slice) -> tuple[FloatImage, FloatImage]:
        encoded = display_encoded(pixels[rows, columns], linear)
        return encoded.transpose(2, 0, 1), radius[None, rows, columns]

    def correct(network: nn.Module) -> Callable[[Tensor, Tensor], Tensor]:
        net = cast(DefocusNet, network)
        return lambda encoded, radius: net.deblur(encoded, radius) - encoded

    most = HALVED[1] if halves else LOST[1]
    report = run_tiled(
        "defocus", fetch, correction, needed=_worthwhile(pixels, linear, radius, most), forward=correct,
        larger=LARGER, settings=settings, reporter=reporter.part(0, 0.8 if halves else 1), stage="deblurring",
    )  # fmt: skip
    remove_fringes(correction, pixels, linear)
    if halves:
        small, half = (cv2.resize(x, (width // 2, height // 2), interpolation=cv2.INTER_AREA) for x in (pixels, radius))
        coarse, _ = _correction(small, linear, half / 2, settings, reporter.part(0.8, 1))
        for rows in bands(height):
            share = linear_step(radius[rows], HALVED)[..., None]
            correction[rows] += share * (enlarged(coarse, (height, width), rows) - correction[rows])
    return correction, report


def _worthwhile(pixels: npt.NDArray[Any], linear: bool, radius: FloatImage, most: float) -> npt.NDArray[np.bool_]:
    """Return where a correction may show, (H, W): in cells out of focus that hold structure, or lie beside it."""
    height, width = radius.shape
    shares = (linear_step(radius[rows], IN_FOCUS) * (radius[rows] < most) for rows in bands(height))
    share = np.concatenate([of_cells(rows) for rows in shares])
    cells = share > LEAST_SHARE
    if cells.any():
        structure = (detail(pixels, linear, 4)[1:].max(0) > EVEN**2).view(np.uint8)
        cells &= cv2.dilate(structure, np.ones((3, 3), np.uint8)) > 0
    return np.repeat(np.repeat(cells, CELL, 0), CELL, 1)[:height, :width]


def _apply(pixels: npt.NDArray[Any], correction: FloatImage, linear: bool, strength: float) -> npt.NDArray[Any]:
    seen = display_encoded(pixels, linear)
    mixed = seen + np.float32(strength) * correction
    if pixels.dtype == np.float32:
        change = decode_srgb(mixed) - decode_srgb(seen) if linear else mixed - seen
        return np.asarray(pixels + change, np.float32)
    levels = np.iinfo(pixels.dtype).max
    coded = decode_srgb(mixed) if linear else mixed
    return np.round(np.clip(coded, 0, 1) * levels).astype(pixels.dtype)


def _check_map(defocus: npt.NDArray[Any], size: tuple[int, ...]) -> FloatImage:
    radius = np.asarray(defocus, np.float32)
    if radius.shape != tuple(size):
        raise InputError(f"the defocus map has shape {radius.shape} and the image {tuple(size)}; give one of its size.")
    if not np.isfinite(radius).all() or radius.min() < 0:
        raise InputError("the defocus map has negative, NaN or infinite values; it holds radii in pixels, 0 or more.")
    return radius
