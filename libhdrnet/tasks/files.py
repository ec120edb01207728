"""Files in, files out: check what was asked for, compute, write, and say what was done."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from libhdrnet.engine import Report, Reporter
from libhdrnet.errors import InputError
from libhdrnet.files import check_new
from libhdrnet.formats import JPEG, TIFF, WRITE_SUFFIXES
from libhdrnet.options import BracketOptions, DeblurFiles, DefocusFiles, MergeFiles
from libhdrnet.tasks.params import check_needs, read_options
from libhdrnet.tasks.scale import check_told, scale_of

if TYPE_CHECKING:
    from libhdrnet.io.outputs import Kinds
    from libhdrnet.merge.pipeline import MergeResult
    from libhdrnet.merge.sources import ImageLike
    from libhdrnet.radiometry import FloatImage
    from libhdrnet.tonemap import Tone

ULTRA_HDR = (".uhdr.jpg", ".uhdr.jpeg")
"""Names of JPEGs that get a gain map without having been asked for one."""


@dataclass(frozen=True)
class Talk:
    """How a task speaks with whoever asked for it; warnings go through `warnings`, as HdrnetWarning."""

    progress: Callable[[float, str], None] | None = None
    cancel: Callable[[], bool] | None = None
    note: Callable[[str], None] = lambda text: None

    @property
    def reporter(self) -> Reporter:
        """The engine's reporter."""
        return Reporter(self.progress, self.cancel)


@dataclass(frozen=True)
class Done:
    """What a task left behind."""

    message: str
    """One sentence."""
    outputs: list[str]
    record: dict[str, Any]
    """How it was made, as in the outputs."""
    facts: dict[str, Any] = field(default_factory=dict)
    """What else is worth knowing, JSON-able."""

    def as_facts(self) -> dict[str, Any]:
        """JSON-able, without the message."""
        return {"outputs": self.outputs, **self.facts, "record": self.record}


def prepare(method: str, params: Mapping[str, Any]) -> Callable[[Talk], Done]:
    """Check the parameters of "merge", "defocus" or "deblur" from files to files (`options`: *Files); return the work.

    Raises:
        InputError: a parameter is unknown, missing or of another type.
    """
    tasks: dict[str, tuple[Callable[[Any, Talk], Done], type]] = {
        "merge": (_merge, MergeFiles), "defocus": (_defocus, DefocusFiles), "deblur": (_deblur, DeblurFiles),
    }  # fmt: skip
    if method not in tasks:
        raise InputError(f"the task {method!r} is unknown; choose merge, defocus or deblur.")
    work, kind = tasks[method]
    return partial(work, read_options(kind, params))


def merge_images(
    images: "list[ImageLike]", options: BracketOptions, decided: str | None = None, *, with_mask: bool, talk: Talk
) -> "MergeResult":
    """Merge paths or arrays as `options` say, and tell what was noticed on the way; `decided`: a file of choices."""
    from libhdrnet.io.choices import read_choices

    exposures = options.exposures(len(images))

    from libhdrnet.io.passengers import GAIN_MAP, note_passengers
    from libhdrnet.merge.pipeline import merge

    result = merge(
        images, exposures, options, reference=options.index,
        choices=None if decided is None else read_choices(decided), with_mask=with_mask, reporter=talk.reporter,
    )  # fmt: skip
    files = [image for image in images if isinstance(image, str | Path)]
    note_passengers(files, used=[GAIN_MAP] if options.read_gain_map else [])
    return result


def tell_merge(result: "MergeResult", talk: Talk) -> None:
    """Note which frames were moved and what the engine had to give way to."""
    for name, alignment in zip(result.names, result.alignments, strict=True):
        if alignment is not None and alignment.kind != "none":
            talk.note(f"{Path(name).name}: {alignment.note}")
    if result.model == "auto" and result.report and result.repaired:
        share = 100 * result.repaired
        talk.note(
            f"Rebuilt by {result.report.network} where no exposure shows the scene: {share:.1f} % of the picture."
        )
    for note in result.report.notes if result.report else ():
        talk.note(note)


def _merge(options: MergeFiles, talk: Talk) -> Done:
    from libhdrnet.tonemap import Tone

    outputs = _checked_outputs(
        [(options.output, "merged"), (options.preview, "display"), (options.mask, "display")],
        [*options.inputs, options.choices, options.base], options.overwrite,
    )  # fmt: skip
    check_needs(options, options.output, options.preview)
    tone = Tone(**options.tone_options())
    check_told(options)
    options.exposures(len(options.inputs))
    suffix = Path(options.output).suffix.lower()
    if suffix == ".dng":
        from libhdrnet.io.read import check_one_camera

        check_one_camera(options.inputs)

    base = None if options.base is None else _base(options.base, options)
    from libhdrnet.io.write import write_map, write_radiance

    result = merge_images([*options.inputs], options, options.choices, with_mask=bool(options.mask), talk=talk)
    factor, told = scale_of(result, options)
    record = {**result.as_record(), **told, **({"choices": Path(options.choices).name} if options.choices else {})}
    if options.preview:
        _write_tone_mapped(options.preview, result, tone, record, base, gain_map=options.gain_map)
    if options.mask and result.mask is not None:
        write_map(options.mask, result.mask, scale=1.0, record=record)
    if suffix in WRITE_SUFFIXES["radiance"]:  # last: it tells a batch that the bracket is done
        radiance = result.radiance if factor == 1 else result.radiance * factor
        write_radiance(
            options.output, radiance, metadata=result.metadata, record=record, alpha=result.alpha,
            exr_bits=options.exr_bits, exr_compression=options.exr_compression,
            hdr_bits=options.hdr_bits, camera=result.camera, noise=result.noise,
        )  # fmt: skip
    else:
        _write_tone_mapped(options.output, result, tone, record, base, gain_map=options.gain_map)
    tell_merge(result, talk)
    return Done(f"wrote {', '.join(outputs)}", outputs, record)


