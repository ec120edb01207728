"""A queue: one job at work at a time, small ones first; each can be cancelled, each tells its progress."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from libhdrnet import tasks
from libhdrnet.errors import CancelledError, HdrnetError, parts_of, sentence
from libhdrnet.hearing import alike, heard
from libhdrnet.remaining import Clock
from libhdrnet.server.protocol import STOPPED, Identity, ProtocolError, answer, refusal
from libhdrnet.tasks.durations import clock_of, remember

if TYPE_CHECKING:
    from libhdrnet.server.connection import Connection

log = logging.getLogger(__name__)
TELL_EVERY = 0.3
"""Seconds after which progress is told again, so that clients see that the work goes on."""
LOOK_EVERY = 0.1
"""Seconds between looks whether it is time."""
SMALL = 3_000_000
"""Pixels up to which a job goes before larger ones: three frames of a megapixel, some ten seconds on two cores."""
PATIENCE = 3
"""Small jobs that a larger one lets pass."""


@dataclass(eq=False)
class Job:
    """Something asked for."""

    owner: "Connection"
    identity: Identity
    method: str
    work: Callable[[tasks.Talk], dict[str, Any]]
    pixels: int = 0
    """Of all its pictures together."""
    kind: str = ""
    """What it has in common with jobs of like pace (durations.kind_of)."""
    clock: Clock | None = None
    """Tells how long it still takes, once it is at work."""
    let_pass: int = 0
    """Small jobs that came later and go first."""
    state: Literal["waiting", "running", "done"] = "waiting"
    fraction: float = 0.0
    stage: str = "waiting"
    since: float = field(default_factory=time.monotonic)
    _told: float = field(default_factory=time.monotonic)
    cancelled: threading.Event = field(default_factory=threading.Event)
    """Set, it has the work stopped at its next tile."""
    _answered: threading.Lock = field(default_factory=threading.Lock)

    def left(self) -> float | None:
        """Return the seconds that it still takes at work; None if nothing tells them yet."""
        clock = clock_of(self.kind, self.pixels) if self.clock is None else self.clock
        return clock.left(self.fraction)

    def finish(self, message: dict[str, Any]) -> None:
        """Answer, once."""
        if self._answered.acquire(blocking=False):
            self.state = "done"
            self.owner.send(message)

    def tell(self, kind: str, text: str) -> None:
        """Tell the owner a warning or a note."""
        log.info("%s: %s: %s", self.method, kind, text)
        self._notify("message", kind=kind, text=text, **parts_of(text))

    def tell_progress(self) -> None:
        """Tell the owner how far it is, if that was told long ago."""
        if self.state != "done" and time.monotonic() - self._told >= TELL_EVERY:
            self.progress(self.fraction, self.stage)

    def progress(self, fraction: float, stage: str) -> None:
        """Tell the owner how far it is."""
        self.fraction, self.stage, self._told = fraction, stage, time.monotonic()
        left = None if self.clock is None else self.clock.left(fraction)
        known = {} if left is None else {"left": round(left, 1)}
        self._notify("progress", fraction=round(fraction, 6), stage=stage, **parts_of(stage), **known)

    def _notify(self, method: str, **params: Any) -> None:
        if self.state != "done":
            message = {"method": method, "params": {"id": self.identity, **params}}
            self.owner.send(message, may_drop=method == "progress")


class Jobs:
    """The queue and the thread that works on it."""

    def __init__(self, after: Callable[[Job], None]) -> None:
        """`after` is called when a job is done."""
        self._after = after
        self._changed = threading.Condition()
        self._waiting: deque[Job] = deque()
        self._running: Job | None = None
        self._open = True
        self.done = 0
        self._worker = threading.Thread(target=self._work, name="worker", daemon=True)

    def start(self) -> None:
        """Start working."""
        self._worker.start()

    def add(self, job: Job) -> None:
        """Put a job at the end of the queue, a small one before the larger ones.

        Raises:
            ProtocolError: the server stops.
        """
        with self._changed:
            if not self._open:
                raise ProtocolError(STOPPED, "the server is stopping; ask the next one.")
            self._enqueue(job)
            self._tell_places()
            self._changed.notify_all()

    def all(self) -> list[Job]:
        """Return the job at work and those that wait."""
        with self._changed:
            return [*([self._running] if self._running else ()), *self._waiting]

    def tell(self) -> list[Job]:
        """Tell every owner the progress of its job, or its place in the queue; return the jobs as `all`."""
        with self._changed:
            self._tell_places()
            jobs = self.all()
        for job in jobs:
            job.tell_progress()
        return jobs

    def cancel(self, owner: "Connection", identity: Identity = None) -> int:
        """Cancel a job of `owner`, or all of them; return how many."""
        with self._changed:
            chosen = [job for job in self.all() if job.owner is owner and identity in (None, job.identity)]
            self._cancel(chosen)
        for job in chosen:
            if job is not self._running:
                job.finish(refusal(job.identity, CancelledError(sentence("cancelled while waiting for its turn."))))
        return len(chosen)

    def stop(self, finish: bool) -> None:
        """Take no more jobs; without `finish` answer and cancel those there are."""
        with self._changed:
            self._open = False
            stopped = [] if finish else self.all()
            self._cancel(stopped)
            self._changed.notify_all()
        for job in stopped:
            doing = "waiting" if job.state == "waiting" else job.stage
            text = sentence("the server was stopped while it was {doing}; ask again.", doing=doing)
            job.finish(refusal(job.identity, ProtocolError(STOPPED, text)))

    def wait(self, seconds: float) -> bool:
        """Wait until the worker has ended after `stop`; tell whether it has."""
        self._worker.join(seconds)
        return not self._worker.is_alive()

    def _enqueue(self, job: Job) -> None:
        place = len(self._waiting)
        if job.pixels <= SMALL:
            while place and self._waiting[place - 1].pixels > SMALL and self._waiting[place - 1].let_pass < PATIENCE:
                place -= 1
                self._waiting[place].let_pass += 1
        self._waiting.insert(place, job)

    def _tell_places(self) -> None:
        jobs = self.all()
        left = [job.left() for job in jobs[:-1]]
        for place, job in enumerate(jobs):
            if job.state == "waiting":
                job.stage = _told_of(left[:place]) if place else "starting"

    def _cancel(self, jobs: list[Job]) -> None:
        for job in jobs:
            job.cancelled.set()
            if job in self._waiting:
                self._waiting.remove(job)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or not self._open)
                if not self._waiting:
                    return
                job = self._running = self._waiting.popleft()
                job.state = "running"
                job.stage = "starting"
                job.clock = clock_of(job.kind, job.pixels)
            message = self._run(job)
            with self._changed:
                self._running = None
                self.done += 1
            job.finish(message)
            self._after(job)
            del job  # its work holds parameters, and its owner a connection

    def _run(self, job: Job) -> dict[str, Any]:
        """Do the work and return the answer."""
        begun = time.monotonic()
        try:
            warnings: list[str] = []
            note = partial(job.tell, "note")
            with heard(warnings.append, note):
                result = job.work(tasks.Talk(job.progress, job.cancelled.is_set, note))
            for text in alike(warnings):
                job.tell("warning", text)
        except BaseException as error:
            log.info("%s: %s after %.1f s: %s", job.method, type(error).__name__, time.monotonic() - begun, error)
            if not isinstance(error, HdrnetError | MemoryError):
                log.exception("%s met a bug", job.method)
            return refusal(job.identity, error)
        if job.clock is not None:
            remember(job.kind, job.pixels, job.clock)
        log.info("%s: done in %.2f s", job.method, time.monotonic() - begun)
        return answer(job.identity, result)


def _told_of(before: list[float | None]) -> str:
    """Say in words how many jobs come first, and how long that takes where it is known of all."""
    known = [seconds for seconds in before if seconds is not None]
    if len(known) < len(before):
        return sentence("waiting: {count} before this one", count=len(before))
    seconds = sum(known)
    if seconds < 60:
        told = sentence("about {count} s", count=max(round(seconds / 5) * 5, 5))
    else:
        told = sentence("about {count} min", count=round(seconds / 60))
    return sentence("waiting: {count} before this one, {left}", count=len(before), left=told)
