"""What the readers share: find folders and files, and say what is missing."""

from collections.abc import Iterable
from pathlib import Path

from libhdrnet.errors import InputError
from libhdrnet.files import natural

PICTURES = (".tif", ".tiff", ".png", ".jpg", ".jpeg")


class LayoutError(InputError):
    """A folder is not laid out as its set is; who asked for the set adds how that is."""


def only(path: Path) -> Path:
    """Return `path`, or raise LayoutError that it is missing."""
    if not path.is_file():
        raise LayoutError(f"{path.parent}: {path.name} is missing")
    return path


def below(root: Path, *patterns: str) -> list[Path]:
    """Folders at any depth, `root` included, that hold a file of such a name, in order; hidden ones are left out."""
    found = {path.parent for pattern in patterns for path in root.rglob(pattern) if path.is_file()}
    shown = (folder for folder in found if not any(part.startswith(".") for part in folder.relative_to(root).parts))
    return in_order(shown)


def pictures(folder: Path, suffixes: tuple[str, ...] = PICTURES) -> dict[str, Path]:
    """Files with one of these suffixes by their names without it, numbers in order."""
    found = (path for path in folder.iterdir() if path.suffix.lower() in suffixes and not path.name.startswith("."))
    return {path.stem: path for path in in_order(found)}


def in_order(paths: Iterable[Path]) -> list[Path]:
    """Sort them, numbers in names by value."""
    return sorted(paths, key=lambda path: natural(str(path)))
