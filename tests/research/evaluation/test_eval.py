"""`hdrnet eval` from the words to the files, on small sets."""

import csv
import json
import os
import re
import signal
import subprocess
import sys

import numpy as np
import pytest
import set_makers
from commands import COMMAND, ENVIRONMENT, TIMEOUT
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from libhdrnet.research.evaluation.scenes import read_float
from libhdrnet.research.sets import SETS

QUICK = ("--methods", "reference,debevec", "--device", "cpu")


def rows_of(folder):
    with (folder / "results.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def law(radiance):
    return np.log1p(5000 * np.clip(radiance.astype(np.float64), 0, 1)) / np.log(5001)


def test_figures_are_those_of_an_outside_computation_on_the_same_results(tmp_path, hdrnet):
    root = set_makers.kalantari(tmp_path / "set")
    words = ("eval", "kalantari", "--root", root, "-o", tmp_path / "run", "--predictions", tmp_path / "kept")
    assert hdrnet(*words, "--methods", "reference,debevec,mertens,classical", "--device", "cpu").code == 0
    rows = rows_of(tmp_path / "run")
    assert len(rows) == 8
    for row in rows:
        made = law(np.load(tmp_path / "kept" / row["method"] / f"{row['scene']}.npy"))
        truth = law(read_float(root / row["scene"] / "HDRImg.hdr"))
        assert float(row["psnr_mu"]) == pytest.approx(peak_signal_noise_ratio(truth, made, data_range=1), abs=1e-4)
        expected = structural_similarity(made, truth, channel_axis=-1, data_range=1)
        assert float(row["ssim_mu"]) == pytest.approx(expected, abs=1e-4)
    told = json.loads((tmp_path / "run" / "results.json").read_text())
    origins = {row["origin"] for table in told["tables"] for row in table["rows"]}
    assert origins == {"measured", "published"}


@pytest.mark.parametrize("name", list(set_makers.MAKERS))
@pytest.mark.usefixtures("random_weights")
def test_every_set_ends_with_results_and_a_report(tmp_path, hdrnet, name):
    root, report = set_makers.MAKERS[name](tmp_path / "set"), tmp_path / "out.html"
    methods = "reference,mertens" if SETS[name].kind == "bracket" else "ours,input"
    words = ("eval", name, "--root", root, "-o", tmp_path / "run", "--report", report, "--limit", 1, "--device", "cpu")
    ended = hdrnet(*words, "--methods", methods)
    assert ended.code == 0, ended.err
    assert "measured" in ended.out or name in ("sen", "tursun", "moving")
    assert len(rows_of(tmp_path / "run")) == 2
    page = report.read_text("utf-8")
    assert "data:image/jpeg;base64," in page and "default-src 'none'" in page
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", page)


def test_a_run_that_was_begun_goes_on_only_with_resume_and_does_nothing_twice(tmp_path, hdrnet):
    words = ("eval", "kalantari", "--root", set_makers.kalantari(tmp_path / "set"), "-o", tmp_path / "run", *QUICK)
    assert hdrnet(*words, "--limit", 1).code == 0
    first = rows_of(tmp_path / "run")
    ended = hdrnet(*words)
    assert ended.code == 2 and "go on with --resume" in ended.err
    ended = hdrnet(*words, "--resume", "--json")
    done = json.loads(ended.out.splitlines()[-1])
    assert done["measured"] == 3  # two methods and the pictures of the second scene
    assert rows_of(tmp_path / "run")[:2] == first and len(rows_of(tmp_path / "run")) == 4
    ended = hdrnet(*words, "--resume", "--crop", 32)
    assert ended.code == 2 and "the run there has crop None, not 32" in ended.err


def test_scenes_are_chosen_by_name_or_pattern(tmp_path, hdrnet):
    root = set_makers.kalantari(tmp_path / "set")

    def chosen(words, out):
        ended = hdrnet("eval", "kalantari", "--root", root, "-o", tmp_path / out, *QUICK, "--scenes", words)
        return ended, sorted({row["scene"] for row in rows_of(tmp_path / out)}) if ended.code == 0 else None

    assert chosen("002", "a")[1] == ["002"]
    assert chosen("*1, 002", "b")[1] == ["001", "002"]
    (root / "002").rename(root / "night [2]")
    assert chosen("night [2]", "d")[1] == ["night [2]"]
    (root / "night [2]").rename(root / "002")
    ended, _ = chosen("001,x*", "c")
    assert ended.code == 2 and "'x*' is not in the set; it has 001, 002" in ended.err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_run_that_was_killed_goes_on(tmp_path, hdrnet):
    root, run = set_makers.kalantari(tmp_path / "set", 12, size=(200, 300)), tmp_path / "run"
    words = ["eval", "kalantari", "--root", str(root), "-o", str(run), *QUICK]
    with subprocess.Popen([*COMMAND, *words, "--json"], stdout=subprocess.PIPE, text=True, env=ENVIRONMENT) as process:
        for line in process.stdout:
            if json.loads(line).get("stage", "").startswith("002"):
                os.kill(process.pid, signal.SIGKILL)
                break
        process.communicate(timeout=TIMEOUT)
    kept = list((run / "jobs").glob("*.json"))
    assert process.returncode == -signal.SIGKILL and 4 <= len(kept) < 36
    before = {path: path.stat().st_mtime_ns for path in kept}
    ended = hdrnet(*words, "--resume")
    assert ended.code == 0, ended.err
    assert {path: path.stat().st_mtime_ns for path in kept} == before
    found = [(row["scene"], row["method"]) for row in rows_of(run)]
    assert len(found) == len(set(found)) == 24


def test_one_bad_scene_does_not_stop_the_others(tmp_path, hdrnet):
    root = set_makers.kalantari(tmp_path / "set")
    (root / "001" / "262A0899.tif").write_bytes(b"II*\0 broken")
    ended = hdrnet("eval", "kalantari", "--root", root, "-o", tmp_path / "run", *QUICK)
    assert ended.code == 1 and "262A0899.tif" in ended.err
    rows = rows_of(tmp_path / "run")
    assert [bool(row["error"]) for row in rows] == [True, True, False, False]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("imagenet",), "'imagenet' is unknown"),
        (("kalantari",), "--root is missing"),
        (("synthetic", "--root", "x"), "is built in; leave --root out"),
        (("synthetic", "--methods", "hdrcnn"), "'hdrcnn' is unknown for this set"),
        (("synthetic", "--methods", "ours,ours"), "named twice"),
        (("synthetic", "--methods", "mertens@x"), "only psfnet and msffnet take weights"),
        (("synthetic", "--metrics", "vmaf"), "'vmaf' is unknown; --metrics adds jod and lpips"),
        (("synthetic", "--report", "x.pdf"), "ends in .html"),
        (("synthetic", "--limit", "0"), "limit 0 is out of range"),
    ],
)
def test_words_that_make_no_evaluation_are_refused(tmp_path, hdrnet, words, told):
    ended = hdrnet("eval", *words, "-o", tmp_path / "run")
    assert ended.code == 2 and told in ended.err
    assert not (tmp_path / "run").exists()


