"""What the tests in real hosts share: the Debian roots with GIMP and darktable (tests/hosts/root.sh)."""

import os
import subprocess
from functools import cache
from pathlib import Path

import pytest

from libhdrnet.install.sources import PROGRAM, plugin_files

SCRIPT = Path(__file__).parent / "hosts/root.sh"
REPOSITORY = Path(__file__).parents[1]


@cache
def missing(suite="trixie"):
    """Why the root of a suite cannot be used; empty if it can."""
    if os.name != "posix" or os.geteuid() != 0:
        return "needs the superuser to enter the root with the real hosts"
    if subprocess.run([SCRIPT, "path", suite], capture_output=True).returncode:
        return f"needs the root with the real hosts: tests/hosts/root.sh build {suite} (network and superuser)"
    return ""


def inside(*words, suite="trixie", folders=(), env=None):
    """Return the command that runs `words` in the root, with the repository and `folders` at their own paths."""
    # set inside: out here HOME says where the root is
    environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
    environment["OMP_NUM_THREADS"] = str(os.cpu_count())  # with one, darktable develops what is bright as black
    pairs = [f"{name}={value}" for name, value in {**environment, **(env or {})}.items()]
    return [SCRIPT, "run", suite, REPOSITORY, *folders, "--", "env", *pairs, *map(str, words)]


def run_inside(*words, suite="trixie", folders=(), env=None, timeout):
    """Run a command in the root; skip the test without a root."""
    if missing(suite):
        pytest.skip(missing(suite))
    command = inside(*words, suite=suite, folders=folders, env=env)
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, errors="replace")


def install(host, folder):
    """Put a host's plug-in into `folder`, as the installer does."""
    for path, data in plugin_files(host).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
        (folder / path).chmod(0o755 if path == PROGRAM else 0o644)


def german(folder):
    """Return the environment of a German, whose locale is made in `folder`: the roots have none but C.

    It is named as the German one, which gettext asks for, and is C's in all else: decimal points stay.
    """
    if not (folder / "locales").exists():
        (folder / "locales").mkdir()
        (folder / "locales/de_DE.utf8").symlink_to("/usr/lib/locale/C.utf8")
    return {"LC_ALL": "de_DE.UTF-8", "LOCPATH": str(folder / "locales")}
