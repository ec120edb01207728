"""Sets of brackets: a folder for each scene."""

import csv
import re
from collections.abc import Sequence
from dataclasses import replace
from math import log2
from pathlib import Path

from libhdrnet.errors import InputError
from libhdrnet.io.metadata import exposure_of, read_metadata
from libhdrnet.research.evaluation.scenes import BracketScene, Scene
from libhdrnet.research.evaluation.sets.folders import PICTURES, LayoutError, below, in_order, only

_TRUTHS = (".hdr", ".exr", ".npy")


def read_with_truth(root: Path, *, truths: Sequence[str] = ("HDRImg",)) -> list[Scene]:
    """Read scenes with three 16-bit TIFF, exposure.txt (stops) and a truth of one of these names, at any depth.

    mask1.png and mask2.png beside them, if there are any, are the regions of Table 3.2.
    """
    scenes: list[Scene] = []
    for folder in below(root, "*.tif", "exposure.txt"):
        images = _by_name(in_order(folder.glob("*.tif")))
        if len(images) != 3:
            raise LayoutError(f"{folder}: has {len(images)} .tif pictures, not three")
        stops = _stops(only(folder / "exposure.txt"), 3)
        found = [folder / f"{name}{end}" for name in truths for end in _TRUTHS if (folder / f"{name}{end}").is_file()]
        if not found:
            raise LayoutError(f"{folder}: {' or '.join(f'{name}.hdr' for name in truths)} is missing")
        masks = {name: folder / f"{name}.png" for name in ("mask1", "mask2") if (folder / f"{name}.png").is_file()}
        scenes.append(_by_exposure(BracketScene(_name(folder, root), images, stops, found[0], masks)))
    return scenes


def read_challenge123(root: Path) -> list[Scene]:
    """Read the bracket of motion NNN: the n-th exposure of NNN_n, with the truth of NNN_2."""
    named = (re.fullmatch(r"(.+)_[123]", str(folder)) for folder in below(root, "ldr_img_*.tif"))
    scenes: list[Scene] = []
    for stem in dict.fromkeys(match[1] for match in named if match):
        images = tuple(only(Path(f"{stem}_{n}", f"ldr_img_{n}.tif")) for n in (1, 2, 3))
        stops = _stops(only(Path(f"{stem}_2", "exposure.txt")), 3)
        truth = only(Path(f"{stem}_2", "hdr_img.hdr"))
        scenes.append(BracketScene(_name(Path(stem), root), images, stops, truth))
    return scenes


def read_without_truth(root: Path, *, exif: bool) -> list[Scene]:
    """Read scenes with two or more pictures and exposure.txt; with `exif` exposures may be in EXIF instead."""
    scenes: list[Scene] = []
    for folder in below(root, *(f"*{suffix}" for suffix in PICTURES)):
        images = tuple(in_order(p for p in folder.iterdir() if p.suffix.lower() in PICTURES))
        told = folder / "exposure.txt"
        if len(images) < 2:
            raise LayoutError(f"{folder}: has one picture, a bracket has two or more")
        stops = _stops(only(told), len(images)) if told.is_file() or not exif else _from_exif(images)
        response = "gamma2.2" if all(image.suffix.lower() in (".tif", ".tiff") for image in images) else "auto"
        scenes.append(_by_exposure(BracketScene(_name(folder, root), images, stops, response=response)))
    return scenes


def read_moving(root: Path) -> list[Scene]:
    """Read folders with exposures.csv at any depth; exposures are in seconds, or in any unit in proportion."""
    scenes: list[Scene] = []
    for folder in below(root, "exposures.csv"):
        with (folder / "exposures.csv").open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.reader(file) if row][1:]
        try:
            stops = tuple(log2(float(exposure)) for _, exposure in rows)
        except ValueError as error:
            raise LayoutError(f"{folder / 'exposures.csv'}: is no list of exposures ({error})") from error
        if len(rows) < 2:
            raise InputError(f"{folder / 'exposures.csv'}: names {len(rows)} pictures, a bracket has two or more.")
        images = tuple(only(folder / name) for name, _ in rows)
        scenes.append(_by_exposure(BracketScene(_name(folder, root), images, stops, response="auto")))
    return scenes


def _name(folder: Path, root: Path) -> str:
    return "-".join(folder.relative_to(root).parts) or folder.name


def _by_name(images: Sequence[Path]) -> tuple[Path, ...]:
    named = {image.stem.lower(): image for image in images}
    if set(named) == {"short", "ref", "long"}:
        return named["short"], named["ref"], named["long"]
    return tuple(images)


def _by_exposure(scene: BracketScene) -> BracketScene:
    stops = scene.stops or ()
    order = sorted(range(len(stops)), key=stops.__getitem__)
    return replace(scene, images=tuple(scene.images[i] for i in order), stops=tuple(stops[i] for i in order))


def _stops(path: Path, count: int) -> tuple[float, ...]:
    try:
        values = tuple(float(word) for word in path.read_text("utf-8").split())
    except ValueError as error:
        raise InputError(f"{path}: is not a list of exposures in stops, one a line ({error}).") from error
    if len(values) != count:
        raise InputError(f"{path}: has {len(values)} exposures for {count} pictures; give one a line, in stops.")
    return values


def _from_exif(images: Sequence[Path]) -> tuple[float, ...]:
    exposures = [exposure_of(read_metadata(image)) for image in images]
    for image, exposure in zip(images, exposures, strict=True):
        if exposure is None:
            raise LayoutError(f"{image}: has no exposure in EXIF, and there is no exposure.txt")
    return tuple(log2(exposure) for exposure in exposures if exposure)
