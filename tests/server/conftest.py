"""Fixtures for tests of the resident server."""

import json
from pathlib import Path

import numpy as np
import pytest
from commands import MEASURED
from residents import SLOW, Home
from small_networks import save_random_weights

TIMES = (0.25, 1.0, 4.0)


@pytest.fixture(scope="session")
def weights(tmp_path_factory):
    """A folder with small random networks."""
    return save_random_weights(tmp_path_factory.mktemp("weights"))


@pytest.fixture
def home(weights, monkeypatch):
    """A place without a server, which clients of this process look into."""
    home = Home(weights)
    home.environment |= MEASURED
    for name, value in home.environment.items():
        monkeypatch.setenv(name, value)
    yield home
    home.end()


@pytest.fixture(scope="module")
def shared_home(weights):
    """A place with one server for the tests of a module, which has to survive them all."""
    home = Home(weights)
    home.environment |= MEASURED
    process = home.serve("--tcp")
    yield home
    assert process.poll() is None, "a test ended the server"
    home.end()


@pytest.fixture
def living(shared_home, monkeypatch):
    """The module's server, for clients of this process; it must be the same one after the test."""
    for name, value in shared_home.environment.items():
        monkeypatch.setenv(name, value)
    yield shared_home
    wire = shared_home.wire()
    assert wire.hello()["process"] == shared_home.processes[0].pid
    wire.close()


@pytest.fixture
def wire(living):
    """A wire to the module's server, with hello said."""
    wire = living.wire()
    wire.folder = Path(wire.hello()["folder"])
    yield wire
    wire.close()


@pytest.fixture
def bracket():
    """A function that makes three exposures as float32 arrays, and their times."""

    def make(height=96, width=128, seed=0):
        scene = 0.02 + np.random.default_rng(seed).random((height, width, 3), np.float32) ** 4
        return [np.clip(scene * time, 0, 1).astype(np.float32) for time in TIMES], list(TIMES)

    return make


@pytest.fixture
def ask_slowly(bracket):
    """A function that asks over a wire for a merge of several seconds and returns once it is at work."""

    def ask(wire, folder, identity="slow", output=None):
        images, times = bracket(512, 768)
        arrays = []
        for index, image in enumerate(images):
            (folder / f"{identity}-{index}.raw").write_bytes(image.tobytes())
            arrays.append({"file": f"{identity}-{index}.raw", "shape": list(image.shape), "dtype": "float32"})
        wire.send({"jsonrpc": "2.0", "id": identity, "method": "merge",
                   "params": {"arrays": arrays, "exposure_times": times, **SLOW}})  # fmt: skip
        while line := wire.file.readline():
            message = json.loads(line)
            assert "error" not in message, message
            if message["params"].get("stage") == "merging with the network":
                return message["params"]["fraction"]
        raise EOFError

    return ask
