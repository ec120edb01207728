"""The server's life: one at a time, idle end, a clean stop at SIGTERM, a log that does not grow."""

import logging
import logging.handlers
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from platformdirs import user_log_path

from libhdrnet import tasks
from libhdrnet._version import __version__
from libhdrnet.client.hdrnet_client import NotTrustedError
from libhdrnet.engine import bounded
from libhdrnet.engine.memory import give_back_memory
from libhdrnet.errors import InputError, ResidentError
from libhdrnet.server import loading, status
from libhdrnet.server.connection import Connection
from libhdrnet.server.door import Door
from libhdrnet.server.exchange import Exchange, home_base, memory_base
from libhdrnet.server.jobs import LOOK_EVERY, Job, Jobs
from libhdrnet.server.methods import SOON, Work
from libhdrnet.server.previews import previews
from libhdrnet.server.protocol import INVALID, Identity, ProtocolError

log = logging.getLogger(__name__)
STOP_SECONDS = 20.0
"""How long a job that was cancelled at the end may take to reach its next tile."""
QUIET_SECONDS = 1.0
"""After so long without a job, memory kept for the next one is given back."""


def serve(*, tcp: bool = False, idle_minutes: float = 10.0, ready: Callable[..., None]) -> None:
    """Run the server until it is idle for long, told to stop, or terminated.

    `ready` is called with a sentence and facts once it answers, or if there is one already.

    Raises:
        InputError: `idle_minutes` is no positive number.
        ResidentError: a folder is not this user's alone.
        OutputError: a socket cannot be made.
    """
    if not idle_minutes > 0:
        raise InputError(f"--idle {idle_minutes} is out of range; give minutes above 0.")
    door = Door()
    try:
        if not door.take():
            door.close()
            ready("a server is running already; see hdrnet status.", running=True)
            return
        server = Server(door, tcp, idle_minutes)
    except NotTrustedError as error:
        raise ResidentError(f"{error} {error.hint}", error.kind, 2) from error
    ready(f"listening at {', '.join(door.addresses)}", addresses=list(door.addresses), process=server.process)
    server.run()


