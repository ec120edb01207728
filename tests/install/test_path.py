"""Whether a terminal finds the command, and what is said where it does not."""

import os
import shutil
import subprocess
from pathlib import Path, PureWindowsPath

import pytest

from libhdrnet.install.places import Machine, way_to_path

HOME = Path("/home/jo")


def machine(path, shell="/bin/bash"):
    return Machine("linux", HOME, {"PATH": path, "SHELL": shell})


@pytest.mark.parametrize("path", ["/usr/bin:/home/jo/.local/bin", "/home/jo/.local/bin/:/bin"])
def test_a_folder_on_the_path_needs_no_words(path):
    assert way_to_path(machine(path)) == ""


@pytest.mark.parametrize(
    ("shell", "way"),
    [("/usr/bin/fish", "run `fish_add_path"), ("/bin/zsh", ">> ~/.zshrc`, and open"), ("", ">> ~/.profile`, and log")],
)
def test_the_way_out_is_that_of_the_shell(shell, way):
    assert way in way_to_path(machine("/usr/bin:/home/jo/.local", shell))


def test_on_windows_the_path_is_separated_by_semicolons_and_capitals_do_not_matter():
    home = PureWindowsPath(r"C:\Users\Jo")
    known = {
        "LOCALAPPDATA": r"C:\Users\Jo\AppData\Local",
        "PATH": r"C:\Windows;c:\users\jo\appdata\local\LIBHDRNET\bin",
    }
    assert way_to_path(Machine("win32", home, known)) == ""
    assert "rundll32" in way_to_path(Machine("win32", home, {**known, "PATH": r"C:\Windows"}))


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_what_is_said_brings_the_command_onto_the_path_of_bash(tmp_path):
    told = way_to_path(Machine("linux", tmp_path, {"PATH": "/usr/bin:/bin", "SHELL": "/bin/bash"}))
    (tmp_path / ".local/bin").mkdir(parents=True)
    (tmp_path / ".local/bin/hdrnet").write_text("#!/bin/sh\necho found\n")
    (tmp_path / ".local/bin/hdrnet").chmod(0o700)
    environment = {**os.environ, "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    script = f"{told.split('`')[1]}; . ~/.bashrc; hdrnet"
    done = subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True, timeout=60)
    assert done.stdout == "found\n", done.stderr
