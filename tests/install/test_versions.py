"""Environments side by side, and the switch from one to the next; folders stand in for environments."""

import json
import os

import pytest

from libhdrnet.install.places import Machine
from libhdrnet.install.versions import Versions


@pytest.fixture(params=["linux", "win32"])
def place(request, tmp_path, monkeypatch):
    """A machine and its versions: Linux, and Windows with its own layout on this system's paths."""
    home = tmp_path / "Jörg Ö"
    variables = {"LOCALAPPDATA": str(home / "Local"), "XDG_DATA_HOME": str(home / "Local")}
    monkeypatch.setenv("HDRNET_ENVIRONMENT", str(home / "settings/libhdrnet/environment.json"))
    machine = Machine(request.param, home, variables)
    return machine, Versions(machine)


def add(place, mark):
    """Make a version that says `mark`, and put it into use."""
    machine, versions = place
    with versions.new() as folder:
        program = machine.program(folder, "hdrnet")
        program.parent.mkdir(parents=True)
        program.write_text(mark)
        version = versions.finish(folder, mark)
    versions.switch(version)
    assert versions.link() == []
    return version


def test_what_is_in_use_is_what_was_switched_to_last(place):
    machine, versions = place
    assert versions.current() is None
    for mark in ("old", "new"):
        version = add(place, mark)
        assert versions.current() == version
        facts = json.loads(machine.environment_file.read_text())
        assert facts["python"] == str(machine.program(version.folder, "python"))
        assert os.path.lexists(machine.launcher)
    versions.sweep()
    assert [path.name for path in (machine.data / "versions").iterdir()] == [version.folder.name]


def test_the_launcher_of_windows_starts_the_version_in_use(tmp_path, monkeypatch):
    monkeypatch.setenv("HDRNET_ENVIRONMENT", str(tmp_path / "environment.json"))
    machine = Machine("win32", tmp_path, {"LOCALAPPDATA": str(tmp_path / "Jörg Ö")})
    version = add((machine, Versions(machine)), "one")
    assert machine.launcher.read_bytes().decode("ascii") == (
        rf'@"%~dp0..\versions\{version.folder.name}\Scripts\hdrnet.exe" %*' + "\r\n"
    )
    assert machine.launcher.parent.parent == version.folder.parent.parent


def test_an_interrupted_version_is_swept_and_the_old_one_stays(place):
    machine, versions = place
    version = add(place, "old")
    with pytest.raises(KeyboardInterrupt), versions.new() as folder:
        folder.mkdir(parents=True)
        raise KeyboardInterrupt
    assert not folder.exists()
    (machine.data / "versions/killed/bin").mkdir(parents=True)
    versions.sweep()
    assert versions.current() == version
    assert [path.name for path in (machine.data / "versions").iterdir()] == [version.folder.name]


def test_removing_takes_all_of_it(place):
    machine, versions = place
    add(place, "one")
    versions.remove()
    assert not os.path.lexists(machine.launcher)
    assert not os.path.lexists(machine.environment_file)
    assert [path.name for path in machine.data.iterdir() if path.is_file() or any(path.iterdir())] == ["installed.json"]


def test_a_command_and_a_file_of_somebody_else_stay(tmp_path, monkeypatch):
    monkeypatch.setenv("HDRNET_ENVIRONMENT", str(tmp_path / "environment.json"))
    machine = Machine("linux", tmp_path, {})
    versions = Versions(machine)
    machine.launcher.parent.mkdir(parents=True)
    machine.launcher.write_text("another hdrnet")
    machine.environment_file.write_text("{}")
    with versions.new() as folder:
        folder.mkdir()
        versions.switch(versions.finish(folder, "one"))
    refused = versions.link()
    assert len(refused) == 2 and all("is there already" in line for line in refused)
    versions.remove()
    assert machine.launcher.read_text() == "another hdrnet"
    assert machine.environment_file.read_text() == "{}"
