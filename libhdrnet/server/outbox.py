"""Messages on their way to a client: written by a thread of their own, so that no work waits for a busy client."""

import logging
import socket
import threading
from collections import deque

log = logging.getLogger(__name__)
LIMIT = 256
"""Messages that may wait; further progress is dropped, and no further messages of the client are read."""
DRAIN_SECONDS = 1.0


class Outbox:
    """The way out of one connection; it is open as long as its thread lives."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._waiting: deque[bytes | None] = deque()
        self._open = True
        self._changed = threading.Condition()
        """Guards the two above, and tells of each change."""
        self._writer = threading.Thread(target=self._write, name="outbox", daemon=True)
        self._writer.start()

    def put(self, data: bytes | None, may_drop: bool = False) -> None:
        """Send `data` soon; it is dropped if the way is closed, or full and it `may_drop`. None: close after it."""
        with self._changed:
            if self._open and not (may_drop and len(self._waiting) >= LIMIT):
                self._waiting.append(data)
                self._changed.notify_all()

    def wait_for_room(self) -> None:
        """Wait until fewer than LIMIT messages wait, or the way is closed."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._waiting) < LIMIT or not self._open)

    def close(self) -> None:
        """Give what waits a moment to leave; the end of the socket ends the rest."""
        self.put(None)
        self._writer.join(DRAIN_SECONDS)

    def _write(self) -> None:
        try:
            while (data := self._next()) is not None:
                self._socket.sendall(data)
        except OSError as error:
            log.info("a client does not listen: %s", error)
        finally:
            with self._changed:
                self._open = False
                self._changed.notify_all()

    def _next(self) -> bytes | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting)
            self._changed.notify_all()
            return self._waiting.popleft()