class Server:
    """The process: door, exchange, jobs and connections."""

    def __init__(self, door: Door, tcp: bool, idle_minutes: float) -> None:
        self.process = os.getpid()
        self._end = threading.Event()
        for name in ("SIGTERM", "SIGINT", "SIGHUP"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), lambda *_: self._end.set())
        self._log = _start_log()
        self._door = door
        self._idle_minutes = idle_minutes
        self._begun = self._active = time.monotonic()
        self._memory_kept_since: float | None = None
        self._finish = False
        self._connections: set[Connection] = set()
        self._lock = threading.Lock()
        self._memory = Exchange(memory_base())
        self._home = Exchange(home_base()) if tcp or not hasattr(socket, "AF_UNIX") else None
        self._soon, self._jobs = self._queues = Jobs(self._after_job), Jobs(self._after_job)
        door.open(tcp)
        log.info("version %s listens at %s", __version__, ", ".join(door.addresses))

    def run(self) -> None:
        """Work until the end."""
        loading.start()
        for queue in self._queues:
            queue.start()
        threading.Thread(target=self._door.answer, args=(self._welcome,), name="door", daemon=True).start()
        while not self._end.wait(LOOK_EVERY):
            self._look_around()
        self._stop()

    def add(self, job: Job) -> None:
        """Queue a job.

        Raises:
            ProtocolError: the server stops, or a job of this owner has the same id.
        """
        if any(other.owner is job.owner and other.identity == job.identity for other in self._all()):
            raise ProtocolError(INVALID, f"the id {job.identity!r} is in use; give each call its own.", job.identity)
        if job.method in SOON:
            job.work = partial(self._beside, job.work)
            self._soon.add(job)
        else:
            self._jobs.add(job)
        self._active = time.monotonic()

    def cancel(self, owner: Connection, identity: Identity = None) -> int:
        """Cancel jobs of a connection."""
        return sum(queue.cancel(owner, identity) for queue in self._queues)

    def status(self) -> dict[str, Any]:
        """Return the facts for `hdrnet status`."""
        return status.facts(
            self._all(), done=sum(queue.done for queue in self._queues), clients=len(self._connections),
            begun=self._begun, idle_minutes=self._idle_minutes, log=self._log,
        )  # fmt: skip

    def shutdown(self, finish: bool) -> None:
        """Begin to end; the door closes at once, so that the next server can open its own."""
        self._door.close()
        self._finish = finish
        self._end.set()

    def forget(self, connection: Connection) -> None:
        """Let an ended connection go."""
        with self._lock:
            self._connections.discard(connection)

    def _welcome(self, sock: socket.socket, token: str | None) -> None:
        exchange = self._memory if token is None or self._home is None else self._home
        connection = Connection(sock, self, exchange.new_folder, token)
        with self._lock:
            self._connections.add(connection)
        self._active = time.monotonic()
        threading.Thread(target=connection.run, name="client", daemon=True).start()

    def _look_around(self) -> None:
        jobs, now = [job for queue in self._queues for job in queue.tell()], time.monotonic()
        if previews.close_idle():
            self._memory_kept_since = self._memory_kept_since or now
        if jobs:
            self._active = now
        elif self._memory_kept_since is not None and now - self._memory_kept_since > QUIET_SECONDS:
            self._memory_kept_since = None
            give_back_memory()
        elif now - self._active > self._idle_minutes * 60:
            log.info("idle for %g minutes", self._idle_minutes)
            self._end.set()

    def _after_job(self, job: Job) -> None:
        loading.everything.wait()
        from libhdrnet.engine.models import loaded

        loaded.trim()
        job.owner.sweep()  # it may have gone while the result was written
        self._active = self._memory_kept_since = time.monotonic()
        if job.cancelled.is_set():
            give_back_memory()

    def _stop(self) -> None:
        self._door.close()
        for queue in self._queues:
            queue.stop(self._finish)
        ended = self._wait(STOP_SECONDS) if not self._finish else self._finish_jobs()
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            connection.close()
        for exchange in (self._memory, self._home):
            if exchange is not None:
                exchange.close()
        log.info("ended%s", "" if ended else ", although a job did not stop")
        logging.shutdown()
        sys.stdout.flush()
        os._exit(0)  # threads that wait for clients, or a job that does not stop, are not waited for

    def _finish_jobs(self) -> bool:
        """Let the jobs end; told once more to stop, stop them."""
        self._end.clear()
        while not self._wait(LOOK_EVERY):
            for queue in self._queues:
                queue.tell()
            if self._end.is_set():
                for queue in self._queues:
                    queue.stop(finish=False)
                return self._wait(STOP_SECONDS)
        return True

    def _beside(self, work: Work, talk: tasks.Talk) -> dict[str, Any]:
        """Work with one thread while another job is at work: threads that contend for cores take several times as long.

        Beside other programs a change of reference took 1.4 to 5.3 s with two threads and 1.5 to 2.5 s with one.
        """
        if not any(job.state == "running" for job in self._jobs.all()):
            return work(talk)
        loading.everything.wait()
        with bounded(1):
            return work(talk)

    def _all(self) -> list[Job]:
        return [job for queue in self._queues for job in queue.all()]

    def _wait(self, seconds: float) -> bool:
        """Wait until the workers have ended; tell whether they have."""
        return all(queue.wait(seconds) for queue in self._queues)


def _start_log() -> Path:
    """Log to the user's log folder, three files of 1 MB at most; without a folder, to nowhere."""
    path = user_log_path("libhdrnet", appauthor=False) / "server.log"
    logger = logging.getLogger("libhdrnet")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = logging.handlers.RotatingFileHandler(path, maxBytes=1_000_000, backupCount=2)
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter(f"%(asctime)s {os.getpid()} %(levelname)s %(name)s: %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    return path
