"""Readers of the sets in `research.sets`, each in the layout in which it is published."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from libhdrnet.errors import InputError
from libhdrnet.research.evaluation.scenes import Scene
from libhdrnet.research.evaluation.sets import brackets, defocus
from libhdrnet.research.evaluation.sets.folders import LayoutError
from libhdrnet.research.sets import find_set

READERS: dict[str, Callable[[Path], Iterator[Scene]]] = {
    "kalantari": brackets.read_with_truth,
    "tel": partial(brackets.read_with_truth, truths=("HDRImg", "label")),
    "challenge123": brackets.read_challenge123,
    "sen": partial(brackets.read_without_truth, exif=False),
    "tursun": partial(brackets.read_without_truth, exif=True),
    "moving": brackets.read_moving,
    "ded": defocus.read_ded,
    "dpdd": defocus.read_dpdd,
    "realdof": defocus.read_realdof,
    "realistic": defocus.read_realistic,
    "pairs": defocus.read_pairs,
}
"""By the set's name: of its folder, which is there; each may raise LayoutError."""


def read_set(name: str, root: Path) -> list[Scene]:
    """Return the scenes of the set `name` in a folder.

    Raises InputError where there is no such set or folder, or it has no scenes or lacks something.
    """
    layout = find_set(name).layout
    if not root.is_dir():
        raise InputError(f"{root}: is not a folder; --root names one with the layout {layout}.")
    try:
        scenes = list(READERS[name](root))
    except LayoutError as error:
        raise InputError(f"{error}; the layout is {layout}.") from error
    if not scenes:
        raise InputError(f"{root}: nothing of this set is there; the layout is {layout}.")
    return scenes
