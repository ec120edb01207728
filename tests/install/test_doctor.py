"""`hdrnet doctor` as a process in a home where all is well, and here in homes that lack something."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from commands import COMMAND, ENVIRONMENT, TIMEOUT, Ended
from small_networks import save_random_weights

from libhdrnet._version import __version__


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return save_random_weights(tmp_path_factory.mktemp("weights"))


@pytest.fixture
def user(tmp_path, weights):
    """Variables of a user whose home is empty."""
    home = tmp_path / "Jörg Ö's home"
    (home / "run").mkdir(parents=True)
    (home / "run").chmod(0o700)
    return {
        "HOME": str(home), "HDRNET_RUNTIME": str(home / "run"), "HDRNET_WEIGHTS": str(weights), "USER": "joerg",
        "HDRNET_ENVIRONMENT": str(home / "environment.json"), "PATH": str(home / "bin"),
    }  # fmt: skip


@pytest.fixture
def here(user, monkeypatch, hdrnet):
    """A function that runs the command in this process, as that user."""
    for name in [name for name in os.environ if name.startswith("XDG")]:
        monkeypatch.delenv(name)
    for name, value in user.items():
        monkeypatch.setenv(name, value)
    return hdrnet


@pytest.fixture
def process(user):
    """The same with a process of its own."""
    base = {name: value for name, value in ENVIRONMENT.items() if not name.startswith("XDG")}

    def run(*words):
        done = subprocess.run(
            [*COMMAND, *words], env={**base, **user}, capture_output=True, text=True, timeout=TIMEOUT
        )  # fmt: skip
        return Ended(done.returncode, done.stdout, done.stderr)

    return run


def checks(run, code=0):
    """The checks by name, one list each."""
    done = run("doctor", "--json")
    assert done.code == code, done.out + done.err
    found = {}
    for check in json.loads(done.out.splitlines()[0])["checks"]:
        found.setdefault(check["name"], []).append(check)
    return found


def settled(user):
    """Write what an installer writes for plug-ins."""
    facts = {"python": sys.executable, "version": __version__}
    with open(user["HDRNET_ENVIRONMENT"], "w") as file:
        json.dump(facts, file)


def test_all_is_well_where_all_is_there(user, process):
    settled(user)
    os.makedirs(f"{user['HOME']}/.config/darktable")
    assert process("install", "darktable").code == 0
    found = checks(process)
    assert {check["state"] for several in found.values() for check in several} <= {"ok"}, found
    assert set(found) == {
        "Python", "packages", "torch", "device", "weights", "server", "start", "darktable", "disk", "memory",
    }  # fmt: skip
    assert f"plug-in {__version__}" in found["darktable"][0]["text"]
    assert len(found["weights"]) == 4


def test_each_thing_that_is_broken_is_a_problem_with_what_mends_it(user, here, monkeypatch, tmp_path):
    shutil.copytree(user["HDRNET_WEIGHTS"], tmp_path / "weights")
    monkeypatch.setenv("HDRNET_WEIGHTS", str(tmp_path / "weights"))
    with open(tmp_path / "weights/psfnet.safetensors", "ab") as file:
        file.write(b"!")
    (tmp_path / "weights/msffnet.safetensors").unlink()
    with open(user["HDRNET_ENVIRONMENT"], "w") as file:
        json.dump({"python": "/nowhere/python", "version": __version__}, file)
    darktable = f"{user['HOME']}/.config/darktable"
    os.makedirs(darktable)
    assert here("install", "darktable").code == 0
    os.unlink(f"{darktable}/lua/hdrnet/json.lua")
    os.chmod(user["HDRNET_RUNTIME"], 0o755)
    found = checks(here, code=1)
    assert [check["state"] for check in found["weights"]] == ["problem", "problem", "ok", "ok"]
    assert "damaged" in found["weights"][0]["text"] and "missing" in found["weights"][1]["text"]
    assert "'/nowhere/python'" in found["start"][0]["text"]
    assert "hdrnet/json.lua" in found["darktable"][0]["text"]
    assert found["darktable"][0]["mend"] == "hdrnet install darktable"
    assert found["server"][0]["mend"] == f"Run: chmod 700 '{user['HDRNET_RUNTIME']}'"
    assert all(check["mend"] for several in found.values() for check in several if check["state"] != "ok")


def test_the_report_tells_nothing_private_and_replaces_nothing(user, here, tmp_path):
    settled(user)
    report = tmp_path / "report.txt"
    assert here("doctor", "--report", report).code == 0
    text = report.read_text()
    assert "torch" in text and "~" in text
    for private in ("Jörg", "joerg", os.uname().nodename):
        assert private not in text
    again = here("doctor", "--report", report)
    assert again.code == 2
    assert "is there already; name another file" in again.err
    assert report.read_text() == text


def test_an_older_plugin_is_a_warning(user, here):
    settled(user)
    darktable = f"{user['HOME']}/.config/darktable"
    os.makedirs(darktable)
    here("install", "darktable")
    manifest = f"{darktable}/lua/hdrnet/manifest.json"
    with open(manifest) as file:
        facts = json.load(file)
    with open(manifest, "w") as file:
        json.dump({**facts, "version": "0.0.1"}, file)
    (check,) = checks(here)["darktable"]
    assert check["state"] == "warning"
    assert f"plug-in 0.0.1, this is {__version__}" in check["text"]
