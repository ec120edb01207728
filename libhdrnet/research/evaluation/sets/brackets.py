"""Sets of brackets: a folder for each scene.

Kalantari and Ramamoorthi 2017, Tel et al. 2023 and Challenge123 (Kong et al. 2024) have a truth; Sen et al. 2012 and
Tursun et al. 2016 have none, and neither have brackets of one's own ("moving").
"""

import csv
import re
from collections.abc import Sequence
from math import log2
from pathlib import Path

from libhdrnet.errors import InputError
from libhdrnet.research.evaluation.scenes import BracketScene, Scene
from libhdrnet.research.evaluation.sets.folders import PICTURES, below, check_root, natural, only

KALANTARI = "SCENE/*.tif (three, by name from short to long, or short, ref, long), exposure.txt, HDRImg.hdr"
TEL = "SCENE/input_1.tif, input_2.tif, input_3.tif, exposure.txt, HDRImg.hdr or label.hdr"
CHALLENGE123 = "NNN_1/ldr_img_1.tif, NNN_2/ldr_img_2.tif, NNN_3/ldr_img_3.tif, NNN_2/exposure.txt, NNN_2/hdr_img.hdr"
SEN = "SCENE/*.tif (or .png, .jpg), exposure.txt in stops"
TURSUN = "SCENE/*.jpg (or .tif, .png), exposures in exposure.txt or in EXIF"
MOVING = "SCENE/exposures.csv (a heading, then FILE,EXPOSURE) and the pictures it names"

_TRUTHS = (".hdr", ".exr", ".npy")


def read_kalantari(root: Path) -> list[Scene]:
    """Read scenes with three 16-bit TIFF, exposure.txt (stops) and HDRImg.hdr (or .exr, .npy), at any depth.

    mask1.png and mask2.png beside them, if there are any, are the regions of Table 3.2.
    """
    return _with_truth(root, KALANTARI, ("HDRImg",))


def read_tel(root: Path) -> list[Scene]:
    """Read scenes as Kalantari's, whose truth is named HDRImg or label."""
    return _with_truth(root, TEL, ("HDRImg", "label"))


def read_challenge123(root: Path) -> list[Scene]:
    """Read the bracket of motion NNN: the n-th exposure of NNN_n, with the truth of NNN_2."""
    check_root(root, CHALLENGE123)
    parts: dict[str, set[int]] = {}
    for folder in below(root, "ldr_img_*.tif"):
        if match := re.fullmatch(r"(.+)_([123])", folder.name):
            parts.setdefault(str(folder.parent / match[1]), set()).add(int(match[2]))
    if not parts:
        raise InputError(f"{root}: no folders NNN_1, NNN_2, NNN_3 with ldr_img_N.tif; the layout is {CHALLENGE123}.")
    scenes: list[Scene] = []
    for stem in sorted(parts, key=natural):
        middle = Path(f"{stem}_2")
        images = tuple(only(Path(f"{stem}_{n}") / f"ldr_img_{n}.tif", CHALLENGE123) for n in (1, 2, 3))
        stops = _stops(only(middle / "exposure.txt", CHALLENGE123), 3)
        truth = only(middle / "hdr_img.hdr", CHALLENGE123)
        scenes.append(BracketScene(_name(Path(stem), root), images, stops, truth))
    return scenes


def read_sen(root: Path) -> list[Scene]:
    """Read scenes with three or more pictures and exposure.txt; there is no truth."""
    return _without_truth(root, SEN, exif=False)


def read_tursun(root: Path) -> list[Scene]:
    """Read scenes with three or more pictures, exposures in exposure.txt or in EXIF; there is no truth."""
    return _without_truth(root, TURSUN, exif=True)


def read_moving(root: Path) -> list[Scene]:
    """Read folders with exposures.csv at any depth; exposures are in seconds, or in any unit in proportion."""
    check_root(root, MOVING)
    scenes: list[Scene] = []
    for folder in sorted(below(root, "exposures.csv"), key=natural):
        with (folder / "exposures.csv").open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.reader(file) if row][1:]
        try:
            stops = tuple(log2(float(exposure)) for _, exposure in rows)
        except ValueError as error:
            raise InputError(f"{folder / 'exposures.csv'}: is no list of exposures ({error}): {MOVING}.") from error
        if len(rows) < 2:
            raise InputError(f"{folder / 'exposures.csv'}: names {len(rows)} pictures, a bracket has two or more.")
        images = tuple(only(folder / name, MOVING) for name, _ in rows)
        scenes.append(_by_exposure(BracketScene(_name(folder, root), images, stops, response="auto")))
    if not scenes:
        raise InputError(f"{root}: no folder with exposures.csv; the layout is {MOVING}.")
    return scenes


