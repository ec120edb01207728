"""Ask libhdrnet's resident server for merges, defocus maps and deblurring.

One file, standard library only, Python 3.9 or newer: a plug-in carries a copy of it.

    import hdrnet_client
    with hdrnet_client.connect() as server:  # starts the server if there is none
        done = server.call("merge", {"inputs": ["/a.jpg", "/b.jpg"], "output": "/o.exr"}, on_progress=print)

        picture = server.share(floats, (height, width, 3))  # bytes of little-endian float32
        done = server.call("deblur", {"array": picture, "linear": True})
        pixels = server.fetch(done)  # an mmap; the file is gone once it is mapped

        preview = server.preview({"inputs": ["/a.jpg", "/b.jpg"]})  # small and soon, while options are tried
        shown = preview.show({"deghost": 0.7})
        pixels = server.fetch(shown["picture"])  # uint8, shown["size"] + [3]

The parameters of each method are told in libhdrnet/server/methods.py, the messages in libhdrnet/server/__init__.py.
A connection serves one thread; a call may be stopped by `should_cancel`, by an exception from a callback, by Ctrl+C
or by ending the process. If the server dies in mid-job it is started and asked once more.

libhdrnet is found by `~/.config/libhdrnet/environment.json`, which an installer writes
(`libhdrnet.install.environment.write_environment()`), else by `hdrnet` on the PATH.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import stat
import struct
import sys
import time
from types import MappingProxyType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any, BinaryIO

__all__ = [
    "connect",
    "Server",
    "Preview",
    "Sentence",
    "ClientError",
    "ServerUnavailableError",
    "ServerDiedError",
    "NoAnswerError",
    "NotTrustedError",
    "VersionError",
    "TaskError",
    "InputError",
    "PreviewGoneError",
    "OutputError",
    "OutOfMemoryError",
    "CancelledError",
]

PROTOCOL = 2
"""Number of the messages' form; a server of a lower one is replaced, one of a higher one needs a newer client."""
MESSAGE_LIMIT = 1 << 20
"""Bytes of a message, its newline included."""
START_SECONDS = 60.0
PATIENCE = 3.0
"""Seconds within which a server that runs says how it is."""
TASKS = ("merge", "preview", "defocus", "deblur", "exposures")
"""What is done in a queue, and may be asked for once more."""
_SIZES = {"float32": 4, "uint16": 2, "uint8": 1}


class Sentence(str):
    """What the server says, with what it was made of where a host may say it in its own language."""

    template = ""
    """The sentence with names in braces, as for `str.format`."""
    values: Mapping[str, Any] = MappingProxyType({})
    """By those names: texts, or {"template", "values"} of their own."""

    def __new__(cls, text: str, about: Mapping[str, Any] = MappingProxyType({})) -> Sentence:
        """Take what a message says, and what it has beside it."""
        made = super().__new__(cls, text)
        made.template, made.values = about.get("template", ""), about.get("values", {})
        return made


class ClientError(Exception):
    """Base of all errors here: the text is one sentence, `hint` says what to do (may be empty)."""

    exit_code = 1
    """What a command line would end with."""

    def __init__(self, text: str, hint: str = "", kind: str = "") -> None:
        super().__init__(text)
        self.hint = hint
        self.kind = kind or type(self).__name__


class ServerUnavailableError(ClientError):
    """There is no server and none can be started."""


class ServerDiedError(ServerUnavailableError):
    """The server ended in mid-job, twice."""


class NoAnswerError(ClientError):
    """A server is there and does not answer in time."""

    process: int | None = None
    """Its number, where the system tells it."""


class NotTrustedError(ClientError):
    """A folder, a socket or a server is not this user's alone, or the token is wrong."""


class VersionError(ClientError):
    """The server is of another version and could not be replaced."""

    protocol = 0
    """The server's; 0: it does not say."""


class TaskError(ClientError):
    """The server could not do what was asked; `kind` is its name for the reason."""


