"""What the page is told: one page at a time listens, and what happened before it came is told it at once."""

import queue
import threading
import time
from typing import Any

Event = dict[str, Any]
"""JSON-able; "event" names it."""


class Events:
    """The way to the page; any thread may tell."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, Event] = {}
        self._told: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._left: tuple[float, bool] | None = (time.monotonic(), False)
        self._listening = 0
        self.page = ""
        """Name of the page that listens; the one that came last."""

    def tell(self, event: str, *, keep: str = "", **facts: Any) -> None:
        """Tell the page; with `keep` also a page that comes later, in place of what was kept under that name before."""
        if keep:
            self.keep(keep, event, **facts)
        with self._lock:
            self._told.put({"event": event, **facts})

    def keep(self, name: str, event: str, **facts: Any) -> None:
        """Keep an event for a page that comes later, in place of what was kept under that name before."""
        with self._lock:
            self._kept[name] = {"event": event, **facts}

    def welcome(self, page: str) -> "queue.SimpleQueue[Event | None]":
        """Return what a new page is told, ended by None; the one before is told that it is none any more."""
        with self._lock:
            self._told.put({"event": "elsewhere"})
            self._told.put(None)
            self._told = queue.SimpleQueue()
            self.page, self._left = page, None
            self._listening += 1
            for event in self._kept.values():
                self._told.put(event)
            return self._told

    def leaves(self, page: str) -> None:
        """Note that a page says it goes: it comes no more, unless it is loaded anew."""
        with self._lock:
            if page == self.page:
                self._left = (time.monotonic(), True)

    def gone(self, page: str) -> None:
        """Note that a page listens no more."""
        with self._lock:
            self._listening -= 1
            if page == self.page and self._left is None:
                self._left = (time.monotonic(), False)

    def finish(self, seconds: float) -> None:
        """Tell the page that this is the end, and wait until it has heard it."""
        self.tell("ended")
        with self._lock:
            self._told.put(None)
        until = time.monotonic() + seconds
        while self._listening > 0 and time.monotonic() < until:
            time.sleep(0.02)

    def alone(self) -> tuple[float, bool]:
        """Return for how many seconds no page has listened, and whether the last one said that it goes."""
        with self._lock:
            return (0.0, False) if self._left is None else (time.monotonic() - self._left[0], self._left[1])
