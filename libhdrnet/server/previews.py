"""Brackets that are open for previews: small frames in memory while a client's dialog shows them."""

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from libhdrnet.errors import InputError

if TYPE_CHECKING:
    from libhdrnet.preview import Preview

MOST = 4
"""Previews that are open at a time."""
MOST_BYTES = 1 << 30
"""Memory of all together, beyond which the longest unused go."""
IDLE_SECONDS = 300.0
"""After so long unused a preview is closed; its client opens it again when it needs it."""


class PreviewGoneError(InputError):
    """The preview is not open, or not any more."""


@dataclass
class _Open:
    owner: Path
    preview: "Preview"
    used: float = field(default_factory=time.monotonic)


class Previews:
    """Open previews by their handles, the longest unused first; each belongs to the connection of a folder."""

    def __init__(self, most: int = MOST, most_bytes: float = MOST_BYTES) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._lock = threading.Lock()
        self._open: dict[str, _Open] = {}

    def keep(self, owner: Path, preview: "Preview") -> str:
        """Keep a preview open and return its handle."""
        handle = uuid.uuid4().hex
        with self._lock:
            self._put_last(handle, owner, preview)
        return handle

    def get(self, owner: Path, handle: str) -> "Preview":
        """Return an open preview of `owner`.

        Raises:
            PreviewGoneError: it is none of them.
        """
        with self._lock:
            found = self._open.get(handle)
            if found is None or found.owner != owner:
                raise PreviewGoneError(f"the preview {handle[:40]!r} is not open any more; open the bracket again.")
            self._put_last(handle, owner, found.preview)
            return found.preview

    def close(self, owner: Path, handle: str | None = None) -> int:
        """Close one or all previews of `owner`; return how many."""
        return self._close(lambda key, kept: kept.owner == owner and handle in (None, key))

    def close_idle(self) -> int:
        """Close what has not been used for long; return how many."""
        old = time.monotonic() - IDLE_SECONDS
        return self._close(lambda _key, kept: kept.used < old)

    def _close(self, is_gone: Callable[[str, _Open], bool]) -> int:
        with self._lock:
            count = len(self._open)
            self._open = {key: kept for key, kept in self._open.items() if not is_gone(key, kept)}
            return count - len(self._open)

    def _put_last(self, handle: str, owner: Path, preview: "Preview") -> None:
        """Note that a preview is used now, and let the longest unused go that are too many."""
        self._open.pop(handle, None)
        self._open[handle] = _Open(owner, preview)
        while len(self._open) > 1 and (
            len(self._open) > self._most or sum(kept.preview.nbytes for kept in self._open.values()) > self._most_bytes
        ):
            del self._open[next(iter(self._open))]


previews = Previews()
"""The previews of this process."""
