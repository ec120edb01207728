"""How long jobs took on this machine, remembered in a small file from one process to the next."""

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from platformdirs import user_log_path

from libhdrnet.errors import OutputError
from libhdrnet.files import write_whole
from libhdrnet.remaining import Clock

NAME = "durations.json"
"""Beside the server's log: {KIND: {"seconds": of a megapixel, "course": shares of the time}}."""
LEAST = 2.0
"""Seconds below which a job tells nothing of longer ones: reading and starting are most of it."""


def kind_of(method: str, params: Mapping[str, Any]) -> str:
    """Return what jobs of like pace have in common."""
    return " ".join([method, *(str(params.get(name) or "auto") for name in ("model", "device"))])


def clock_of(kind: str, pixels: int) -> Clock:
    """Start a clock for a job of so many pixels, with what is known of its kind."""
    known = _read().get(kind, {})
    try:
        return Clock(float(known["seconds"]) * pixels / 1e6 or None, [float(share) for share in known["course"]])
    except (TypeError, KeyError, ValueError):
        return Clock()


def remember(kind: str, pixels: int, clock: Clock) -> None:
    """Take note of a job that has just been done; without a folder to write to, of nothing."""
    if clock.seconds() < LEAST or not pixels:
        return
    known = {**_read(), kind: {"seconds": clock.seconds() / pixels * 1e6, "course": clock.course()}}
    with contextlib.suppress(OSError, OutputError):
        path = _path()
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(known).encode())


def _path() -> Path:
    return user_log_path("libhdrnet", appauthor=False) / NAME


def _read() -> dict[str, Any]:
    try:
        known = json.loads(_path().read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}
