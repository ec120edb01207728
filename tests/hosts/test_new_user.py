"""A new user's day, as a whole: one command, then HDR Merge in GIMP 3 and in darktable 5, and all of it removed."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest
from bare import USER, Home, real_wheels
from darktable_window import MEANT_FILTERS, SHOW, STORAGE, Screen, watch
from host_root import REPOSITORY, missing, run_inside
from residents import wait_until

from libhdrnet.install.tree import copy_tree

MADE_BY_HOSTS = {
    ".config/GIMP", ".config/darktable", ".config/gtk-3.0", ".cache", ".local/share/gegl-0.4",
    ".local/share/recently-used.xbel",
}  # fmt: skip
"""What GIMP, darktable and their toolkit write, and keep when a plug-in goes, among it the values of its dialog."""
GIMP = r"""
SECONDS = 120
window("imported")
point(1036, 814)
menu("m", 1)
window("^Merge Exposures")
shot("dialog")
accept("^Merge Exposures")
window("hdr.*32-bit linear floating point.*layers")
time.sleep(2)
shot("merged")
"""
"""Files are opened by GIMP's own command; the pointer is kept where it covers nothing."""


@pytest.fixture
def home(tmp_path):
    """An empty home where the hosts are, and there an interpreter for which the packages can be had."""
    if missing():
        pytest.skip(missing())
    if sys.version_info[:2] != (3, 11):
        pytest.skip("needs Python 3.11, for which the packages are fetched: Debian 13 has 3.13")
    if Path(sys.base_prefix) == Path("/usr"):
        pytest.skip("needs a Python 3.11 outside of /usr, that can be lent to Debian 13")
    home = Home(tmp_path, "trixie", {".bashrc": "\n"})
    python = Path(sys.base_prefix)
    folders = [str(folder) for folder in python.parents if folder != Path("/")]
    opened = run_inside("chmod", "a+x", *folders, folders=[python], timeout=60)
    assert opened.returncode == 0, opened.stderr
    home.folders, home.python = [python], str(python / "bin/python3.11")
    return home


def succeeded(done):
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def made(home, name):
    """A folder of the user's beside the home."""
    folder = home.folder / name
    folder.mkdir()
    shutil.chown(folder, USER, USER)
    return folder


def merge_in_gimp(home, frames):
    screen = made(home, "gimp")
    (screen / "steps.py").write_text(GIMP)
    words = ["python3", REPOSITORY / "tests/hosts/gui_driver.py", screen, "gimp-3.0", *frames]
    done = home.run(*words, folders=home.folders)
    told = json.loads((screen / "told.json").read_text())
    assert told.get("ended"), told.get("traceback", "") + done.stdout + done.stderr


def merge_in_darktable(home, frames):
    screen, pictures = made(home, "darktable"), made(home, "pictures")
    for frame in frames:
        shutil.copy(frame, pictures)
    words = [SHOW, screen, "--disable-opencl", "--luacmd", watch(screen), *MEANT_FILTERS, *STORAGE, pictures]
    settings = home.path / ".config/darktable"
    with Screen(home.command(*words, folders=home.folders), screen, home.suite, settings) as shown:
        shown.select_all(len(frames))
        shown.press("ctrl+e")
        names = sorted([*(frame.name for frame in frames), f"{frames[0].stem}_hdr.exr"])
        wait_until(lambda: sorted(row[0] for row in shown.state("image")) == names, 120)
        wait_until(lambda: shown.shown() == names)
        shown.shot("merged")
    assert sorted(path.name for path in pictures.iterdir() if path.suffix != ".xmp") == names


def test_one_command_then_a_merge_in_gimp_and_in_darktable_then_everything_removed(home, tmp_path):
    before = home.contents()
    tree, wheels = copy_tree(tmp_path / "tree"), tmp_path / "wheels"
    shutil.copytree(real_wheels(), wheels, copy_function=os.link)
    script = tree / "installers/install.sh"
    told = succeeded(home.run(script, "--wheels", wheels, folders=home.folders, PYTHON=home.python))
    assert "Merging the demo's bracket" in told
    frames = sorted((home.data / "current/demo").glob("DEMO_*.jpg"))
    assert len(frames) == 3

    merge_in_gimp(home, frames)
    merge_in_darktable(home, frames)

    succeeded(home.run(script, "--uninstall", folders=home.folders, PYTHON=home.python))
    after = home.contents()
    assert {name: after.get(name) for name in before} == before
    new = [Path(name) for name in set(after) - set(before)]
    above = {folder for name in MADE_BY_HOSTS for folder in Path(name).parents}
    inside = {path for path in new if MADE_BY_HOSTS & {str(folder) for folder in (path, *path.parents)}}
    assert {*new} - above - inside == set()
    remembered = "plug-in-settings/GimpProcedureConfigRun-hdrnet-merge.last"
    assert [path for path in new if "hdrnet" in str(path) and not str(path).endswith(remembered)] == []
