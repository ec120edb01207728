"""Fixtures shared by all tests: small pictures, small networks with random weights, the optional shared data."""

import gc
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

HOSTS = Path(__file__).parent / "hosts"
DARKTABLE = "test_darktable", "test_darktable_gui", "test_installed_plugins", "test_new_user", "test_raw_developers"
LONGEST = [*(HOSTS / f"{name}.py" for name in DARKTABLE), HOSTS / "test_gimp_gui.py"]
SHARED = Path(__file__).resolve().parents[2] / "shared"

gc.disable()


@pytest.hookimpl(trylast=True)
def pytest_sessionstart():
    """Of the processes that tests start, coverage measures those that cover what nothing else does (MEASURED of
    commands.py): to each it is another half second, and a fifth of what it computes."""
    if "COVERAGE_PROCESS_CONFIG" in os.environ:
        os.environ["TESTS_MEASURED"] = os.environ.pop("COVERAGE_PROCESS_CONFIG")


pytest_sessionstart()  # of one process coverage has begun by now, of several it begins with the session


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.path not in LONGEST)


def pytest_collection_finish():
    """What was loaded by now stays: who collects garbage, as a merge does twice, need not search it for 0.1 s."""
    gc.freeze()
    gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Of several processes (tests/run.sh) one runs a whole file, whose tests share what they compute, and one runs all
    that start darktable: two at once do not export one file alike. One runs all that trains, which loads torch's
    compiler: four seconds in each process."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            path = Path(nodeid.partition("::")[0])
            if path.stem in DARKTABLE:
                return "darktable"
            return str(path.parent if path.parent.name == "training" else path)

    return Scheduling(config, log)


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


@pytest.fixture
def hdrnet(capfd):
    """A function that runs the command line in this process."""
    from commands import Ended

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

    unsampled = {**ENVIRONMENT, "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False"}
    quiet = {"stdout": subprocess.DEVNULL, "env": unsampled}
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
    scheduler = subprocess.Popen(words, stderr=subprocess.PIPE, text=True, env=unsampled)
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


@pytest.fixture(scope="session")
def chromium():
    """Headless Chromium; it says on its console what goes wrong."""
    selenium = pytest.importorskip("selenium.webdriver", reason="needs selenium (libhdrnet[test])")
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        pytest.skip("needs Chromium and its driver (Debian: chromium, chromium-driver)")
    options = selenium.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for word in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",
                 "--force-color-profile=srgb", "--allow-file-access-from-files"):  # fmt: skip
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = selenium.Chrome(options=options, service=selenium.ChromeService(shutil.which("chromedriver")))
    driver.set_page_load_timeout(60)
    yield driver
    driver.quit()


@pytest.fixture
def browser(chromium, tmp_path):
    """Chromium with one new tab and nothing on its console; it saves files to tmp_path/saved."""
    before = chromium.window_handles
    chromium.switch_to.new_window("tab")
    (new,) = set(chromium.window_handles) - set(before)
    for handle in before:
        chromium.switch_to.window(handle)
        chromium.close()
    chromium.switch_to.window(new)
    saved = {"behavior": "allow", "downloadPath": str(tmp_path / "saved")}
    chromium.execute_cdp_cmd("Browser.setDownloadBehavior", saved)
    for kind in ("browser", "performance"):
        chromium.get_log(kind)
    return chromium
