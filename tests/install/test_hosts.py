"""Which hosts are found, and where their plug-ins go, per platform."""

from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest

from libhdrnet.install.hosts import find_hosts, program_folders, settings_folders
from libhdrnet.install.places import Machine

WINDOWS = Machine(
    "win32", PureWindowsPath(r"C:\Users\Jörg Ö"),
    {"APPDATA": r"C:\Users\Jörg Ö\AppData\Roaming", "LOCALAPPDATA": r"C:\Users\Jörg Ö\AppData\Local",
     "ProgramFiles": r"C:\Program Files"},
)  # fmt: skip
MAC = Machine("darwin", PurePosixPath("/Users/jo"), {"PATH": "/usr/bin"})


def place(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("")
    return path


@pytest.mark.parametrize(
    ("made", "title", "folder"),
    [
        (".config/GIMP/3.0/gimprc", "GIMP 3.0", ".config/GIMP/3.0/plug-ins"),
        (".config/GIMP/2.10/gimprc", "GIMP 2.10", ".config/GIMP/2.10/plug-ins"),
        ("../bin/gimp-3.0", "GIMP 3.0", ".config/GIMP/3.0/plug-ins"),
        ("Applications/GIMP-3.0.4-x86_64.AppImage", "GIMP 3.0", ".config/GIMP/3.0/plug-ins"),
        (".var/app/org.gimp.GIMP/config/GIMP/3.0/gimprc", "GIMP 3.0 (Flatpak)",
         ".var/app/org.gimp.GIMP/config/GIMP/3.0/plug-ins"),
        (".local/share/flatpak/app/org.gimp.GIMP/current/active/files/bin/gimp-3.0", "GIMP 3.0 (Flatpak)",
         ".var/app/org.gimp.GIMP/config/GIMP/3.0/plug-ins"),
        ("snap/gimp/current/.config/GIMP/2.10/gimprc", "GIMP 2.10 (Snap)",
         "snap/gimp/current/.config/GIMP/2.10/plug-ins"),
        (".config/darktable/darktablerc", "darktable", ".config/darktable"),
        ("../bin/darktable", "darktable", ".config/darktable"),
        ("Downloads/Darktable-5.0.1-x86_64.AppImage", "darktable", ".config/darktable"),
        (".var/app/org.darktable.Darktable/config/darktable/darktablerc", "darktable (Flatpak)",
         ".var/app/org.darktable.Darktable/config/darktable"),
        ("snap/darktable/current/darktablerc", "darktable (Snap)", "snap/darktable/current"),
    ],
)  # fmt: skip
def test_a_host_is_found_by_its_program_or_its_settings(machine, made, title, folder):
    place(machine.home / made)
    assert [(host.title, host.folder) for host in find_hosts(machine)] == [(title, machine.home / folder)]


def test_nothing_is_found_where_nothing_is(machine):
    place(machine.home / ".config/GIMP/2.8/gimprc")
    place(machine.home / "Downloads/gimp-tutorial.pdf")
    assert find_hosts(machine) == []


def test_several_versions_are_told_in_order(machine):
    for version in ("3.2", "2.10", "3.0"):
        place(machine.home / f".config/GIMP/{version}/gimprc")
    assert [host.version for host in find_hosts(machine)] == ["2.10", "3.0", "3.2"]


def test_settings_that_were_moved_are_found_there(machine):
    moved = Machine("linux", machine.home, {"PATH": "", "XDG_CONFIG_HOME": str(machine.home / "settings")})
    place(machine.home / "settings/darktable/darktablerc")
    assert [host.folder for host in find_hosts(moved)] == [machine.home / "settings/darktable"]


def test_the_folders_of_windows():
    assert str(settings_folders(WINDOWS, "gimp")["system"]) == r"C:\Users\Jörg Ö\AppData\Roaming\GIMP"
    assert str(settings_folders(WINDOWS, "darktable")["system"]) == r"C:\Users\Jörg Ö\AppData\Local\darktable"
    assert list(settings_folders(WINDOWS, "gimp")) == ["system"]
    folders = [str(folder) for _, folder in program_folders(WINDOWS, "gimp")]
    assert r"C:\Program Files\GIMP 3\bin" in folders
    assert r"C:\Users\Jörg Ö\AppData\Local\Programs\GIMP 3\bin" in folders
    assert str(WINDOWS.data) == r"C:\Users\Jörg Ö\AppData\Local\libhdrnet"
    assert str(WINDOWS.launcher) == r"C:\Users\Jörg Ö\AppData\Local\libhdrnet\bin\hdrnet.cmd"
    assert str(WINDOWS.program(WINDOWS.data, "python")).endswith(r"libhdrnet\Scripts\python.exe")


def test_the_folders_of_macos():
    assert settings_folders(MAC, "gimp") == {"system": PurePosixPath("/Users/jo/Library/Application Support/GIMP")}
    assert settings_folders(MAC, "darktable") == {"system": PurePosixPath("/Users/jo/.config/darktable")}
    assert ("system", PurePosixPath("/Applications/GIMP.app/Contents/MacOS")) in program_folders(MAC, "gimp")
    assert MAC.data == PurePosixPath("/Users/jo/Library/Application Support/libhdrnet")


@pytest.mark.parametrize("variable", [None, "XDG_DATA_HOME"])
def test_the_data_folder_is_that_of_platformdirs(variable, monkeypatch, tmp_path):
    import os
    import sys

    from platformdirs import user_data_path

    if variable:
        monkeypatch.setenv(variable, str(tmp_path))
    assert Machine(sys.platform, Path.home(), os.environ).data == user_data_path("libhdrnet", appauthor=False)
