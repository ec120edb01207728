"""What an installation takes: its files, how large they are, packed and unpacked, and whether the disk has room."""

import io
import os
import shutil
import sys
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

from libhdrnet.errors import OutputError
from libhdrnet.install.environment import InstallError
from libhdrnet.install.telling import Say

MARGIN = 100 << 20
"""Bytes that a bare environment takes, and a little more."""
_TAILS = (1 << 17, 1 << 21)
"""Bytes at the end of a wheel in which its list of contents is looked for: of the 25 wheels that libhdrnet needs, only
PyTorch's list (1.2 MB) is longer than the first."""
_UNPACKED = 4
"""A wheel with libraries is about so much larger unpacked, where its list of contents cannot be had."""
_SECONDS = 10


@dataclass(frozen=True)
class Package:
    """One file that pip would install."""

    name: str
    version: str
    url: str
    digest: str
    """SHA-256; may be empty for local files."""
    size: int | None
    """Bytes to download or to read; None where the server does not tell."""
    unpacked: int
    """Bytes on disk; estimated where the server does not give parts of files."""

    @classmethod
    def reported(cls, facts: dict[str, Any]) -> "Package":
        """Return a package of pip's report, with its sizes."""
        about, place = facts["metadata"], facts["download_info"]
        digest = place.get("archive_info", {}).get("hashes", {}).get("sha256", "")
        return cls(about["name"], about["version"], place["url"], digest, *sizes_of(place["url"]))

    @property
    def is_local(self) -> bool:
        """Tell whether the file lies on this disk."""
        return self.url.startswith("file:")

    @property
    def requirement(self) -> str:
        """The words by which pip installs this very file."""
        return f"{self.name} @ {self.url}{f'#sha256={self.digest}' if self.digest else ''}"


def check_space(folder: Path, packages: Sequence[Package], say: Say, torch: str, *, only_tell: bool = False) -> None:
    """Tell what an installation takes with a build of PyTorch, cuda or cpu.

    Unless it is `only_tell`, ask before what only an NVIDIA card has a use for.

    Raises:
        OutputError: there is too little space.
        InstallError: the person did not want it.
    """
    parent = next(path for path in (folder, *folder.parents) if path.exists())
    free, needed = shutil.disk_usage(parent).free, _download(packages) + _taken(packages)
    say(_estimate(packages, free))
    if torch == "cpu" and any(package.name.startswith("nvidia") for package in packages):
        say("This is the build of PyTorch for NVIDIA cards: that for the CPU could not be reached.")
        asked = not only_tell and sys.stdin.isatty()  # without a terminal nobody can be
        if asked and input("Install it all the same? [y/N] ").strip().lower() not in ("y", "yes"):
            raise InstallError("the build of PyTorch for the CPU could not be reached: try again later.")
    if free < needed:
        raise OutputError(
            f"'{parent}' has {_megabytes(free)} free, about {_megabytes(needed)} are needed: free some space, "
            "or set XDG_DATA_HOME (Windows: LOCALAPPDATA) to a folder on another disk."
        )


def sizes_of(url: str) -> tuple[int | None, int]:
    """Return bytes to download or to read (None: the server does not tell), and bytes on disk."""
    if url.startswith("file:"):
        path = urllib.request.url2pathname(urllib.parse.urlsplit(url).path)
        size = os.path.getsize(path)
        return size, _unpacked(path) if zipfile.is_zipfile(path) else size * _UNPACKED
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=_SECONDS) as answer:  # noqa: S310
            size = int(answer.headers["Content-Length"])
    except (OSError, HTTPException, TypeError, ValueError):  # only a figure to show
        return None, 0
    for tail in _TAILS:
        with suppress(OSError, HTTPException, ValueError, zipfile.BadZipFile):
            return size, _unpacked(io.BytesIO(_tail(url, size, tail)))
    return size, size * _UNPACKED


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


def _unpacked(file: str | io.BytesIO) -> int:
    with zipfile.ZipFile(file) as wheel:
        return sum(member.file_size for member in wheel.infolist())


def _tail(url: str, size: int, count: int) -> bytes:
    asked = {"Range": f"bytes={max(size - count, 0)}-{size - 1}"}
    with urllib.request.urlopen(urllib.request.Request(url, headers=asked), timeout=_SECONDS) as answer:  # noqa: S310
        if answer.status != 206:
            raise OSError("the server gives no parts of files")
        data: bytes = answer.read()
        return data
