"""What a running server leaves, and how it is ended for an upgrade."""

import sys

import pytest
from residents import Home, is_alive, wait_until
from small_networks import save_random_weights

from libhdrnet.install.places import Machine
from libhdrnet.install.traces import remove_traces, stop_server


@pytest.fixture
def living(tmp_path, monkeypatch):
    """A running server."""
    home = Home(save_random_weights(tmp_path))
    for name, value in home.environment.items():
        monkeypatch.setenv(name, value)
    home.serve()
    yield home
    home.end()


def test_a_running_server_is_ended_and_its_log_removed(living):
    wire = living.wire()
    process = wire.hello()["process"]
    wire.close()
    assert living.log.exists()
    stop_server(finish=True)
    wait_until(lambda: not is_alive(process))
    remove_traces(Machine(sys.platform, living.folder, living.environment))
    assert not (living.folder / "state/libhdrnet").exists()


def test_without_a_server_there_is_nothing_to_end(tmp_path, monkeypatch):
    monkeypatch.setenv("HDRNET_RUNTIME", str(tmp_path / "run"))
    stop_server(finish=False)
    assert not (tmp_path / "run").exists()
