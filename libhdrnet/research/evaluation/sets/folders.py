"""What the readers share: find folders and files, and say what is missing."""

import re
from pathlib import Path

from libhdrnet.errors import InputError

PICTURES = (".tif", ".tiff", ".png", ".jpg", ".jpeg")


def check_root(root: Path, layout: str) -> None:
    """Raise InputError if there is no folder `root`."""
    if not root.is_dir():
        raise InputError(f"{root}: is not a folder; --root names one with the layout {layout}.")


def only(path: Path, layout: str) -> Path:
    """Return `path`, or raise InputError that it is missing."""
    if not path.is_file():
        raise InputError(f"{path.parent}: {path.name} is missing; the layout is {layout}.")
    return path


def below(root: Path, pattern: str) -> set[Path]:
    """Folders at any depth, `root` included, that hold a file of that name; hidden ones are left out."""
    found = {path.parent for path in root.rglob(pattern) if path.is_file()}
    return {folder for folder in found if not any(part.startswith(".") for part in folder.relative_to(root).parts)}


def pictures(folder: Path, suffixes: tuple[str, ...] = PICTURES) -> dict[str, Path]:
    """Files with one of these suffixes by their names without it, numbers in order."""
    found = (path for path in folder.iterdir() if path.suffix.lower() in suffixes and not path.name.startswith("."))
    return {path.stem: path for path in sorted(found, key=natural)}


def natural(path: Path | str) -> list[tuple[int, str]]:
    """Sort key that takes numbers in names by value."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", str(path).lower())]
