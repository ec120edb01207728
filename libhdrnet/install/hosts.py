"""Which GIMP and darktable this user has, and where their plug-ins go: system, Flatpak, Snap and AppImage."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from libhdrnet.install.places import Machine

NAMES = ("gimp", "darktable")
_GIMP = re.compile(r"gimp-(\d+\.\d+)(\.exe)?")
_GIMP_IMAGE = re.compile(r"gimp[-_](\d+\.\d+).*\.appimage", re.IGNORECASE)
_DARKTABLE = re.compile(r"darktable(\.exe)?|darktable.*\.appimage", re.IGNORECASE)
_FLATPAK = {"gimp": "org.gimp.GIMP", "darktable": "org.darktable.Darktable"}


@dataclass(frozen=True)
class Host:
    """A program that plug-ins go into."""

    name: str
    """gimp or darktable."""
    version: str
    """GIMP: of its settings, as "3.0"; darktable: empty."""
    kind: str
    """system (AppImages too: they share the folders), Flatpak or Snap."""
    folder: Path
    """GIMP: the folder for plug-ins; darktable: the folder of its settings."""
    program: Path | None = None
    """The executable, where one was found."""

    @property
    def title(self) -> str:
        """What to call it."""
        name = f"GIMP {self.version}" if self.name == "gimp" else "darktable"
        return name if self.kind == "system" else f"{name} ({self.kind})"

    @property
    def obstacle(self) -> str:
        """Why the plug-in cannot work there; empty if it can."""
        if self.name == "darktable" and self.kind != "system":
            return f"a darktable from {self.kind} starts no programs of the system"
        return ""


def find_hosts(machine: Machine) -> list[Host]:
    """Return what is there, by its programs and by the settings it has left."""
    return [*_find_gimp(machine), *_find_darktable(machine)]


def settings_folders(machine: Machine, name: str) -> dict[str, Path]:
    """Return for each kind of installation the folder that holds the settings of a host."""
    gimp = name == "gimp"
    own = machine.config / "GIMP" if gimp else _darktable_settings(machine)
    folders = {"system": own}
    if machine.system.startswith("linux"):
        flatpak = machine.home / ".var/app" / _FLATPAK[name] / "config"
        folders["Flatpak"] = flatpak / ("GIMP" if gimp else "darktable")
        snap = machine.home / "snap" / name / "current"
        folders["Snap"] = snap / ".config/GIMP" if gimp else snap
    return folders


def program_folders(machine: Machine, name: str) -> Iterator[tuple[str, Path]]:
    """Give the folders in which a host's program may lie, with the kind of installation."""
    path = type(machine.home)
    if machine.system == "win32":
        for variable in ("ProgramFiles", "LOCALAPPDATA"):
            base = machine.folder(variable) / ("" if variable == "ProgramFiles" else "Programs")
            for folder in ("GIMP 3", "GIMP 2") if name == "gimp" else ("darktable",):
                yield "system", base / folder / "bin"
        return
    for part in machine.environment.get("PATH", "").split(":"):
        if part:
            yield "system", path(part)
    if machine.system == "darwin":
        for base in (path("/Applications"), machine.home / "Applications"):
            for app in ("GIMP", "GIMP-2.10", "GIMP-3.0") if name == "gimp" else ("darktable",):
                yield "system", base / f"{app}.app/Contents/MacOS"
        return
    for part in ("Applications", "Downloads", "Desktop", "bin", ".local/bin", ""):
        yield "system", machine.home / part
    for base in (path("/var/lib/flatpak"), machine.home / ".local/share/flatpak"):
        yield "Flatpak", base / "app" / _FLATPAK[name] / "current/active/files/bin"
    yield "Snap", path("/snap") / name / "current/usr/bin"


def _darktable_settings(machine: Machine) -> Path:
    if machine.system == "win32":
        return machine.folder("LOCALAPPDATA", "AppData", "Local") / "darktable"
    return machine.folder("XDG_CONFIG_HOME", ".config") / "darktable"


def _find_gimp(machine: Machine) -> Iterator[Host]:
    programs: dict[tuple[str, str], Path | None] = {}
    for kind, path in _files(machine, "gimp"):
        found = _GIMP.fullmatch(path.name) or _GIMP_IMAGE.fullmatch(path.name)
        if found:
            programs.setdefault((kind, found[1]), path)
    bases = settings_folders(machine, "gimp")
    for kind, base in bases.items():
        for name in _names(base):
            if re.fullmatch(r"\d+\.\d+", name):
                programs.setdefault((kind, name), None)
    for kind, version in sorted(programs, key=lambda key: (key[0] != "system", key[0], _number(key[1]))):
        if _number(version) >= (2, 10):
            yield Host("gimp", version, kind, bases[kind] / version / "plug-ins", programs[kind, version])


def _find_darktable(machine: Machine) -> Iterator[Host]:
    programs = {kind: path for kind, path in _files(machine, "darktable") if _DARKTABLE.fullmatch(path.name)}
    for kind, folder in settings_folders(machine, "darktable").items():
        if kind in programs or folder.is_dir():
            yield Host("darktable", "", kind, folder, programs.get(kind))


def _files(machine: Machine, name: str) -> Iterator[tuple[str, Path]]:
    for kind, folder in program_folders(machine, name):
        for entry in _names(folder):
            if entry.lower().startswith(name):
                yield kind, folder / entry


def _names(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _number(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
