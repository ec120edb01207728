import pytest

from libhdrnet.evaluation import synthetic
from libhdrnet.evaluation.scenes import read_float, read_map
from libhdrnet.evaluation.sets import find_set


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(synthetic, "SIZE", (96, 144))
    monkeypatch.setattr(synthetic, "CUT", 64)
    monkeypatch.setattr(synthetic, "COUNT", 1)


def test_the_built_in_brackets_have_a_truth_and_masks(tmp_path):
    scenes = find_set("kalantari").read(synthetic.write_synthetic("synthetic", tmp_path))
    assert [scene.name for scene in scenes] == ["cut-outs-1", "room-1"]
    assert set(scenes[0].masks) == {"mask1", "mask2"}
    masks = [read_float(scenes[0].masks[name]) > 0.5 for name in ("mask1", "mask2")]
    assert masks[1].any() and not (masks[0] & ~masks[1]).any()
    for scene in scenes:
        own = read_float(scene.images[scene.reference])
        assert 0 < read_float(scene.truth).max() <= 1 and own.shape == read_float(scene.truth).shape


def test_the_built_in_defocused_pictures_have_their_truth(tmp_path):
    scenes = find_set("pairs").read(synthetic.write_synthetic("synthetic-defocus", tmp_path))
    assert len(scenes) == 2
    assert all(read_map(scene).shape == read_float(scene.sharp).shape[:2] for scene in scenes)
    assert max(read_map(scene).max() for scene in scenes) > 0.5


def test_a_set_that_is_there_is_not_rendered_again(tmp_path):
    folder = synthetic.write_synthetic("synthetic", tmp_path)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    synthetic.write_synthetic("synthetic", tmp_path)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