class InputError(TaskError):
    """A file, an array or a parameter cannot be used."""

    exit_code = 2


class PreviewGoneError(InputError):
    """The server has let the preview go, or is another one."""


class OutputError(TaskError):
    """The result cannot be written."""

    exit_code = 2


class OutOfMemoryError(TaskError):
    """The work does not fit into memory."""

    exit_code = 3


class CancelledError(TaskError):
    """The caller stopped it, or the server was told to stop."""

    exit_code = 4


_KINDS: dict[str, type[ClientError]] = {
    kind.__name__: kind
    for kind in (
        InputError, PreviewGoneError, OutputError, OutOfMemoryError, CancelledError, NotTrustedError, VersionError,
    )
}  # fmt: skip


class _LostError(Exception):
    """The connection broke."""


# Where things are. The server asks here, too, so that both ends agree.


def runtime_folder() -> str:
    """Folder of the socket and the locks; $HDRNET_RUNTIME overrides it."""
    if given := os.environ.get("HDRNET_RUNTIME"):
        return given
    if sys.platform == "win32":
        return home_folder()
    if os.environ.get("XDG_RUNTIME_DIR"):
        return os.path.join(os.environ["XDG_RUNTIME_DIR"], "libhdrnet")
    import tempfile

    return os.path.join(tempfile.gettempdir(), f"libhdrnet-{os.getuid()}")


def home_folder() -> str:
    """Folder of the token, where sandboxed hosts see it, too; they change XDG's variables but not the home."""
    if given := os.environ.get("HDRNET_RUNTIME"):
        return given
    if sys.platform == "win32":
        return os.path.join(os.environ.get("LOCALAPPDATA") or os.path.expanduser("~"), "libhdrnet", "resident")
    home = os.environ.get("SNAP_REAL_HOME") or os.path.expanduser("~")
    return os.path.join(home, ".cache", "libhdrnet", "resident")


def socket_path() -> str:
    """Path of the server's Unix socket."""
    return os.path.join(runtime_folder(), "server.sock")


def token_path() -> str:
    """Path of the file with the port and the token of loopback TCP."""
    return os.path.join(home_folder(), "token.json")


def environment_path() -> str:
    """Path of the file in which the installer says where libhdrnet is; $HDRNET_ENVIRONMENT overrides it."""
    if given := os.environ.get("HDRNET_ENVIRONMENT"):
        return given
    if sys.platform == "win32":
        base = os.environ.get("APPDATA") or os.path.expanduser("~")
    else:
        home = os.environ.get("SNAP_REAL_HOME") or os.path.expanduser("~")
        base = os.path.join(home, ".config")
        if os.environ.get("XDG_CONFIG_HOME") and not os.path.exists("/.flatpak-info") and "SNAP" not in os.environ:
            base = os.environ["XDG_CONFIG_HOME"]
    return os.path.join(base, "libhdrnet", "environment.json")


def check_private(folder: str, create: bool = False) -> None:
    """Raise NotTrustedError unless `folder` is this user's and closed to all others."""
    try:
        if create:
            os.makedirs(folder, mode=0o700, exist_ok=True)
        facts = os.lstat(folder)
    except OSError as error:
        raise NotTrustedError(
            f"'{folder}' cannot be used ({_reason(error)}).", "Set HDRNET_RUNTIME to a folder of your own."
        ) from error
    if not stat.S_ISDIR(facts.st_mode):
        raise NotTrustedError(f"'{folder}' is not a folder.", "Remove it, or set HDRNET_RUNTIME to another folder.")
    if sys.platform == "win32":
        return
    if facts.st_uid != os.getuid():
        raise NotTrustedError(
            f"'{folder}' belongs to another user (number {facts.st_uid}).",
            "Remove it, or set HDRNET_RUNTIME to a folder of your own.",
        )
    if facts.st_mode & 0o077:
        raise NotTrustedError(
            f"'{folder}' is open to other users (mode {stat.S_IMODE(facts.st_mode):o}).", f"Run: chmod 700 '{folder}'"
        )


