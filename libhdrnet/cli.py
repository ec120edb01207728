"""The command line: `hdrnet merge|defocus|deblur|demo|train`. Thin: it parses, calls the library and writes.

Exit codes: 0 done, 2 bad input or usage, 3 out of memory, 4 cancelled, 1 anything else.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from libhdrnet._version import __version__
from libhdrnet.console import Console
from libhdrnet.errors import CancelledError, HdrnetError, InputError

if TYPE_CHECKING:
    from libhdrnet.engine import Settings
    from libhdrnet.ops.merge import MergeResult

RADIANCE_SUFFIXES = (".exr", ".hdr", ".tif", ".tiff")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    words = _join_negative_values(sys.argv[1:] if argv is None else argv)
    console = Console(as_json="--json" in words)
    try:
        options = build_parser().parse_args(words)
        console.quiet = options.quiet
        with console.work():
            options.run(options, console)
    except HdrnetError as error:
        console.error(str(error), type(error).__name__, error.exit_code)
        return error.exit_code
    except KeyboardInterrupt:
        console.error("cancelled; no unfinished file is left.", "CancelledError", CancelledError.exit_code)
        return CancelledError.exit_code
    except MemoryError:
        console.error("memory ran out; close other programs or use smaller pictures.", "OutOfMemoryError", 3)
        return 3
    except Exception as error:
        if os.environ.get("HDRNET_DEBUG"):
            raise
        console.error(
            f"unexpected {type(error).__name__}: {' '.join(str(error).split())}; this is a bug, please report it "
            "(HDRNET_DEBUG=1 shows where).", type(error).__name__, 1,
        )  # fmt: skip
        return 1
    return 0


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are told like all others: in one sentence."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message}; see {self.prog} --help.")


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of all commands."""
    parser = _Parser(
        prog="hdrnet",
        description="Merge hand-held exposure brackets without ghosts, see defocus, deblur.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"hdrnet {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_merge(commands)
    _add_defocus(commands)
    _add_deblur(commands)
    _add_demo(commands)
    _add_train(commands)
    return parser


def _add_merge(commands: Any) -> None:
    p = _command(commands, "merge", run_merge, "merge two to nine exposures into one HDR picture")
    p.add_argument("inputs", nargs="+", metavar="IMAGE", help="RAW, TIFF, PNG, JPEG, EXR or HDR; any order")
    p.add_argument("-o", "--output", required=True, metavar="OUT",
                   help=".exr, .hdr, .tif (float): HDR; .jpg, .png: tone-mapped")  # fmt: skip
    times = p.add_mutually_exclusive_group()
    times.add_argument("--times", metavar="1/60,1/15,1/4", help="exposure times, if the files do not tell")
    times.add_argument("--ev", metavar="-2,0,2", help="exposures in stops relative to each other")
    p.add_argument("--reference", type=int, metavar="N", help="image whose content is kept, from 1 (default: chosen)")
    p.add_argument("--model", default="auto", help="auto, psfnet, msffnet or classical (default: auto)")
    p.add_argument("--response", default="auto", help="auto, srgb, gamma2.2, linear or estimate (default: auto)")
    p.add_argument("--deghost", type=float, default=0.5, metavar="0..1", help="motion threshold of the mask")
    p.add_argument("--mask", metavar="OUT.png", help="also write where the frames agree (white) or not (black)")
    p.add_argument("--no-align", action="store_true", help="the frames fit already (tripod)")
    p.add_argument("--preview", metavar="OUT.jpg", help="also write a tone-mapped picture (.jpg, .png, 16-bit .tif)")
    p.add_argument("--tone-map", default="natural", metavar="OPERATOR",
                   help="natural, mu-law, reinhard, drago or mantiuk (default: natural)")  # fmt: skip
    p.add_argument("--exr-bits", type=int, choices=(16, 32), default=16, help="EXR: half or float (default: 16)")
    _add_engine(p)


def _add_defocus(commands: Any) -> None:
    p = _command(commands, "defocus", run_defocus, "map where and how much a picture is out of focus")
    p.add_argument("input", metavar="IMAGE")
    p.add_argument("-o", "--output", required=True, metavar="MAP",
                   help=".tif, .exr: radius in pixels; .png, .jpg: scaled to the visible range")  # fmt: skip
    _add_engine(p)


def _add_deblur(commands: Any) -> None:
    p = _command(commands, "deblur", run_deblur, "sharpen what is out of focus")
    p.add_argument("input", metavar="IMAGE")
    p.add_argument("-o", "--output", required=True, metavar="OUT", help="picture of the same depth and profile")
    p.add_argument("--map", metavar="MAP", help="defocus map to use: float .tif or .exr, radius in pixels")
    p.add_argument("--strength", type=float, default=1.0, metavar="0..1", help="share of the correction (default: 1)")
    _add_engine(p)


def _add_demo(commands: Any) -> None:
    p = _command(commands, "demo", run_demo, "render a bracket with motion and merge it")
    p.add_argument("-o", "--output", default="hdrnet-demo", metavar="FOLDER", help="default: hdrnet-demo")
    _add_engine(p, overwrite=False)


def _add_train(commands: Any) -> None:
    p = _command(commands, "train", run_train, "train a network on synthetic samples")
    p.add_argument("network", metavar="NET", help="psfnet, msffnet or defocus")
    p.add_argument("--data", required=True, metavar="FOLDER", help="holds hdr/ (radiance) and sharp/ (photographs)")
    p.add_argument("-o", "--output", default="hdrnet-training", metavar="FOLDER", help="checkpoint, log and weights")
    budget = p.add_mutually_exclusive_group()
    budget.add_argument("--minutes", type=float, default=60.0,
                        help="training time, earlier stretches included (default: 60)")  # fmt: skip
    budget.add_argument("--steps", type=int, metavar="N", help="number of steps instead of a time")
    p.add_argument("--resume", action="store_true", help="go on from the checkpoint in FOLDER")
    p.add_argument("--batch", type=int, default=4, help="samples a step (default: 4)")
    p.add_argument("--patch", type=int, default=64, help="edge of a sample in pixels (default: 64)")
    p.add_argument("--rate", type=float, default=1e-4, help="first learning rate (default: 1e-4)")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--workers", type=int, default=1, help="processes that make samples (default: 1)")
    p.add_argument("--limit", type=int, help="use only that many pictures of each kind")
    p.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")


def _command(commands: Any, name: str, run: Callable[..., None], text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=text, description=text[0].upper() + text[1:] + ".", allow_abbrev=False
    )
    parser.set_defaults(run=run)
    parser.add_argument("--json", action="store_true", help="one JSON object a line instead of text")
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress, no notes")
    return parser


def _add_engine(parser: argparse.ArgumentParser, overwrite: bool = True) -> None:
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps (default: auto)")
    parser.add_argument("--precision", default="auto", help="auto, fp32, bf16 or fp16 (default: auto)")
    parser.add_argument("--tile", type=int, metavar="N", help="edge of a tile in pixels (default: chosen)")
    if overwrite:
        parser.add_argument("--overwrite", action="store_true", help="replace an output that exists (never an input)")


def run_merge(options: argparse.Namespace, console: Console) -> None:
    """Run `hdrnet merge`."""
    from libhdrnet.io.write import check_output

    is_radiance = Path(options.output).suffix.lower() in RADIANCE_SUFFIXES
    outputs = [path for path in (options.output, options.preview, options.mask) if path]
    for path in outputs:
        check_output(path, inputs=options.inputs, kinds="any" if path is options.output else "display")
        _check_new(path, options.overwrite)
        if [os.path.realpath(other) for other in outputs].count(os.path.realpath(path)) > 1:
            raise InputError(f"{path}: named for two outputs; give each a name of its own.")
    _check_operator(options.tone_map)
    exposures = _exposures(options, len(options.inputs))

    from libhdrnet.engine import Reporter
    from libhdrnet.io.write import write_map, write_radiance
    from libhdrnet.ops.merge import merge

    result = merge(
        options.inputs, exposures, model=options.model, deghost=options.deghost, align=not options.no_align,
        reference=None if options.reference is None else options.reference - 1, response=options.response,
        settings=_settings(options), with_mask=bool(options.mask), reporter=Reporter(console.progress),
    )  # fmt: skip
    record = result.as_record()
    if is_radiance:
        write_radiance(
            options.output,
            result.radiance,
            metadata=result.metadata,
            record=record,
            exr_bits=options.exr_bits,
        )
    else:
        _write_tone_mapped(options.output, result, options.tone_map, record)
    if options.preview:
        _write_tone_mapped(options.preview, result, options.tone_map, record)
    if options.mask and result.mask is not None:
        write_map(options.mask, result.mask, scale=1.0, record=record)
    for name, alignment in zip(result.names, result.alignments, strict=True):
        if alignment is not None and alignment.kind != "none":
            console.note(f"{Path(name).name}: {alignment.note}")
    for note in result.report.notes if result.report else ():
        console.note(note)
    console.result(f"wrote {', '.join(outputs)}", outputs=outputs, record=record)


def _write_tone_mapped(path: str, result: "MergeResult", operator: str, record: dict[str, Any]) -> None:
    from libhdrnet.io.write import write_display
    from libhdrnet.tonemap import tone_map

    picture = tone_map(result.radiance, operator=operator)
    bits: Literal[8, 16] = 16 if Path(path).suffix.lower() in (".tif", ".tiff") else 8
    write_display(path, picture, bits=bits, metadata=result.metadata, record={**record, "tone_map": operator})


def run_defocus(options: argparse.Namespace, console: Console) -> None:
    """Run `hdrnet defocus`."""
    from libhdrnet.io.write import check_output

    check_output(options.output, inputs=[options.input], kinds="map")
    _check_new(options.output, options.overwrite)

    from libhdrnet.engine import Reporter
    from libhdrnet.io.write import write_map
    from libhdrnet.ops.defocus import defocus_map, open_image

    pixels, linear = open_image(options.input, None)
    radius, report = defocus_map(pixels, linear, _settings(options), Reporter(console.progress))
    record = {"operation": "defocus", "inputs": [Path(options.input).name], "engine": report.as_record()}
    write_map(options.output, radius, scale=None, record=record)
    largest = float(radius.max())
    console.result(f"wrote {options.output} (largest radius {largest:.1f} pixels)",
                   outputs=[options.output], largest_radius=largest, record=record)  # fmt: skip


def run_deblur(options: argparse.Namespace, console: Console) -> None:
    """Run `hdrnet deblur`."""
    from libhdrnet.io.read import read_photo
    from libhdrnet.io.write import check_output, write_like

    inputs = [options.input] + ([options.map] if options.map else [])
    check_output(options.output, inputs=inputs, kinds="any")
    _check_new(options.output, options.overwrite)

    from libhdrnet.engine import Reporter
    from libhdrnet.ops.deblur import deblur_pixels

    photo = read_photo(options.input)
    radius = _read_map(options.map) if options.map else None
    result = deblur_pixels(
        photo.pixels, photo.encoding == "linear", radius, strength=options.strength,
        settings=_settings(options), reporter=Reporter(console.progress),
    )  # fmt: skip
    record = result.as_record(options.input)
    write_like(photo, options.output, result.pixels, record=record)
    for note in result.report.notes:
        console.note(note)
    console.result(f"wrote {options.output}", outputs=[options.output], record=record)


def run_demo(options: argparse.Namespace, console: Console) -> None:
    """Run `hdrnet demo`."""
    from libhdrnet.demo import write_bracket

    folder = Path(options.output)
    console.progress(0.0, "rendering the bracket")
    inputs = write_bracket(folder)
    merged, preview = folder / "merged.exr", folder / "merged.jpg"
    arguments = ["merge", *map(str, inputs), "-o", str(merged), "--preview", str(preview), "--overwrite",
                 "--device", options.device, "--precision", options.precision]  # fmt: skip
    arguments += ["--tile", str(options.tile)] if options.tile else []
    run_merge(build_parser().parse_args([*arguments, *(["--json"] if options.json else [])]), console)


def run_train(options: argparse.Namespace, console: Console) -> None:
    """Run `hdrnet train`."""
    from libhdrnet.engine import choose_device
    from libhdrnet.training.loop import TrainingOptions, train

    path = train(
        TrainingOptions(
            options.network, Path(options.data), Path(options.output), minutes=options.minutes,
            batch=options.batch, patch=options.patch, rate=options.rate, seed=options.seed,
            resume=options.resume, workers=options.workers, device=str(choose_device(options.device)),
            limit=options.limit, steps=options.steps,
        ),
        on_step=lambda step, loss, fraction: console.progress(fraction, f"step {step}, loss {loss:.4f}"),
    )  # fmt: skip
    console.result(f"wrote {path}", outputs=[str(path)])


def _settings(options: argparse.Namespace) -> "Settings":
    from libhdrnet.engine import Settings

    return Settings(options.device, options.precision, options.tile)


def _exposures(options: argparse.Namespace, count: int) -> list[float] | None:
    name, text = ("--ev", options.ev) if options.times is None else ("--times", options.times)
    if text is None:
        return None
    try:
        values = [_number(part) for part in text.split(",")]
        exposures = values if name == "--times" else [2.0**value for value in values]
    except (ValueError, ArithmeticError) as error:
        raise InputError(f"{name} {text!r} is not a list of numbers; write it like 1/60,1/15,1/4 or -2,0,2.") from error
    if len(values) != count:
        raise InputError(f"{name} has {len(values)} values for {count} images; give one for each.")
    return exposures


def _number(text: str) -> float:
    numerator, slash, denominator = text.partition("/")
    return float(numerator) / float(denominator) if slash else float(numerator)


def _check_new(path: str, overwrite: bool) -> None:
    if Path(path).exists() and not overwrite:
        raise InputError(f"{path} exists; give another name, or --overwrite to replace it.")


def _check_operator(name: str) -> None:
    from libhdrnet.tonemap import OPERATORS

    if name not in OPERATORS:
        raise InputError(f"tone-map operator {name!r} is unknown; choose one of {', '.join(OPERATORS)}.")


def _read_map(path: str) -> Any:
    from libhdrnet.io.read import read_photo

    photo = read_photo(path)
    if photo.pixels.dtype.kind != "f":
        raise InputError(
            f"{path}: a defocus map is a float .tif or .exr with radii in pixels; this is {photo.pixels.dtype}."
        )
    return photo.pixels[..., 0]


def _join_negative_values(argv: Sequence[str]) -> list[str]:
    """Let `--ev -2,0,2` be written with a space: argparse would take -2,0,2 for an option."""
    joined: list[str] = []
    for word in argv:
        if joined and joined[-1] == "--ev" and word.startswith("-"):
            joined[-1] = f"--ev={word}"
        else:
            joined.append(word)
    return joined


if __name__ == "__main__":
    sys.exit(main())
