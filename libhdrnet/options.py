"""What a person can choose: one frozen dataclass for each operation, and the only place where an option is described.

The command line, the server's parameters and the checks are made of these; it imports nothing heavy.
"""

import textwrap
from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass, field, fields
from math import inf
from numbers import Real
from typing import Any, TypeVar

from libhdrnet.errors import InputError

Function = TypeVar("Function", bound=Callable[..., Any])
DEVICES = ("auto", "cpu", "cuda", "mps")
PRECISIONS = ("auto", "fp32", "bf16", "fp16")
SMALLEST_TILE = 64
"""Pixels of an edge."""
NETWORKS = ("psfnet", "msffnet")
MODELS = ("auto", *NETWORKS, "classical")
RESPONSES = ("auto", "srgb", "gamma2.2", "linear", "estimate")
SCALES = ("reference", "common", "absolute")
EXR_COMPRESSIONS = ("zip", "dwaa")
"""Without loss; and with, for half floats."""
STYLES = ("natural", "fusion")
"""Of tone mapping, the default first."""
DEGHOST = 0.5
"""How strictly motion is looked for unless it is said."""
METER_CONSTANT = 12.5
"""K of reflected-light meters in cd/m² (ISO 2720:1974 allows 10.6 to 13.4): they expose a luminance of K N² / (t S)."""


def option(
    default: Any = MISSING,
    help: str = "",  # noqa: A002 (argparse's name)
    *,
    metavar: str | None = None,
    limits: tuple[float, float] | None = None,
    among: tuple[str | int, ...] = (),
    flags: tuple[str, ...] | None = None,
    apart: str | None = None,
    path: bool = False,
) -> Any:
    """Return a field of a dataclass of options.

    Args:
        default: what holds where nothing is said; without one it has to be given.
        help: for the command line, which knows the option only if there is one.
        metavar: how a value looks, in the help.
        limits: the least and the greatest value.
        among: the values there are.
        flags: how the command line calls it, () by its place; None: --NAME.
        apart: a name that it shares with options of which no more than one may be given.
        path: whether it names files.
    """
    return field(default=default, metadata={name: value for name, value in locals().items() if name != "default"})


def takes(kind: type) -> Callable[[Function], Function]:
    """Return a decorator that writes the options of a dataclass into the docstring, behind its argument `options`."""

    def written(function: Function) -> Function:
        lines = []
        for one in fields(kind):
            said = f"False: {one.metadata['help']}" if one.default is True else one.metadata["help"]
            usual = "" if one.default is None or "(default" in said else f" (default: {one.default!r})"
            lines += textwrap.wrap(f"{one.name}: {said}{usual}.", 108)
        before, mark, after = (function.__doc__ or "").partition("        options: ")
        first, end, rest = after.partition("\n")
        function.__doc__ = before + mark + first + end + textwrap.indent("\n".join(lines), 12 * " ") + "\n" + rest
        return function

    return written


@dataclass(frozen=True)
class Options:
    """Options of anything; a value out of an option's limits, or not among its values, is refused at once."""

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if value is not None or one.default is not None:
                _check(one, value)


@dataclass(frozen=True)
class Settings(Options):
    """Where and how the networks run.

    `engine.device` has the names.
    """

    device: str = option("auto", "auto, cpu, cuda or mps")
    precision: str = option("auto", "auto, fp32, bf16 or fp16", among=PRECISIONS)
    tile: int | None = option(
        None, "edge of a tile in pixels, margin included (default: chosen for the device)", metavar="N",
        limits=(SMALLEST_TILE, 65536),
    )  # fmt: skip
    threads: int | None = option(
        None, "most threads that torch, OpenCV and the library use (default: all cores)", limits=(1, inf)
    )


