"""A plug-in in its host: installed in one step, told apart from what the user changed, and taken away again.

A plug-in is the folder `hdrnet` (in darktable also `hdrnet.lua` beside it and a line in `luarc`). The manifest in that
folder says which version it is and which files, with their checksums, are ours. What is not ours, or was changed
since, is copied to `kept` in libhdrnet's data folder before it is replaced or removed.
"""

import contextlib
import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from libhdrnet._version import __version__
from libhdrnet.errors import InputError, OutputError
from libhdrnet.files import output_error, write_whole
from libhdrnet.install import luarc
from libhdrnet.install.exchange import put_in_place
from libhdrnet.install.record import Record
from libhdrnet.install.sources import NAME, Source, checksum, plugin_files

MANIFEST = f"{NAME}/manifest.json"
STAGED = ".hdrnet-new-"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Manifest:
    """What was installed."""

    version: str = ""
    files: dict[str, str] = field(default_factory=dict)
    """Checksums by path."""
    line: bytes = b""
    """What was appended to luarc."""


@dataclass(frozen=True)
class State:
    """What lies in a host's folder."""

    version: str
    """Of the plug-in; empty: none."""
    damaged: tuple[str, ...] = ()
    """Files of ours that are missing or changed."""
    loads: bool = True
    """darktable: `luarc` loads it."""


