"""libhdrnet's own environment: each version in a folder of its own, and a link to the one in use.

    DATA/versions/0.1.0-3f9c…/    a virtual environment; `whole.json`, written last, says that it is complete
    DATA/current                  a link to one of them, switched in one step (Windows: none, see below)
    ~/.local/bin/hdrnet           a link to DATA/current/bin/hdrnet
    ~/.config/libhdrnet/environment.json   a link to DATA/current/environment.json

So the switch of one link is the upgrade. Windows has no links for everybody: there environment.json and the launcher
are files, each replaced in one step.
"""

import contextlib
import json
import os
import shutil
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from libhdrnet._version import __version__
from libhdrnet.files import write_whole
from libhdrnet.install.environment import write_environment
from libhdrnet.install.later import remove_later, runs_in
from libhdrnet.install.pip import InstallError
from libhdrnet.install.places import Machine
from libhdrnet.install.plugins import Say
from libhdrnet.install.record import Record
from libhdrnet.install.telling import run_telling

WHOLE = "whole.json"
FULL = 1 << 20
"""Free bytes of a disk below which whatever failed did so for lack of space."""
NEW_LINK = ".hdrnet-new-link"


@dataclass(frozen=True)
class Version:
    """A complete environment."""

    folder: Path
    number: str
    fingerprint: str
    """Of the sources and the Python it was made of."""


class Versions:
    """The environments in a data folder."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._folder = machine.data / "versions"
        self._link = machine.data / "current"
        self._record = Record(machine.data)
        self._is_windows = machine.system == "win32"

    def current(self) -> Version | None:
        """Return the version in use."""
        if not self._is_windows:
            return _read(self._link.resolve()) if self._link.is_symlink() else None
        try:
            facts = json.loads(self._machine.environment_file.read_text("utf-8"))
            return _read(Path(facts["python"]).parents[1])
        except (OSError, ValueError, KeyError, TypeError, IndexError):
            return None

    @contextmanager
    def new(self) -> Iterator[Path]:
        """Give a folder for an environment; it is removed again if anything fails inside."""
        folder = self._folder / f"{__version__}-{uuid.uuid4().hex[:8]}"
        self._record.make_folder(self._folder)
        try:
            yield folder
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def finish(self, folder: Path, fingerprint: str) -> Version:
        """Declare an environment complete."""
        python = self._machine.program(folder, "python")
        write_environment(str(python), __version__, folder / "environment.json")
        write_whole(folder / WHOLE, json.dumps({"version": __version__, "fingerprint": fingerprint}).encode())
        return Version(folder, __version__, fingerprint)

    def switch(self, version: Version) -> None:
        """Put a version into use."""
        if self._is_windows:
            environment = self._machine.environment_file
            self._record.make_folder(environment.parent)
            write_environment(str(self._machine.program(version.folder, "python")), version.number, environment)
            self._record.make_folder(self._machine.launcher.parent)
            # from where the launcher lies: cmd.exe reads no other letters than its code page's
            program = rf"%~dp0..\versions\{version.folder.name}\Scripts\hdrnet.exe"
            write_whole(self._machine.launcher, f'@"{program}" %*\r\n'.encode())
            return
        _link(self._link, version.folder)

    def link(self) -> list[str]:
        """Make the command and environment.json, and return what stood in the way."""
        if self._is_windows:
            return []
        links = {
            self._machine.launcher: self._link / "bin/hdrnet",
            self._machine.environment_file: self._link / "environment.json",
        }
        refused = []
        for path, target in links.items():
            if os.path.lexists(path) and not self._is_ours(path):
                refused.append(f"'{path}' is there already and is not of this installation; it stays as it is.")
                continue
            self._record.make_folder(path.parent)
            _link(path, target)
        return refused

    def sweep(self) -> None:
        """Remove what is not in use: older versions and what interrupted installations left."""
        current = self.current()
        for folder in self._folder.glob("*"):
            if self._is_busy(folder):
                (folder / WHOLE).unlink(missing_ok=True)
            elif current is None or folder.name != current.folder.name:
                with contextlib.suppress(OSError):
                    (folder / WHOLE).unlink(missing_ok=True)  # first: from here on it is half a version
                shutil.rmtree(folder, ignore_errors=True)

    def remove(self) -> None:
        """Remove every version, the links and what pip kept.

        Raises:
            OSError: something cannot be removed.
        """
        for path in (self._machine.launcher, self._machine.environment_file):
            path.with_name(NEW_LINK).unlink(missing_ok=True)
            if self._is_ours(path):
                path.unlink()
        self._link.with_name(NEW_LINK).unlink(missing_ok=True)
        self._link.unlink(missing_ok=True)
        busy = [folder for folder in self._folder.glob("*") if self._is_busy(folder)]
        self.sweep()
        if self.cache.exists():
            shutil.rmtree(self.cache)
        if busy:
            record = self._record
            remove_later(busy, self._machine.data, record.path, record.lock, record.made)
        elif self._folder.exists():
            shutil.rmtree(self._folder)

    @property
    def cache(self) -> Path:
        """Where downloads wait while an installation is under way."""
        return self._machine.data / "downloads"

    def _is_busy(self, folder: Path) -> bool:
        """Tell whether this process runs in a version that is being removed, where that keeps its files from going."""
        return self._is_windows and self.current() is None and runs_in(folder)

    def _is_ours(self, path: Path) -> bool:
        if self._is_windows:
            current = self.current() if path == self._machine.environment_file else None
            return path.exists() and (path == self._machine.launcher or current is not None)
        return path.is_symlink() and Path(os.readlink(path)).is_relative_to(self._machine.data)


def make_environment(folder: Path, say: Say) -> Path:
    """Make a virtual environment and return its Python.

    Raises:
        InstallError: the Python that runs this cannot make one.
    """
    words = [sys.executable, "-m", "venv", "--clear", str(folder)]
    done = run_telling(words, say, lambda: "making the environment")
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).split())
        # ensurepip keeps its reason to itself
        if "No space left" in said or shutil.disk_usage(folder.parent).free < FULL:
            raise InstallError("the disk is full; free some space, and try again.")
        raise InstallError(
            f"{sys.executable} cannot make a virtual environment ({said or 'it said nothing'}); "
            "on Debian and Ubuntu: apt install python3-venv."
        )
    return folder / "Scripts/python.exe" if sys.platform == "win32" else folder / "bin/python"


def _read(folder: Path) -> Version | None:
    try:
        facts = json.loads((folder / WHOLE).read_text("utf-8"))
        return Version(folder, str(facts["version"]), str(facts["fingerprint"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _link(path: Path, target: Path) -> None:
    """Make a link, or turn it elsewhere in one step."""
    new = path.with_name(NEW_LINK)
    new.unlink(missing_ok=True)  # a kill may have left one
    new.symlink_to(target)
    new.replace(path)