@dataclass(frozen=True, kw_only=True)
class MethodOptions(Options):
    """How the frames are brought together."""

    model: str = option(
        "auto", "auto (what the frames show, a network where none shows it), psfnet, msffnet or classical", among=MODELS
    )
    """"auto" takes each place from the frames that show what the reference shows, as they lie or followed, and calls
    the network where none does; "psfnet" (three frames, thesis chapter 2) and "msffnet" (the shorter frame and the
    reference, chapter 3) run the network over the whole picture; "classical" is the mean of all frames with the least
    noise and knows no motion."""
    deghost: float = option(
        DEGHOST, "how strictly what moved is left out: 0 not at all, 1 wherever in doubt", limits=(0, 1)
    )
    """For "auto" alone."""
    align: bool = option(True, "the frames fit already (tripod)")
    """To the reference first (homography, affine, translation or nothing)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.model != "auto" and self.deghost != DEGHOST:
            raise InputError(
                f"deghost {self.deghost} means nothing to model {self.model!r}, which looks for no motion; use 'auto'."
            )

    @property
    def selects(self) -> bool:
        """Whether what moved is looked for."""
        return self.model != "classical" and self.deghost > 0


@dataclass(frozen=True, kw_only=True)
class MergeOptions(MethodOptions, Settings):
    """How the frames are read.

    With its bases the keywords of `merge_exposures`: how to merge a bracket, whichever it is.
    """

    response: str = option("auto", "auto, srgb, gamma2.2, linear or estimate", among=RESPONSES)
    """How the files' codes became codes: "auto" (RAW and float: linear; else ICC profile or sRGB; how a camera bent it
    is calibrated, of float arrays, too), "srgb", "gamma2.2" and "linear" (taken at their word), or "estimate"
    (calibrated from the bracket alone). Files that are linear (RAW, OpenEXR, Radiance, a linear profile) stay so
    whatever it says, and a profile's primaries count."""
    skip_unreadable: bool = option(False, "leave frames out that cannot be read, if two remain")
    read_gain_map: bool = option(
        False, "read Ultra HDR JPEGs as HDR displays show them (default: their plain pictures)"
    )


@dataclass(frozen=True, kw_only=True)
class BracketOptions(MergeOptions):
    """Exposures and reference.

    With its bases: how to merge one bracket, as a person says it.
    """

    exposure_times: list[float] | None = None
    times: str | None = option(
        None, "exposure times, if the files do not tell", metavar="1/60,1/15,1/4", apart="exposures"
    )
    """The same as text."""
    ev: str | None = option(None, "exposures in stops relative to each other", metavar="-2,0,2", apart="exposures")
    reference: int | None = option(
        None, "image whose content and geometry are kept, from 1 (default: chosen)", metavar="N"
    )

    @property
    def index(self) -> int | None:
        """Index of the reference."""
        return None if self.reference is None else self.reference - 1

    def exposures(self, count: int) -> list[float] | None:
        """Return the exposures of `count` images in whichever way they were given; None: the files tell.

        Raises:
            InputError: they are given in two ways, are no numbers, or not one for each image.
        """
        given = [name for name in ("exposure_times", "times", "ev") if getattr(self, name) is not None]
        if len(given) > 1:
            raise InputError(f"{given[0]} and {given[1]} say the same thing; give one of them.")
        if self.exposure_times is not None:
            return self.exposure_times
        name, text = ("--ev", self.ev) if self.times is None else ("--times", self.times)
        if text is None:
            return None
        try:
            values = [_number(part) for part in text.split(",")]
            exposures = values if name == "--times" else [2.0**value for value in values]
        except (ValueError, ArithmeticError) as error:
            raise InputError(
                f"{name} {text!r} is not a list of numbers; write it like 1/60,1/15,1/4 or -2,0,2."
            ) from error
        if len(values) != count:
            raise InputError(f"{name} has {len(values)} values for {count} images; give one for each.")
        return exposures


@dataclass(frozen=True, kw_only=True)
class ToneOptions(Options):
    """How a merge is tone-mapped for displays.

    See `tone_map`; None: as usual.
    """

    tone: str | None = option(
        None, "of tone-mapped pictures: natural, or fusion (of exposures: each place as one of them shows it best; for "
        "interiors) (default: natural)", metavar="STYLE", among=STYLES,
    )  # fmt: skip
    exposure: float | None = option(
        None, "stops brighter than what is chosen (default: 0)", limits=(-10, 10), metavar="STOPS"
    )
    local: float | None = option(
        None, "how far bright and dark areas are brought together (default: 0.5)", limits=(0, 1)
    )
    saturation: float | None = option(None, "of colours: 0 is grey (default: 1)", limits=(0, 2))

    def tone_options(self) -> dict[str, Any]:
        """Return those that are given, by the names of `tone_map`."""
        given = {"style": self.tone, "exposure": self.exposure, "local": self.local, "saturation": self.saturation}
        return {name: value for name, value in given.items() if value is not None}


