"""What can be asked: parameters checked at once, the work itself later, in the queue.

`merge`    from "inputs" (paths) or "arrays" (descriptions; float32 is linear, integers are sRGB). With "output" (and
           "preview", "mask", …) files are written as by `hdrnet merge`, all options by the same names, and the result
           is {"message", "outputs", "record"}. Without it the radiance comes as pixels: {"file", "shape", "dtype",
           "record"}, with "mask": true also {"mask": description}, with "tone": a style (and "exposure", "local" and
           "saturation" as in `tone_map`) also {"preview": description} (display-encoded), and, where the reference is a
           file or "sources" names the files that the arrays were read from, {"metadata": path} of a blank JPEG that
           carries what the result inherits.
           "choices" is the path of what was decided by hand (`io.choices`).
           Exposures: "exposure_times" (numbers), "times" ("1/60,1/15") or "ev" ("-2,0"); "reference" counts from 1.
`preview`  of "inputs" or "arrays" (with "names", one for each), small and soon: opens the bracket and returns a
           "handle"; with "handle" and other options (those of a merge, "tone" and its own) the next picture. Pictures
           are uint8, sRGB: {"handle", "size", "full_size", "picture", "marked": the same with what moved in colour,
           "reference", "frames": [{"name", "exposure", "stops", "warnings"}, …], "warnings", "unknown": the share of
           the picture that no frame shows}, and on opening "thumbnails". A warning is {"text"}, as a host may say it
           {"template", "values"} too. With "rebuild": true the network makes what is unknown. "choices" are (height,
           width) uint8: 0 nothing, k frame k, 255 the network; "quick": true redoes
           only what they change. {"handle", "close": true} closes it, and so do the connection's end and minutes
           without use; a handle that is not open any more is refused as PreviewGoneError.
`defocus`  of "input" (a path) or "array"; with "output" into a file, else the radii as pixels; with "scaled": true
           as shares of "white", which the result tells: the largest radius, rounded up.
`deblur`   of "input" or "array"; "map" is a path or a description; with "output" into a file, else as pixels of
           the input's dtype and encoding. A map of integers is one to look at: "map_white" is the radius of white.
`defocus` and `deblur` of an array take "linear" (false: the array is display-encoded, sRGB).
`exposures` of "inputs" (paths): {"exposures": [time * ISO / N^2 or null, …]}, from the files' metadata.
"""

import os
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from libhdrnet import tasks
from libhdrnet.errors import InputError
from libhdrnet.options import PATHS, BracketOptions, DeblurOptions, Settings, ToneOptions
from libhdrnet.server import loading
from libhdrnet.tasks.files import defocus_record, merge_images, read_map, tell_merge

if TYPE_CHECKING:
    import numpy.typing as npt

Work = Callable[[tasks.Talk], dict[str, Any]]
SOON = ("preview", "exposures")
"""What a person waits for at a dialog: it is done beside the other jobs, in a queue of its own, and begins before torch
is there."""


@dataclass(frozen=True, kw_only=True)
class MergePixels(BracketOptions, ToneOptions):
    """A merge into pixels."""

    inputs: list[str] | None = None
    arrays: list[dict[str, Any]] | None = None
    mask: bool = False
    choices: str | None = None
    sources: list[str] | None = None


@dataclass(frozen=True, kw_only=True)
class PreviewPixels(BracketOptions, ToneOptions):
    """A preview of a merge."""

    handle: str | None = None
    inputs: list[str] | None = None
    arrays: list[dict[str, Any]] | None = None
    names: list[str] | None = None
    choices: dict[str, Any] | None = None
    rebuild: bool = False
    quick: bool = False
    close: bool = False


@dataclass(frozen=True, kw_only=True)
class DefocusPixels(Settings):
    """A defocus map into pixels."""

    input: str | None = None
    array: dict[str, Any] | None = None
    linear: bool = False
    scaled: bool = False


@dataclass(frozen=True, kw_only=True)
class DeblurPixels(DeblurOptions):
    """A deblurred picture into pixels."""

    input: str | None = None
    array: dict[str, Any] | None = None
    linear: bool = False
    map: str | dict[str, Any] | None = None
    map_white: float | None = None
    mask: bool = False


@dataclass(frozen=True, kw_only=True)
class Exposures:
    """Which files to ask for their exposure."""

    inputs: list[str]


def prepare(method: str, params: Mapping[str, Any], folder: Path) -> Work:
    """Check the parameters of one of TASKS and return the work; pixels go to `folder`.

    Raises:
        InputError: a parameter is unknown, missing, of another type or no absolute path.
    """
    work = _prepared(method, params, folder)

    def loaded(talk: tasks.Talk) -> dict[str, Any]:
        loading.everything.wait()
        return work(talk)

    return work if method in SOON else loaded


