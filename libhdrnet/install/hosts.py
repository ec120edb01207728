"""Which GIMP and darktable this user has, and where their plug-ins go: system, Flatpak, Snap and AppImage."""

import contextlib
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from libhdrnet.install.places import Machine

NAMES = ("gimp", "darktable")
_PROGRAMS = {
    "gimp": re.compile(r"gimp[-_](\d+\.\d+)(\.exe|.*\.appimage)?", re.IGNORECASE),
    "darktable": re.compile(r"darktable()(\.exe|.*\.appimage)?", re.IGNORECASE),
}
"""Names of their executables, with the version of GIMP's settings."""
_FLATPAK = {"gimp": "org.gimp.GIMP", "darktable": "org.darktable.Darktable"}
_FIRST_START = 120
"""Seconds that GIMP may take to make its folder of settings."""


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
    return [host for name in NAMES for host in _find(machine, name)]


def let_gimp_make_its_folder(host: Host) -> None:
    """Start GIMP once without its window if it never ran; without success its folder is made as any other.

    GIMP makes its folder of settings at its first start, and only if there is none: with ours in its place it would
    neither take over the settings of an older GIMP nor make the folders in which its tools keep theirs.
    """
    if host.name != "gimp" or host.kind != "system" or host.program is None or host.folder.parent.exists():
        return
    console = host.program.with_name(host.program.name.replace("gimp-", "gimp-console-"))
    end = ["-b", "(gimp-quit 0)"] if host.version.startswith("2.") else ["--quit"]
    words = [str(console if console.exists() else host.program), "-i", "-d", "-f", *end]
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=_FIRST_START)


def settings_folders(machine: Machine, name: str) -> dict[str, Path]:
    """Return for each kind of installation the folder that holds the settings of a host."""
    if name == "gimp":
        own, inside = machine.config / "GIMP", ".config/GIMP"
    else:
        base = machine.data.parent if machine.system == "win32" else machine.folder("XDG_CONFIG_HOME", ".config")
        own, inside = base / "darktable", ""
    if not machine.system.startswith("linux"):
        return {"system": own}
    flatpak = machine.home / ".var/app" / _FLATPAK[name] / "config" / own.name
    return {"system": own, "Flatpak": flatpak, "Snap": machine.home / "snap" / name / "current" / inside}


def program_folders(machine: Machine, name: str) -> Iterator[tuple[str, Path]]:
    """Give the folders in which a host's program may lie, with the kind of installation."""
    path = type(machine.home)
    if machine.system == "win32":
        for base in (machine.folder("ProgramFiles"), machine.data.with_name("Programs")):
            for folder in ("GIMP 3", "GIMP 2") if name == "gimp" else ("darktable",):
                yield "system", base / folder / "bin"
        return
    for part in filter(None, machine.environment.get("PATH", "").split(":")):
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


def _find(machine: Machine, name: str) -> Iterator[Host]:
    settings = settings_folders(machine, name)
    programs: dict[tuple[str, str], Path | None] = {}
    for kind, folder in program_folders(machine, name):
        for entry in _entries(folder):
            if found := _PROGRAMS[name].fullmatch(entry):
                programs.setdefault((kind, found[1]), folder / entry)
    for kind, folder in settings.items():
        used = [entry for entry in _entries(folder) if re.fullmatch(r"\d+\.\d+", entry)]
        for version in used if name == "gimp" else [""] * folder.is_dir():
            programs.setdefault((kind, version), None)
    for kind, version in sorted(programs, key=lambda key: (key[0] != "system", key[0], _number(key[1]))):
        if name == "darktable":
            yield Host(name, version, kind, settings[kind], programs[kind, version])
        elif _number(version) >= [2, 10]:
            yield Host(name, version, kind, settings[kind] / version / "plug-ins", programs[kind, version])


def _entries(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _number(version: str) -> list[int]:
    return [int(part) for part in version.split(".") if part]