@dataclass(frozen=True, kw_only=True)
class ResultOptions(ToneOptions):
    """How a merge is written."""

    exr_bits: int | None = option(
        None, "OpenEXR in 32 bits (float) or 16 (half: steps of 0.05 to 0.1 %, at most 65504, half as large) (default: "
        "32); DNG in floats (default: integers, as long as they hold the lights)", among=(16, 32),
    )  # fmt: skip
    exr_compression: str | None = option(
        None, "zip, or dwaa: in 16 bits, two fifths to a sixth as large as zip, off by 0.01 stops in the mean, 0.1 in "
        "the shadows (default: zip)", metavar="NAME", among=EXR_COMPRESSIONS,
    )  # fmt: skip
    scale: str = option(
        "reference", "what 1.0 stands for in radiance: reference (its white), common (one exposure for all of a batch) "
        "or absolute (1 cd/m²)", among=SCALES,
    )  # fmt: skip
    meter_constant: float | None = option(
        None, f"K of the scale absolute, L = K N² / (t S); a measured one calibrates a camera (default: "
        f"{METER_CONSTANT})", metavar="K", limits=(1e-3, 1e6),
    )  # fmt: skip
    """What a constant may be also makes up for a filter that the f-number does not tell."""
    hdr_bits: int | None = option(
        None,
        "AVIF in 12 bits or 10 (which more devices show), JPEG XL in 10, 12 or 16 (default: 12)",
        among=(10, 12, 16),
    )
    gain_map: bool = option(
        False, "a .jpg, output or preview, also holds what HDR displays need (Ultra HDR, ISO 21496-1); so do names "
        "that end in .uhdr.jpg",
    )  # fmt: skip

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.exr_compression == "dwaa" and self.exr_bits == 32:
            raise InputError("OpenEXR's compression dwaa keeps no more than 16 bits: leave the 32 out, or choose zip.")


@dataclass(frozen=True, kw_only=True)
class MergeFiles(BracketOptions, ResultOptions):
    """A merge of files into files."""

    inputs: list[str] = option(help="RAW, TIFF, PNG, JPEG, EXR or HDR; any order", metavar="IMAGE", flags=(), path=True)
    output: str = option(
        help="HDR: .exr, .hdr, .tif (float), .dng (RAW), .avif, .jxl (to show); tone-mapped: .jpg, .png",
        metavar="OUT", flags=("-o", "--output"), path=True,
    )  # fmt: skip
    mask: str | None = option(
        None, "also write what was measured (white), made by the network (grey), guessed (black)", metavar="OUT.png",
        path=True,
    )  # fmt: skip
    preview: str | None = option(
        None, "also write a tone-mapped picture (.jpg, .png, 16-bit .tif)", metavar="OUT.jpg", path=True
    )
    base: str | None = option(
        None, "with a gain map: a picture of your own, of the frames' size, that other displays show (default: the "
        "tone-mapped merge)", metavar="FILE", path=True,
    )  # fmt: skip
    choices: str | None = option(
        None, "what was decided by hand ('hdrnet review' writes it): a grey 8-bit PNG of the picture, at any size: 0 "
        "nothing, k frame k, 255 the network", metavar="FILE.png", path=True,
    )  # fmt: skip
    common_exposure: float | None = None
    """t S / N² of the scale "common"; a batch tells it."""
    overwrite: bool = option(False, "replace an output that exists (never an input)")


@dataclass(frozen=True, kw_only=True)
class WorkerOptions(Options):
    """Who does the work."""

    workers: int | None = option(None, "processes of this machine (libhdrnet[cluster])", limits=(1, inf))
    scheduler: str | None = option(
        None, "Dask scheduler (tcp://host:8786) whose workers do it, on the same files", metavar="ADDRESS"
    )


