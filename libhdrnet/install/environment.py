"""An environment in which libhdrnet lives: made, tried, and made known to clients."""

import json
import os
import shutil
import sys
from pathlib import Path

from libhdrnet._version import __version__
from libhdrnet.client.hdrnet_client import environment_path
from libhdrnet.errors import HdrnetError
from libhdrnet.files import write_whole
from libhdrnet.install.places import this_machine
from libhdrnet.install.telling import Say, run_telling, say

DISK_IS_FULL = "the disk is full; free some space, and try again."
_FULL = 1 << 20
"""Free bytes of a disk below which whatever failed did so for lack of space."""


class InstallError(HdrnetError):
    """Something could not be installed; what was there before still is."""


def make_environment(folder: Path, say: Say) -> Path:
    """Make a virtual environment and return its Python; raise InstallError where this Python cannot make one."""
    words = [sys.executable, "-m", "venv", "--clear", str(folder)]
    done = run_telling(words, say, lambda _: "making the environment")
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).split())
        # ensurepip keeps its reason to itself
        if "No space left" in said or shutil.disk_usage(folder.parent).free < _FULL:
            raise InstallError(DISK_IS_FULL)
        raise InstallError(
            f"{sys.executable} cannot make a virtual environment ({said or 'it said nothing'}); "
            "on Debian and Ubuntu: apt install python3-venv."
        )
    return this_machine().program(folder, "python")


def try_out(program: Path, *words: str | Path, doing: str = "trying") -> None:
    """Run a program of an environment; raise InstallError where it does not work."""
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    try:
        done = run_telling([str(program), *map(str, words)], say, lambda _: doing, environment)
    except OSError as error:
        raise InstallError(f"'{program}' cannot be started ({(error.strerror or str(error)).lower()}).") from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["it said nothing."]
        raise InstallError(f"what was installed does not work: {said[0]}")


def write_environment(python: str = sys.executable, version: str = __version__, path: Path | None = None) -> Path:
    """Write {"python", "version"} where clients look (hdrnet_client.environment_path), or raise OutputError.

    Returns its path.
    """
    path = path or Path(environment_path())
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps({"python": os.path.abspath(python), "version": version}, indent=2).encode() + b"\n")
    return path
