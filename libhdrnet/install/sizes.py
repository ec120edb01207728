"""How large a wheel is, packed and unpacked: of one on the net only its list of contents is read."""

import io
import os
import urllib.parse
import urllib.request
import zipfile
from http.client import HTTPException

_UNPACKED = 4
"""A wheel with libraries is about so much larger unpacked, where its list of contents cannot be had."""
_SECONDS = 10


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
    try:
        return size, _unpacked(_Remote(url, size))
    except (OSError, HTTPException, ValueError, zipfile.BadZipFile):
        return size, size * _UNPACKED


def _unpacked(file: "str | _Remote") -> int:
    with zipfile.ZipFile(file) as wheel:
        return sum(member.file_size for member in wheel.infolist())


class _Remote(io.RawIOBase):
    """A file on a server, of which only what is asked for is fetched."""

    def __init__(self, url: str, size: int) -> None:
        self._url, self._size, self._at = url, size, 0

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        if at < 0:
            raise OSError("before the beginning")
        self._at = at
        return at

    def read(self, count: int = -1) -> bytes:
        end = self._size if count < 0 else min(self._at + count, self._size)
        if end <= self._at:
            return b""
        asked = {"Range": f"bytes={self._at}-{end - 1}"}
        with urllib.request.urlopen(urllib.request.Request(self._url, headers=asked), timeout=_SECONDS) as answer:  # noqa: S310
            if answer.status != 206:
                raise OSError("the server gives no parts of files")
            data: bytes = answer.read()
        self._at += len(data)
        return data
