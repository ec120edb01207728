"""Sets of brackets: a folder for each scene."""

import csv
import re
from collections.abc import Iterator, Sequence
from math import log2
from pathlib import Path
from typing import Any

from libhdrnet.errors import InputError
from libhdrnet.io.metadata import exposure_of, read_metadata
from libhdrnet.research.evaluation.scenes import BracketScene, Scene
from libhdrnet.research.evaluation.sets.folders import PICTURES, LayoutError, below, in_order, only

_TRUTHS = (".hdr", ".exr", ".npy")


def read_with_truth(root: Path, *, truths: Sequence[str] = ("HDRImg",)) -> Iterator[Scene]:
    """Read scenes with three 16-bit TIFF, exposure.txt (stops) and a truth of one of these names, at any depth.

    mask1.png and mask2.png beside them, if there are any, are the regions of Table 3.2.
    """
    for folder in below(root, "*.tif", "exposure.txt"):
        images = in_order(folder.glob("*.tif"))
        if len(images) != 3:
            raise LayoutError(f"{folder}: has {len(images)} .tif pictures, not three")
        named = {image.stem.lower(): image for image in images}
        if set(named) == {"short", "ref", "long"}:
            images = [named["short"], named["ref"], named["long"]]
        stops = _stops(only(folder / "exposure.txt"), 3)
        found = [path for name in truths for end in _TRUTHS if (path := folder / f"{name}{end}").is_file()]
        if not found:
            raise LayoutError(f"{folder}: {' or '.join(f'{name}.hdr' for name in truths)} is missing")
        masks = {name: path for name in ("mask1", "mask2") if (path := folder / f"{name}.png").is_file()}
        yield _scene(folder, root, images, stops, truth=found[0], masks=masks)


def read_challenge123(root: Path) -> Iterator[Scene]:
    """Read the bracket of motion NNN: the n-th exposure of NNN_n, with the truth of NNN_2."""
    named = (re.fullmatch(r"(.+)_[123]", str(folder)) for folder in below(root, "ldr_img_*.tif"))
    for stem in dict.fromkeys(match[1] for match in named if match):
        images = [only(Path(f"{stem}_{n}", f"ldr_img_{n}.tif")) for n in (1, 2, 3)]
        stops = _stops(only(Path(f"{stem}_2", "exposure.txt")), 3)
        yield _scene(Path(stem), root, images, stops, truth=only(Path(f"{stem}_2", "hdr_img.hdr")))


def read_without_truth(root: Path, *, exif: bool) -> Iterator[Scene]:
    """Read scenes with two or more pictures and exposure.txt; with `exif` exposures may be in EXIF instead."""
    for folder in below(root, *(f"*{suffix}" for suffix in PICTURES)):
        images = in_order(p for p in folder.iterdir() if p.suffix.lower() in PICTURES)
        told = folder / "exposure.txt"
        if len(images) < 2:
            raise LayoutError(f"{folder}: has one picture, a bracket has two or more")
        stops = _stops(only(told), len(images)) if told.is_file() or not exif else [*map(_stop_in_exif, images)]
        response = "gamma2.2" if all(image.suffix.lower() in (".tif", ".tiff") for image in images) else "auto"
        yield _scene(folder, root, images, stops, response=response)


def read_moving(root: Path) -> Iterator[Scene]:
    """Read folders with exposures.csv at any depth; exposures are in seconds, or in any unit in proportion."""
    for folder in below(root, "exposures.csv"):
        with (folder / "exposures.csv").open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.reader(file) if row][1:]
        try:
            stops = [log2(float(exposure)) for _, exposure in rows]
        except ValueError as error:
            raise LayoutError(f"{folder / 'exposures.csv'}: is no list of exposures ({error})") from error
        if len(rows) < 2:
            raise InputError(f"{folder / 'exposures.csv'}: names {len(rows)} pictures, a bracket has two or more.")
        yield _scene(folder, root, [only(folder / name) for name, _ in rows], stops, response="auto")


def _scene(folder: Path, root: Path, images: Sequence[Path], stops: Sequence[float], **facts: Any) -> BracketScene:
    """Make a scene of frames in any order, named by the way to its folder."""
    order = sorted(range(len(stops)), key=stops.__getitem__)
    name = "-".join(folder.relative_to(root).parts) or folder.name
    return BracketScene(name, tuple(images[i] for i in order), tuple(stops[i] for i in order), **facts)


def _stops(path: Path, count: int) -> list[float]:
    try:
        values = [float(word) for word in path.read_text("utf-8").split()]
    except ValueError as error:
        raise InputError(f"{path}: is not a list of exposures in stops, one a line ({error}).") from error
    if len(values) != count:
        raise InputError(f"{path}: has {len(values)} exposures for {count} pictures; give one a line, in stops.")
    return values


def _stop_in_exif(image: Path) -> float:
    exposure = exposure_of(read_metadata(image))
    if exposure is None:
        raise LayoutError(f"{image}: has no exposure in EXIF, and there is no exposure.txt")
    return log2(exposure)
