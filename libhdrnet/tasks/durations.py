"""How large a job is, and how long such jobs took on this machine, remembered in a small file between processes."""

import contextlib
import json
import math
import os
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


def pixels_of(method: str, params: Mapping[str, Any]) -> int:
    """Return the pixels of all pictures of a call together.

    A file whose header Exiv2 does not know counts as many as it has bytes; what cannot be read at all, and
    `exposures`, which looks at no pixels, count none; nor does `preview`, which works on small ones.
    """
    if method in ("exposures", "preview"):
        return 0
    pictures = [*_listed(params.get("inputs")), *_listed(params.get("arrays"))]
    return sum(_pixels(picture) for picture in (*pictures, params.get("input"), params.get("array")))


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


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _pixels(picture: object) -> int:
    if isinstance(picture, dict):
        edges = _listed(picture.get("shape"))[:2]
        return math.prod(edges) if edges and all(isinstance(edge, int) and edge > 0 for edge in edges) else 0
    if not isinstance(picture, str) or not os.path.isfile(picture):
        return 0
    from libhdrnet.io.exiv2 import UNREADABLE, exiv2_image

    try:
        with exiv2_image(Path(picture)) as image:
            return int(image.get_pixel_width() * image.get_pixel_height())
    except UNREADABLE:
        try:
            return os.path.getsize(picture)
        except OSError:  # it is gone meanwhile
            return 0