def check_own_file(path: str) -> None:
    """Raise NotTrustedError unless `path` (no link) is this user's and closed to all others."""
    facts = os.lstat(path)
    if sys.platform != "win32" and (facts.st_uid != os.getuid() or facts.st_mode & 0o077):
        raise NotTrustedError(
            f"'{path}' is not this user's alone (owner {facts.st_uid}, mode {stat.S_IMODE(facts.st_mode):o}).",
            "Remove it and try again.",
        )


def peer_of(connection: socket.socket) -> tuple[int | None, int | None]:
    """Process and user number of the other end of a Unix socket, where the system tells them."""
    if not hasattr(socket, "SO_PEERCRED") or connection.family != socket.AF_UNIX:
        return None, None
    process, user, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return int(process), int(user)


def prove(token: str, side: str, nonce: str) -> str:
    """Return what shows that `side` ("client" or "server") knows the token, without telling it."""
    import hashlib
    import hmac

    return hmac.new(token.encode(), f"{side}:{nonce}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()


@contextlib.contextmanager
def locked(path: str, seconds: float = 0.0) -> Iterator[bool]:
    """Hold the lock file `path` inside; gives False if another process holds it for longer than `seconds`."""
    until = time.monotonic() + seconds
    with open(os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600), "rb+") as file:
        while not (held := _try_lock(file)) and time.monotonic() < until:
            time.sleep(0.02)
        yield held


def _try_lock(file: BinaryIO) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


# Which libhdrnet to start.


def read_environment() -> dict[str, Any] | None:
    """Return what the installer wrote, {"python": path, "version": text}; None if it wrote nothing."""
    path = environment_path()
    try:
        with open(path, encoding="utf-8") as file:
            facts = json.load(file)
        if isinstance(facts, dict) and isinstance(facts["python"], str) and isinstance(facts["version"], str):
            return facts
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError):
        pass
    raise ServerUnavailableError(f"'{path}' is damaged.", "Install libhdrnet again.")


def start_command() -> tuple[list[str], str | None]:
    """Return the words that run `hdrnet`, and its version where that is known."""
    facts = read_environment()
    if facts is not None:
        if not os.path.exists(facts["python"]):
            raise ServerUnavailableError(
                f"'{facts['python']}', which '{environment_path()}' names, is not there.", "Install libhdrnet again."
            )
        return [facts["python"], "-m", "libhdrnet.cli"], facts["version"]
    version = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "_version.py")
    if os.path.isfile(version):  # this file lies in the package, and is no copy
        with open(version, encoding="utf-8") as file:
            return [sys.executable, "-m", "libhdrnet.cli"], file.read().split('"')[1]
    import shutil

    found = shutil.which("hdrnet")
    if found is None:
        raise ServerUnavailableError("libhdrnet is not installed for this user.", "Install it, then try again.")
    return [found], None


