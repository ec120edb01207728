"""The parameters of the tasks, read from plain dictionaries: the options of the command line by the same names."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from libhdrnet.errors import InputError

Options = TypeVar("Options")


@dataclass(frozen=True, kw_only=True)
class EngineOptions:
    """Where and how the networks run (engine.Settings)."""

    device: str = "auto"
    precision: str = "auto"
    tile: int | None = None
    threads: int | None = None


@dataclass(frozen=True, kw_only=True)
class MergeOptions(EngineOptions):
    """How to merge a bracket; see `merge_exposures` and `hdrnet merge --help`."""

    exposure_times: list[float] | None = None
    times: str | None = None
    """The same as text, "1/60,1/15,1/4"."""
    ev: str | None = None
    """The same in stops, "-2,0,2"."""
    reference: int | None = None
    """Counted from 1."""
    model: str = "auto"
    response: str = "auto"
    deghost: float = 0.5
    align: bool = True
    skip_unreadable: bool = False
    """Leave frames out that cannot be read, if two remain."""
    read_gain_map: bool = False
    """Ultra HDR JPEGs are read as HDR displays show them."""

    def exposures(self, count: int) -> list[float] | None:
        """Return the exposures of `count` images in whichever way they were given; None: the files tell."""
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
class ToneOptions:
    """How a merge is tone-mapped for a display (`tone_map`); None: as usual."""

    tone: str | None = None
    """The style."""
    exposure: float | None = None
    local: float | None = None
    saturation: float | None = None

    def tone_options(self) -> dict[str, Any]:
        """Return those that are given, by the names of `tone_map`."""
        given = {"style": self.tone, "exposure": self.exposure, "local": self.local, "saturation": self.saturation}
        return {name: value for name, value in given.items() if value is not None}


@dataclass(frozen=True, kw_only=True)
class MergeFiles(MergeOptions, ToneOptions):
    """A merge of files into files."""

    inputs: list[str]
    output: str
    mask: str | None = None
    preview: str | None = None
    choices: str | None = None
    """Picture of what was decided by hand (`io.choices`)."""
    exr_bits: int | None = None
    exr_compression: str | None = None
    hdr_bits: int | None = None
    gain_map: bool = False
    """JPEGs, tone-mapped, get one that makes them HDR."""
    base: str | None = None
    """Picture that these show on other displays; None: the tone-mapped merge."""
    overwrite: bool = False
    scale: str = "reference"
    """What 1.0 stands for in the output (`tasks.scale`)."""
    meter_constant: float | None = None
    """cd/m², of the scale "absolute"; None: the usual one."""
    common_exposure: float | None = None
    """t S / N² of the scale "common"; a batch tells it."""


@dataclass(frozen=True, kw_only=True)
class DefocusOptions(EngineOptions):
    """How to estimate a defocus map."""


@dataclass(frozen=True, kw_only=True)
class DefocusFiles(DefocusOptions):
    """A defocus map of a file into a file."""

    input: str
    output: str
    colour: bool = False
    """In false colours, with a scale."""
    overwrite: bool = False


@dataclass(frozen=True, kw_only=True)
class DeblurOptions(EngineOptions):
    """How to deblur."""

    strength: float = 1.0
    read_gain_map: bool = False
    """An Ultra HDR JPEG is read as HDR displays show it."""


@dataclass(frozen=True, kw_only=True)
class DeblurFiles(DeblurOptions):
    """A deblurred file into a file."""

    input: str
    output: str
    map: str | None = None
    mask: str | None = None
    overwrite: bool = False


def read_options(kind: type[Options], params: Mapping[str, Any]) -> Options:
    """Make `kind`, one of the dataclasses of options, of plain parameters; None stands for the default.

    Raises:
        InputError: a parameter is unknown, missing or of another type.
    """
    types = _types(kind)
    for name in params:
        if name not in types:
            raise InputError(f"the parameter {name!r} is unknown; known are {', '.join(types)}.")
    values = {}
    for field in fields(kind):  # type: ignore[arg-type]
        value = params.get(field.name)
        if value is not None:
            values[field.name] = _checked(field.name, value, types[field.name])
        elif field.default is MISSING and field.default_factory is MISSING:
            raise InputError(f"the parameter {field.name!r} is missing; give {_WANTED[types[field.name]]}.")
    return kind(**values)


_WANTED: dict[Any, str] = {
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    list[str]: "a list of texts",
    list[float]: "a list of numbers",
    dict[str, Any]: "an object",
    list[dict[str, Any]]: "a list of objects",
}


def _types(kind: Any) -> dict[str, Any]:
    """Each field's type, without the None of optional ones."""
    hints = get_type_hints(kind)
    return {name: _without_none(hint) for name, hint in hints.items()}


def _without_none(hint: Any) -> Any:
    parts = [part for part in get_args(hint) if part is not NoneType] if isinstance(hint, UnionType) else [hint]
    return parts[0] if len(parts) == 1 else Any


def _checked(name: str, value: Any, kind: Any) -> Any:
    if kind is Any:
        kind = dict[str, Any] if isinstance(value, dict) else str
    if get_origin(kind) is list:
        if isinstance(value, list | tuple):
            return [_checked(f"{name}[{index}]", item, get_args(kind)[0]) for index, item in enumerate(value)]
    elif get_origin(kind) is dict:
        if isinstance(value, dict):
            return value
    elif kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            return float("inf")  # no option takes it, and the one who checks it says so
    elif kind is str and isinstance(value, str):
        return _usable(name, value)
    elif isinstance(value, kind) and not (kind is int and isinstance(value, bool)):
        return value
    shown = repr(value) if len(repr(value)) <= 40 else f"{repr(value)[:37]}..."
    raise InputError(f"the parameter {name!r} is {shown}; give {_WANTED[kind]}.")


def _usable(name: str, text: str) -> str:
    """Return a text that may be a path: without NUL and without halves of characters that no path can have."""
    try:
        text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        usable = False
    else:
        usable = "\0" not in text
    if not usable:
        raise InputError(f"the parameter {name!r} holds characters that no name has; write it again.")
    return text


def _number(text: str) -> float:
    numerator, slash, denominator = text.partition("/")
    return float(numerator) / float(denominator) if slash else float(numerator)