@dataclass(frozen=True, kw_only=True)
class BatchOptions(BracketOptions, ResultOptions, WorkerOptions):
    """A folder of brackets into files."""

    folder: str = option(
        help="pictures, told apart by their exposures and times (EXIF)", metavar="FOLDER", flags=(), path=True
    )
    output: str | None = option(
        None, "for the results (default: hdr in FOLDER)", metavar="FOLDER", flags=("-o", "--output"), path=True
    )
    format: str = option(".exr", ".exr, .hdr, .tif (float), .dng, .avif, .jxl, .jpg or .png")
    preview: bool = option(False, "also write a tone-mapped JPEG of each")
    frames: int | None = option(None, "pictures in each bracket (default: found out)", metavar="N")
    list: bool = option(False, "only say which brackets are found, a line each, as --brackets reads it")
    brackets: str | None = option(None, "merge these: what --list said, corrected by hand", metavar="FILE", path=True)
    overwrite: bool = option(False, "merge again what is done (never replaces an input)")


@dataclass(frozen=True, kw_only=True)
class DefocusFiles(Settings):
    """A defocus map of a file into a file."""

    input: str = option(metavar="IMAGE", flags=(), path=True, help="picture")
    output: str = option(
        help=".tif, .exr: radius in pixels; .png, .jpg: scaled to the visible range", metavar="MAP",
        flags=("-o", "--output"), path=True,
    )  # fmt: skip
    colour: bool = option(False, "in false colours, with a scale in pixels below (.png, .jpg)")
    overwrite: bool = option(False, "replace an output that exists (never an input)")


@dataclass(frozen=True, kw_only=True)
class DeblurOptions(Settings):
    """How to deblur.

    The keywords of `deblur`.
    """

    strength: float = option(1.0, "share of the correction", limits=(0, 1))
    read_gain_map: bool = option(False, "read an Ultra HDR JPEG as HDR displays show it (default: its plain picture)")
    """Linear, float32, 1.0 = its plain white."""


@dataclass(frozen=True, kw_only=True)
class DeblurFiles(DeblurOptions):
    """A deblurred file into a file."""

    input: str = option(metavar="IMAGE", flags=(), path=True, help="picture")
    output: str = option(
        help="picture of the same depth and profile", metavar="OUT", flags=("-o", "--output"), path=True
    )
    map: str | None = option(None, "defocus map to use: float .tif or .exr, radius in pixels", metavar="MAP", path=True)
    mask: str | None = option(
        None, "also write where detail was recovered (white), where that is not certain (grey) and what was left alone "
        "(black)", metavar="OUT.png", path=True,
    )  # fmt: skip
    overwrite: bool = option(False, "replace an output that exists (never an input)")


PATHS = {
    one.name for kind in (MergeFiles, DefocusFiles, DeblurFiles) for one in fields(kind) if one.metadata.get("path")
}
"""Parameters that hold paths."""


def check(kind: type, **values: object) -> None:
    """Raise InputError for a value that the option of its name in `kind` does not take."""
    for one in fields(kind):
        if one.name in values:
            _check(one, values[one.name])


def _check(one: Field[Any], value: Any) -> None:
    name, limits, among = one.name.replace("_", " "), one.metadata.get("limits"), one.metadata.get("among")
    if among and value not in among:
        known = " or ".join(map(str, among)) if len(among) == 2 else f"one of {', '.join(map(str, among))}"
        raise InputError(f"{name} {value!r} is unknown; choose {known}.")
    if limits:
        span = f"{limits[0]:g} or more" if limits[1] == inf else f"{limits[0]:g} to {limits[1]:g}"
        if not isinstance(value, Real):
            raise InputError(f"{name} is {value!r}; give a number, {span}.")
        if not limits[0] <= value <= limits[1]:
            raise InputError(f"{name} {value:g} is out of range; give {span}.")


def _number(text: str) -> float:
    numerator, slash, denominator = text.partition("/")
    return float(numerator) / float(denominator) if slash else float(numerator)
