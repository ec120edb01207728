"""The source tree that is installed: a checkout or an unpacked sdist, in which this file lies."""

import hashlib
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from libhdrnet.errors import InputError

ROOT = Path(__file__).parents[2]
PARTS = (
    "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "libhdrnet", "plugins", "installers",
)  # fmt: skip
"""All that a wheel is built of."""
CONSTRAINTS = ROOT / "installers/constraints.txt"
"""The versions that were tested."""


def check_tree() -> None:
    """Raise InputError where this file lies in an installed libhdrnet."""
    if not (ROOT / "pyproject.toml").exists():
        raise InputError(
            "there is nothing here to install from; get libhdrnet's sources, and run installers/install.sh."
        )


def fingerprint(torch: str) -> str:
    """Return what tells one state of the tree, for this Python and that build of torch, from another."""
    digest = hashlib.sha256(f"{sys.version} {sys.prefix} {torch}".encode())
    for path in _files():
        digest.update(f"{path.relative_to(ROOT)}\0".encode("utf-8", "surrogateescape"))
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def copy_tree(folder: Path) -> Path:
    """Copy the tree, so that building leaves nothing in it, and return the copy."""
    for path in _files():
        target = folder / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    return folder


def _files() -> Iterator[Path]:
    for part in PARTS:
        for path in sorted([ROOT / part, *(ROOT / part).rglob("*")]):
            if path.is_file() and path.suffix != ".pyc":
                yield path
