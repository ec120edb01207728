"""The options of a task, read from plain parameters, and what they need to mean something."""

import re
from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from libhdrnet.errors import InputError
from libhdrnet.formats import check_depth

Options = TypeVar("Options")
_NO_PATH = re.compile("[\0\ud800-\udc7f\udd00-\udfff]")
"""NUL, and halves of characters but those by which Python tells bytes of a name that are no text."""


def read_options(kind: type[Options], params: Mapping[str, Any]) -> Options:
    """Make `kind`, a dataclass of options (`libhdrnet.options`), of plain parameters; None stands for the default.

    Raises:
        InputError: a parameter is unknown, missing, of another type or out of its limits.
    """
    types = {name: _without_none(hint) for name, hint in get_type_hints(kind).items()}
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
        if _NO_PATH.search(value):
            raise InputError(f"the parameter {name!r} holds characters that no name has; write it again.")
        return value
    elif isinstance(value, kind) and not (kind is int and isinstance(value, bool)):
        return value
    shown = repr(value) if len(repr(value)) <= 40 else f"{repr(value)[:37]}..."
    raise InputError(f"the parameter {name!r} is {shown}; give {_WANTED[kind]}.")


def check_needs(options: Any, output: str, preview: str | None) -> None:
    """Raise InputError for an option that is given and means nothing to these outputs, or more than they can hold.

    Args:
        options: a dataclass of options; what it has as it is by default is passed over.
        output: a name, of which the suffix counts.
        preview: the same; None: there is no preview.
    """
    for one in fields(options):
        need = one.metadata.get("needs")
        if need and getattr(options, one.name) != one.default:
            fits = _has(output, need.output) or (preview is not None and _has(preview, need.preview))
            told = f"name an output {' or '.join(need.output)}{', or such a preview' if need.preview else ''}"
            if not fits:
                raise InputError(f"--{one.name.replace('_', '-')} means nothing here: {need.why}; {told}.")
    check_depth(output, options.hdr_bits)


def _has(name: str, suffixes: tuple[str, ...]) -> bool:
    return Path(name).suffix.lower() in suffixes