class Server:
    """A connection to the resident server; see `connect`. Use it in a `with` block, or close it.

    Args:
        start: Start a server where there is none, and put one in the place of an older one.
        command: Words that run `hdrnet`; None: the installer's file says so, else the package this file lies in, else
            it is `hdrnet` on the PATH.
        version: The version that has to answer; None: as `command` is found.
        seconds: How long a start may take.
        any_protocol: A server whose messages are of another form will do: it can be shut down.

    Raises:
        ServerUnavailableError: no server, and none can be started.
        NotTrustedError: a folder, a socket or the other end is not this user's alone.
        VersionError: another version answers and could not be replaced.
    """

    def __init__(
        self,
        start: bool = True,
        *,
        command: list[str] | None = None,
        version: str | None = None,
        seconds: float = START_SECONDS,
        any_protocol: bool = False,
    ) -> None:
        self._start = start
        self._any_protocol = any_protocol
        self._command = command
        self._wanted = version
        self._unstartable: ServerUnavailableError | None = None
        self._seconds = seconds
        self._channel: _Channel | None = None
        self._count = 0
        self._shared: dict[str, BinaryIO] = {}
        self.left: float | None = None
        """Seconds that the call at work still takes; None if that is unknown. It is there for `on_progress` to read."""
        self.folder = ""
        """Private folder of this connection, for pixels; the server removes it when the connection ends."""
        self.version = ""
        """The server's."""
        self.process = 0
        """The server's process number."""
        self._connect()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connection; the server cancels what it still works on and removes the files."""
        self._drop()
        for file in self._shared.values():
            file.close()
        self._shared.clear()

    def call(
        self,
        method: str,
        params: dict[str, Any] | None = None,
        on_progress: Callable[[float, str], None] | None = None,
        should_cancel: Callable[[], bool] | None = None,
        on_note: Callable[[str, str], None] | None = None,
        seconds: float | None = None,
    ) -> dict[str, Any]:
        """Have the server do something and return its result.

        If the server dies in the middle, it is started and asked once more.

        Args:
            method: "merge", "defocus", "deblur", "exposures", "status", "shutdown", …
            params: See libhdrnet/server/methods.py; paths absolute.
            on_progress: Called with the fraction done and the stage, at least twice a second.
            should_cancel: Asked ten times a second; True stops the work and raises CancelledError.
            on_note: Called with "warning" or "note" and one sentence.
            seconds: How long to wait for the result; None: as long as it takes.

        Raises:
            TaskError: it could not be done (InputError, OutputError, OutOfMemoryError, CancelledError, …).
            ServerDiedError: the server died twice.
            NoAnswerError: `seconds` are over.
            ServerUnavailableError, NotTrustedError, VersionError: as `connect`.
        """
        again = method in TASKS
        while True:
            if self._channel is None:
                self._connect()
            try:
                return self._ask(method, params or {}, on_progress, should_cancel, on_note, seconds)
            except _LostError as error:
                self._drop()
                if not again or not self._start:
                    raise ServerDiedError(
                        f"the server ended while it was asked for '{method}'{' again' if self._start else ''}.",
                        "Its log says why; see hdrnet status.",
                    ) from error
                again = False
                if on_note is not None:
                    on_note("note", "The server ended in mid-job; it is asked once more.")

    def preview(self, bracket: dict[str, Any]) -> Preview:
        """Return what shows merges of a bracket, small and soon.

        Args:
            bracket: "inputs" (absolute paths) or "arrays" (of `share`) with "names", and perhaps "response".
        """
        return Preview(self, bracket)

    def share(self, data: bytes | Iterable[bytes], shape: tuple[int, ...], dtype: str = "float32") -> dict[str, Any]:
        """Put pixels where the server maps them, and return their description for `params`.

        Args:
            data: Little-endian values, rows from the top: anything with the buffer protocol, or blocks of it.
            shape: (height, width, 3), or (height, width) for a map.
            dtype: "float32", "uint16" or "uint8".
        """
        if self._channel is None:
            self._connect()
        self._count += 1
        name = f"input-{self._count}.raw"
        size = _SIZES[dtype]
        for edge in shape:
            size *= edge
        blocks: Any = data
        with contextlib.suppress(TypeError):  # no buffer, or not one piece
            blocks = [memoryview(blocks).cast("B")]
        try:
            file = self._new_file(name)
            self._shared[name] = file  # open until released: should the server die, it is put there again
            file.writelines(blocks)
            file.flush()
        except OSError as error:
            self.release({"file": name})
            raise OutputError(
                f"the pixels cannot be handed over in '{self.folder}' ({_reason(error)}).", "Free some memory or space."
            ) from error
        given = file.tell()
        if given != size:
            self.release({"file": name})
            raise InputError(f"the pixels have {given} bytes, but {tuple(shape)} of {dtype} takes {size}.")
        return {"file": name, "shape": list(shape), "dtype": dtype}

    def fetch(self, array: dict[str, Any]) -> Any:
        """Map the pixels that a result describes and have their file removed; the mapping stays (an mmap)."""
        import mmap

        with open(array["file"], "rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.release(array)
        return mapped

    def release(self, *arrays: dict[str, Any]) -> None:
        """Have the files of shared or fetched pixels removed."""
        names = [array["file"] for array in arrays]
        for name in names:
            if name in self._shared:
                self._shared.pop(name).close()
        self.call("release", {"files": names})

    def _ask(
        self,
        method: str,
        params: dict[str, Any],
        on_progress: Callable[[float, str], None] | None = None,
        should_cancel: Callable[[], bool] | None = None,
        on_note: Callable[[str, str], None] | None = None,
        seconds: float | None = None,
    ) -> dict[str, Any]:
        channel = self._channel
        if channel is None:
            raise _LostError
        self._count += 1
        self.left = None
        number = self._count
        channel.send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        until = None if seconds is None else time.monotonic() + seconds
        asked = False
        try:
            while True:
                message = channel.receive(0.1)
                if message.get("id") == number and "method" not in message:
                    return _result(message)
                about = message.get("params") or {}
                if about.get("id") == number:
                    if message["method"] == "progress" and on_progress is not None:
                        self.left = about.get("left")
                        on_progress(about["fraction"], Sentence(about["stage"], about))
                    elif message["method"] == "message" and on_note is not None:
                        on_note(about["kind"], Sentence(about["text"], about))
                if not asked and should_cancel is not None and should_cancel():
                    asked = True
                    channel.send({"jsonrpc": "2.0", "method": "cancel", "params": {"id": number}})
                if until is not None and time.monotonic() > until:
                    late = NoAnswerError("the server does not answer.", "Run: hdrnet stop")
                    late.process, _ = peer_of(channel.socket)
                    raise late
        except (ClientError, _LostError):
            raise
        except BaseException:  # Ctrl+C, or a callback that failed: whoever asked does not want it any more
            self._abandon(channel, number)
            raise

    def _abandon(self, channel: _Channel, number: int) -> None:
        """Cancel a call and wait until the server has stopped; a second Ctrl+C stops the waiting."""
        until = time.monotonic() + 60
        try:
            channel.send({"jsonrpc": "2.0", "method": "cancel", "params": {"id": number}})
            while time.monotonic() < until:
                message = channel.receive(0.1)
                if message.get("id") == number and "method" not in message:
                    return
        except (_LostError, KeyboardInterrupt):
            pass
        self._drop()

    def _drop(self) -> None:
        if self._channel is not None:
            self._channel.close()
            self._channel = None

    def _connect(self) -> None:
        if self._start and self._command is None and not _sandboxed():
            try:
                self._command, known = start_command()
            except ServerUnavailableError as error:  # one that runs will do
                self._unstartable = error
            else:
                self._wanted = self._wanted or known
        for _ in range(3):  # an old server may have to go, and another client may be quicker
            self._channel = _dial() or self._dial_first()
            try:
                told = self._hello(self._channel.token)
            except _LostError:
                self._drop()
                continue
            if self._any_protocol and told.get("protocol") != PROTOCOL:
                return
            if told.get("protocol", 0) > PROTOCOL:
                self._drop()
                raise VersionError(
                    "this program's part of hdrnet is older than the hdrnet that runs.",
                    "Install it again: hdrnet install gimp",
                )
            if told.get("protocol") == PROTOCOL and self._wanted in (None, told.get("version")):
                self.version, self.process, self.folder = told["version"], told["process"], told["folder"]
                self._share_again()
                return
            if not self._start or self._command is None or _sandboxed():
                self._drop()
                break
            with contextlib.suppress(_LostError):
                self._ask("shutdown", {"finish": True}, seconds=10)
            self._drop()
        raise VersionError(
            "the server that runs is of another version, or ends as soon as it starts.",
            "Run: hdrnet stop; then try again.",
        )

    def _hello(self, token: str | None) -> dict[str, Any]:
        params: dict[str, Any] = {"protocol": PROTOCOL}
        nonce = os.urandom(16).hex()
        if token is not None:
            params.update(nonce=nonce, proof=prove(token, "client", nonce))
        try:
            told = self._ask("hello", params, seconds=30 if self._start else PATIENCE)
        except VersionError as error:
            return {"protocol": error.protocol}
        if token is not None and told.get("proof") != prove(token, "server", nonce):
            self._drop()
            raise NotTrustedError("what answers in the server's place does not know the token.", "Run: hdrnet stop")
        return told

    def _dial_first(self) -> _Channel:
        """Start the server, unless another client has just done so."""
        if not self._start:
            raise ServerUnavailableError("no server is running.", "Run: hdrnet serve")
        if self._command is None:
            raise self._unstartable or ServerUnavailableError(
                "no server is running, and a sandboxed program cannot start one.", "Run outside: hdrnet serve --tcp"
            )
        folder = runtime_folder()
        check_private(folder, create=True)
        with locked(os.path.join(folder, "start.lock"), self._seconds) as held:
            if not held:
                raise ServerUnavailableError("another program tries in vain to start the server.", "Try again.")
            return _dial() or _launch(self._command, folder, self._seconds)

    def _new_file(self, name: str) -> BinaryIO:
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        return open(os.open(os.path.join(self.folder, name), flags, 0o600), "w+b")

    def _share_again(self) -> None:
        """Put shared pixels into the folder of a new server."""
        import shutil

        for name, old in list(self._shared.items()):
            old.seek(0)
            self._shared[name] = self._new_file(name)
            shutil.copyfileobj(old, self._shared[name], 1 << 20)
            self._shared[name].flush()
            old.close()


connect = Server
"""Connect to the resident server; takes and raises what `Server` does."""


class Preview:
    """A bracket that the server keeps open; it is opened when a picture is first asked for, and again if it is gone."""

    def __init__(self, server: Server, bracket: dict[str, Any]) -> None:
        self._server = server
        self._bracket = bracket
        self._handle: str | None = None

    def show(self, options: dict[str, Any], **callbacks: Any) -> dict[str, Any]:
        """Return a picture of the merge with these options, and what is to be known of it.

        See `preview` in libhdrnet/server/methods.py; arrays have to stay shared, and warnings are Sentences.
        `callbacks` are those of `Server.call`, which says what is raised.
        """
        if self._handle is not None:
            try:
                return self._ask({**options, "handle": self._handle}, callbacks)
            except PreviewGoneError:
                self._handle = None
        shown = self._ask({**options, **self._bracket}, callbacks)
        self._handle = shown["handle"]
        return shown

    def _ask(self, params: dict[str, Any], callbacks: dict[str, Any]) -> dict[str, Any]:
        shown = self._server.call("preview", params, **callbacks)
        for told in (shown, *shown["frames"]):
            told["warnings"] = [Sentence(warning["text"], warning) for warning in told["warnings"]]
        return shown

    def close(self) -> None:
        """Let the server forget the bracket."""
        if self._handle is not None:
            handle, self._handle = self._handle, None
            self._server.call("preview", {"handle": handle, "close": True})


class _Channel:
    """Messages over a socket, one a line."""

    def __init__(self, connection: socket.socket, token: str | None = None) -> None:
        self.socket = connection
        self._rest = b""
        self.token = token

    def send(self, message: dict[str, Any]) -> None:
        data = json.dumps(message).encode() + b"\n"
        if len(data) > MESSAGE_LIMIT:
            raise InputError(
                f"the message has {len(data)} bytes; {MESSAGE_LIMIT} are the limit: share pixels as files."
            )
        try:
            self.socket.settimeout(30)
            self.socket.sendall(data)
        except OSError as error:
            raise _LostError from error

    def receive(self, seconds: float) -> dict[str, Any]:
        """Return the next message, an empty one if none comes in time."""
        while b"\n" not in self._rest:
            try:
                self.socket.settimeout(seconds)
                block = self.socket.recv(1 << 16)
            except socket.timeout:  # noqa: UP041 (Python 3.9)
                return {}
            except OSError as error:
                raise _LostError from error
            if not block or len(self._rest) > MESSAGE_LIMIT:
                raise _LostError
            self._rest += block
        line, self._rest = self._rest.split(b"\n", 1)
        try:
            message = json.loads(line)
        except ValueError as error:
            raise _LostError from error
        return message if isinstance(message, dict) else {}

    def close(self) -> None:
        self.socket.close()


def _result(message: dict[str, Any]) -> dict[str, Any]:
    if "error" not in message:
        result = message.get("result")
        return result if isinstance(result, dict) else {}
    error = message["error"]
    data = error.get("data") or {}
    kind = data.get("kind", "")
    raised = _KINDS.get(kind, TaskError)(Sentence(error["message"], data), data.get("hint", ""), kind)
    raised.exit_code = data.get("exit_code", raised.exit_code)
    if isinstance(raised, VersionError):
        raised.protocol = data.get("protocol", 0)
    raise raised


def _sandboxed() -> bool:
    return os.path.exists("/.flatpak-info")


def _dial() -> _Channel | None:
    """Connect by Unix socket, else by TCP; None if nobody is there."""
    connection = None
    if hasattr(socket, "AF_UNIX") and not _sandboxed():
        connection = _dial_unix(socket_path())
    return connection or _dial_tcp(token_path())


def _dial_unix(path: str) -> _Channel | None:
    if not os.path.lexists(path):
        return None
    check_private(os.path.dirname(path))
    facts = os.lstat(path)
    if not stat.S_ISSOCK(facts.st_mode) or facts.st_uid != os.getuid():
        raise NotTrustedError(f"'{path}' is no socket of this user (owner {facts.st_uid}).", "Remove it and try again.")
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(5)
        connection.connect(path)
    except OSError:  # a crash left the file behind
        connection.close()
        return None
    if peer_of(connection)[1] not in (None, os.getuid()):
        connection.close()
        raise NotTrustedError(f"another user's program answers at '{path}'.", "Remove it and try again.")
    return _Channel(connection)


def _dial_tcp(path: str) -> _Channel | None:
    try:
        check_own_file(path)
        with open(path, encoding="utf-8") as file:
            facts = json.load(file)
        port, token = int(facts["port"]), str(facts["token"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    try:
        return _Channel(socket.create_connection(("127.0.0.1", port), 5), token)
    except OSError:
        return None


_STARTED: list[Any] = []
"""Processes started from here: kept, so that nobody warns that they still run."""


def _launch(command: list[str], folder: str, seconds: float) -> _Channel:
    """Start the server on its own and wait until it answers."""
    import subprocess

    told = os.path.join(folder, "start.log")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONHOME"}
    options: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        options = {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}
    words = [*command, "serve", "--quiet", *(["--tcp"] if sys.platform == "win32" else [])]
    try:
        with open(told, "wb") as log:
            process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log, cwd=folder, env=environment,
                **options,
            )  # fmt: skip
    except OSError as error:
        raise ServerUnavailableError(
            f"'{command[0]}' cannot be started ({_reason(error)}).", "Install libhdrnet again."
        ) from error
    _STARTED.append(process)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        channel = _dial()
        if channel is not None:
            return channel
        if process.poll():
            break
        time.sleep(0.02)
    with open(told, encoding="utf-8", errors="replace") as log_text:
        lines = log_text.read().strip().splitlines() or [f"it did not answer within {seconds:.0f} seconds"]
    raise ServerUnavailableError(f"the server does not start: {lines[-1]}", f"Try in a terminal: {' '.join(words)}")


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
