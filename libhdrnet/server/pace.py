"""How long the jobs in the queue will take, from what such jobs took before and how far the one at work is."""

import time
from typing import TYPE_CHECKING

from libhdrnet.errors import sentence

if TYPE_CHECKING:
    from libhdrnet.server.jobs import Job

TELLING = 0.1
"""From this fraction on, a job's own progress tells its duration if no such job was done before."""


class Pace:
    """Seconds a pixel of each method, as the last job took them."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}

    def learn(self, job: "Job") -> None:
        """Take note of a job that has just been done."""
        if job.begun is not None and job.pixels:
            self._seconds[job.method] = (time.monotonic() - job.begun) / job.pixels

    def seconds_left(self, job: "Job") -> float | None:
        """Return the seconds until a job is done once it is at work; None if nothing tells them."""
        rate = self._seconds.get(job.method)
        if rate is not None or not job.pixels:
            return (rate or 0.0) * job.pixels * (1 - job.fraction)  # progress alone is no clock: stages differ in pace
        if job.begun is None or job.fraction < TELLING:
            return None
        return (time.monotonic() - job.begun) * (1 - job.fraction) / job.fraction

    def place(self, before: "list[Job]") -> str:
        """Say in words how many jobs come first, and how long that takes where it is known."""
        left = [self.seconds_left(job) for job in before]
        known = [seconds for seconds in left if seconds is not None]
        if len(known) < len(left):
            return sentence("waiting: {count} before this one", count=len(before))
        return sentence("waiting: {count} before this one, {left}", count=len(before), left=_about(sum(known)))


def _about(seconds: float) -> str:
    if seconds < 60:
        return sentence("about {count} s", count=max(round(seconds / 5) * 5, 5))
    return sentence("about {count} min", count=round(seconds / 60))
