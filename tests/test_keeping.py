"""Codes of large brackets lie in mapped files: the same codes, and memory only while they are looked at."""

import mmap
import tempfile

import numpy as np

from libhdrnet import keeping
from libhdrnet.merge.frames import load_frames
from libhdrnet.merge.pipeline import merge_exposures

CODES = np.random.default_rng(0).integers(0, 65536, (64, 96, 3)).astype(np.uint16)


def is_mapped(array):
    while isinstance(array, np.ndarray):
        array = array.base
    return isinstance(array.obj if isinstance(array, memoryview) else array, mmap.mmap)


def test_codes_that_fit_stay_as_they_are():
    assert keeping.keep(CODES, 8) is CODES


def test_codes_that_do_not_fit_are_mapped_and_the_same(monkeypatch):
    monkeypatch.setattr(keeping, "IN_MEMORY", CODES.nbytes)
    kept = keeping.keep(CODES, 2)
    assert is_mapped(kept) and np.array_equal(kept, CODES)
    keeping.let_go(kept, None, CODES)
    assert np.array_equal(kept, CODES)


def test_codes_stay_in_memory_where_no_file_can_be_written(monkeypatch):
    monkeypatch.setattr(keeping, "IN_MEMORY", 0)
    monkeypatch.setenv("TMPDIR", "/nowhere")
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    assert keeping.keep(CODES, 2) is CODES


def test_a_bracket_in_mapped_files_merges_to_the_same_and_leaves_nothing(monkeypatch, tmp_path):
    light = np.random.default_rng(1).random((80, 120, 3)).repeat(2, 0).repeat(2, 1).astype(np.float32)
    images = [np.rint(np.clip(np.roll(light, 3 * k, 1) * t, 0, 1) * 65535).astype(np.uint16)
              for k, t in enumerate((0.25, 1, 4))]  # fmt: skip
    options = {"exposure_times": [0.25, 1, 4], "response": "linear", "threads": 1}
    expected = merge_exposures(images, **options)
    monkeypatch.setattr(keeping, "IN_MEMORY", 0)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    assert all(is_mapped(frame.codes) for frame in load_frames(images, [0.25, 1, 4]))
    assert np.array_equal(merge_exposures(images, **options), expected)
    assert not list(tmp_path.iterdir())
