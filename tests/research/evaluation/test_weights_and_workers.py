import csv
import shutil
import sys

import pytest
import set_makers
from commands import run_while_a_worker_is_killed

from libhdrnet.networks.form import THESIS
from libhdrnet.research.evaluation.methods import parse_methods
from libhdrnet.weights import load_network


def rows_of(folder):
    with (folder / "results.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_method_takes_the_weights_of_a_training_run_which_has_no_others(tmp_path, hdrnet, random_weights):
    root = set_makers.kalantari(tmp_path / "set", 1)
    (tmp_path / "trained").mkdir()
    for path in random_weights.glob("psfnet.*"):
        shutil.copy(path, tmp_path / "trained")
    method = f"psfnet@{tmp_path / 'trained'}"
    words = ("--methods", method, "--device", "cpu", "--predictions", tmp_path / "kept")
    ended = hdrnet("eval", "kalantari", "--root", root, "-o", tmp_path / "run", *words)
    assert ended.code == 0, ended.err
    assert [row["method"] for row in rows_of(tmp_path / "run")] == [method]


def test_psfnet_in_the_form_of_the_thesis_comes_with_the_library():
    (method,) = parse_methods("psfnet@thesis", "bracket")
    assert method.network == "psfnet" and method.title == "PSFNet, the thesis's form"
    network, card = load_network("psfnet", method.weights)
    assert card.facts["recipe"] == "thesis" and network.options.form == THESIS


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_worker_that_is_killed_loses_no_scene_and_none_counts_twice(tmp_path, cluster):
    root, run = set_makers.kalantari(tmp_path / "set", 4, size=(300, 400)), tmp_path / "run"
    methods = "reference,debevec,mertens"
    words = ["eval", "kalantari", "--root", root, "-o", run, "--methods", methods, "--device", "cpu"]
    ended, done = run_while_a_worker_is_killed(words, cluster, run, "jobs/*.json")
    assert ended.returncode == 0, ended.stderr
    assert 0 < done < 12
    found = [(row["scene"], row["method"], row["error"]) for row in rows_of(run)]
    assert len(found) == len(set(found)) == 12 and not any(error for *_, error in found)


def test_a_scheduler_that_is_not_there_is_told(tmp_path, hdrnet, monkeypatch):
    ended = hdrnet("eval", "kalantari", "--root", set_makers.kalantari(tmp_path / "set", 1), "-o", tmp_path / "run",
                   "--scheduler", "nonsense://x", "--device", "cpu")  # fmt: skip
    assert ended.code == 2 and "no Dask scheduler answers there" in ended.err
