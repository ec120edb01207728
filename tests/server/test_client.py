"""The client as a plug-in has it: one file, any Python from 3.9 on, standard library only."""

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from commands import COMMAND, ENVIRONMENT, TIMEOUT
from residents import is_alive

import libhdrnet
from libhdrnet.client import hdrnet_client
from libhdrnet.install.environment import write_environment

FILE = Path(hdrnet_client.__file__)
VERSIONS = [f"3.{minor}" for minor in range(9, 15)]


def pythons():
    """Interpreters of other versions found on this machine, by version."""
    found = {}
    places = [Path(folder) for folder in os.environ["PATH"].split(os.pathsep)]
    places += [*Path.home().glob(".pyenv/versions/*/bin"), Path("/usr/bin")]
    for place in places:
        for version in VERSIONS:
            python = place / f"python{version}"
            if version not in found and python.exists() and runs(python):
                found[version] = python
    return sorted(found.items())


def runs(python):
    """Tell whether it is an interpreter, not a stand-in for one that is not chosen."""
    return subprocess.run([python, "-c", ""], capture_output=True, timeout=TIMEOUT).returncode == 0


def names_imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            yield node.module.split(".")[0]


def test_the_file_is_python_3_9_and_needs_the_standard_library_alone():
    tree = ast.parse(FILE.read_text("utf-8"), feature_version=(3, 9))
    assert not any(isinstance(node, ast.Match) for node in ast.walk(tree))
    assert set(names_imported(tree)) <= sys.stdlib_module_names


@pytest.mark.parametrize(("version", "python"), pythons())
def test_a_copy_of_the_file_works_in_any_python(living, tmp_path, version, python):
    shutil.copy(FILE, tmp_path / "hdrnet_client.py")
    write_environment()
    script = f"""
import sys
import hdrnet_client
assert sys.version_info[:2] == {tuple(map(int, version.split(".")))}
with hdrnet_client.connect() as server:
    array = server.share(bytes(64 * 64 * 12), (64, 64, 3))
    done = server.call("defocus", {{"array": array, "device": "cpu"}}, on_progress=lambda fraction, stage: None)
    pixels = server.fetch(done)
    assert len(pixels) == 64 * 64 * 4 and done["shape"] == [64, 64]
    try:
        server.call("defocus", {{"input": "relative.jpg"}})
    except hdrnet_client.InputError as error:
        print(error)
    print(server.version)
"""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    done = subprocess.run([python, "-I", "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{script}"],
                          capture_output=True, text=True, timeout=TIMEOUT, env=environment)  # fmt: skip
    assert done.returncode == 0, done.stderr
    (living.folder / "environment.json").unlink()
    assert "absolute path" in done.stdout.splitlines()[0] and done.stdout.splitlines()[1] == libhdrnet.__version__


def test_the_installer_s_file_names_python_and_version(home):
    path = write_environment()
    assert path == home.folder / "environment.json"
    assert json.loads(path.read_text()) == {"python": sys.executable, "version": libhdrnet.__version__}
    assert hdrnet_client.start_command() == ([sys.executable, "-m", "libhdrnet.cli"], libhdrnet.__version__)


def test_without_the_installer_s_file_the_package_around_it_is_taken(home):
    assert hdrnet_client.start_command() == ([sys.executable, "-m", "libhdrnet.cli"], libhdrnet.__version__)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"python": 1, "version": "1"}'])
def test_a_damaged_file_of_the_installer_is_told(home, text):
    (home.folder / "environment.json").write_text(text)
    with pytest.raises(hdrnet_client.ServerUnavailableError, match="damaged") as raised:
        hdrnet_client.connect()
    assert "Install" in raised.value.hint


def test_a_damaged_file_of_the_installer_does_not_matter_while_a_server_runs(living):
    (living.folder / "environment.json").write_text("{")
    with hdrnet_client.connect() as server:
        assert server.version == libhdrnet.__version__


def test_an_environment_that_was_removed_is_told(home):
    write_environment("/nowhere/bin/python")
    with pytest.raises(hdrnet_client.ServerUnavailableError, match=r"/nowhere/bin/python.* is not there"):
        hdrnet_client.connect()


def test_a_copy_without_the_installer_s_file_takes_the_command_on_the_path_or_tells(home, tmp_path, monkeypatch):
    shutil.copy(FILE, tmp_path / "hdrnet_client.py")
    script = "import hdrnet_client as c\ntry:\n    print(c.start_command())\nexcept c.ClientError as e:\n    print(e)"

    def told(path):
        return subprocess.run(
            [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=TIMEOUT,
            env={**os.environ, "PATH": str(path)},
        ).stdout  # fmt: skip

    assert told("/nowhere") == "libhdrnet is not installed for this user.\n"
    (tmp_path / "hdrnet").write_text("#!/bin/sh\n")
    (tmp_path / "hdrnet").chmod(0o755)
    assert told(tmp_path) == f"(['{tmp_path}/hdrnet'], None)\n"


def test_a_server_started_by_a_client_outlives_it(home):
    script = f"from libhdrnet.client.hdrnet_client import connect; print(connect(command={COMMAND}).process)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True,
                          timeout=TIMEOUT, env={**ENVIRONMENT, **os.environ})  # fmt: skip
    assert is_alive(int(done.stdout))


def test_a_message_too_long_for_the_line_is_refused_before_it_is_sent(living):
    with living.connect() as server, pytest.raises(hdrnet_client.InputError, match="share pixels as files"):
        server.call("merge", {"inputs": ["/a" * (1 << 19)]})
