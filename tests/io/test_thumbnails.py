"""Pictures of two scenes are told apart, whatever their exposures, and by them brackets that nothing else parts."""

import itertools
from pathlib import Path

import cv2
import imagecodecs
import numpy as np
import pyexiv2
import pytest
import tifffile

from libhdrnet.io import group_brackets
from libhdrnet.io.thumbnails import likeness, thumbnail
from libhdrnet.radiometry import encode_srgb

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


def scene(seed):
    """(96, 128, 3) linear, 1.0 = white at an exposure of 1."""
    rng = np.random.default_rng(seed)
    light = sum(cv2.resize(rng.random((n, n), np.float32), (128, 96)) / n for n in (3, 7, 15, 31))
    return np.repeat((0.6 * (light / light.max()) ** 2)[..., None], 3, 2)


def write(path, linear, exposure=1.0, **exif):
    codes = np.round(encode_srgb(np.clip(linear * exposure, 0, 1).astype(np.float32)) * 255).astype(np.uint8)
    if path.suffix == ".tif":
        tifffile.imwrite(path, codes, photometric="rgb")
        return path
    path.write_bytes(imagecodecs.jpeg8_encode(codes, level=92))
    with pyexiv2.Image(str(path)) as image:
        image.modify_exif({f"Exif.Photo.{key}": value for key, value in exif.items()})
    return path


@pytest.mark.parametrize("suffix", [".jpg", ".tif"])
def test_exposures_of_one_scene_are_alike_and_those_of_two_are_not(tmp_path, suffix):
    dark, bright = (thumbnail(write(tmp_path / f"{t}{suffix}", scene(1), t)) for t in (0.25, 1.5))
    other = thumbnail(write(tmp_path / f"other{suffix}", scene(2)))
    assert dark.shape == (48, 64) and likeness(dark, bright) > 0.9 and likeness(bright, other) < 0.5


def test_what_is_burnt_out_or_unreadable_tells_nothing(tmp_path):
    picture, white = (thumbnail(write(tmp_path / f"{t}.jpg", scene(1), t)) for t in (1, 1000))
    noise = np.float32(0.4) + np.random.default_rng(0).normal(0, 0.002, picture.shape).astype(np.float32)
    assert likeness(picture, white) is likeness(picture, noise) is None
    (tmp_path / "empty.jpg").write_bytes(b"")
    assert thumbnail(tmp_path / "empty.jpg") is None


@pytest.mark.parametrize("mode", ["1", ""])
def test_two_scenes_by_hand_whose_exposures_go_on_are_told_apart_by_their_pictures(tmp_path, mode):
    for index, (seed, stop) in enumerate([(1, -2), (1, -1), (1, 0), (2, -2), (2, -1), (2, 0)]):
        told = {"ExposureTime": f"{2**index}/500", "DateTimeOriginal": f"2024:05:06 10:00:{2 * index:02}"}
        write(tmp_path / f"{index}.jpg", scene(seed), 2.0**stop, **told, **({"ExposureMode": mode} if mode else {}))
    found = group_brackets(sorted(tmp_path.iterdir()))
    assert [[path.name for path in bracket.paths] for bracket in found] == [
        ["0.jpg", "1.jpg", "2.jpg"], ["3.jpg", "4.jpg", "5.jpg"]
    ]  # fmt: skip


def test_neighbours_in_real_brackets_are_alike_and_real_scenes_are_not():
    if not SHARED.exists():
        pytest.skip("../shared/data is not there")
    folders = sorted((SHARED / "brackets").iterdir())
    seen = [[thumbnail(path) for path in sorted(folder.glob("*.jpg"))] for folder in folders]
    within = [v for small in seen for pair in itertools.pairwise(small) if (v := likeness(*pair)) is not None]
    across = [v for a, b in itertools.pairwise(seen) for pair in [(a[-1], b[-1])] if (v := likeness(*pair)) is not None]
    assert len(within) > 50 and min(within) > 0.55
    assert len(across) > 15 and max(across) < 0.55
