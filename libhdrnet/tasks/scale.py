"""What 1.0 stands for in a merged file: the reference's white, one exposure for all of a batch, or 1 cd/m²."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from libhdrnet.errors import InputError
from libhdrnet.options import METER_CONSTANT

if TYPE_CHECKING:
    from libhdrnet.io.metadata import Metadata
    from libhdrnet.merge.pipeline import MergeResult
    from libhdrnet.options import MergeFiles

_METERED = 0.18
"""What a metered luminance is of white: middle grey."""


def check_told(options: "MergeFiles") -> None:
    """Raise InputError if nothing tells the exposures that the scale needs."""
    scale = options.scale
    if scale == "reference":
        return
    if scale == "common" and options.common_exposure is None:
        raise InputError("the scale 'common' is that of a batch; merge the folder, or choose 'absolute'.")
    if not any(_exposures(options.inputs, _metadata(options.inputs), options)):
        needed = "exposure time, ISO speed and f-number" if scale == "absolute" else "exposure"
        raise InputError(f"no frame tells its {needed}, which the scale {scale!r} needs.")


def common_exposure(bracket: Sequence[Path], given: Sequence[float] | None) -> float:
    """Return the exposure t S / N² that all results of a batch share: of the middle frame of its first bracket.

    Args:
        bracket: the frames' files.
        given: their exposures as the person said them; None: the files tell.

    Raises:
        InputError: nobody tells them.
    """
    from libhdrnet.io.exposures import told_exposures

    known = sorted(t for t in (given or told_exposures(_metadata(bracket)).exposures) if t is not None)
    if not known:
        raise InputError(
            f"nothing tells the exposures of {bracket[0]} and its bracket, which the scale 'common' needs."
        )
    return known[len(known) // 2]


def scale_of(result: "MergeResult", options: "MergeFiles") -> tuple[float, dict[str, Any]]:
    """Return what a merge's radiance is multiplied by to be on the scale asked for, and what its record says of it."""
    metered = _of_reference(result, _metered(result.told))
    constant = METER_CONSTANT if options.meter_constant is None else options.meter_constant
    white = None if metered is None else constant / metered / _METERED
    factor = 1.0
    if options.scale == "absolute" and white is not None:
        factor = white
    elif options.scale == "common" and options.common_exposure is not None:
        exposure = _of_reference(result, _exposures(result.names, result.told, options))
        factor = 1.0 if exposure is None else options.common_exposure / exposure
    told: dict[str, Any] = {"scale": options.scale, "scale_factor": factor}
    told |= {} if white is None else {"white_luminance": white / factor}
    told |= {"common_exposure": options.common_exposure} if options.scale == "common" else {}
    return factor, told


def _exposures(
    names: Sequence[str], told: "Sequence[Metadata | None]", options: "MergeFiles"
) -> Sequence[float | None]:
    """Return what is said of the frames' exposures t S / N², by the files alone if it is to be absolute."""
    from libhdrnet.io.exposures import told_exposures

    if options.scale == "absolute":
        return _metered(told)
    given = options.exposures(len(options.inputs))
    if given is None:
        return told_exposures(told).exposures
    known = dict(zip(options.inputs, given, strict=True))  # of frames that were left out, too
    return [known[name] for name in names]


def _metered(told: "Sequence[Metadata | None]") -> list[float | None]:
    """Return t S / N² of the files that tell all of it."""
    from libhdrnet.io.metadata import exposure_product, exposure_values

    return [None if metadata is None else exposure_product(*exposure_values(metadata)) for metadata in told]


def _metadata(names: Sequence[str | Path]) -> "list[Metadata]":
    """Return what files tell; a file that cannot be read tells nothing, and the merge says why."""
    from libhdrnet.io.metadata import Metadata, read_metadata

    found = []
    for name in names:
        try:
            found.append(read_metadata(name))
        except InputError:
            found.append(Metadata())
    return found


def _of_reference(result: "MergeResult", said: Sequence[float | None]) -> float | None:
    """Return the reference's exposure, by the median of what is said of each frame and its measured ratio.

    A dial's numbers are rounded, each frame's differently; that must not part the views of a panorama.
    """
    known = [exposure / ratio for exposure, ratio in zip(said, result.ratios, strict=True) if exposure is not None]
    return median(known) if known else None
