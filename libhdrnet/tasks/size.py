"""How large a job is, from what was asked: the shapes of arrays, the headers of files."""

import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def pixels_of(method: str, params: Mapping[str, Any]) -> int:
    """Return the pixels of all pictures of a call together.

    A file whose header Exiv2 does not know counts as many as it has bytes; what cannot be read at all, and
    `exposures`, which looks at no pixels, count none; nor does `preview`, which works on small ones.
    """
    if method in ("exposures", "preview"):
        return 0
    pictures = [*_listed(params.get("inputs")), *_listed(params.get("arrays"))]
    return sum(_pixels(picture) for picture in (*pictures, params.get("input"), params.get("array")))


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _pixels(picture: object) -> int:
    if isinstance(picture, dict):
        edges = _listed(picture.get("shape"))[:2]
        return math.prod(edges) if edges and all(isinstance(edge, int) and edge > 0 for edge in edges) else 0
    return _pixels_of_file(Path(picture)) if isinstance(picture, str) and os.path.isfile(picture) else 0


def _pixels_of_file(path: Path) -> int:
    from libhdrnet.io.exiv2 import UNREADABLE, exiv2_image

    try:
        with exiv2_image(path) as image:
            return int(image.get_pixel_width() * image.get_pixel_height())
    except UNREADABLE:
        try:
            return path.stat().st_size
        except OSError:
            return 0
