"""The installer from this checkout, on this system, with a wheel of libhdrnet that needs nothing."""

import os
import subprocess
import sys

import pytest
from bare import contents, small_tree
from commands import MEASURED, TIMEOUT
from host_root import REPOSITORY

from libhdrnet import __version__
from libhdrnet.install.pip import _explain
from libhdrnet.install.space import Package, _estimate

BARE_PATH = "/usr/bin:/bin"
"""pip starts any compiler of Rust it finds, and that may write into the home folder."""


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    return small_tree(tmp_path_factory.mktemp("tree") / "tree", __version__) / "wheels"


@pytest.fixture
def home(tmp_path):
    folder = tmp_path / "Jörg Ö's home"
    (folder / ".config/darktable").mkdir(parents=True)
    return folder


def install(home, *words):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG", "HDRNET"))}
    return subprocess.run(
        [sys.executable, REPOSITORY / "installers/install.py", *words], capture_output=True, text=True, cwd=home,
        timeout=TIMEOUT, env={**kept, **MEASURED, "HOME": str(home), "PATH": BARE_PATH},
    )  # fmt: skip


def test_a_checkout_installs_itself_and_goes_again(home, wheels):
    before = contents(home)
    offline = ("--wheels", wheels, "--no-demo", "--plugins", "darktable")
    told = install(home, *offline, "--dry-run")
    assert (told.returncode, contents(home)) == (0, before), told.stderr
    assert f"would install libhdrnet {__version__}" in told.stdout

    told = install(home, *offline)
    assert told.returncode == 0, told.stderr
    launcher = home / ".local/bin/hdrnet"
    assert f"{launcher}' merge" in told.stdout or f'{launcher}" merge' in told.stdout
    assert f"for '{launcher.parent}' is not on the PATH" in told.stdout
    said = subprocess.run([launcher, "--version"], capture_output=True, text=True, timeout=TIMEOUT).stdout
    assert said == f"hdrnet {__version__}\n"

    (home / ".local/share/libhdrnet/current/bin/python").unlink()
    told = install(home, *offline)
    assert "Installing it anew" in told.stdout
    assert "is there already" in told.stdout  # the plug-in

    assert "would remove" in install(home, "--uninstall", "--dry-run").stdout
    told = install(home, "--uninstall")
    assert (told.returncode, contents(home)) == (0, before), told.stderr


def test_an_environment_of_one_s_own_is_made_and_renewed(home, wheels):
    for _ in range(2):
        told = install(home, "--env", home / "env", "--wheels", wheels, "--no-demo")
        assert told.returncode == 0, told.stderr
    said = subprocess.run(
        [home / "env/bin/hdrnet", "--version"], capture_output=True, text=True, timeout=TIMEOUT
    ).stdout
    assert said == f"hdrnet {__version__}\n"
    assert sorted(path.name for path in home.iterdir()) == [".config", "env"]


def test_a_folder_with_something_else_is_no_place_for_an_environment(home, wheels):
    (home / "mine").mkdir()
    (home / "mine/file").write_text("mine")
    told = install(home, "--env", home / "mine", "--wheels", wheels)
    assert told.returncode == 2
    assert told.stderr.endswith("mine' is there and is no virtual environment; choose another folder with --env.\n")
    assert (home / "mine/file").read_text() == "mine"


@pytest.mark.parametrize(
    ("words", "reason"),
    [(("--wheels", "nowhere"), "'nowhere' is no folder"), (("--develop",), "--develop needs --env"),
     (("--torch", "rocm"), "invalid choice: 'rocm'")],
)  # fmt: skip
def test_words_that_make_no_sense_are_told(home, words, reason):
    told = install(home, *words)
    assert (told.returncode, reason in told.stderr) == (2, True)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("ERROR: [Errno 28] No space left on device", "the disk is full; free some space, and try again."),
        ("WARNING: Retrying after NewConnectionError\nERROR: No matching distribution found for torch",
         "nothing could be downloaded (No matching distribution found for torch); connect (behind a proxy set "
         "HTTPS_PROXY), and try again."),
        ("ERROR: Something else.\n", "pip failed: Something else; mend that, and try again."),
        ("", "pip failed: it said nothing; mend that, and try again."),
    ],
)  # fmt: skip
def test_a_failure_of_pip_is_one_sentence_with_a_way_out(said, reason):
    assert _explain(said, None) == reason


def test_the_estimate_counts_what_has_to_be_downloaded():
    packages = [
        Package("torch", "2.0", "https://x/torch.whl", "", 200_000_000, 800_000_000),
        Package("rich", "15", "https://x/rich.whl", "", None, 0),
        Package("libhdrnet", "0.1", "file:///libhdrnet.whl", "", 16_000_000, 18_000_000),
    ]
    assert _estimate(packages, 5_000_000_000) == (
        "To download: 200 MB in 2 files (torch 2.0 200 MB; 1 of unknown size); "
        "923 MB on disk (200 MB more until it is done), where 5.0 GB are free."
    )


@pytest.mark.parametrize(
    ("answer", "torch", "asked"), [("n\n", "cpu", True), ("y\n", "cpu", True), ("", "cuda", False)]
)
def test_who_has_no_nvidia_card_is_asked_before_its_build_is_taken(tmp_path, answer, torch, asked):
    """At a terminal of its own: without one nobody can be asked."""
    script = f"""
from pathlib import Path
from libhdrnet.install.space import Package, check_space

packages = [Package("nvidia-cublas", "13", "https://x/nvidia.whl", "", 1000, 2000)]
check_space(Path({str(tmp_path)!r}), packages, print, {torch!r})
print("GOES ON")
"""
    end, terminal = os.openpty()
    os.write(end, answer.encode())
    done = subprocess.run(
        [sys.executable, "-c", script], stdin=terminal, capture_output=True, text=True, timeout=TIMEOUT,
        env={**os.environ, **MEASURED},
    )  # fmt: skip
    os.close(end)
    os.close(terminal)
    assert ("Install it all the same?" in done.stdout) == asked
    assert ("GOES ON" in done.stdout) == (answer != "n\n")
    assert ("could not be reached: try again later" in done.stderr) == (answer == "n\n")
