"""What is in use is removed after the process that used it; Windows' locks are simulated."""

import json
import os
import shutil
import subprocess
import sys
import time

import pytest
from commands import MEASURED, TIMEOUT

from libhdrnet.install import commands
from libhdrnet.install.places import Machine
from libhdrnet.install.record import Record, alone
from libhdrnet.install.versions import Versions

USER = """
import os, sys
from pathlib import Path
from libhdrnet.install.commands import uninstall
from libhdrnet.install.places import Machine
sys.prefix = sys.argv[2]
uninstall(Machine("win32", Path(sys.argv[1]), os.environ), lambda _: None)
print("started", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A Windows with a home folder."""
    monkeypatch.setenv("HDRNET_ENVIRONMENT", str(tmp_path / "home/settings/libhdrnet/environment.json"))
    monkeypatch.setenv("HDRNET_RUNTIME", str(tmp_path / "home/resident"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "home/Jörg Ö"))
    (tmp_path / "home").mkdir()
    return Machine("win32", tmp_path / "home", {"LOCALAPPDATA": str(tmp_path / "home/Jörg Ö")})


def install(machine):
    versions = Versions(machine)
    with versions.new() as folder:
        machine.program(folder, "hdrnet").parent.mkdir(parents=True)
        machine.program(folder, "python").write_text("running")
        version = versions.finish(folder, "one")
    versions.switch(version)
    return versions, version


def gone(path):
    until = time.monotonic() + TIMEOUT
    while os.path.lexists(path) and time.monotonic() < until:
        time.sleep(0.05)
    return not os.path.lexists(path)


@pytest.mark.parametrize("other", [None, "kept", "new"])
def test_the_helper_waits_for_the_end_and_then_leaves_nothing_but_what_is_somebody_s(machine, other):
    _, version = install(machine)
    if other == "kept":
        (machine.data / other).mkdir()
    words = [sys.executable, "-c", USER, machine.home, version.folder]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "env": {**os.environ, **MEASURED}}
    with subprocess.Popen(words, **pipes) as user:
        assert user.stdout.readline() == b"started\n"
        assert not machine.environment_file.exists() and not machine.launcher.exists()
        if other == "new":
            versions, new = install(machine)
        time.sleep(0.5)
        assert machine.program(version.folder, "python").exists()
        user.communicate(timeout=TIMEOUT)
    assert gone(version.folder)
    if other == "new":
        assert versions.current() == new
        assert machine.program(new.folder, "python").exists() and machine.launcher.exists()
    elif other:
        assert gone(machine.data / "versions")
        assert (machine.data / other).is_dir()
        assert json.loads(Record(machine.data).path.read_text("utf-8"))["made"]
    else:
        assert gone(machine.data)


def test_uninstalling_from_within_leaves_the_running_environment_to_the_helper(machine, monkeypatch):
    """Removing it, as Windows would refuse, is an error here."""
    _, version = install(machine)
    monkeypatch.setattr(sys, "prefix", str(version.folder))
    left = []
    monkeypatch.setattr(commands, "remove_later", left.append)
    really = shutil.rmtree

    def rmtree(path, *words, **options):
        if version.folder.is_relative_to(path):
            raise PermissionError(13, "Permission denied", str(path))
        really(path, *words, **options)

    monkeypatch.setattr(shutil, "rmtree", rmtree)
    commands.uninstall(machine, lambda _: None)
    assert left == [machine]
    assert not machine.environment_file.exists() and not machine.launcher.exists()
    assert not (version.folder / "whole.json").exists()  # an installation in the meantime takes it for half a one
    assert machine.program(version.folder, "python").exists()


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs /proc")
def test_the_lock_is_free_when_it_is_removed(machine, monkeypatch):
    """An open file cannot be removed on Windows."""
    closed = []
    really = Record.forget_if_empty

    def forget(record):
        closed.append(str(record.lock) not in _open_files())
        really(record)

    monkeypatch.setattr(Record, "forget_if_empty", forget)
    with alone(machine, lambda _: None):
        assert str(Record(machine.data).lock) in _open_files()
    assert closed == [True]
    assert not machine.data.exists()


def _open_files():
    found = set()
    for name in os.listdir("/proc/self/fd"):
        try:
            found.add(os.readlink(f"/proc/self/fd/{name}"))
        except OSError:
            continue
    return found
