"""The door: the sockets on which the server listens, and the lock that makes it the only one."""

import contextlib
import json
import logging
import os
import secrets
import selectors
import socket
import threading
from collections.abc import Callable
from pathlib import Path

from libhdrnet.client import hdrnet_client
from libhdrnet.errors import OutputError
from libhdrnet.server.protocol import NOT_TRUSTED, ProtocolError, encode, refusal

log = logging.getLogger(__name__)
Welcome = Callable[[socket.socket, str | None], None]
"""Takes a connection, with the token if it came by TCP."""


class Door:
    """Listening sockets; `close` lets the next server open its own at once."""

    def __init__(self) -> None:
        self._sockets: dict[socket.socket, str | None] = {}
        self._held = contextlib.ExitStack()
        self._closing = threading.Lock()
        self._wake, self._woken = socket.socketpair()
        self.addresses: list[str] = []

    def take(self) -> bool:
        """Become the only server; False if there is one."""
        folder = hdrnet_client.runtime_folder()
        hdrnet_client.check_private(folder, create=True)
        return self._held.enter_context(hdrnet_client.locked(os.path.join(folder, "server.lock")))

    def open(self, tcp: bool) -> None:
        """Listen on the Unix socket and, if asked for or if there are none, on loopback TCP.

        Raises:
            OutputError: a socket cannot be made.
        """
        if hasattr(socket, "AF_UNIX"):
            self._open_unix(hdrnet_client.socket_path())
        if tcp or not self._sockets:
            self._open_tcp(hdrnet_client.token_path())

    def answer(self, welcome: Welcome) -> None:
        """Take connections until the door is closed; for a thread of its own."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._woken, selectors.EVENT_READ)
            for sock, token in self._sockets.items():
                selector.register(sock, selectors.EVENT_READ, token)
            while True:
                for key, _ in selector.select():
                    if key.fileobj is self._woken:
                        return
                    self._take_in(key.fileobj, key.data, welcome)  # type: ignore[arg-type]

    def close(self) -> None:
        """Listen no more, remove socket and token, release the lock; a second time nothing."""
        with self._closing:
            for path in self.addresses:
                with contextlib.suppress(OSError):
                    os.unlink(path)
            self.addresses = []
            for sock in self._sockets:
                sock.close()
            self._sockets = {}
            self._held.close()
            with contextlib.suppress(OSError):
                self._wake.close()

    def _take_in(self, listening: socket.socket, token: str | None, welcome: Welcome) -> None:
        try:
            connection, _ = listening.accept()
        except OSError as error:  # it went again, or there are no file numbers left
            log.warning("a client cannot be taken in: %s", error)
            return
        if token is None and hdrnet_client.peer_of(connection)[1] not in (None, os.getuid()):
            refused = ProtocolError(NOT_TRUSTED, "this server works for another user; start your own: hdrnet serve.")
            with contextlib.suppress(OSError), connection:
                connection.settimeout(1)
                connection.sendall(encode(refusal(None, refused)))
            return
        welcome(connection, token)

    def _open_unix(self, path: str) -> None:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)  # the lock is ours: whoever made it is gone
            sock.bind(path)
            os.chmod(path, 0o600)
            sock.listen(64)
        except OSError as error:
            sock.close()
            raise OutputError(
                f"'{path}' cannot be made a socket ({error.strerror or error}); set HDRNET_RUNTIME to another folder."
            ) from error
        self._sockets[sock] = None
        self.addresses.append(path)

    def _open_tcp(self, path: str) -> None:
        hdrnet_client.check_private(hdrnet_client.home_folder(), create=True)
        sock = socket.create_server(("127.0.0.1", 0), backlog=64)
        token = secrets.token_hex(32)
        partial = Path(f"{path}.{os.getpid()}")
        try:
            with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
                json.dump({"port": sock.getsockname()[1], "token": token, "process": os.getpid()}, file)
            partial.replace(path)
        except OSError as error:
            sock.close()
            raise OutputError(f"'{path}' cannot be written ({error.strerror}); free some space.") from error
        self._sockets[sock] = token
        self.addresses.append(path)
