"""Frames that are Ultra HDR JPEGs, read with their gain maps: what lies above their white counts."""

import numpy as np
import pytest
from commands import radiance, write_bracket

import libhdrnet
from libhdrnet import tasks
from libhdrnet.errors import HdrnetWarning, InputError
from libhdrnet.io import Metadata, read_photo, read_record, write_display, write_with_gain_map
from libhdrnet.radiometry import encode_srgb
from libhdrnet.tasks.batch import merge_folder

SIZE = (120, 160)
TIMES = {"a.jpg": "1/30", "b.jpg": "1/15", "c.jpg": "1/4"}
HEADROOM = 3.0
"""Where a frame saturates, in times of its white."""
CLASSICAL = {"model": "classical", "align": False}


@pytest.fixture
def scene():
    """Up to six times the white of 1/15 s."""
    return 2 * radiance(*SIZE)


@pytest.fixture
def bracket(tmp_path, scene):
    """Of which nothing in the first frame lies above its white, so that it is a plain JPEG."""
    for name, time in TIMES.items():
        light = np.minimum(scene * (15 / float(time.split("/")[1])), HEADROOM)
        metadata = Metadata(exif={"Exif.Photo.ExposureTime": time, "Exif.Image.Model": "One"})
        if name == "a.jpg":
            write_display(tmp_path / name, encode_srgb(np.minimum(light, 1)), metadata=metadata)
        else:
            write_with_gain_map(tmp_path / name, light, libhdrnet.tone_map(light), metadata=metadata)
    return [str(tmp_path / name) for name in TIMES]


def off(found, expected):
    return float(np.median(np.abs(found / expected - 1)))


@pytest.mark.parametrize("frames", [slice(1, 3), slice(0, 3)])
def test_the_merge_is_the_radiance_beyond_the_white_of_the_frames(bracket, scene, frames):
    paths = bracket[frames]
    place = len(paths) - 2
    found = libhdrnet.merge_exposures(paths, reference=place, read_gain_map=True, **CLASSICAL)
    bright = scene[..., 0] > 1.2
    fits = scene.max(2) < 0.95 * HEADROOM
    assert off(found[fits], scene[fits]) < 0.04 and off(found[fits & bright], scene[fits & bright]) < 0.05
    plain = libhdrnet.merge_exposures(paths, reference=place, **CLASSICAL)
    assert off(plain[fits & bright], scene[fits & bright]) > 2 * off(found[fits & bright], scene[fits & bright])


def test_files_and_batches_can_ask_for_it(tmp_path, bracket, scene, recwarn):
    params = {"read_gain_map": True, **CLASSICAL}
    tasks.prepare("merge", {"inputs": bracket[1:], "output": str(tmp_path / "o.exr"), "reference": 1, **params})(
        tasks.Talk()
    )
    assert not [told for told in recwarn if "gain map" in str(told.message)]
    record = read_record(tmp_path / "o.exr")
    assert record["calibrated"][1] == pytest.approx(15 / 4, rel=0.05) and record["calibrated"][0] == 1
    fits = scene.max(2) < 0.95 * HEADROOM
    assert off(read_photo(tmp_path / "o.exr").pixels[fits], scene[fits]) < 0.04
    listed = tmp_path / "brackets.txt"
    listed.write_text("b.jpg | c.jpg")
    done = merge_folder({"folder": str(tmp_path), "brackets": str(listed), **params}, tasks.Talk())
    assert off(read_photo(done.outputs[0]).pixels[fits], 15 / 4 * scene[fits]) < 0.04  # of the white of c.jpg


def test_a_bracket_without_a_gain_map_says_so(tmp_path):
    paths = [str(path) for path in write_bracket(tmp_path)]
    params = {"inputs": paths, "output": str(tmp_path / "o.exr"), "read_gain_map": True, **CLASSICAL}
    with pytest.warns(HdrnetWarning, match="no frame holds a gain map"):
        tasks.prepare("merge", params)(tasks.Talk())


def test_deblurring_can_ask_for_it(tmp_path, bracket, random_weights):
    params = {"input": bracket[1], "output": str(tmp_path / "o.exr"), "strength": 0.0}
    tasks.prepare("deblur", {**params, "read_gain_map": True})(tasks.Talk())
    assert np.quantile(read_photo(tmp_path / "o.exr").pixels, 0.99) == pytest.approx(HEADROOM, rel=0.05)
    with pytest.warns(HdrnetWarning, match="holds a gain map, which the result does not carry"):
        tasks.prepare("deblur", {**params, "overwrite": True})(tasks.Talk())
    assert read_photo(tmp_path / "o.exr").pixels.max() <= 1
    with pytest.raises(InputError, match=r"a.jpg holds no gain map; leave --read-gain-map out"):
        tasks.prepare("deblur", {**params, "input": bracket[0], "overwrite": True, "read_gain_map": True})(tasks.Talk())
