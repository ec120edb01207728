"""What the tests of the resident server share: a private place for it, real processes, and a bare wire to it."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from commands import COMMAND, ENVIRONMENT, TIMEOUT

from libhdrnet.client import hdrnet_client

SLOW = {"model": "psfnet", "device": "cpu", "precision": "fp32", "tile": 64, "align": False}
"""Options of a merge that takes many tiles."""
SECONDS = 60


def wait_until(condition, seconds=SECONDS, every=0.02):
    """Wait for something to become true and return it."""
    until = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < until, "waited in vain"
        time.sleep(every)
    return value


def is_alive(process):
    """Tell whether a process number still runs."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(process, os.WNOHANG)
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(") ", 1)[1][0] != "Z"
    except OSError:
        return False


class Wire:
    """A bare connection: bytes out, messages in."""

    def __init__(self, sock):
        self.socket = sock
        self.file = sock.makefile("rb")
        sock.settimeout(SECONDS)

    def send(self, message):
        data = message if isinstance(message, bytes) else json.dumps(message).encode() + b"\n"
        self.socket.sendall(data)

    def receive(self):
        """The next message that is no notification."""
        while line := self.file.readline():
            message = json.loads(line)
            if "method" not in message:
                return message
        raise EOFError

    def ask(self, method, params=None, identity=1):
        self.send({"jsonrpc": "2.0", "id": identity, "method": method, "params": params or {}})
        return self.receive()

    def hello(self):
        return self.ask("hello", {"protocol": hdrnet_client.PROTOCOL}, "hello")["result"]

    def close(self):
        self.file.close()
        self.socket.close()


class Home:
    """A private place in which a server lives."""

    def __init__(self, weights):
        self.folder = Path(tempfile.mkdtemp(prefix="hs-"))  # short: a socket's path has 107 characters at most
        self.environment = {
            "HDRNET_RUNTIME": str(self.folder / "run"),
            "XDG_STATE_HOME": str(self.folder / "state"),
            "HDRNET_ENVIRONMENT": str(self.folder / "environment.json"),
            "HDRNET_WEIGHTS": str(weights),
            "PYTHONPATH": ENVIRONMENT["PYTHONPATH"],
            "OMP_NUM_THREADS": "1",
        }
        self.runtime = self.folder / "run"
        self.log = self.folder / "state/libhdrnet/log/server.log"
        self.processes = []

    def serve(self, *words, prefix=(), ready=True):
        """Start `hdrnet serve` and wait until it listens."""
        process = subprocess.Popen(
            [*prefix, *COMMAND, "serve", "--json", *map(str, words)], env={**ENVIRONMENT, **self.environment},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.processes.append(process)
        if ready:
            line = process.stdout.readline()
            assert line, process.stderr.read()
            assert json.loads(line)["event"] == "done"
        return process

    def wire(self):
        sock = socket.socket(socket.AF_UNIX)
        sock.connect(str(self.runtime / "server.sock"))
        return Wire(sock)

    def connect(self, **options):
        return hdrnet_client.connect(command=COMMAND, **options)

    def leftovers(self):
        """Files of clients and servers."""
        found = os.walk(self.runtime / "jobs")  # which does not mind a folder that goes meanwhile
        return sorted(name for _, folders, files in found for name in (*folders, *files) if name != "lock")

    def end(self):
        with contextlib.suppress(hdrnet_client.ClientError, OSError, EOFError):
            wire = self.wire()
            process = wire.hello()["process"]
            wire.ask("shutdown")
            wire.close()
            wait_until(lambda: not is_alive(process))
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.communicate(timeout=TIMEOUT)
        shutil.rmtree(self.folder, ignore_errors=True)
