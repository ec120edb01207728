"""What can be written where: checks of a path before the work."""

import os
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Literal

from libhdrnet.errors import InputError, OutputError
from libhdrnet.formats import WRITE_SUFFIXES

AnyPath = str | PathLike[str]
Kinds = Literal["radiance", "display", "map", "merged", "any"]


def check_output(path: AnyPath, *, inputs: Sequence[AnyPath] = (), kinds: Kinds = "any") -> None:
    """Raise OutputError now if `path` could not be written after the work.

    That is: a suffix that is not known for `kinds`, a folder that is missing or not writable, a path that is
    a folder or no plain file, or one of `inputs` (also through links).
    """
    path = Path(path)
    if kinds not in WRITE_SUFFIXES:
        raise InputError(f"The kind of output {kinds!r} is unknown: choose one of {', '.join(WRITE_SUFFIXES)}.")
    if path.is_dir():
        raise OutputError(f"'{path}' is a folder: name a file in it.")
    known_suffix(path, kinds)
    folder = Path(os.path.realpath(path)).parent
    if not folder.is_dir():
        raise OutputError(f"'{path}' cannot be written (there is no folder '{folder}'): create it first.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"'{path}' cannot be written (no permission in '{folder}'): choose another folder.")
    if path.exists():
        if not path.is_file():
            raise OutputError(f"'{path}' is not an ordinary file: choose another name.")
        if not os.access(path, os.W_OK):
            raise OutputError(f"'{path}' is write-protected: choose another name.")
        for name in inputs:
            if Path(name).exists() and path.samefile(name):
                raise OutputError(f"'{path}' is the input '{name}': choose another name, inputs are never overwritten.")


def check_places(outputs: Sequence[AnyPath]) -> None:
    """Raise InputError if two outputs are one file, on some disk: many take A.jpg for a.jpg."""
    places: dict[str, AnyPath] = {}
    for path in outputs:
        folder, name = os.path.split(os.path.realpath(path))
        other = places.setdefault(os.path.join(folder, name.casefold()), path)
        if other is not path:
            same = os.path.realpath(other) == os.path.join(folder, name)
            why = "are one file, named for two outputs" if same else "are one name to many disks"
            raise InputError(f"{other} and {path} {why}; give each output a name of its own.")


def known_suffix(path: Path, kinds: Kinds) -> str:
    """Return the suffix of `path` in lower case; raise OutputError if no such picture is written so."""
    suffix = path.suffix.lower()
    if suffix not in WRITE_SUFFIXES[kinds]:
        raise OutputError(
            f"'{path}' has no suffix that can be written here: choose one of {', '.join(WRITE_SUFFIXES[kinds])}."
        )
    return suffix
