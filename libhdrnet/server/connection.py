"""One client: its messages in, answers out, its private folder; what breaks here breaks for this client alone."""

import contextlib
import hmac
import logging
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from libhdrnet._version import __version__
from libhdrnet.client.hdrnet_client import MESSAGE_LIMIT, PROTOCOL, TASKS, prove
from libhdrnet.errors import HdrnetError
from libhdrnet.server import loading
from libhdrnet.server.exchange import file_of
from libhdrnet.server.jobs import Job
from libhdrnet.server.methods import prepare
from libhdrnet.server.outbox import Outbox
from libhdrnet.server.previews import previews
from libhdrnet.server.protocol import (
    BAD_PARAMS,
    INVALID,
    NOT_TRUSTED,
    UNKNOWN_METHOD,
    VERSION,
    ProtocolError,
    Request,
    answer,
    encode,
    read_request,
    refusal,
)
from libhdrnet.tasks.durations import kind_of, pixels_of

if TYPE_CHECKING:
    from libhdrnet.server.lifecycle import Server

log = logging.getLogger(__name__)
SEND_SECONDS = 60.0
"""A client that takes nothing for so long, although there is something, is gone."""


class Connection:
    """A client's connection; `run` answers until it ends."""

    def __init__(self, sock: socket.socket, host: "Server", new_folder: Callable[[], Path], token: str | None) -> None:
        self._socket = sock
        self._host = host
        self._new_folder = new_folder
        self._token = token
        self._folder: Path | None = None
        self._trusted = token is None
        self._outdated = False
        self._closed = False
        sock.settimeout(SEND_SECONDS)
        self._outbox = Outbox(sock)

    def run(self) -> None:
        """Answer messages until the client goes; then cancel its jobs and remove its folder."""
        try:
            for line in self._lines():
                self._answer(line)
        except OSError as error:
            log.info("a client's connection broke: %s", error)
        except Exception:
            log.exception("a connection ends by a bug")
        finally:
            self.close()
            self._host.cancel(self)
            self.sweep()
            self._host.forget(self)

    def close(self) -> None:
        """End the connection; `run` returns."""
        self._outbox.close()
        self._closed = True
        with contextlib.suppress(OSError):  # the other end was quicker
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def sweep(self) -> None:
        """Remove the folder and close the previews, if the connection has ended."""
        if self._closed and self._folder is not None:
            previews.close(self._folder)
            shutil.rmtree(self._folder, ignore_errors=True)

    def send(self, message: dict[str, Any], may_drop: bool = False) -> None:
        """Send a message soon, or drop it rather than wait; never fails: a vanished client has its jobs cancelled."""
        self._outbox.put(encode(message), may_drop)

    def _lines(self) -> Iterator[bytes]:
        """Lines of at most MESSAGE_LIMIT bytes; a longer one is answered and passed over."""
        rest, skipping = b"", False
        while not self._closed:
            self._outbox.wait_for_room()
            try:
                block = self._socket.recv(1 << 16)
            except TimeoutError:
                continue
            if not block:
                return
            *lines, rest = (rest + block).split(b"\n")
            for line in lines:
                if not skipping and len(line) < MESSAGE_LIMIT:
                    yield line
                elif not skipping:
                    self._refuse_length()
                skipping = False
            if len(rest) >= MESSAGE_LIMIT:
                if not skipping:
                    self._refuse_length()
                rest, skipping = b"", True

    def _refuse_length(self) -> None:
        text = f"the message is longer than {MESSAGE_LIMIT} bytes; share pixels as files."
        self.send(refusal(None, ProtocolError(INVALID, text)))

    def _answer(self, line: bytes) -> None:
        if not line.strip():
            return
        request = None
        try:
            request = read_request(line)
            result = self._act(request)
            if result is not None and request.wants_answer:
                self.send(answer(request.identity, result))
        except Exception as error:
            if not isinstance(error, ProtocolError | HdrnetError):
                log.exception("a message met a bug")
            self.send(refusal(request.identity if request else getattr(error, "identity", None), error))
            if isinstance(error, ProtocolError) and error.code == NOT_TRUSTED:
                raise ConnectionAbortedError(str(error)) from error

    def _act(self, request: Request) -> dict[str, Any] | None:
        """Do what is asked; None: the answer comes later."""
        method, params = request.method, request.params
        if method == "hello":
            return self._hello(params)
        if not self._trusted:
            raise ProtocolError(NOT_TRUSTED, "the client has not proved that it knows the token; say hello first.")
        if method == "shutdown":
            if self._outdated and params.get("finish") is True:  # it would put an older server in this one's place
                raise _other_protocol()
            self._host.shutdown(params.get("finish") is True)
            return {}
        if self._folder is None:
            raise ProtocolError(INVALID, f"'{method[:40]}' came before hello; say hello with your protocol first.")
        if method in TASKS:
            if not request.wants_answer:
                raise ProtocolError(INVALID, f"'{method}' needs an id, under which it is answered.")
            loading.without_torch.wait()  # parameters are checked and files looked at by what may still load
            work = prepare(method, params, self._folder)
            self._host.add(
                Job(self, request.identity, method, work, pixels_of(method, params), kind_of(method, params))
            )
            return None
        if method == "cancel":
            if not isinstance(params.get("id"), str | int):
                raise ProtocolError(BAD_PARAMS, "'cancel' needs the id of a call of this connection.")
            return {"cancelled": self._host.cancel(self, params["id"])}
        if method == "release":
            return {"released": _release(params.get("files"), self._folder)}
        if method == "status":
            return self._host.status()
        raise ProtocolError(
            UNKNOWN_METHOD,
            f"the method {method[:40]!r} is unknown; known are hello, {', '.join(TASKS)}, cancel, "
            "release, status and shutdown.",
        )

    def _hello(self, params: dict[str, Any]) -> dict[str, Any]:
        told = {"protocol": PROTOCOL, "version": __version__, "process": self._host.process}
        if self._token is not None:
            nonce, proof = params.get("nonce"), params.get("proof")
            right = isinstance(nonce, str) and isinstance(proof, str) and 16 <= len(nonce) <= 200
            expected = prove(self._token, "client", str(nonce))
            if not right or not hmac.compare_digest(str(proof).encode("utf-8", "replace"), expected.encode()):
                raise ProtocolError(NOT_TRUSTED, "the proof of the token is wrong or missing; read the file again.")
            self._trusted = True
            told["proof"] = prove(self._token, "server", str(nonce))
        spoken = params.get("protocol")
        if spoken != PROTOCOL:
            self._outdated = isinstance(spoken, int) and spoken < PROTOCOL
            raise _other_protocol()
        if self._folder is None:
            self._folder = self._new_folder()
        return {**told, "folder": str(self._folder)}


def _release(names: object, folder: Path) -> int:
    """Remove files of a folder; return how many."""
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ProtocolError(BAD_PARAMS, "'release' needs files, a list of names in this connection's folder.")
    there = [path for path in (file_of(name, folder) for name in names) if path.is_file() or path.is_symlink()]
    for path in there:
        path.unlink(missing_ok=True)
    return len(there)


def _other_protocol() -> ProtocolError:
    text = f"the server speaks protocol {PROTOCOL}; install the plug-in again, of the server's version ({__version__})."
    return ProtocolError(VERSION, text)