def _base(path: str, options: MergeFiles) -> "FloatImage":
    """Return a person's own picture, in sRGB, for JPEGs with gain maps; it is looked at before the merge begins."""
    import numpy as np

    from libhdrnet.io.read import linear_rec709, read_photo
    from libhdrnet.radiometry import encode_srgb

    written = [name.lower() for name in (options.output, options.preview) if name]
    if not options.gain_map and not any(name.endswith(ULTRA_HDR) for name in written):
        raise InputError("--base means nothing here: no JPEG with a gain map is written; add --gain-map.")
    picture = linear_rec709(read_photo(path))
    size, frame = picture.shape[1::-1], read_photo(options.inputs[0]).pixels.shape[1::-1]
    if size != frame:
        told = f"{path} is {size[0]} x {size[1]} pixels and the frames are {frame[0]} x {frame[1]}"
        raise InputError(f"{told}; give one of their size.")
    return encode_srgb(np.clip(picture, 0, 1))


def _write_tone_mapped(
    path: str, result: "MergeResult", tone: "Tone", record: dict[str, Any], base: "FloatImage | None", *, gain_map: bool
) -> None:
    from libhdrnet.io.gain import exposure_between
    from libhdrnet.io.write import write_display, write_with_gain_map
    from libhdrnet.tonemap import tone_map

    kept: dict[str, Any] = {"metadata": result.metadata, "alpha": result.alpha}
    mapped = path.lower().endswith(JPEG if gain_map else ULTRA_HDR)
    own = base if mapped else None
    picture = tone_map(result.radiance, **vars(tone)) if own is None else own
    told = {**record, "tone_map": vars(tone) if own is None else "by hand"}
    if mapped:
        stops = exposure_between(result.radiance, picture)
        told["gain_map_exposure"] = round(stops, 3)
        write_with_gain_map(path, result.radiance * 2.0**stops, picture, record=told, **kept)
    else:
        bits: Literal[8, 16] = 16 if Path(path).suffix.lower() in TIFF else 8
        write_display(path, picture, bits=bits, record=told, **kept)


def _defocus(options: DefocusFiles, talk: Talk) -> Done:
    outputs = _checked_outputs(
        [(options.output, "display" if options.colour else "map")], [options.input], options.overwrite
    )

    from libhdrnet.io.write import write_display, write_map
    from libhdrnet.ops.defocus import defocus_map, open_image, white_radius

    pixels, linear = open_image(options.input, None)
    radius, report = defocus_map(pixels, linear, options, talk.reporter)
    record = defocus_record(Path(options.input).name, report)
    white = white_radius(radius)
    if options.colour:
        from libhdrnet.ops.falsecolour import false_colours

        write_display(options.output, false_colours(radius, white), record=record)
    else:
        write_map(options.output, radius, scale=white, record=record)
    largest = float(radius.max())
    message = f"wrote {options.output} (largest radius {largest:.1f} pixels)"
    return Done(message, outputs, record, {"largest_radius": largest, "white": white})


def _deblur(options: DeblurFiles, talk: Talk) -> Done:
    from libhdrnet.io.passengers import GAIN_MAP, note_passengers
    from libhdrnet.io.read import read_photo
    from libhdrnet.io.write import write_like, write_map

    outputs = _checked_outputs(
        [(options.output, "any"), (options.mask, "map")], [options.input, options.map], options.overwrite
    )

    from libhdrnet.ops.deblur import deblur_pixels

    photo = read_photo(options.input, gain_map=options.read_gain_map)
    if options.read_gain_map and not photo.gain_map:
        raise InputError(f"{options.input} holds no gain map; leave --read-gain-map out.")
    radius = read_map(options.map) if options.map else None
    result = deblur_pixels(
        photo.pixels, photo.encoding == "linear", radius, options, with_mask=bool(options.mask),
        reporter=talk.reporter,
    )  # fmt: skip
    record = result.as_record(options.input)
    if options.mask and result.mask is not None:
        write_map(options.mask, result.mask, scale=1.0, record=record)
    write_like(photo, options.output, result.pixels, record=record)
    note_passengers([options.input], used=[GAIN_MAP] if photo.gain_map else [])
    for note in result.report.notes:
        talk.note(note)
    return Done(f"wrote {', '.join(outputs)}", outputs, record)


def defocus_record(name: str, report: Report) -> dict[str, Any]:
    """Return how the defocus map of the picture `name` was made."""
    return {"operation": "defocus", "inputs": [name], "engine": report.as_record()}


def read_map(path: str) -> Any:
    """Read a defocus map, float (H, W), radii in pixels."""
    from libhdrnet.io.read import read_photo

    photo = read_photo(path)
    if photo.pixels.dtype.kind != "f":
        raise InputError(
            f"{path}: a defocus map is a float .tif or .exr with radii in pixels; this is {photo.pixels.dtype}."
        )
    return photo.pixels[..., 0]


def _checked_outputs(
    wanted: "Sequence[tuple[str | None, Kinds]]", inputs: Sequence[str | None], overwrite: bool
) -> list[str]:
    """Return the outputs that are wanted; raise OutputError or InputError where one cannot be written, or is there."""
    from libhdrnet.io.outputs import check_output, check_places

    outputs = [(path, kinds) for path, kinds in wanted if path]
    for path, kinds in outputs:
        check_output(path, inputs=[name for name in inputs if name], kinds=kinds)
        check_new(path, overwrite=overwrite)
    check_places([path for path, _ in outputs])
    return [path for path, _ in outputs]
