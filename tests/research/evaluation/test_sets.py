import shutil

import numpy as np
import pytest
import set_makers
from set_makers import MAKERS

from libhdrnet.cli import main
from libhdrnet.errors import InputError
from libhdrnet.research.evaluation.scenes import read_float, read_plane
from libhdrnet.research.evaluation.sets import read_set
from libhdrnet.research.sets import SETS, SYNTHETIC, find_set

BRACKETS = [name for name, found in SETS.items() if found.kind == "bracket"]
DEFOCUS = [name for name, found in SETS.items() if found.kind == "defocus"]


def read(name, tmp_path):
    return read_set(name, MAKERS[name](tmp_path / name))


@pytest.mark.parametrize("name", BRACKETS)
def test_brackets_are_read_in_the_layout_of_their_set(tmp_path, name):
    scenes = read(name, tmp_path)
    assert len(scenes) == len({scene.name for scene in scenes}) == 2
    for scene in scenes:
        assert np.subtract(scene.stops, scene.stops[0]) == pytest.approx([0, 2, 4])
        means = [read_float(image).mean() for image in scene.images]
        assert means == sorted(means)
        assert (scene.truth is None) == (name in ("sen", "tursun", "moving"))
        if scene.truth:
            assert read_float(scene.truth).shape == (40, 56, 3)


@pytest.mark.parametrize("name", DEFOCUS)
def test_pictures_with_their_truth_are_read_in_the_layout_of_their_set(tmp_path, name):
    scenes = read(name, tmp_path)
    assert len(scenes) == 2
    for scene in scenes:
        assert read_float(scene.image).shape == read_float(scene.sharp).shape == (40, 56, 3)
        assert (scene.radius is None) == (name in ("dpdd", "realdof"))


@pytest.mark.parametrize(("name", "radius"), [("realistic", 3.0), ("pairs", 3.5)])
def test_maps_are_radii_in_pixels(tmp_path, name, radius):
    scene = read(name, tmp_path)[0]
    found = scene.unit * read_plane(scene.radius)
    assert found.shape == (40, 56) and found == pytest.approx(radius)


def test_a_map_of_ded_is_scaled_to_its_white(tmp_path):
    scene = read("ded", tmp_path)[0]
    assert scene.unit == 20 and read_plane(scene.radius).shape == (40, 56)


def test_the_truth_of_challenge123_is_that_of_its_second_moment(tmp_path):
    scene = read("challenge123", tmp_path)[1]
    assert scene.name == "002"
    assert [image.parent.name for image in scene.images] == ["002_1", "002_2", "002_3"]
    assert read_float(scene.truth) == pytest.approx(set_makers.radiance(12), abs=0.01)


def test_kalantari_s_scenes_lie_at_any_depth_and_may_have_masks(tmp_path):
    scene = set_makers.kalantari(tmp_path / "Test" / "PAPER", 1) / "001"
    set_makers.write_grey(scene / "mask2.png")
    found = read_set("kalantari", tmp_path)[0]
    assert (found.name, list(found.masks)) == ("Test-PAPER-001", ["mask2"])


def test_short_ref_long_are_taken_in_that_order(tmp_path):
    set_makers.kalantari(tmp_path, 1, names=("short.tif", "ref.tif", "long.tif"))
    assert [image.stem for image in read_set("kalantari", tmp_path)[0].images] == ["short", "ref", "long"]


@pytest.mark.parametrize(
    ("name", "lost", "told"),
    [
        ("kalantari", "001/exposure.txt", "001: exposure.txt is missing; the layout is SCENE/"),
        ("kalantari", "002/HDRImg.hdr", "002: HDRImg.hdr is missing"),
        ("kalantari", "001/262A0899.tif", "001: has 2 .tif pictures, not three"),
        ("tel", "test/001/label.hdr", "001: HDRImg.hdr or label.hdr is missing"),
        ("challenge123", "001_3/ldr_img_3.tif", "001_3: ldr_img_3.tif is missing"),
        ("challenge123", "002_2/hdr_img.hdr", "002_2: hdr_img.hdr is missing"),
        ("sen", "scene0/exposure.txt", "scene0: exposure.txt is missing"),
        ("tursun", "Shop/exposure.txt", "1.png: has no exposure in EXIF, and there is no exposure.txt"),
        ("moving", "scene1/02.png", "scene1: 02.png is missing; the layout is SCENE/exposures.csv"),
        ("ded", "filtered", "the folder filtered is missing"),
        ("ded", "sharp/sharp_0002.jpg", "sharp: nothing for 0002, which is in image"),
        ("dpdd", "test_c", "neither test_c/source nor inputC is there"),
        ("dpdd", "test_c/target/1P0B1.png", r"source: nothing for 1P0B0, which is in test_c/target \(1 missing\)"),
        ("realdof", "RealDOF/target", "the folder target is missing"),
        ("realistic", "gt/01.mat", "gt: nothing for 01, which is in image"),
        ("pairs", "map/one.tif", "map: nothing for one, which is in blurred"),
    ],
)
def test_a_partial_set_says_what_is_missing(tmp_path, name, lost, told):
    root = MAKERS[name](tmp_path / name)
    path = root / lost
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(InputError, match=told):
        read_set(name, root)


def test_the_help_names_every_set_among_those_of_its_kind(capsys):
    with pytest.raises(SystemExit):
        main(["eval", "--help"])
    said = " ".join(capsys.readouterr().out.split())
    for holds in {found.holds for found in SETS.values()}:
        assert f"{', '.join(name for name in SETS if SETS[name].holds == holds)} ({holds})" in said
    assert f"built in: {', '.join(SYNTHETIC)}" in said


@pytest.mark.parametrize("name", list(SETS))
def test_a_folder_that_is_empty_or_not_there_names_the_layout(tmp_path, name):
    with pytest.raises(InputError, match="the layout"):
        read_set(name, tmp_path)
    with pytest.raises(InputError, match="nothing: is not a folder"):
        read_set(name, tmp_path / "nothing")


def test_exposures_that_do_not_fit_are_refused(tmp_path):
    root = set_makers.kalantari(tmp_path, 1)
    (root / "001" / "exposure.txt").write_text("-2\n0\n")
    with pytest.raises(InputError, match="has 2 exposures for 3 pictures"):
        read_set("kalantari", root)
    (root / "001" / "exposure.txt").write_text("dark\n0\n1\n")
    with pytest.raises(InputError, match="not a list of exposures"):
        read_set("kalantari", root)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("01.png,dark\n02.png,1\n", "is no list of exposures"),
        ("01.png,0\n02.png,1\n", "is no list of exposures"),
        ("01.png\n02.png\n", "is no list of exposures"),
        ("01.png,1\n", "names 1 pictures, a bracket has two or more"),
    ],
)
def test_a_list_of_exposures_that_makes_no_bracket_is_refused(tmp_path, rows, told):
    (set_makers.moving(tmp_path) / "scene0" / "exposures.csv").write_text(f"file,seconds\n{rows}")
    with pytest.raises(InputError, match=told):
        read_set("moving", tmp_path)


def test_an_unknown_set_is_refused():
    with pytest.raises(InputError, match="'imagenet' is unknown; choose one of kalantari"):
        find_set("imagenet")
