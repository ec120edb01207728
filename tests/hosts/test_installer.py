"""The installer in bare Debians, as an ordinary user: what it leaves when all goes well, and when it does not."""

import json
import os
import shutil
import tarfile

import numpy as np
import pytest
from bare import Home, build_wheel, real_wheels, small_tree
from host_root import REPOSITORY, missing

from libhdrnet.install.tree import copy_tree
from libhdrnet.io.read import read_photo

OLD, NEW = "0.0.1", "0.0.2"
BOTH = pytest.mark.parametrize("suite", ["bare-bookworm", "bare-trixie"])


@pytest.fixture(scope="module")
def trees(tmp_path_factory):
    """Two versions to install."""
    return {version: small_tree(tmp_path_factory.mktemp("tree") / version, version) for version in (OLD, NEW)}


@pytest.fixture
def home(tmp_path, request):
    """A home in a bare Debian 12, or in the test's `suite`."""
    suite = request.getfixturevalue("suite") if "suite" in request.fixturenames else "bare-bookworm"
    if missing(suite):
        pytest.skip(missing(suite))
    return Home(tmp_path, suite)


def succeeded(done):
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@BOTH
def test_install_again_upgrade_and_uninstall_leave_the_home_as_it_was(home, suite, trees):
    before = home.contents()
    told = succeeded(home.install(trees[OLD]))
    assert "Nothing to download" in told
    assert home.hdrnet("--version") == f"hdrnet {OLD}"
    plugin = home.path / ".config/GIMP/3.0/plug-ins/hdrnet"
    assert plugin.joinpath("hdrnet.py").stat().st_mode & 0o777 == 0o755
    assert plugin.joinpath("gimpfu_compat/__init__.py").exists()
    assert (
        plugin.joinpath("hdrnet_client.py").read_bytes()
        == (REPOSITORY / "libhdrnet/client/hdrnet_client.py").read_bytes()
    )
    luarc = home.path / ".config/darktable/luarc"
    assert luarc.read_text() == '-- mine\nrequire "other"\nrequire "hdrnet"\n'

    installed = home.contents()
    assert "is installed already" in succeeded(home.install(trees[OLD]))
    assert {k: v for k, v in home.contents().items() if "__pycache__" not in k} == {
        k: v for k, v in installed.items() if "__pycache__" not in k
    }

    succeeded(home.install(trees[NEW]))
    assert home.hdrnet("--version") == f"hdrnet {NEW}"
    facts = json.loads((home.path / ".config/libhdrnet/environment.json").read_text())
    assert facts["version"] == NEW
    assert home.versions == [NEW]
    assert json.loads((plugin / "manifest.json").read_text())["version"] == NEW
    assert luarc.read_text().count('require "hdrnet"') == 1
    assert (home.path / ".config/darktable/darktablerc").read_text() == "a=1\n"

    assert "libhdrnet is removed" in succeeded(home.install(trees[NEW], "--uninstall"))
    assert home.contents() == before


def test_an_installation_killed_ten_times_is_always_the_old_or_the_new_one(home, trees):
    """With SIGKILL at random moments, in small trees: the environment and the plug-ins are switched by the same code
    as in a whole installation, which takes too long to be started so often."""
    before = home.contents()
    script = REPOSITORY / "tests/hosts/interrupt.py"
    done = home.run("python3", script, trees[OLD], trees[NEW], folders=trees.values())
    told = [json.loads(line) for line in succeeded(done).splitlines()]
    assert len(told) == 10
    assert [round_["broken"] for round_ in told] == [[]] * 10, told
    assert sum(round_["killed"] for round_ in told) >= 5
    succeeded(home.install(trees[NEW]))
    assert home.versions == [NEW]
    assert home.hdrnet("--version") == f"hdrnet {NEW}"
    succeeded(home.install(trees[NEW], "--uninstall"))
    assert home.contents() == before


