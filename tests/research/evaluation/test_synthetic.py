import numpy as np
import pytest

from libhdrnet.research.evaluation import moments, synthetic
from libhdrnet.research.evaluation.scenes import read_float, read_plane
from libhdrnet.research.evaluation.sets import read_set


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(synthetic, "SIZE", (96, 144))
    monkeypatch.setattr(synthetic, "CUT", 64)
    monkeypatch.setattr(synthetic, "COUNT", 1)


def test_the_built_in_brackets_have_a_truth_and_masks(tmp_path):
    scenes = read_set("kalantari", synthetic.write_synthetic("synthetic", tmp_path))
    names = [scene.name for scene in scenes]
    assert names == ["cut-outs-1", "glass", "leaves", "people", "room-1", "smoke", "sunset", "water"]
    assert set(scenes[0].masks) == {"mask1", "mask2"}
    masks = [read_float(scenes[0].masks[name]) > 0.5 for name in ("mask1", "mask2")]
    assert masks[1].any() and not (masks[0] & ~masks[1]).any()
    for scene in scenes:
        own = read_float(scene.images[scene.reference])
        assert 0 < read_float(scene.truth).max() <= 1 and own.shape == read_float(scene.truth).shape


@pytest.mark.parametrize("kind", list(moments.KINDS))
def test_painted_moments_burn_out_in_the_reference_and_not_in_the_short_frame(kind):
    shots = moments.take(kind, (120, 180), (-2.0, 0.0, 2.0), 1, 3)
    assert all(shot.dtype == np.float32 and shot.shape == (120, 180, 3) and shot.min() >= 0 for shot in shots)
    assert 0.02 < (shots[1] > 1).any(-1).mean() < 0.4 and (shots[0] > 4).any(-1).mean() < 0.02
    assert shots[1].min() < 0.05
    again = moments.take(kind, (120, 180), (-2.0, 0.0, 2.0), 1, 3)
    assert all(np.array_equal(a, b) for a, b in zip(shots, again, strict=True))


@pytest.mark.parametrize("kind", [kind for kind in moments.KINDS if kind != "sunset"])
def test_painted_moments_move_though_the_camera_is_still(kind, monkeypatch):
    monkeypatch.setattr(moments, "_SHAKE", 0.0)
    short, own, _ = moments.take(kind, (120, 180), (-2.0, 0.0, 2.0), 1, 3)
    moved = np.abs(short - own).max(-1) > 0.05
    assert 0.01 < moved.mean() < 0.9


def test_the_sunset_stands_still_but_for_the_hand(monkeypatch):
    monkeypatch.setattr(moments, "_SHAKE", 0.0)
    short, own, long = moments.take("sunset", (120, 180), (-2.0, 0.0, 2.0), 1, 3)
    assert short == pytest.approx(own, abs=1e-5) and long == pytest.approx(own, abs=1e-5)


def test_the_built_in_defocused_pictures_have_their_truth(tmp_path):
    scenes = read_set("pairs", synthetic.write_synthetic("synthetic-defocus", tmp_path))
    assert len(scenes) == 2
    assert all(read_plane(scene.radius).shape == read_float(scene.sharp).shape[:2] for scene in scenes)
    assert max(read_plane(scene.radius).max() for scene in scenes) > 0.5


def test_a_set_that_is_there_is_not_rendered_again(tmp_path):
    folder = synthetic.write_synthetic("synthetic", tmp_path)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    synthetic.write_synthetic("synthetic", tmp_path)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