class Plugin:
    """The plug-in of one host in one folder: GIMP's folder for plug-ins, or darktable's folder of settings."""

    def __init__(self, host: str, folder: Path, data: Path) -> None:
        self.host = host
        self.folder = folder
        self.parent = folder / "lua" if host == "darktable" else folder
        self.luarc = folder / "luarc" if host == "darktable" else None
        self._record = Record(data)
        self._kept = data / "kept"

    def state(self) -> State:
        """Return what is installed and whether it is whole."""
        manifest = self._manifest()
        damaged = (path for path, digest in manifest.files.items() if self._digest(path) != digest)
        loads = self.luarc is None or luarc.loads_plugin(self.luarc)
        return State(manifest.version, tuple(damaged), loads)

    def install(self, say: Say, *, dry_run: bool = False) -> None:
        """Install the plug-in, or the newer one, and tell in a sentence what was done.

        Raises:
            InputError: this libhdrnet carries no such plug-in.
            OutputError: the folder cannot be written; what was there is as before.
        """
        files = plugin_files(self.host)
        wanted = {path: checksum(source.read()) for path, source in files.items()}
        before = self._manifest()
        foreign = self._foreign(before.files, wanted)
        if before.version == __version__ and before.files == wanted and self._is_whole(wanted):
            say(f"the plug-in in '{self.folder}' is there already, version {__version__}.")
            return
        if dry_run:
            doing = f"replace version {before.version} in" if before.version else "install the plug-in into"
            say(f"would {doing} '{self.folder}' ({len(files)} files).")
            return
        with self._told():
            self._record.add_place(self.host, self.folder)
            self._record.make_folder(self.parent)
            self._sweep()
            self._keep(foreign, say)
            self._put(files, wanted, before)
        was = f"; it was version {before.version}" if before.version not in ("", __version__) else ""
        say(f"the plug-in, version {__version__}, is in '{self.folder}'{was}.")

    def uninstall(self, say: Say, *, dry_run: bool = False) -> None:
        """Remove what `install` wrote and nothing else, and tell in a sentence what was done.

        Raises:
            OutputError: the folder cannot be written.
        """
        manifest = self._manifest()
        if not manifest.version:
            there = (self.parent / NAME).exists()
            say(f"'{self.parent / NAME}' was not installed by libhdrnet and stays." if there else
                f"no plug-in in '{self.folder}'.")  # fmt: skip
        elif dry_run:
            say(f"would remove version {manifest.version} from '{self.folder}'.")
            return
        with self._told():
            self._sweep()
            if manifest.version:
                self._keep(self._foreign(manifest.files, {}), say)
                self._remove(manifest)
                say(f"the plug-in was removed from '{self.folder}'.")
            if not dry_run:
                self._record.drop_place(self.host, self.folder)
                self._record.remove_made_folders()

    def _put(self, files: dict[str, Source], wanted: dict[str, str], before: Manifest) -> None:
        added = luarc.addition(self.luarc) if self.luarc else b""
        staged = self.parent / f"{STAGED}{uuid.uuid4().hex}"
        manifest = {
            "version": __version__, "files": wanted,
            "line": (added or before.line).decode(),
        }  # fmt: skip
        try:
            for path, source in files.items():
                if path.startswith(f"{NAME}/"):
                    target = staged / path.removeprefix(f"{NAME}/")
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(source.read())
                    target.chmod(0o755 if source.executable else 0o644)
            text = json.dumps(manifest, indent=2).encode()
            (staged / MANIFEST.removeprefix(f"{NAME}/")).write_bytes(text)
            put_in_place(staged, self.parent / NAME)
        finally:
            shutil.rmtree(staged, ignore_errors=True)
        for path, source in files.items():
            if not path.startswith(f"{NAME}/"):
                write_whole(self.parent / path, source.read())
        if self.luarc:
            luarc.append(self.luarc, added)

    def _remove(self, manifest: Manifest) -> None:
        if self.luarc:
            luarc.take_away(self.luarc, manifest.line)
        for path in manifest.files:
            if not path.startswith(f"{NAME}/"):
                (self.parent / path).unlink(missing_ok=True)
        away = self.parent / f"{STAGED}{uuid.uuid4().hex}"
        (self.parent / NAME).rename(away)
        shutil.rmtree(away)

    def _manifest(self) -> Manifest:
        try:
            facts = json.loads((self.parent / MANIFEST).read_text("utf-8"))
            return Manifest(str(facts["version"]), dict(facts["files"]), str(facts["line"]).encode())
        except (OSError, ValueError, KeyError, TypeError):
            return Manifest()

    def _is_whole(self, wanted: dict[str, str]) -> bool:
        return all(self._digest(path) == digest for path, digest in wanted.items()) and self.state().loads

    def _foreign(self, ours: dict[str, str], wanted: dict[str, str]) -> list[Path]:
        """Return what is there and is neither as it was installed nor as it is wanted."""
        there = {path.relative_to(self.parent).as_posix() for path in _files(self.parent / NAME)}
        there.update(path for path in {*ours, *wanted} if "/" not in path and (self.parent / path).exists())
        there -= {MANIFEST}
        return [
            self.parent / path for path in sorted(there) if self._digest(path) not in (ours.get(path), wanted.get(path))
        ]

    def _digest(self, path: str) -> str | None:
        try:
            return checksum((self.parent / path).read_bytes())
        except OSError:
            return None

    def _keep(self, paths: list[Path], say: Say) -> None:
        if not paths:
            return
        folder = _free(self._kept / self.host)
        for path in paths:
            target = folder / path.relative_to(self.parent)
            self._record.make_folder(target.parent)
            shutil.copy2(path, target)
        names = ", ".join(path.relative_to(self.parent).as_posix() for path in paths)
        say(f"kept aside in '{folder}', because not as it was installed: {names}.")

    def _sweep(self) -> None:
        """Remove what a kill left behind."""
        for path in {*self.parent.glob(".hdrnet-*"), *self.folder.glob(".hdrnet-*")}:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OutputError:
            raise
        except OSError as error:
            raise output_error(Path(error.filename or self.folder), error) from error


def check_folder(host: str, folder: Path) -> None:
    """Raise InputError if `folder`, named by the user, cannot be a host's."""
    if not folder.is_dir():
        kind = "folder for plug-ins of GIMP" if host == "gimp" else "folder of darktable's settings"
        raise InputError(f"'{folder}' is no folder; name the {kind}.")


def _files(folder: Path) -> Iterator[Path]:
    for base, folders, names in os.walk(folder):
        with contextlib.suppress(ValueError):
            folders.remove("__pycache__")
        yield from (Path(base, name) for name in names)


def _free(folder: Path) -> Path:
    """Return a name of a folder that is not there yet."""
    count = 1
    while (path := folder.with_name(f"{folder.name}-{count}")).exists():
        count += 1
    return path
