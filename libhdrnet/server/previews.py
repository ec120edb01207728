"""Brackets that are open for previews: small frames in memory while a client's dialog shows them."""

import threading
import time
import uuid
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
    """Open previews by their handles; each belongs to a connection, which its folder stands for."""

    def __init__(self, most: int = MOST, most_bytes: float = MOST_BYTES) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._lock = threading.Lock()
        self._open: dict[str, _Open] = {}

    def keep(self, owner: Path, preview: "Preview") -> str:
        """Keep a preview open and return its handle."""
        handle = uuid.uuid4().hex
        with self._lock:
            self._open[handle] = _Open(owner, preview)
            self._make_room()
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
            found.used = time.monotonic()
            self._make_room()
            return found.preview

    def close(self, owner: Path, handle: str | None = None) -> int:
        """Close one or all previews of `owner`; return how many."""
        with self._lock:
            gone = [key for key, kept in self._open.items() if kept.owner == owner and handle in (None, key)]
            for key in gone:
                del self._open[key]
        return len(gone)

    def close_idle(self) -> int:
        """Close what has not been used for long; return how many."""
        with self._lock:
            old = time.monotonic() - IDLE_SECONDS
            gone = [key for key, kept in self._open.items() if kept.used < old]
            for key in gone:
                del self._open[key]
        return len(gone)

    def _make_room(self) -> None:
        by_use = sorted(self._open, key=lambda key: self._open[key].used)
        for key in by_use[:-1]:
            held = sum(kept.preview.nbytes for kept in self._open.values())
            if len(self._open) <= self._most and held <= self._most_bytes:
                return
            del self._open[key]


previews = Previews()
"""The previews of this process."""
