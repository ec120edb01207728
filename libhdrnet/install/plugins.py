"""A plug-in in its host: installed in one step, told apart from what the user changed, and taken away again.

A plug-in is the folder `hdrnet` (in darktable also `hdrnet.lua` beside it and a line in `luarc`). The manifest in that
folder says which version it is and which files, with their checksums, are ours. What is not ours, or was changed
since, is copied to `kept` in libhdrnet's data folder before it is replaced or removed.
"""

import json
import shutil
import uuid
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count
from pathlib import Path

from libhdrnet._version import __version__
from libhdrnet.files import write_whole, writing
from libhdrnet.install import luarc
from libhdrnet.install.exchange import put_in_place
from libhdrnet.install.record import Record
from libhdrnet.install.sources import NAME, PROGRAM, plugin_files
from libhdrnet.install.telling import Say

MANIFEST = f"{NAME}/manifest.json"
STAGED = ".hdrnet-new-"


@dataclass(frozen=True)
class Manifest:
    """What was installed."""

    version: str = ""
    files: dict[str, str] = field(default_factory=dict)
    """Checksums by path."""
    line: str = ""
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
        self._kept = data / "kept" / host

    def state(self) -> State:
        """Return what is installed and whether it is whole."""
        manifest = self._manifest()
        damaged = (path for path, digest in manifest.files.items() if self._digest(path) != digest)
        return State(manifest.version, tuple(damaged), self.luarc is None or luarc.loads_plugin(self.luarc))

    def install(self, say: Say, *, dry_run: bool = False) -> None:
        """Install the plug-in, or the newer one, and tell in a sentence what was done.

        Raises:
            InputError: this libhdrnet carries no such plug-in.
            OutputError: the folder cannot be written; what was there is as before.
        """
        contents = plugin_files(self.host)
        wanted = {path: sha256(data).hexdigest() for path, data in contents.items()}
        before = self._manifest()
        if (before.version, before.files) == (__version__, wanted) and self.state() == State(__version__):
            say(f"the plug-in in '{self.folder}' is there already, version {__version__}.")
            return
        if dry_run:
            doing = f"replace version {before.version} in" if before.version else "install the plug-in into"
            say(f"would {doing} '{self.folder}' ({len(contents)} files).")
            return
        with writing(self.folder, into=True):
            self._record.set_place(self.host, self.folder, there=True)
            self._record.make_folder(self.parent)
            self._sweep()
            self._keep(before.files, wanted, say)
            self._put(contents, wanted, before)
        was = f"; it was version {before.version}" if before.version not in ("", __version__) else ""
        say(f"the plug-in, version {__version__}, is in '{self.folder}'{was}.")

    def uninstall(self, say: Say, *, dry_run: bool = False) -> None:
        """Remove what `install` wrote and nothing else, and tell in a sentence what was done.

        Raises OutputError where the folder cannot be written.
        """
        manifest, place = self._manifest(), self.parent / NAME
        if manifest.version and dry_run:
            say(f"would remove version {manifest.version} from '{self.folder}'.")
        elif not manifest.version:
            say(f"'{place}' was not installed by libhdrnet and stays." if place.exists() else
                f"no plug-in in '{self.folder}'.")  # fmt: skip
        if dry_run:
            return
        with writing(self.folder, into=True):
            self._sweep()
            if manifest.version:
                self._keep(manifest.files, {}, say)
                self._remove(manifest)
                say(f"the plug-in was removed from '{self.folder}'.")
            self._record.set_place(self.host, self.folder, there=False)
            self._record.remove_made_folders()

    def _put(self, contents: dict[str, bytes], wanted: dict[str, str], before: Manifest) -> None:
        added = luarc.addition(self.luarc) if self.luarc else b""
        manifest = {"version": __version__, "files": wanted, "line": added.decode() or before.line}
        staged = self.parent / f"{STAGED}{uuid.uuid4().hex}"
        inside = {path: data for path, data in contents.items() if path.startswith(f"{NAME}/")}
        try:
            for path, data in {**inside, MANIFEST: json.dumps(manifest, indent=2).encode()}.items():
                target = staged / path.removeprefix(f"{NAME}/")
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)
                target.chmod(0o755 if path == PROGRAM else 0o644)
            put_in_place(staged, self.parent / NAME)
        finally:
            shutil.rmtree(staged, ignore_errors=True)
        for path in contents.keys() - inside.keys():
            write_whole(self.parent / path, contents[path])
        if self.luarc:
            luarc.append(self.luarc, added)

    def _remove(self, manifest: Manifest) -> None:
        if self.luarc:
            luarc.take_away(self.luarc, manifest.line.encode())
        for path in manifest.files:
            if not path.startswith(f"{NAME}/"):
                (self.parent / path).unlink(missing_ok=True)
        away = self.parent / f"{STAGED}{uuid.uuid4().hex}"
        (self.parent / NAME).rename(away)
        shutil.rmtree(away)

    def _manifest(self) -> Manifest:
        try:
            facts = json.loads((self.parent / MANIFEST).read_text("utf-8"))
            return Manifest(str(facts["version"]), dict(facts["files"]), str(facts["line"]))
        except (OSError, ValueError, KeyError, TypeError):
            return Manifest()

    def _digest(self, path: str) -> str | None:
        try:
            return sha256((self.parent / path).read_bytes()).hexdigest()
        except OSError:
            return None

    def _keep(self, ours: dict[str, str], wanted: dict[str, str], say: Say) -> None:
        """Copy aside what is there and is neither as it was installed nor as it is wanted."""
        files = (path for path in (self.parent / NAME).rglob("*") if not path.is_dir())
        there = {path.relative_to(self.parent).as_posix() for path in files if path.parent.name != "__pycache__"}
        there |= {path for path in {*ours, *wanted} if "/" not in path and (self.parent / path).exists()}
        changed = [path for path in there - {MANIFEST} if self._digest(path) not in (ours.get(path), wanted.get(path))]
        if changed:
            number = next(number for number in count(1) if not Path(f"{self._kept}-{number}").exists())
            folder = Path(f"{self._kept}-{number}")
            for path in changed:
                self._record.make_folder((folder / path).parent)
                shutil.copy2(self.parent / path, folder / path)
            names = ", ".join(sorted(changed))
            say(f"kept aside in '{folder}', because not as it was installed: {names}.")

    def _sweep(self) -> None:
        """Remove what a kill left behind."""
        for path in {*self.parent.glob(".hdrnet-*"), *self.folder.glob(".hdrnet-*")}:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()
