"""How long a job still takes, from how far it is, how long it took to get there, and how such jobs went before."""

import time
from collections.abc import Callable, Sequence

STEPS = 10
"""Parts of a job whose times are kept."""
TELLING = 0.1
"""From this share of its time on, a job itself tells how long it takes."""
SMOOTHING = 0.2
"""Share of a new estimate that is believed in each second; stages differ in pace."""
WORTH = 5.0
"""Seconds below which nothing is said."""


class Clock:
    """Estimates the time left of one job from the fractions that it reports."""

    def __init__(
        self, seconds: float | None = None, course: Sequence[float] = (), *, now: Callable[[], float] = time.monotonic
    ) -> None:
        """`seconds`: what such a job took before; `course`: the share of its time at each of STEPS + 1 fractions."""
        self._expected = seconds
        self._course = list(course) if len(course) == STEPS + 1 else [step / STEPS for step in range(STEPS + 1)]
        self._now, self._begun = now, now()
        self._reached: list[float] = []
        self._total: float | None = None
        self._looked = self._begun

    def left(self, fraction: float) -> float | None:
        """Return the seconds left at a fraction in [0, 1], or None if nothing tells them yet."""
        now = self._now()
        elapsed = now - self._begun
        while len(self._reached) <= STEPS and fraction * STEPS >= len(self._reached) - 1e-6:
            self._reached.append(elapsed)
        place = min(max(fraction, 0.0), 1.0) * STEPS
        step = min(int(place), STEPS - 1)
        share = self._course[step] + (place - step) * (self._course[step + 1] - self._course[step])
        total = self._expected
        if share >= TELLING:
            own = elapsed / share
            total = own if total is None else share * own + (1 - share) * total
        if total is None:
            return None
        if self._total is None:
            self._total = total
        else:
            self._total += (1 - (1 - SMOOTHING) ** (now - self._looked)) * (total - self._total)
        self._looked = now
        return max(self._total - elapsed, 0.0)

    def seconds(self) -> float:
        """Return the seconds since the job began."""
        return self._now() - self._begun

    def course(self) -> list[float]:
        """Return the shares of the time of a job that has just ended, as another clock takes them."""
        whole = max(self.seconds(), 1e-9)
        reached = [*self._reached, *[whole] * (STEPS + 1)][: STEPS + 1]
        return [0.0, *(min(seconds / whole, 1.0) for seconds in reached[1:STEPS]), 1.0]


def in_words(seconds: float | None) -> str:
    """Say a time left, "about 20 s left"; nothing if it is unknown or hardly worth a word."""
    if seconds is None or seconds < WORTH:
        return ""
    if seconds < 57.5:
        return f"about {round(seconds / 5) * 5} s left"
    if seconds < 5400:
        return f"about {max(round(seconds / 60), 1)} min left"
    return f"about {round(seconds / 3600)} h left"