def test_two_installers_at_once_end_as_one_and_its_command_removes_everything_too(home, trees):
    before = home.contents()
    line = " ".join(
        f'"{trees[NEW]}/installers/install.sh" --wheels "{trees[NEW]}/wheels" --no-demo &' for _ in range(2)
    )
    done = home.run("bash", "-c", f"{line} wait -n && wait -n", folders=[trees[NEW]])
    told = succeeded(done)
    assert told.count("another installation is under way") == 1
    assert told.count("is installed already") == 1
    assert home.hdrnet("--version") == f"hdrnet {NEW}"
    assert home.versions == [NEW]
    home.hdrnet("uninstall", "libhdrnet")
    assert home.contents() == before


def test_too_little_space_is_told_before_anything_is_installed(home, trees):
    with home.small_disk(60):
        before = home.contents()
        done = home.install(trees[NEW])
        assert done.returncode == 2
        assert "MB are needed: free some space" in done.stderr
        assert "Installing" not in done.stdout
        assert home.contents() == before


def test_a_disk_that_fills_up_meanwhile_leaves_the_old_version(home, trees):
    script = REPOSITORY / "tests/hosts/fill_disk.sh"
    with home.small_disk(400):
        lines = succeeded(home.run("bash", script, trees[OLD], trees[NEW], folders=trees.values())).splitlines()
    assert any("the disk is full; free some space" in line for line in lines), "\n".join(lines)
    assert lines[-2:] == [f"hdrnet {OLD}", "1 version"]


def test_a_read_only_host_is_told_and_does_not_stop_the_others(home, trees):
    plugins = home.path / ".config/GIMP/3.0/plug-ins"
    plugins.mkdir()
    plugins.chmod(0o555)
    done = home.install(trees[OLD])
    assert done.returncode == 2
    assert f"'{plugins}" in done.stderr and "permission denied" in done.stderr
    assert list(plugins.iterdir()) == []
    assert home.hdrnet("--version") == f"hdrnet {OLD}"
    assert (home.path / ".config/darktable/lua/hdrnet.lua").exists()


def test_wheels_that_lack_something_are_told_and_nothing_is_left(home, trees, tmp_path):
    before = home.contents()
    (tmp_path / "wheels").mkdir()
    done = home.run(trees[OLD] / "installers/install.sh", "--wheels", tmp_path / "wheels", folders=[trees[OLD]])
    assert done.returncode == 1
    assert "does not hold all that is needed" in done.stderr and "setuptools" in done.stderr
    assert home.contents() == before


def test_an_sdist_installs_offline_and_merges_the_demo_in_one_command(home, tmp_path):
    """The whole installation, with every package, from what is released, in a system with nothing but Python."""
    wheels = real_wheels()
    before = home.contents()
    sdist = build_wheel(copy_tree(tmp_path / "tree"), tmp_path / "dist", "sdist")
    careful = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # Debian 12's Python has none yet
    shutil.unpack_archive(sdist, tmp_path / "unpacked", **careful)
    (source,) = (tmp_path / "unpacked").iterdir()
    mounted = tmp_path / "wheels"  # where the user can read it
    shutil.copytree(wheels, mounted, copy_function=os.link)
    script = source / "installers/install.sh"
    told = succeeded(home.run(script, "--wheels", mounted, "--plugins", "darktable"))
    assert "Merging the demo's bracket" in told
    demo = home.data / "current/demo"
    merged = read_photo(demo / "merged.exr").pixels
    assert merged.shape[2] == 3 and np.isfinite(merged).all() and merged.max() > 1
    page = home.hdrnet("doctor", "--json")
    states = {(check["name"], check["state"]) for check in json.loads(page)["checks"]}
    assert {name for name, state in states if state == "problem"} == set()
    assert {("torch", "ok"), ("weights", "ok"), ("start", "ok"), ("darktable", "ok")} <= states
    succeeded(home.run(script, "--uninstall"))
    assert home.contents() == before
