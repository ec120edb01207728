"""The scripts that find a Python, on this platform and, as far as a parser tells, on Windows."""

import os
import shutil
import subprocess

import pytest
from host_root import REPOSITORY

INSTALLERS = REPOSITORY / "installers"
POSIX = pytest.mark.skipif(os.name != "posix", reason="shell scripts")


def run(folder, *words, **variables):
    """Run install.sh with nothing on the PATH but what lies in `folder`."""
    environment = {"PATH": str(folder), "HOME": str(folder), **variables}
    return subprocess.run(
        [shutil.which("bash"), INSTALLERS / "install.sh", *words], env=environment, capture_output=True, text=True,
        timeout=60,
    )  # fmt: skip


@pytest.fixture
def tools(tmp_path):
    """A folder with the two programs that the script needs."""
    for name in ("bash", "dirname"):
        (tmp_path / name).symlink_to(shutil.which(name))
    return tmp_path


def program(folder, name, text):
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@POSIX
def test_no_python_is_told_with_the_way_out(tools):
    done = run(tools)
    assert done.returncode == 1
    assert done.stderr.startswith("install: Python 3.11 or newer is needed; no python3 was found.")
    assert "apt install python3 python3-venv" in done.stderr


@POSIX
def test_an_old_python_is_told(tools):
    program(tools, "python3", 'case $1 in -V) echo "Python 3.9.2" ;; *) exit 1 ;; esac')
    assert "python3 is Python 3.9.2." in run(tools).stderr


@POSIX
def test_a_python_without_venv_is_told_with_the_package(tools):
    program(tools, "python3", 'case "$2" in *ensurepip*) exit 1 ;; *) exit 0 ;; esac')
    assert "apt install python3-venv" in run(tools).stderr


@POSIX
def test_a_newer_python_beside_an_old_one_is_taken(tools):
    program(tools, "python3", "exit 1")
    program(tools, "python3.12", 'echo "$@"')
    assert run(tools, "--help").stdout.splitlines()[-1] == f"{INSTALLERS}/install.py --help"


@POSIX
def test_the_python_that_was_asked_for_is_the_only_one_tried(tools):
    program(tools, "python3", "exit 0")
    done = run(tools, PYTHON="python9")
    assert (done.returncode, "is needed" in done.stderr) == (1, True)


@POSIX
@pytest.mark.parametrize("script", ["install.sh", "quickstart.sh"])
def test_the_shell_scripts_have_a_help_and_are_whole(script):
    subprocess.run(["bash", "-n", INSTALLERS / script], check=True, timeout=60)
    done = subprocess.run([INSTALLERS / script, "--help"], capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith("usage: install ")


def test_the_powershell_script_parses():
    """By a grammar of PowerShell: no PowerShell is at hand, so that it was never run."""
    parser = pytest.importorskip("tree_sitter")
    grammar = pytest.importorskip("tree_sitter_powershell")
    script = (INSTALLERS / "install.ps1").read_bytes()
    parse = parser.Parser(parser.Language(grammar.language())).parse
    assert not parse(script).root_node.has_error
    assert parse(script.replace(b"}", b"", 1)).root_node.has_error