def _with_truth(root: Path, layout: str, truths: Sequence[str]) -> list[Scene]:
    check_root(root, layout)
    folders = below(root, "*.tif") | below(root, "exposure.txt")
    if not folders:
        raise InputError(f"{root}: no folder with .tif pictures and exposure.txt; the layout is {layout}.")
    scenes: list[Scene] = []
    for folder in sorted(folders, key=natural):
        images = _in_order(sorted(folder.glob("*.tif"), key=natural))
        if len(images) != 3:
            raise InputError(f"{folder}: has {len(images)} .tif pictures, not three; the layout is {layout}.")
        stops = _stops(only(folder / "exposure.txt", layout), 3)
        found = [folder / f"{name}{end}" for name in truths for end in _TRUTHS if (folder / f"{name}{end}").is_file()]
        if not found:
            raise InputError(
                f"{folder}: {' or '.join(f'{name}.hdr' for name in truths)} is missing; the layout is {layout}."
            )
        masks = {name: folder / f"{name}.png" for name in ("mask1", "mask2") if (folder / f"{name}.png").is_file()}
        scenes.append(_by_exposure(BracketScene(_name(folder, root), images, stops, found[0], masks)))
    return scenes


def _without_truth(root: Path, layout: str, *, exif: bool) -> list[Scene]:
    check_root(root, layout)
    folders = {folder for suffix in PICTURES for folder in below(root, f"*{suffix}")}
    scenes: list[Scene] = []
    for folder in sorted(folders, key=natural):
        images = tuple(sorted((p for p in folder.iterdir() if p.suffix.lower() in PICTURES), key=natural))
        told = folder / "exposure.txt"
        if len(images) < 2:
            raise InputError(f"{folder}: has one picture, a bracket has two or more; the layout is {layout}.")
        if not exif:
            only(told, layout)
        stops = _stops(told, len(images)) if told.is_file() else _from_exif(images, layout)
        response = "gamma2.2" if all(image.suffix.lower() in (".tif", ".tiff") for image in images) else "auto"
        scenes.append(_by_exposure(BracketScene(_name(folder, root), images, stops, response=response)))
    if not scenes:
        raise InputError(f"{root}: no folder with pictures; the layout is {layout}.")
    return scenes


def _name(folder: Path, root: Path) -> str:
    return "-".join(folder.relative_to(root).parts) or folder.name


def _in_order(images: Sequence[Path]) -> tuple[Path, ...]:
    named = {image.stem.lower(): image for image in images}
    if set(named) == {"short", "ref", "long"}:
        return named["short"], named["ref"], named["long"]
    return tuple(images)


def _by_exposure(scene: BracketScene) -> BracketScene:
    stops = scene.stops or ()
    order = sorted(range(len(stops)), key=stops.__getitem__)
    images, sorted_stops = tuple(scene.images[i] for i in order), tuple(stops[i] for i in order)
    return BracketScene(scene.name, images, sorted_stops, scene.truth, scene.masks, scene.response)


def _stops(path: Path, count: int) -> tuple[float, ...]:
    try:
        values = tuple(float(word) for word in path.read_text("utf-8").split())
    except ValueError as error:
        raise InputError(f"{path}: is not a list of exposures in stops, one a line ({error}).") from error
    if len(values) != count:
        raise InputError(f"{path}: has {len(values)} exposures for {count} pictures; give one a line, in stops.")
    return values


def _from_exif(images: Sequence[Path], layout: str) -> tuple[float, ...]:
    from libhdrnet.io.metadata import exposure_of, read_metadata

    exposures = [exposure_of(read_metadata(image)) for image in images]
    for image, exposure in zip(images, exposures, strict=True):
        if exposure is None:
            raise InputError(f"{image}: has no exposure in EXIF, and there is no exposure.txt; the layout is {layout}.")
    return tuple(log2(exposure) for exposure in exposures if exposure)
