"""Lists of brackets as text, to look at and to correct by hand: a bracket a line, its pictures' names between bars."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from libhdrnet.errors import InputError

_BAR = " | "


def as_list(brackets: Sequence[Sequence[Path]], others: Mapping[Path, str]) -> str:
    """Return a list that `read_list` reads: brackets, and in comments what is left out."""
    lines = [_BAR.join(path.name for path in paths) for paths in brackets if len(paths) > 1]
    lines += [f"# alone: {paths[0].name}" for paths in brackets if len(paths) == 1]
    lines += [f"# left out: {path.name} ({why})" for path, why in others.items()]
    return "\n".join(lines)


def read_list(path: Path, folder: Path) -> list[tuple[Path, ...]]:
    """Read the brackets that a list names; empty lines and what begins with # are comments.

    Raises:
        InputError: the list cannot be read, names a picture that is not in the folder or twice, or a bracket of one.
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeError) as error:
        raise InputError(f"'{path}' cannot be read as a list of brackets ({error}); give a file of --list.") from error
    lines = [line.strip() for line in text.splitlines()]
    brackets = [
        tuple(folder / name.strip() for name in line.split(_BAR.strip()))
        for line in lines
        if line and not line.startswith("#")
    ]
    named = [picture for bracket in brackets for picture in bracket]
    for picture in named:
        if not picture.is_file():
            raise InputError(f"'{path}' names '{picture.name}', which is not in {folder}; correct the list.")
        if named.count(picture) > 1:
            raise InputError(f"'{path}' names '{picture.name}' twice; a picture belongs to one bracket.")
    for bracket in brackets:
        if len(bracket) == 1:
            raise InputError(f"'{path}' has a line with '{bracket[0].name}' alone; a bracket has two or more pictures.")
    return brackets
