"""Sets of defocused pictures: a folder for each kind of picture, files of one name belong together."""

import re
from collections.abc import Iterator
from pathlib import Path

from libhdrnet.research.evaluation.scenes import DefocusScene, Scene
from libhdrnet.research.evaluation.sets.folders import PICTURES, LayoutError, pictures

Files = dict[str, Path]
"""By their names without suffix, or by the numbers in those."""
MAPS = (".mat", ".npy", ".tif", ".tiff", ".exr", ".png")
DED_WHITE = 20.0
"""Pixels of radius that white in a map of DED is taken for: the set does not say; our map ends there."""
LARGEST_SIGMA = 3.275
"""Standard deviation in pixels to which maps of Realistic are divided (Lee et al. 2019, whose figures these are)."""


def read_ded(root: Path) -> Iterator[Scene]:
    """Read pictures, truths and maps that share a number."""
    parts = {name: _numbered(_folder(root, name)) for name in ("image", "sharp", "filtered")}
    return _scenes(root, parts, maps="filtered", unit=DED_WHITE, white=DED_WHITE)


def read_dpdd(root: Path) -> Iterator[Scene]:
    """Read the pairs of its test set; the pictures of one view (canonical), not the dual-pixel ones."""
    for base in (root, root / "DPDD"):
        for source, target in (("test_c/source", "test_c/target"), ("source", "target"), ("inputC", "target")):
            if (base / source).is_dir():
                return _pairs(base, source, target)
    raise LayoutError(f"{root}: neither test_c/source nor inputC is there")


def read_realdof(root: Path) -> Iterator[Scene]:
    """Read its pairs."""
    return _pairs(root / "RealDOF" if (root / "RealDOF").is_dir() else root, "source", "target")


def read_realistic(root: Path) -> Iterator[Scene]:
    """Read pictures and maps, whose value is the standard deviation of the blur in pixels, half the radius of a disc.

    White of a .png is 3.275.
    """
    parts = {"image": pictures(_folder(root, "image")), "gt": pictures(_folder(root, "gt"), MAPS)}
    parts |= _there(root, sharp=PICTURES)
    return _scenes(root, parts, maps="gt", unit=2.0, white=2 * LARGEST_SIGMA)


def read_pairs(root: Path) -> Iterator[Scene]:
    """Read blurred/ with sharp/, map/ or both; a float map holds radii in pixels, white of a picture is 20 pixels."""
    blurred, truths = pictures(_folder(root, "blurred")), _there(root, sharp=PICTURES, map=MAPS)
    if not truths:
        raise LayoutError(f"{root}: neither sharp nor map is there")
    return _scenes(root, {"blurred": blurred, **truths}, maps="map", unit=1.0, white=20.0)


def _pairs(root: Path, source: str, target: str) -> Iterator[Scene]:
    blurred, sharp = pictures(_folder(root, source)), pictures(_folder(root, target))
    if not set(blurred) & set(sharp) and len(blurred) == len(sharp):  # each folder numbers its own pictures
        sharp = dict(zip(blurred, sharp.values(), strict=True))
    _check_alike(root, {source: blurred, target: sharp})
    return (DefocusScene(name, blurred[name], sharp[name]) for name in blurred)


def _scenes(root: Path, parts: dict[str, Files], *, maps: str, unit: float, white: float) -> Iterator[Scene]:
    """Put together what has one name: pictures (the first of the parts, which are named by their folders), maps, sharp.

    `unit` and `white`: radius in pixels of the value 1 of a map, and of white of a .png, which is the largest.
    """
    _check_alike(root, parts)
    for name, image in next(iter(parts.values())).items():
        sharp, radius = (parts.get(part, {}).get(name) for part in ("sharp", maps))
        painted = radius is not None and radius.suffix.lower() == ".png"
        yield DefocusScene(name, image, sharp, radius, white if painted else unit, white)


def _there(root: Path, **kinds: tuple[str, ...]) -> dict[str, Files]:
    """Return the files with the suffixes of each folder, if there is one."""
    return {name: pictures(root / name, suffixes) for name, suffixes in kinds.items() if (root / name).is_dir()}


def _folder(root: Path, name: str) -> Path:
    if not (root / name).is_dir():
        raise LayoutError(f"{root}: the folder {name} is missing")
    return root / name


def _numbered(folder: Path) -> Files:
    found = {stem.rsplit("_", 1)[-1]: path for stem, path in pictures(folder).items()}
    return {number: path for number, path in found.items() if re.fullmatch(r"\d+", number)}


def _check_alike(root: Path, parts: dict[str, Files]) -> None:
    if not any(parts.values()):
        raise LayoutError(f"{root}: no pictures in {' or '.join(parts)}")
    for name, part in parts.items():
        for other_name, other in parts.items():
            if missing := [stem for stem in other if stem not in part]:
                raise LayoutError(
                    f"{root / name}: nothing for {missing[0]}, which is in {other_name} ({len(missing)} missing)"
                )
