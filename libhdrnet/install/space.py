"""What an installation takes, told before anything is downloaded, and whether the disk has room for it."""

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from libhdrnet.errors import OutputError
from libhdrnet.install.environment import InstallError
from libhdrnet.install.packages import Package
from libhdrnet.install.pip import choose_torch
from libhdrnet.install.telling import Say

MARGIN = 100 << 20
"""Bytes that a bare environment takes, and a little more."""


def check_space(folder: Path, packages: Sequence[Package], say: Say, torch: str, *, only_tell: bool = False) -> None:
    """Tell what an installation takes; ask, unless it is `only_tell`, before what only an NVIDIA card has a use for.

    Raises:
        OutputError: there is too little space.
        InstallError: the person did not want it.
    """
    parent = next(path for path in (folder, *folder.parents) if path.exists())
    free, needed = shutil.disk_usage(parent).free, _download(packages) + _taken(packages)
    say(_estimate(packages, free))
    if choose_torch(torch) == "cpu" and any(package.name.startswith("nvidia") for package in packages):
        say("This is the build of PyTorch for NVIDIA cards: that for the CPU could not be reached.")
        # without a terminal nobody can be asked
        if (
            not only_tell
            and sys.stdin.isatty()
            and input("Install it all the same? [y/N] ").strip().lower() not in ("y", "yes")
        ):
            raise InstallError("the build of PyTorch for the CPU could not be reached: try again later.")
    if free < needed:
        raise OutputError(
            f"'{parent}' has {_megabytes(free)} free, about {_megabytes(needed)} are needed: free some space, "
            "or set XDG_DATA_HOME (Windows: LOCALAPPDATA) to a folder on another disk."
        )


def _estimate(packages: Sequence[Package], free: int) -> str:
    """Tell what an installation takes."""
    coming = [package for package in packages if not package.is_local]
    large = sorted((one for one in coming or packages if one.size), key=lambda one: -(one.size or 0))[:3]
    named = ", ".join(f"{package.name} {package.version} {_megabytes(package.size or 0)}" for package in large)
    unknown = sum(package.size is None for package in packages)
    total = _megabytes(sum(package.size or 0 for package in coming or packages))
    what = f"To download: {total}" if coming else f"Nothing to download; {total} are at hand"
    count = len(coming or packages)
    meanwhile = f" ({_megabytes(_download(packages))} more until it is done)" if coming else ""
    return (
        f"{what} in {count} file{'s' * (count != 1)} ({named}{f'; {unknown} of unknown size' if unknown else ''}); "
        f"{_megabytes(_taken(packages))} on disk{meanwhile}, where {_megabytes(free)} are free."
    )


def _download(packages: Sequence[Package]) -> int:
    """Return bytes that downloads take as long as the installation is under way."""
    return sum(package.size or 0 for package in packages if not package.is_local)


def _taken(packages: Sequence[Package]) -> int:
    """Return bytes that the installation takes when it is done."""
    return MARGIN + sum(package.unpacked for package in packages)


def _megabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"