def test_both_kinds_of_frames_have_their_columns(tmp_path, hdrnet):
    root = set_makers.kalantari(tmp_path / "set", 1)
    words = ("eval", "kalantari", "--root", root, "-o", tmp_path / "run", "--predictions", tmp_path / "kept")
    ended = hdrnet(*words, "--report", tmp_path / "out.html", "--as", "both", *QUICK)
    assert ended.code == 0, ended.err
    assert "PSNR-µ, camera" in ended.out
    for row in rows_of(tmp_path / "run"):
        assert float(row["psnr_mu"]) > 10 and float(row["psnr_mu_camera"]) > 10
        assert float(row["psnr_mu"]) != float(row["psnr_mu_camera"])
    assert (tmp_path / "kept" / "debevec" / "001_camera.npy").is_file()
    assert "error from camera pictures" in (tmp_path / "out.html").read_text("utf-8")
    ended = hdrnet(*words, "--as", "camera", "--resume", *QUICK)
    assert ended.code == 2 and "the run there has frames 'both', not 'camera'" in ended.err


@pytest.mark.parametrize("name", ["moving", "pairs"])
def test_camera_pictures_need_brackets_with_a_truth(tmp_path, hdrnet, name):
    root = set_makers.MAKERS[name](tmp_path / "set")
    ended = hdrnet("eval", name, "--root", root, "-o", tmp_path / "run", "--as", "camera")
    assert ended.code == 2 and "--as camera is for brackets with a truth" in ended.err
    assert not (tmp_path / "run").exists()


def test_brackets_without_truth_are_judged_and_their_worst_places_shown(tmp_path, hdrnet):
    root = set_makers.moving(tmp_path / "set", size=(200, 280))
    words = ("--methods", "reference,debevec,classical", "--device", "cpu", "--report", tmp_path / "out.html")
    ended = hdrnet("eval", "moving", "--root", root, "-o", tmp_path / "run", *words)
    assert ended.code == 0, ended.err
    for row in rows_of(tmp_path / "run"):
        assert float(row["resid"]) > 30 and all(row[name] for name in ("blocks", "edges", "noise"))
        if row["method"] == "reference":
            assert float(row["resid"]) > 45 and (float(row["blocks"]), float(row["edges"])) == (0, 0)
    assert "Table 2.1" not in ended.out
    page = (tmp_path / "out.html").read_text("utf-8")
    for told in (
        "Worst places at 100 %",
        "residual: how far it is from the reference frame",
        "what the reference exposes",
    ):
        assert told in page


def test_a_report_that_exists_is_kept(tmp_path, hdrnet):
    (tmp_path / "mine.html").write_text("mine")
    ended = hdrnet("eval", "synthetic", "-o", tmp_path / "run", "--report", tmp_path / "mine.html")
    assert ended.code == 2 and "--overwrite" in ended.err
    assert (tmp_path / "mine.html").read_text() == "mine"
