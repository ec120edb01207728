"""hdrnet batch: the brackets of a folder are found and merged; what is done is skipped, what fails does not stop it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from commands import TIMEOUT, run_while_a_worker_is_killed, start, whole, write_bracket

import libhdrnet
from libhdrnet.io.embed import read_record
from libhdrnet.io.passengers import GAIN_MAP, passengers
from libhdrnet.io.read import read_photo

CLASSICAL = ("--model", "classical", "--no-align")


def shoot(folder, count, **how):
    """Write `count` brackets one after the other: 00-a.jpg, 00-b.jpg, 00-c.jpg, 01-a.jpg, …"""
    folder.mkdir(exist_ok=True)
    for index in range(count):
        made = folder / "made"
        made.mkdir()
        for path in write_bracket(made, **how):
            path.rename(folder / f"{index:02}-{path.name}")
        made.rmdir()
    return folder


def merged(folder):
    return sorted(path.name for path in folder.iterdir())


def test_each_bracket_of_a_folder_is_merged_as_the_library_does(tmp_path, hdrnet):
    folder = shoot(tmp_path / "pictures", 2)
    ended = hdrnet("batch", folder, "--exr-bits", 32, "--preview", *CLASSICAL)
    assert ended.code == 0, ended.err
    assert "merged 2 brackets" in ended.out
    out = folder / "hdr"
    assert merged(out) == ["00-a-hdr-preview.jpg", "00-a-hdr.exr", "01-a-hdr-preview.jpg", "01-a-hdr.exr"]
    frames = [folder / f"01-{letter}.jpg" for letter in "abc"]
    expected = libhdrnet.merge_exposures(frames, model="classical", align=False)
    assert np.array_equal(read_photo(out / "01-a-hdr.exr").pixels, expected)


def test_the_same_frame_of_each_bracket_is_the_reference(tmp_path, hdrnet):
    folder = shoot(tmp_path / "pictures", 2)
    assert hdrnet("batch", folder, "--reference", 3, *CLASSICAL).code == 0
    for number in ("00", "01"):
        assert read_record(folder / "hdr" / f"{number}-a-hdr.exr")["reference"] == 3
    assert hdrnet("batch", folder, "--reference", 4, "--overwrite", *CLASSICAL).code == 1


def test_previews_of_a_folder_get_gain_maps(tmp_path, hdrnet):
    folder = shoot(tmp_path / "pictures", 1)
    assert hdrnet("batch", folder, "--format", ".avif", "--preview", "--gain-map", *CLASSICAL).code == 0
    assert passengers(folder / "hdr" / "00-a-hdr-preview.jpg") == [GAIN_MAP]
    refused = hdrnet("batch", folder, "--gain-map", *CLASSICAL)
    assert refused.code == 2 and "a gain map goes into a JPEG" in refused.err


def test_brackets_become_dngs_which_are_no_shots_themselves(tmp_path, hdrnet):
    folder = shoot(tmp_path / "pictures", 2)
    assert hdrnet("batch", folder, "-o", folder, "--format", ".dng", *CLASSICAL).code == 0
    assert {"00-a-hdr.dng", "01-a-hdr.dng"} <= set(merged(folder))
    assert "01-a-hdr.dng (made by libhdrnet)" in hdrnet("batch", folder, "--list", *CLASSICAL).out


def test_what_is_done_is_skipped_and_replaced_only_if_asked(tmp_path, hdrnet):
    folder = shoot(tmp_path / "pictures", 3)
    assert hdrnet("batch", folder, "-o", tmp_path / "out", *CLASSICAL).code == 0
    (tmp_path / "out" / "01-a-hdr.exr").unlink()
    kept = tmp_path / "out" / "02-a-hdr.exr"
    kept.write_bytes(b"mine")
    again = hdrnet("batch", folder, "-o", tmp_path / "out", "--json", *CLASSICAL)
    done = json.loads(again.out.splitlines()[-1])
    assert again.code == 0 and [os.path.basename(path) for path in done["outputs"]] == ["01-a-hdr.exr"]
    assert len(done["skipped"]) == 2 and kept.read_bytes() == b"mine"
    assert hdrnet("batch", folder, "-o", tmp_path / "out", "--overwrite", *CLASSICAL).code == 0
    assert kept.stat().st_size > 100


def test_a_bad_bracket_does_not_stop_the_others_and_a_single_picture_is_left(tmp_path, hdrnet):
    folder = shoot(tmp_path / "pictures", 2)
    middle = folder / "00-b.jpg"
    middle.write_bytes(middle.read_bytes()[:-200])  # its EXIF is whole, its pixels are not
    shutil.copy(folder / "01-c.jpg", folder / "99.jpg")
    (folder / "notes.txt").write_text("not a picture")
    ended = hdrnet("batch", folder, "--json", *CLASSICAL)
    told = [json.loads(line) for line in ended.out.splitlines()]
    done = next(fact for fact in told if "failed" in fact)
    assert ended.code == 1
    assert len(done["failed"]) == 1 and done["failed"][0].startswith("00-a.jpg: ")
    assert [os.path.basename(path) for path in done["outputs"]] == ["01-a-hdr.exr"]
    assert [os.path.basename(path) for path in done["alone"]] == ["99.jpg"]
    assert merged(folder / "hdr") == ["01-a-hdr.exr"]


def test_several_processes_of_this_machine_do_the_same(tmp_path, hdrnet):
    folder = shoot(tmp_path / "pictures", 3)
    assert hdrnet("batch", folder, "-o", tmp_path / "one", "--exr-bits", 32, *CLASSICAL).code == 0
    ended = hdrnet("batch", folder, "-o", tmp_path / "two", "--exr-bits", 32, "--workers", 2, *CLASSICAL)
    assert ended.code == 0 and "merged 3 brackets" in ended.out
    for path in (tmp_path / "one").iterdir():
        assert np.array_equal(read_photo(path).pixels, read_photo(tmp_path / "two" / path.name).pixels)


def test_a_list_says_what_would_be_done_and_may_be_corrected(tmp_path, hdrnet):
    folder = shoot(tmp_path / "pictures", 2)
    told = hdrnet("batch", folder, "--list", *CLASSICAL)
    assert told.code == 0 and not (folder / "hdr").exists()
    assert told.out.splitlines() == [f"{n}-a.jpg | {n}-b.jpg | {n}-c.jpg" for n in ("00", "01")]
    corrected = tmp_path / "brackets.txt"
    corrected.write_text("# only these\n00-a.jpg | 00-b.jpg\n")
    ended = hdrnet("batch", folder, "--brackets", corrected, *CLASSICAL)
    assert ended.code == 0 and "from 00-a.jpg, 00-b.jpg" in ended.err + ended.out
    assert merged(folder / "hdr") == ["00-a-hdr.exr"]


def test_own_results_are_never_frames(tmp_path, hdrnet):
    folder = shoot(tmp_path / "pictures", 2)
    assert hdrnet("batch", folder, "-o", folder, "--format", ".jpg", *CLASSICAL).code == 0
    again = hdrnet("batch", folder, "--json", *CLASSICAL)
    done = json.loads(again.out.splitlines()[-1])
    assert len(done["outputs"]) == 2 and not done["alone"]
    assert [told.split(": ")[1] for told in done["others"]] == ["made by libhdrnet"] * 2


def test_brackets_without_exif_are_cut_and_exposed_as_the_person_says(tmp_path, hdrnet):
    folder = shoot(tmp_path / "pictures", 2, suffix=".png", exif=False)
    ended = hdrnet("batch", folder, "--ev", "-2,0,2", *CLASSICAL)
    assert ended.code == 0 and "merged 2 brackets" in ended.out
    refused = hdrnet("batch", folder, "--ev", "-2,0,2", "--frames", 2, *CLASSICAL)
    assert refused.code == 2 and "--frames 2 and 3 exposures" in refused.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "holds no pictures"),
        (("--format", ".gif"), "is unknown"),
        (("--local", 1), "radiance is not tone-mapped"),
        (("--scale", "common", "--format", ".avif"), "only radiance has a scale"),
        (("--scale", "absolute", "--meter-constant", 0), "meter constant 0 is out of range"),
        (("--hdr-bits", 16, "--format", ".avif"), "cannot have 16 bits"),
        (("--workers", 0), "out of range"),
    ],
)
def test_what_cannot_be_done_is_told_and_leaves_nothing(tmp_path, hdrnet, words, said):
    folder = tmp_path / "pictures"
    folder.mkdir()
    if words:
        shoot(folder, 1)
    ended = hdrnet("batch", folder, "-o", tmp_path / "out", *words, *CLASSICAL)
    assert ended.code == 2 and said in ended.err
    assert not list(tmp_path.glob("out/*"))


def test_a_folder_that_is_not_there_is_told(tmp_path, hdrnet):
    ended = hdrnet("batch", tmp_path / "nowhere")
    assert ended.code == 2 and "cannot be read as a folder" in ended.err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_worker_that_is_killed_loses_no_bracket(tmp_path, cluster):
    folder, out = shoot(tmp_path / "pictures", 12, size=(300, 400)), tmp_path / "out"
    words = ["batch", folder, "-o", out, "--json", *CLASSICAL]
    ended, begun = run_while_a_worker_is_killed(words, cluster, out, "*.exr")
    assert ended.returncode == 0, ended.stdout
    assert 0 < begun < 12
    done = json.loads(ended.stdout.splitlines()[-1])
    assert len(done["outputs"]) == len(set(done["outputs"])) == 12 and not done["failed"]
    # what it was writing has a hidden name and stays until the next run
    assert sorted(path.name for path in whole(out, "*")) == [f"{index:02}-a-hdr.exr" for index in range(12)]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_batch_that_is_killed_again_and_again_goes_on_and_makes_what_it_would_have_made(tmp_path, hdrnet):
    folder, out = shoot(tmp_path / "pictures", 12, size=(200, 300)), tmp_path / "out"
    words = ["batch", folder, "-o", out, "--preview", *CLASSICAL]
    kills, made = 0, set()
    for seen in (2, 4, 6):
        with start(*words, "--json", stdout=subprocess.PIPE) as process:
            for line in process.stdout:
                if json.loads(line).get("stage", "").startswith(f"bracket {seen} of"):
                    process.kill()
                    break
            process.communicate(timeout=TIMEOUT)
        kills += process.returncode == -signal.SIGKILL
        now = {path: path.stat().st_mtime_ns for path in out.glob("[0-9]*")}
        assert made <= set(now.items())  # what was there is not made again
        made = set(now.items())
    assert kills == 3 and 0 < len(list(out.glob("*.exr"))) < 12
    ended = hdrnet(*words)
    assert ended.code == 0 and made <= {(path, path.stat().st_mtime_ns) for path in out.glob("[0-9]*")}
    for index in range(12):
        assert read_photo(out / f"{index:02}-a-hdr.exr").pixels.shape == (200, 300, 3)
        assert read_photo(out / f"{index:02}-a-hdr-preview.jpg").pixels.shape == (200, 300, 3)


def test_a_bracket_counts_as_done_only_when_its_preview_is_written(tmp_path, hdrnet):
    folder = shoot(tmp_path / "pictures", 1)
    assert hdrnet("batch", folder, "--preview", *CLASSICAL).code == 0
    result, preview = folder / "hdr" / "00-a-hdr.exr", folder / "hdr" / "00-a-hdr-preview.jpg"
    assert preview.stat().st_mtime_ns < result.stat().st_mtime_ns


def test_brackets_of_one_name_get_results_of_their_own_on_every_disk(tmp_path, hdrnet):
    folder = shoot(tmp_path / "pictures", 4)
    firsts = ["shot.jpg", "Shot.JPG", "shot-jpg.jpg", "shot.jpeg"]
    for number, first in enumerate(firsts):
        (folder / f"{number:02}-a.jpg").rename(folder / first)
    listed = tmp_path / "brackets.txt"
    listed.write_text("".join(f"{first} | {n:02}-b.jpg | {n:02}-c.jpg\n" for n, first in enumerate(firsts)))
    ended = hdrnet("batch", folder, "--brackets", listed, *CLASSICAL)
    assert ended.code == 0 and "merged 4 brackets" in ended.out
    assert len({name.lower() for name in merged(folder / "hdr")}) == 4


def test_a_preview_without_its_result_is_made_again_but_no_other_picture_of_that_name(tmp_path, hdrnet):
    folder = shoot(tmp_path / "pictures", 2)
    words = ["batch", folder, "--format", ".avif", "--preview", "--gain-map", "--tone", "fusion", *CLASSICAL]
    assert hdrnet(*words).code == 0
    results = [folder / "hdr" / f"{number}-a-hdr.avif" for number in ("00", "01")]
    first, second = (result.with_name(f"{result.stem}-preview.jpg") for result in results)
    for result in results:  # as if the merge had been killed before it wrote them
        result.unlink()
    written = first.stat().st_mtime_ns
    shutil.copy(folder / "01-a.jpg", second)
    mine = second.read_bytes()
    ended = hdrnet(*words)
    assert ended.code == 1 and "01-a-hdr-preview.jpg exists" in ended.err
    assert results[0].exists() and first.stat().st_mtime_ns > written
    assert not results[1].exists() and second.read_bytes() == mine


def test_what_a_killed_process_left_half_written_goes_and_what_another_is_writing_stays(tmp_path, hdrnet):
    folder, out = shoot(tmp_path / "pictures", 1), tmp_path / "out"
    out.mkdir()
    left, written, mine = out / ".hdrnet-left.exr", out / ".hdrnet-written.exr", out / "old.exr"
    for path in (left, written, mine):
        path.write_bytes(b"half")
    for path in (left, mine):
        os.utime(path, (time.time() - 7200,) * 2)
    assert hdrnet("batch", folder, "-o", out, *CLASSICAL).code == 0
    assert merged(out) == [written.name, "00-a-hdr.exr", mine.name]
