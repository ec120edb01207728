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
    """The way out of one connection."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._changed = threading.Condition()
        self._waiting: deque[bytes] = deque()
        self._writing = False
        self._open = True
        threading.Thread(target=self._write, name="outbox", daemon=True).start()

    def put(self, data: bytes, may_drop: bool = False) -> None:
        """Send `data` soon; it is dropped if the way is closed, or full and it `may_drop`."""
        with self._changed:
            if self._open and not (may_drop and len(self._waiting) >= LIMIT):
                self._waiting.append(data)
                self._changed.notify_all()

    def wait_for_room(self) -> None:
        """Wait until fewer than LIMIT messages wait, or the way is closed."""
        with self._changed:
            self._changed.wait_for(lambda: not self._open or len(self._waiting) < LIMIT)

    def close(self) -> None:
        """Give what waits a moment to leave, then let the rest go."""
        with self._changed:
            self._changed.wait_for(lambda: not self._open or not (self._waiting or self._writing), DRAIN_SECONDS)
            self._open = False
            self._waiting.clear()
            self._changed.notify_all()

    def _write(self) -> None:
        while True:
            with self._changed:
                self._writing = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: not self._open or self._waiting)
                if not self._open:
                    return
                data, self._writing = self._waiting.popleft(), True
            try:
                self._socket.sendall(data)
            except OSError as error:
                log.info("a client does not listen: %s", error)
                with self._changed:
                    self._open = False
                    self._changed.notify_all()
                return
