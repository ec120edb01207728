"""Messages on their way to a client: written by a thread of their own, so that no work waits for a busy client."""

import logging
import queue
import socket
import threading
import time

log = logging.getLogger(__name__)
LIMIT = 256
"""Messages that may wait; further progress is dropped, and no further messages of the client are read."""
DRAIN_SECONDS = 1.0
LOOK_EVERY = 0.02
"""Seconds between looks whether there is room again."""


class Outbox:
    """The way out of one connection; it is open as long as its thread lives."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._waiting: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write, name="outbox", daemon=True)
        self._writer.start()

    def put(self, data: bytes, may_drop: bool = False) -> None:
        """Send `data` soon; it is dropped if the way is closed, or full and it `may_drop`."""
        if self._writer.is_alive() and not (may_drop and self._waiting.qsize() >= LIMIT):
            self._waiting.put(data)

    def wait_for_room(self) -> None:
        """Wait until fewer than LIMIT messages wait, or the way is closed."""
        while self._waiting.qsize() >= LIMIT and self._writer.is_alive():
            time.sleep(LOOK_EVERY)

    def close(self) -> None:
        """Give what waits a moment to leave; the end of the socket ends the rest."""
        self._waiting.put(None)
        self._writer.join(DRAIN_SECONDS)

    def _write(self) -> None:
        try:
            while (data := self._waiting.get()) is not None:
                self._socket.sendall(data)
        except OSError as error:
            log.info("a client does not listen: %s", error)
