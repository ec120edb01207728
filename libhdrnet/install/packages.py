"""The files that pip would install, and how large each is, packed and unpacked."""

import io
import os
import urllib.parse
import urllib.request
import zipfile
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

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
        try:
            return size, _unpacked(io.BytesIO(_tail(url, size, tail)))
        except (OSError, HTTPException, ValueError, zipfile.BadZipFile):
            continue
    return size, size * _UNPACKED


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