def _prepared(method: str, params: Mapping[str, Any], folder: Path) -> Work:
    for name in (*PATHS, "sources"):
        given = params.get(name)
        for path in given if isinstance(given, list) else [given]:
            if isinstance(path, str) and not os.path.isabs(path):
                raise InputError(f"the parameter {name!r} is {path[:80]!r}; give an absolute path.")
    if method == "exposures":
        asked = tasks.read_options(Exposures, params)
        return lambda talk: _exposures(asked)
    if params.get("output") is not None:
        run = tasks.prepare(method, params)
        return lambda talk: _files(run(talk))
    if method == "merge":
        merge = tasks.read_options(MergePixels, params)
        _only_one(merge.inputs, merge.arrays, "inputs", "arrays")
        if merge.tone is None and merge.tone_options():
            raise InputError(f"{', '.join(merge.tone_options())}: there is no preview without a tone; give its style.")
        if merge.sources is not None and len(merge.sources) != len(merge.arrays or ()):
            raise InputError(f"{len(merge.sources)} sources for {len(merge.arrays or ())} arrays; name one for each.")
        return lambda talk: _merge(merge, folder, talk)
    if method == "preview":
        return _prepare_preview(tasks.read_options(PreviewPixels, params), folder)
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
    result = merge_images(images, options, options.choices, with_mask=options.mask, talk=talk)
    tell_merge(result, talk)
    if result.alpha is not None:
        talk.note(
            "The frames hold transparency, which a result as pixels does not carry; merge into a file to keep it."
        )
    record = result.as_record()
    done = {**write_array(result.radiance, folder, "radiance"), "record": record}
    if result.mask is not None:
        done["mask"] = write_array(result.mask, folder, "mask")
    if options.tone is not None:
        from libhdrnet.tonemap import tone_map

        picture = tone_map(result.radiance, **options.tone_options())
        done["preview"] = write_array(picture, folder, "preview")
    metadata = result.metadata
    if options.sources is not None:
        from libhdrnet.io.metadata import read_metadata

        metadata = read_metadata(options.sources[result.reference])
    if metadata is not None:
        from libhdrnet.io.embed import write_blank

        done["metadata"] = str(write_blank(folder / f"metadata-{uuid.uuid4().hex}.jpg", metadata, record))
    return done


def _prepare_preview(options: PreviewPixels, folder: Path) -> Work:
    if options.handle is None:
        _only_one(options.inputs, options.arrays, "inputs", "arrays")
        count = len(options.inputs or options.arrays or ())
        if options.names is not None and len(options.names) != count:
            raise InputError(f"{len(options.names)} names for {count} pictures; give one for each.")
        options.exposures(count)
    return lambda talk: _preview(options, folder, talk)


def _preview(options: PreviewPixels, folder: Path, talk: tasks.Talk) -> dict[str, Any]:
    from libhdrnet.server.previews import previews

    if options.close:
        return {"closed": previews.close(folder, options.handle)}
    from libhdrnet.server.previewing import open_preview, show_preview

    if options.handle is not None:
        return show_preview(previews.get(folder, options.handle), options, folder, talk)
    preview = open_preview(options, folder, talk)
    shown = show_preview(preview, options, folder, talk, opening=True)
    return {"handle": previews.keep(folder, preview), **shown}


def _defocus(options: DefocusPixels, folder: Path, talk: tasks.Talk) -> dict[str, Any]:
    from libhdrnet.ops.defocus import defocus_map, white_radius
    from libhdrnet.server.pixels import write_array

    pixels, linear = _picture(options, folder)
    radius, report = defocus_map(pixels, linear, options, talk.reporter)
    largest = float(radius.max())
    white = {}
    if options.scaled:
        white = {"white": white_radius(radius)}
        radius /= white["white"]
    record = defocus_record(_name(options.input), report)
    return {**write_array(radius, folder, "defocus"), "largest_radius": largest, **white, "record": record}


def _deblur(options: DeblurPixels, folder: Path, talk: tasks.Talk) -> dict[str, Any]:
    from libhdrnet.ops.deblur import deblur_pixels
    from libhdrnet.server.pixels import map_array, radii, write_array

    pixels, linear = _picture(options, folder)
    given = options.map
    radius = map_array(given, folder, 2) if isinstance(given, dict) else None if given is None else read_map(given)
    if radius is not None and radius.dtype.kind == "u":
        radius = radii(radius, options.map_white)
    result = deblur_pixels(
        pixels, linear, radius, options, with_mask=options.mask, reporter=talk.reporter,
    )  # fmt: skip
    for note in result.report.notes:
        talk.note(note)
    record = result.as_record(_name(options.input))
    done = {**write_array(result.pixels, folder, "deblurred"), "linear": linear, "record": record}
    if result.mask is not None:
        done["mask"] = write_array(result.mask, folder, "mask")
    return done


def _exposures(asked: Exposures) -> dict[str, Any]:
    from libhdrnet.io.exposures import told_exposures
    from libhdrnet.io.metadata import read_metadata

    return {"exposures": list(told_exposures([read_metadata(path) for path in asked.inputs]).exposures)}


def _picture(options: DefocusPixels | DeblurPixels, folder: Path) -> "tuple[npt.NDArray[Any], bool]":
    from libhdrnet.ops.defocus import open_image
    from libhdrnet.server.pixels import map_array

    if options.array is not None:
        return open_image(map_array(options.array, folder, 3), options.linear)
    return open_image(options.input or "", None, gain_map=isinstance(options, DeblurPixels) and options.read_gain_map)


def _name(path: str | None) -> str:
    return Path(path).name if path else "image"
