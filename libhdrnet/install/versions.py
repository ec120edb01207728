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
from libhdrnet.install.places import Machine
from libhdrnet.install.record import Record

WHOLE = "whole.json"
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
        self.cache = machine.data / "downloads"
        """Where downloads wait while an installation is under way."""
        self._machine = machine
        self._folder = machine.data / "versions"
        self._link = machine.data / "current"
        self._record = Record(machine.data)
        self._is_windows = machine.system == "win32"

    def current(self) -> Version | None:
        """Return the version in use."""
        try:
            folder = self._link.resolve()
            if self._is_windows:
                folder = Path(json.loads(self._machine.environment_file.read_text("utf-8"))["python"]).parents[1]
            facts = json.loads((folder / WHOLE).read_text("utf-8"))
            return Version(folder, str(facts["version"]), str(facts["fingerprint"]))
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
        if not self._is_windows:
            _link(self._link, version.folder)
            return
        environment, launcher = self._machine.environment_file, self._machine.launcher
        self._record.make_folder(environment.parent)
        write_environment(str(self._machine.program(version.folder, "python")), version.number, environment)
        self._record.make_folder(launcher.parent)
        # from where the launcher lies: cmd.exe reads no other letters than its code page's
        program = rf"%~dp0..\versions\{version.folder.name}\Scripts\hdrnet.exe"
        write_whole(launcher, f'@"{program}" %*\r\n'.encode())

    def link(self) -> list[str]:
        """Make the command and environment.json, and return what stood in the way."""
        refused = []
        links = {self._machine.launcher: "bin/hdrnet", self._machine.environment_file: "environment.json"}
        for path, name in () if self._is_windows else links.items():
            if os.path.lexists(path) and not self._is_ours(path):
                refused.append(f"'{path}' is there already and is not of this installation; it stays as it is.")
                continue
            self._record.make_folder(path.parent)
            _link(path, self._link / name)
        return refused

    def sweep(self) -> list[Path]:
        """Remove what is not in use, older versions and what interrupted installations left; return what stays."""
        current = self.current()
        unused = [path for path in self._folder.glob("*") if current is None or path.name != current.folder.name]
        for folder in unused:
            with contextlib.suppress(OSError):
                (folder / WHOLE).unlink(missing_ok=True)  # first: from here on it is half a version
            if not self._runs_this(folder):
                shutil.rmtree(folder, ignore_errors=True)
        return [folder for folder in unused if folder.exists()]

    def remove(self) -> bool:
        """Remove every version, the links and what pip kept; False if the version that runs this is left.

        Raises OSError where something cannot be removed.
        """
        links = (self._machine.launcher, self._machine.environment_file)
        ours = [path for path in links if self._is_ours(path)]
        for path in (*ours, self._link, *(path.with_name(NEW_LINK) for path in (*links, self._link))):
            path.unlink(missing_ok=True)
        self.sweep()
        is_left = self._runs_this(self._folder)
        for folder in (self.cache, self._folder):
            if folder.exists() and not (folder == self._folder and is_left):
                shutil.rmtree(folder)
        return not is_left

    def _runs_this(self, folder: Path) -> bool:
        """Tell whether this process runs in a folder and Windows therefore would not remove it."""
        return self._is_windows and Path(sys.prefix).is_relative_to(folder)

    def _is_ours(self, path: Path) -> bool:
        if self._is_windows:
            return path.exists() and (path == self._machine.launcher or self.current() is not None)
        return path.is_symlink() and Path(os.readlink(path)).is_relative_to(self._machine.data)


def _link(path: Path, target: Path) -> None:
    """Make a link, or turn it elsewhere in one step."""
    new = path.with_name(NEW_LINK)
    new.unlink(missing_ok=True)  # a kill may have left one
    new.symlink_to(target)
    new.replace(path)
