"""Fixtures shared by all tests: small pictures, small networks with random weights, the optional shared data."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

GIMP = ("test_gimp2.py", "test_gimp3_deblur.py", "test_gimp3_merge.py", "test_gimp3_trouble.py", "test_gimp_gui.py",
        "test_gimpfu_compat.py", "test_languages.py")  # fmt: skip
SHARED = Path(__file__).resolve().parents[2] / "shared"


def pytest_collection_modifyitems(items):
    """Quick tests first: those in real hosts and those that install take longer than all others together.

    Of several processes (tests/run.sh) one has all tests in GIMP and one all in darktable: two darktables at once do
    not export one file alike. Those of the installer, in bare roots, go to whoever is free.
    """
    slow = [Path(__file__).parent / name for name in ("install", "hosts")]
    items.sort(key=lambda item: next((rank for rank, folder in enumerate(slow, 1) if folder in item.path.parents), 0))
    for item in items:
        if slow[-1] in item.path.parents and item.path.name not in ("test_installer.py", "test_debian_package.py"):
            item.add_marker(pytest.mark.xdist_group("gimp" if item.path.name in GIMP else "darktable"))


@pytest.fixture
def shared():
    """The folder with real brackets beside the checkout; the test is skipped where it is missing."""
    if not (SHARED / "data").is_dir():
        pytest.skip("needs the real pictures in ../shared/data")
    return SHARED


@pytest.fixture
def scene():
    """A function that makes a smooth linear picture (h, w, 3) with detail, in [0, peak]."""

    def make(height, width, peak=1.0, seed=0):
        import cv2

        rng = np.random.default_rng(seed)
        out = np.zeros((height, width, 3), np.float32)
        for cells, weight in ((4, 0.6), (16, 0.3), (64, 0.1)):
            noise = rng.random((cells, cells, 3), np.float32)
            out += weight * cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
        out -= out.min()
        return out / max(out.max(), 1e-6) * np.float32(peak)

    return make


@pytest.fixture
def random_weights(tmp_path, monkeypatch):
    """Small networks with random weights in place of the trained ones, for tests of what surrounds them."""
    from small_networks import save_random_weights

    from libhdrnet.engine import run

    folder = tmp_path / "random-weights"
    folder.mkdir()
    save_random_weights(folder)
    monkeypatch.setenv("HDRNET_WEIGHTS", str(folder))
    run.loaded.cache_clear()
    yield folder
    run.loaded.cache_clear()


@dataclass(frozen=True)
class Ended:
    """What a command left behind: its exit code and what it said."""

    code: int
    out: str
    err: str


@pytest.fixture
def hdrnet(capfd):
    """A function that runs the command line in this process."""
    from libhdrnet.cli import main

    def run(*words):
        capfd.readouterr()
        code = main([str(word) for word in words])
        return Ended(code, *capfd.readouterr())

    return run


@pytest.fixture
def cluster():
    """A Dask scheduler and two workers, each a process of its own: (address, workers)."""
    from commands import ENVIRONMENT, TIMEOUT

    quiet = {"stdout": subprocess.DEVNULL, "env": ENVIRONMENT}
    words = [
        sys.executable,
        "-m",
        "distributed.cli.dask_scheduler",
        "--port",
        "0",
        "--host",
        "127.0.0.1",
        "--no-dashboard",
    ]
    scheduler = subprocess.Popen(words, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)
    address = next(line.split()[-1] for line in scheduler.stderr if "tcp://" in line)
    start = [
        sys.executable,
        "-m",
        "distributed.cli.dask_worker",
        address,
        "--no-nanny",
        "--nthreads",
        "1",
        "--no-dashboard",
    ]
    workers = [subprocess.Popen(start, stderr=subprocess.DEVNULL, **quiet) for _ in range(2)]
    try:
        yield address, workers
    finally:
        for process in (*workers, scheduler):
            process.kill()
        for process in (*workers, scheduler):
            process.communicate(timeout=TIMEOUT)
