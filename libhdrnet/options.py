"""What a person can choose: one frozen dataclass for each operation, and the only place where an option is described.

Command line, server's parameters, checks, records and hosts' dialogs (`tests/dialogs.py`) are made of these.
"""

import textwrap
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from math import inf
from numbers import Real
from typing import Any, NamedTuple, TypeVar

from libhdrnet.errors import InputError
from libhdrnet.formats import HDR_BITS, JPEG, WRITE_SUFFIXES, suffixes

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


class Need(NamedTuple):
    """Suffixes of which the output, or the preview, has one if an option shall mean something, and why."""

    why: str
    output: tuple[str, ...]
    preview: tuple[str, ...] = ()


_SHOWN = WRITE_SUFFIXES["display"]
_TONED = Need("radiance is not tone-mapped", tuple(n for n in _SHOWN if n not in WRITE_SUFFIXES["radiance"]), _SHOWN)
_GAIN_MAP = Need("a gain map goes into a JPEG", JPEG, JPEG)


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
    usual: float | str | None = None,
    only: tuple[str, str | None] | None = None,
    needs: Need | None = None,
    slider: tuple[float, float, float] | None = None,
    words: Mapping[str, str] | None = None,
    gimp: str = "",
    darktable: str = "",
) -> Any:
    """Return a field of a dataclass of options.

    Args:
        default: what holds where nothing is said; without one it has to be given.
        help: for the command line, which knows the option only if there is one, and for tooltips.
        metavar: how a value looks, in the help.
        limits: the least and the greatest value.
        among: the values there are.
        flags: how the command line calls it, () by its place; None: --NAME.
        apart: a name that it shares with options of which no more than one may be given.
        path: whether it names files.
        usual: what holds by default where `default` is None, or words for it.
        only: name and value of another option without which it means nothing.
        needs: the outputs without which it means nothing.
        slider: least and greatest value in dialogs, and the step; None: `limits` in steps of 0.05.
        words: the values that GIMP offers, each with its words there; None: those of `among`.
        gimp: label in GIMP's dialog, `_` before its key; without a label a host does not offer it.
        darktable: label in darktable's module or, beginning with "hdrnet: ", of what is no flag in its preferences.
    """
    return field(default=default, metadata={name: value for name, value in locals().items() if name != "default"})


def usual(one: Field[Any]) -> Any:
    """Return what holds where nothing is said, or words for it; None: nothing does."""
    return one.metadata.get("usual") if one.default in (None, MISSING) else one.default


def takes(kind: type) -> Callable[[Function], Function]:
    """Return a decorator that writes the options of a dataclass into the docstring, behind its argument `options`."""

    def written(function: Function) -> Function:
        lines = []
        for one in fields(kind):
            said = f"False: {one.metadata['help']}" if one.default is True else one.metadata["help"]
            default = "" if usual(one) is None or "(default" in said else f" (default: {usual(one)!r})"
            lines += textwrap.wrap(f"{one.name}: {said}{default}.", 108)
        before, mark, after = (function.__doc__ or "").partition("        options: ")
        first, end, rest = after.partition("\n")
        function.__doc__ = before + mark + first + end + textwrap.indent("\n".join(lines), 12 * " ") + "\n" + rest
        return function

    return written


@dataclass(frozen=True)
class Options:
    """Options of anything; a value that an option does not take, or that means nothing, is refused at once."""

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if value is not None or one.default is not None:
                _check(one, value)
            only = one.metadata.get("only")
            if only and value != one.default and getattr(self, only[0]) != only[1]:
                now = f"{only[0]} is {getattr(self, only[0])!r}"
                way = f"with {_flag(only[0])} {only[1]}" if only[1] else f"without {_flag(only[0])}"
                raise InputError(f"{_flag(one.name)} means nothing here: {now}; give it {way}.")


@dataclass(frozen=True)
class Settings(Options):
    """Where and how the networks run."""

    device: str = option(
        "auto", "where the networks run: auto, cpu, cuda or mps", gimp="De_vice",
        words={"auto": "Automatic", "cpu": "Processor", "cuda": "CUDA", "mps": "MPS"},
    )  # fmt: skip
    precision: str = option("auto", "auto, fp32, bf16 or fp16", among=PRECISIONS)
    tile: int | None = option(
        None, "edge of a tile in pixels, margin included", metavar="N", limits=(SMALLEST_TILE, 65536),
        usual="chosen for the device",
    )  # fmt: skip
    threads: int | None = option(
        None, "most threads that torch, OpenCV and the library use", limits=(1, inf), usual="all cores"
    )


@dataclass(frozen=True, kw_only=True)
class MethodOptions(Options):
    """How the frames are brought together."""

    model: str = option(
        "auto", "where a network is run: auto only where no exposure shows the scene, psfnet (three exposures) and "
        "msffnet (two) everywhere, classical nowhere", among=MODELS, gimp="_Method", darktable="hdrnet: model",
        words={"auto": "Automatic", "psfnet": "Network, three exposures (PSFNet)",
               "msffnet": "Network, two exposures (MSFFNet)", "classical": "Classical, nothing moves"},
    )  # fmt: skip
    """"auto" takes each place from the frames that show what the reference shows, as they lie or followed, and calls
    the network where none does; "psfnet" (three frames, thesis chapter 2) and "msffnet" (the shorter frame and the
    reference, chapter 3) run the network over the whole picture; "classical" is the mean of all frames with the least
    noise and knows no motion."""
    deghost: float = option(
        DEGHOST, "how readily a difference between exposures counts as motion: 0 never, 1 wherever in doubt; higher if "
        "ghosts stay, lower if noise does", limits=(0, 1), only=("model", "auto"), gimp="De_ghosting",
        darktable="deghosting",
    )  # fmt: skip
    align: bool = option(
        True, "the frames fit already, as from a tripod", gimp="_Align the exposures", darktable="align"
    )
    """To the reference first (homography, affine, translation or nothing)."""

    @property
    def selects(self) -> bool:
        """Whether what moved is looked for."""
        return self.model != "classical" and self.deghost > 0


