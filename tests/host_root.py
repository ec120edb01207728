"""What the tests in real hosts share: the Debian root with GIMP and darktable (tests/hosts/root.sh)."""

import os
import subprocess
from functools import cache
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "hosts/root.sh"
REPOSITORY = Path(__file__).parents[1]


@cache
def missing():
    """Why the root cannot be used; empty if it can."""
    if os.name != "posix" or os.geteuid() != 0:
        return "needs the superuser to enter the root with the real hosts"
    if subprocess.run([SCRIPT, "path"], capture_output=True).returncode:
        return "needs the root with the real hosts: tests/hosts/root.sh build (network and superuser)"
    return ""


def run_inside(*words, folders=(), env=None, timeout):
    """Run a command in the root, with the repository and `folders` at their own paths; skip the test without a root."""
    if missing():
        pytest.skip(missing())
    # the root has programs of its own, and nothing of this Python
    environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        [SCRIPT, "run", REPOSITORY, *folders, "--", *map(str, words)], capture_output=True, text=True, timeout=timeout,
        env={**os.environ, **environment, **(env or {})}, errors="replace",
    )  # fmt: skip
