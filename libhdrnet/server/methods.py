"""What can be asked: parameters checked at once, the work itself later, in the queue.

`merge`    from "inputs" (paths) or "arrays" (descriptions; float32 is linear, integers are sRGB). With "output" (and
           "preview", "mask", …) files are written as by `hdrnet merge`, all options by the same names, and the result
           is {"message", "outputs", "record"}. Without it the radiance comes as pixels: {"file", "shape", "dtype",
           "record"}, with "mask": true also {"mask": description}.
           Exposures: "exposure_times" (numbers), "times" ("1/60,1/15") or "ev" ("-2,0"); "reference" counts from 1.
`defocus`  of "input" (a path) or "array"; with "output" into a file, else the radii as pixels.
`deblur`   of "input" or "array"; "map" is a path or a description; with "output" into a file, else as pixels of
           the input's dtype and encoding.
`defocus` and `deblur` of an array take "linear" (false: the array is display-encoded, sRGB).
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from libhdrnet import tasks
from libhdrnet.errors import InputError
from libhdrnet.tasks.files import defocus_record, merge_images, read_map, reporter, settings, tell_merge

if TYPE_CHECKING:
    import numpy.typing as npt

Work = Callable[[tasks.Talk], dict[str, Any]]
PATHS = ("inputs", "input", "output", "preview", "mask", "map")


@dataclass(frozen=True, kw_only=True)
class MergePixels(tasks.MergeOptions):
    """A merge into pixels."""

    inputs: list[str] | None = None
    arrays: list[dict[str, Any]] | None = None
    mask: bool = False


@dataclass(frozen=True, kw_only=True)
class DefocusPixels(tasks.DefocusOptions):
    """A defocus map into pixels."""

    input: str | None = None
    array: dict[str, Any] | None = None
    linear: bool = False


@dataclass(frozen=True, kw_only=True)
class DeblurPixels(tasks.DeblurOptions):
    """A deblurred picture into pixels."""

    input: str | None = None
    array: dict[str, Any] | None = None
    linear: bool = False
    map: str | dict[str, Any] | None = None


def prepare(method: str, params: Mapping[str, Any], folder: Path) -> Work:
    """Check the parameters of "merge", "defocus" or "deblur" and return the work; pixels go to `folder`.

    Raises:
        InputError: a parameter is unknown, missing, of another type or no absolute path.
    """
    for name in PATHS:
        given = params.get(name)
        for path in given if isinstance(given, list) else [given]:
            if isinstance(path, str) and not os.path.isabs(path):
                raise InputError(f"the parameter {name!r} is {path[:80]!r}; give an absolute path.")
    if params.get("output") is not None:
        run = tasks.prepare(method, params)
        return lambda talk: _files(run(talk))
    if method == "merge":
        merge = tasks.read_options(MergePixels, params)
        _only_one(merge.inputs, merge.arrays, "inputs", "arrays")
        return lambda talk: _merge(merge, folder, talk)
    if method == "defocus":
        defocus = tasks.read_options(DefocusPixels, params)
        _only_one(defocus.input, defocus.array, "input", "array")
        return lambda talk: _defocus(defocus, folder, talk)
    deblur = tasks.read_options(DeblurPixels, params)
    _only_one(deblur.input, deblur.array, "input", "array")
    return lambda talk: _deblur(deblur, folder, talk)


def _only_one(first: object, second: object, name: str, other: str) -> None:
    if (first is None) == (second is None):
        raise InputError(f"give either the parameter {name!r} (paths) or {other!r} (pixels).")


def _files(done: tasks.Done) -> dict[str, Any]:
    return {"message": done.message, **done.as_facts()}


def _merge(options: MergePixels, folder: Path, talk: tasks.Talk) -> dict[str, Any]:
    from libhdrnet.server.pixels import map_array, write_array

    images: list[Any] = [*(options.inputs or ()), *(map_array(a, folder, 3) for a in options.arrays or ())]
    result = merge_images(images, options, with_mask=options.mask, talk=talk)
    tell_merge(result, talk)
    mask = {} if result.mask is None else {"mask": write_array(result.mask, folder, "mask")}
    return {**write_array(result.radiance, folder, "radiance"), "record": result.as_record(), **mask}


def _defocus(options: DefocusPixels, folder: Path, talk: tasks.Talk) -> dict[str, Any]:
    from libhdrnet.ops.defocus import defocus_map
    from libhdrnet.server.pixels import write_array

    pixels, linear = _picture(options, folder)
    radius, report = defocus_map(pixels, linear, settings(options), reporter(talk))
    record = defocus_record(_name(options.input), report)
    return {**write_array(radius, folder, "defocus"), "largest_radius": float(radius.max()), "record": record}


def _deblur(options: DeblurPixels, folder: Path, talk: tasks.Talk) -> dict[str, Any]:
    from libhdrnet.ops.deblur import deblur_pixels
    from libhdrnet.server.pixels import map_array, write_array

    pixels, linear = _picture(options, folder)
    given = options.map
    radius = map_array(given, folder, 2) if isinstance(given, dict) else None if given is None else read_map(given)
    result = deblur_pixels(
        pixels, linear, radius, strength=options.strength, settings=settings(options), reporter=reporter(talk)
    )
    for note in result.report.notes:
        talk.note(note)
    record = result.as_record(_name(options.input))
    return {**write_array(result.pixels, folder, "deblurred"), "linear": linear, "record": record}


def _picture(options: DefocusPixels | DeblurPixels, folder: Path) -> "tuple[npt.NDArray[Any], bool]":
    from libhdrnet.ops.defocus import open_image
    from libhdrnet.server.pixels import map_array

    if options.array is not None:
        return open_image(map_array(options.array, folder, 3), options.linear)
    return open_image(options.input or "", None)


def _name(path: str | None) -> str:
    return Path(path).name if path else "image"
