"""What the tests of the installer share: bare Debians (tests/hosts/root.sh), an ordinary user with a home, and small
trees to install from.

A tree is this repository without weights and without needs, of any version: its wheel is made in a second, so that
the installer's real code can be run, and killed, many times. Only the test of the whole installation takes the real
packages.
"""

import fcntl
import os
import re
import shutil
import subprocess
import sys
import tomllib
from contextlib import contextmanager
from pathlib import Path

import pytest
from host_root import REPOSITORY, inside

HOME = "Jörg Ö's home"
USER = 1000
TIMEOUT = 240


def small_tree(folder, version):
    """Copy the repository as `version` of libhdrnet, with a stand-in for GIMP's plug-in, and put a wheel beside it."""
    leave = shutil.ignore_patterns("__pycache__", "*.safetensors", "*.egg-info", "build")
    for part in ("libhdrnet", "plugins", "installers"):
        shutil.copytree(REPOSITORY / part, folder / part, ignore=leave)
    for part in ("README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md"):
        shutil.copy(REPOSITORY / part, folder)
    project = (REPOSITORY / "pyproject.toml").read_text("utf-8")
    project = re.sub(r"(?ms)^dependencies = \[.*?^\]", "dependencies = []", project)
    (folder / "pyproject.toml").write_text(project, "utf-8")
    (folder / "libhdrnet/_version.py").write_text(f'__version__ = "{version}"\n')
    stand_in_for_gimp(folder / "plugins/gimp")
    build_wheel(folder, folder / "wheels")
    return folder


def stand_in_for_gimp(folder):
    """Write the files of a plug-in for GIMP that does nothing."""
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("hdrnet/hdrnet.py", "hdrnet/rows.py", "gimpfu_compat/__init__.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"#!/usr/bin/env python3\n# {name}\n")
    return folder


def build_wheel(tree, folder, what="wheel"):
    """Build a wheel or an sdist of a tree as pip does, without a network; return its path."""
    code = f"import sys; from setuptools import build_meta; print(build_meta.build_{what}(sys.argv[1]))"
    folder.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", code, folder], cwd=tree, capture_output=True, text=True, timeout=TIMEOUT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder / done.stdout.splitlines()[-1]


def contents(folder):
    """Folders, links and files, with what is in them."""
    return {
        str(path.relative_to(folder)): path.readlink() if path.is_symlink() else
        None if path.is_dir() else (path.stat().st_mode, path.read_bytes())
        for path in folder.rglob("*")
    }  # fmt: skip


USED = {
    ".config/darktable/darktablerc": "a=1\n", ".config/darktable/luarc": '-- mine\nrequire "other"',
    ".config/GIMP/3.0/gimprc": "(mine)\n", ".bashrc": "\n",
}  # fmt: skip
"""What lies in a home in which the hosts were used."""


class Home:
    """The home folder of an ordinary user in a Debian, with some files in it."""

    def __init__(self, folder, suite, files=USED):
        self.folder = folder
        self.suite = suite
        self.path = folder / HOME
        for name, text in files.items():
            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            (self.path / name).write_text(text)
        for path in (self.path, *self.path.rglob("*")):
            shutil.chown(path, USER, USER)
        folder.chmod(0o755)

    @contextmanager
    def small_disk(self, megabytes):
        """Let the data folder lie on a disk of its own while inside."""
        disk = self.path / ".local/share"
        disk.mkdir(parents=True)
        shutil.chown(disk.parent, USER, USER)
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,uid={USER},gid={USER}", "tmpfs", disk], check=True
        )  # fmt: skip
        try:
            yield
        finally:
            subprocess.run(["umount", disk], check=True)

    def command(self, *words, folders=(), **environment):
        """Return the command that runs `words` there as the user."""
        pairs = " ".join(f'{name}="${name}"' for name in ("HOME", "PATH", *environment))
        script = f'exec setpriv --reuid={USER} --regid={USER} --clear-groups env -i LC_ALL=C.UTF-8 {pairs} "$@"'
        return inside(
            "sh", "-c", script, "sh", *words, suite=self.suite, folders=[self.folder, *folders],
            env={"HOME": str(self.path), **environment},
        )  # fmt: skip

    def run(self, *words, **options):
        """Run a command there as the user."""
        return subprocess.run(self.command(*words, **options), capture_output=True, text=True, timeout=TIMEOUT)

    def install(self, tree, *words, **options):
        """Run the installer of a small tree, offline."""
        script = tree / "installers/install.sh"
        return self.run(script, "--wheels", tree / "wheels", "--no-demo", *words, folders=[tree], **options)

    def hdrnet(self, *words):
        """Run the installed command; its last line."""
        done = self.run(self.path / ".local/bin/hdrnet", *words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def contents(self):
        """What lies there."""
        return contents(self.path)

    @property
    def data(self):
        return self.path / ".local/share/libhdrnet"

    @property
    def versions(self):
        """Names of the environments."""
        return sorted(path.name.partition("-")[0] for path in (self.data / "versions").glob("*"))


def real_wheels():
    """A folder with all packages for Python 3.11 on Linux, made once; skip the test where they cannot be had."""
    constraints = REPOSITORY / "installers/constraints.txt"
    cache = os.environ.get("HDRNET_CACHE") or Path.home() / ".cache/libhdrnet"
    folder = Path(cache, "wheels")
    stamp = folder / ".built-from"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with Path(cache, "wheels.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another worker of the tests may want them, too
        _fetch_wheels(folder, stamp, constraints)
    return folder


def _fetch_wheels(folder, stamp, constraints):
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))
    needs = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    wanted = constraints.read_text("utf-8") + "\n".join(needs)
    if stamp.exists() and stamp.read_text("utf-8") == wanted:
        return
    shutil.rmtree(folder, ignore_errors=True)
    done = subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--dest", folder, "--constraint", constraints,
         "--python-version", "3.11", "--only-binary", ":all:", "--retries", "2", "--timeout", "20",
         "--extra-index-url", "https://download.pytorch.org/whl/cpu", *needs],
        capture_output=True, text=True, timeout=900,
    )  # fmt: skip
    if done.returncode:
        pytest.skip(f"needs the packages that libhdrnet depends on: {done.stderr.strip().splitlines()[-1]}")
    stamp.write_text(wanted, "utf-8")
