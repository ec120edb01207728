"""Sets of defocused pictures: a folder for each kind of picture, files of one name belong together."""

import re
from pathlib import Path

from libhdrnet.research.evaluation.scenes import DefocusScene, Scene
from libhdrnet.research.evaluation.sets.folders import PICTURES, LayoutError, pictures

MAPS = (".mat", ".npy", ".tif", ".tiff", ".exr", ".png")
DED_WHITE = 20.0
"""Pixels of radius that white in a map of DED is taken for: the set does not say; our map ends there."""
LARGEST_SIGMA = 3.275
"""Standard deviation in pixels to which maps of Realistic are divided (Lee et al. 2019, whose figures these are)."""


def read_ded(root: Path) -> list[Scene]:
    """Read pictures, truths and maps that share a number."""
    image, sharp, maps = (_numbered(_folder(root, name)) for name in ("image", "sharp", "filtered"))
    _check_alike(root, {"image": image, "sharp": sharp, "filtered": maps})
    return [DefocusScene(n, image[n], sharp[n], maps[n], unit=DED_WHITE, largest=DED_WHITE) for n in image]


def read_dpdd(root: Path) -> list[Scene]:
    """Read the pairs of its test set; the pictures of one view (canonical), not the dual-pixel ones."""
    for base in (root, root / "DPDD"):
        for source, target in (("test_c/source", "test_c/target"), ("source", "target"), ("inputC", "target")):
            if (base / source).is_dir():
                return _pairs(base, source, target)
    raise LayoutError(f"{root}: neither test_c/source nor inputC is there")


def read_realdof(root: Path) -> list[Scene]:
    """Read its pairs."""
    return _pairs(root / "RealDOF" if (root / "RealDOF").is_dir() else root, "source", "target")


def read_realistic(root: Path) -> list[Scene]:
    """Read pictures and maps, whose value is the standard deviation of the blur in pixels, half the radius of a disc.

    White of a .png is 3.275.
    """
    image, maps = pictures(_folder(root, "image")), pictures(_folder(root, "gt"), MAPS)
    parts = {"image": image, "gt": maps}
    if (root / "sharp").is_dir():
        parts["sharp"] = pictures(root / "sharp")
    _check_alike(root, parts)
    sharp = parts.get("sharp", {})
    scenes: list[Scene] = []
    for name in image:
        white = LARGEST_SIGMA if maps[name].suffix.lower() == ".png" else 1.0
        largest = 2 * LARGEST_SIGMA
        scenes.append(DefocusScene(name, image[name], sharp.get(name), maps[name], unit=2 * white, largest=largest))
    return scenes


def read_pairs(root: Path) -> list[Scene]:
    """Read blurred/ with sharp/, map/ or both; a float map holds radii in pixels, white of a picture is 20 pixels."""
    blurred = pictures(_folder(root, "blurred"))
    parts = {"blurred": blurred}
    for name, suffixes in (("sharp", PICTURES), ("map", MAPS)):
        if (root / name).is_dir():
            parts[name] = pictures(root / name, suffixes)
    if len(parts) == 1:
        raise LayoutError(f"{root}: neither sharp nor map is there")
    _check_alike(root, parts)
    scenes: list[Scene] = []
    for name, image in blurred.items():
        radius = parts.get("map", {}).get(name)
        unit = 20.0 if radius is not None and radius.suffix.lower() == ".png" else 1.0
        scenes.append(DefocusScene(name, image, parts.get("sharp", {}).get(name), radius, unit=unit))
    return scenes


def _pairs(root: Path, source: str, target: str) -> list[Scene]:
    blurred, sharp = pictures(_folder(root, source)), pictures(_folder(root, target))
    if not set(blurred) & set(sharp) and len(blurred) == len(sharp):  # each folder numbers its own pictures
        sharp = dict(zip(blurred, sharp.values(), strict=True))
    _check_alike(root, {source: blurred, target: sharp})
    return [DefocusScene(name, blurred[name], sharp[name]) for name in blurred]


def _folder(root: Path, name: str) -> Path:
    if not (root / name).is_dir():
        raise LayoutError(f"{root}: the folder {name} is missing")
    return root / name


def _numbered(folder: Path) -> dict[str, Path]:
    found = {stem.rsplit("_", 1)[-1]: path for stem, path in pictures(folder).items()}
    return {number: path for number, path in found.items() if re.fullmatch(r"\d+", number)}


def _check_alike(root: Path, parts: dict[str, dict[str, Path]]) -> None:
    if not any(parts.values()):
        raise LayoutError(f"{root}: no pictures in {' or '.join(parts)}")
    for name, part in parts.items():
        for other_name, other in parts.items():
            if missing := [stem for stem in other if stem not in part]:
                raise LayoutError(
                    f"{root / name}: nothing for {missing[0]}, which is in {other_name} ({len(missing)} missing)"
                )