@dataclass(frozen=True, kw_only=True)
class MergeOptions(MethodOptions, Settings):
    """How the frames are read.

    With its bases the keywords of `merge_exposures`: how to merge a bracket, whichever it is.
    """

    response: str = option(
        "auto", "how light became numbers in the camera: auto (as the pictures say), srgb, gamma2.2, linear, or "
        "estimate where a message says that the exposures contradict the pixels", among=RESPONSES, gimp="Tone c_urve",
        words={"auto": "As the pictures say", "estimate": "Estimate it", "srgb": "sRGB", "gamma2.2": "Gamma 2.2",
               "linear": "Linear"},
    )  # fmt: skip
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
        None, "number of the exposure, from 1, that decides where things are: what moved stays as it is there",
        usual="the best one", gimp="Refere_nce", darktable="reference",
    )  # fmt: skip

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
        None, "of tone-mapped pictures: natural, or fusion (each place as one of several exposures shows it best, for "
        "interiors)", metavar="STYLE", among=STYLES, usual=STYLES[0], needs=_TONED, gimp="St_yle",
        darktable="tone of JPEG",
    )  # fmt: skip
    exposure: float | None = option(
        None, "stops that the tone-mapped picture is brighter than what is chosen", limits=(-10, 10), metavar="STOPS",
        usual=0.0, needs=_TONED, slider=(-4, 4, 0.1), gimp="_Brightness",
    )  # fmt: skip
    local: float | None = option(
        None, "how far bright and dark areas of the tone-mapped picture are brought together", limits=(0, 1), usual=0.5,
        needs=_TONED, gimp="Local a_daptation",
    )  # fmt: skip
    saturation: float | None = option(
        None, "of the tone-mapped picture's colours: 0 is grey", limits=(0, 2), usual=1.0, needs=_TONED,
        gimp="Saturat_ion",
    )  # fmt: skip

    def tone_options(self) -> dict[str, Any]:
        """Return those that are given, by the names of `tone_map`."""
        given = {name: value for name, value in shared(ToneOptions, self).items() if value is not None}
        return {"style" if name == "tone" else name: value for name, value in given.items()}


@dataclass(frozen=True, kw_only=True)
class ResultOptions(ToneOptions):
    """How a merge is written."""

    exr_bits: int | None = option(
        None, "OpenEXR in 32 bits (float) or 16 (half: steps of 0.05 to 0.1 %, at most 65504, half as large) (default: "
        "32); DNG in floats (default: integers, as long as they hold the lights)", among=(16, 32),
        needs=Need("OpenEXR and DNG have that choice", (".exr", ".dng")),
    )  # fmt: skip
    exr_compression: str | None = option(
        None, "zip, or dwaa: in 16 bits, two fifths to a sixth as large as zip, off by 0.01 stops in the mean, 0.1 in "
        "the shadows (default: zip)", metavar="NAME", among=EXR_COMPRESSIONS,
        needs=Need("OpenEXR has that choice", (".exr",)),
    )  # fmt: skip
    scale: str = option(
        "reference", "what 1.0 stands for in radiance: reference (its white), common (one exposure for all of a batch) "
        "or absolute (1 cd/m²)", among=SCALES, needs=Need("only radiance has a scale", suffixes(holds="linear")),
    )  # fmt: skip
    meter_constant: float | None = option(
        None, "K of the scale absolute, L = K N² / (t S); a measured one calibrates a camera", metavar="K",
        limits=(1e-3, 1e6), usual=METER_CONSTANT, only=("scale", "absolute"),
    )  # fmt: skip
    """What a constant may be also makes up for a filter that the f-number does not tell."""
    hdr_bits: int | None = option(
        None, "AVIF in 12 bits or 10 (which more devices show), JPEG XL in 10, 12 or 16 (default: 12)",
        among=(10, 12, 16), needs=Need("AVIF and JPEG XL have that choice", tuple(HDR_BITS)),
    )  # fmt: skip
    gain_map: bool = option(
        False, "a .jpg, output or preview, also holds what HDR displays need (Ultra HDR, ISO 21496-1); so do names "
        "that end in .uhdr.jpg", needs=_GAIN_MAP,
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
        "tone-mapped merge)", metavar="FILE", path=True, needs=_GAIN_MAP,
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
    frames: int | None = option(None, "pictures in each bracket", usual="found out", only=("brackets", None))
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

    strength: float = option(
        1.0, "share of the correction that is applied", limits=(0, 1), gimp="S_trength",
        darktable="hdrnet: strength of deblurring",
    )  # fmt: skip
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


def shared(kind: type, options: object) -> dict[str, Any]:
    """Return what `options` say of the options of `kind`, by their names."""
    return {one.name: getattr(options, one.name) for one in fields(kind) if hasattr(options, one.name)}


def recorded(kind: type, options: object) -> dict[str, Any]:
    """Return what `options` say of the options of `kind` that decide how a result looks, flags if they were set."""
    said = shared(kind, options)
    flags = {one.name for one in fields(kind) if isinstance(one.default, bool) and said[one.name] == one.default}
    return {name: value for name, value in said.items() if not hasattr(Settings, name) and name not in flags}


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


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _number(text: str) -> float:
    numerator, slash, denominator = text.partition("/")
    return float(numerator) / float(denominator) if slash else float(numerator)
