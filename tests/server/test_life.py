"""How the server begins, goes on after bad days, and ends."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from commands import COMMAND, ENVIRONMENT, TIMEOUT
from residents import SLOW, is_alive, wait_until

import libhdrnet
from libhdrnet.cli import main
from libhdrnet.client import hdrnet_client

QUICK = {"model": "classical", "device": "cpu"}


def slow_merge(server, bracket, size=(512, 768)):
    images, times = bracket(*size)
    arrays = [server.share(image, image.shape) for image in images]
    return {"arrays": arrays, "exposure_times": times, **SLOW}


def test_ten_clients_at_once_start_exactly_one_server(home):
    script = f"""
import sys
from libhdrnet.client import hdrnet_client
with hdrnet_client.connect(command={COMMAND}) as server:
    sys.stdin.readline()
    print(server.call("status")["process"])
"""
    clients = [
        subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(10)
    ]
    told = [client.communicate("\n", timeout=TIMEOUT)[0].strip() for client in clients]
    assert len(set(told)) == 1 and is_alive(int(told[0]))
    assert home.log.read_text().count("listens at") == 1


def test_ten_servers_at_once_leave_one(home):
    processes = [home.serve(ready=False) for _ in range(10)]
    wait_until(lambda: sum(process.poll() is None for process in processes) == 1)
    (alive,) = (process for process in processes if process.poll() is None)
    assert json.loads(alive.stdout.readline())["process"] == alive.pid
    for process in processes:
        if process is not alive:
            assert process.returncode == 0 and "running already" in process.stdout.read()


def test_a_server_killed_in_mid_job_is_started_and_asked_once_more(home, bracket):
    notes, killed = [], []
    with home.connect() as server:
        first = server.process

        def kill(_, stage):
            if not killed:  # at the first word of progress: the whole job is still to be done
                killed.append(stage)
                os.kill(first, signal.SIGKILL)

        done = server.call("merge", slow_merge(server, bracket, (128, 192)), kill,
                           on_note=lambda kind, text: notes.append((kind, text)))  # fmt: skip
        assert killed and server.process != first and is_alive(server.process)
        assert done["shape"] == [128, 192, 3] and Path(done["file"]).stat().st_size == 128 * 192 * 3 * 4
    assert ("note", "The server ended in mid-job; it is asked once more.") in notes


def test_a_server_that_dies_twice_is_told_as_an_error(home, bracket):
    with home.connect() as server:

        def kill(_, stage):
            if stage == "merging with the network":
                os.kill(server.process, signal.SIGKILL)

        with pytest.raises(hdrnet_client.ServerDiedError, match="ended while it was asked for 'merge' again") as raised:
            server.call("merge", slow_merge(server, bracket), kill)
    assert raised.value.hint


def test_left_overs_of_a_crash_are_cleaned_at_the_next_start(home, bracket):
    process = home.serve()
    wire = home.wire()
    folder = Path(wire.hello()["folder"])
    (folder / "a.raw").write_bytes(bytes(1000))
    process.kill()
    process.wait()
    assert (folder / "a.raw").exists() and (home.runtime / "server.sock").exists()
    next_one = home.serve()
    assert not folder.parent.exists()
    assert len(list((home.runtime / "jobs").glob("server-*"))) == 1
    assert next_one.poll() is None
    wire.close()


def test_a_stale_socket_file_is_no_hindrance(home):
    home.runtime.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(home.runtime / "server.sock"))
    with home.connect() as server:
        assert is_alive(server.process)


def test_sigterm_ends_it_cleanly_and_running_jobs_are_told(home, bracket):
    process = home.serve("--tcp")
    with home.connect(start=False) as server:

        def terminate(_, stage):
            if stage == "merging with the network" and process.poll() is None:
                process.send_signal(signal.SIGTERM)

        with pytest.raises(hdrnet_client.TaskError, match="was stopped while it was merging with the network") as told:
            server.call("merge", slow_merge(server, bracket), terminate)
    assert told.value.kind == "StoppedError"
    assert process.wait(TIMEOUT) == 0
    assert sorted(path.name for path in home.runtime.iterdir()) == ["jobs", "server.lock"]
    assert home.leftovers() == []
    assert home.log.read_text().rstrip().endswith("ended")


def test_it_ends_when_nobody_asked_for_long(home):
    process = home.serve("--idle", 0.05)
    begun = time.monotonic()
    wire = home.wire()
    wire.hello()
    assert process.wait(TIMEOUT) == 0
    assert 2.5 < time.monotonic() - begun < 15
    assert "idle" in home.log.read_text()
    wire.close()


def test_a_client_that_idles_past_the_server_s_end_starts_the_next_one(home, bracket):
    process = home.serve("--idle", 0.05)
    with home.connect() as server:
        images, times = bracket(32, 32)
        arrays = [server.share(image, image.shape) for image in images]
        assert process.wait(TIMEOUT) == 0
        done = server.call("merge", {"arrays": arrays, "exposure_times": times, **QUICK})
        assert done["shape"] == [32, 32, 3] and server.process != process.pid


@pytest.mark.parametrize("minutes", ["0", "-1", "nan"])
def test_an_idle_time_that_is_none_is_refused(home, minutes):
    process = home.serve(f"--idle={minutes}", ready=False)
    out, _ = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 2 and "--idle" in json.loads(out)["message"]


def installed(home, file, text):
    """Return a folder with libhdrnet as it is but for one file."""
    source, folder = Path(libhdrnet.__file__).parent, home.folder / "other"
    shutil.copytree(source, folder / "libhdrnet", ignore=shutil.ignore_patterns("*.safetensors", "__pycache__"))
    (folder / "libhdrnet" / file).write_text(text)
    return folder


def of_protocol(home, number):
    """Return a folder with libhdrnet whose messages are of another form."""
    file = "client/hdrnet_client.py"
    text = (Path(libhdrnet.__file__).parent / file).read_text()
    return installed(home, file, text.replace(f"\nPROTOCOL = {hdrnet_client.PROTOCOL}\n", f"\nPROTOCOL = {number}\n"))


def test_a_client_of_an_older_protocol_leaves_the_server_alone_and_is_told(living, monkeypatch):
    process = living.processes[0]
    wire = living.wire()
    refused = wire.ask("hello", {"protocol": 1})["error"]
    assert refused["data"]["kind"] == "VersionError" and refused["data"]["protocol"] == hdrnet_client.PROTOCOL
    # what clients of protocol 1 do then: they wanted a server of their own in its place
    assert "install the plug-in again" in wire.ask("shutdown", {"finish": True})["error"]["message"]
    wire.close()
    with (
        monkeypatch.context() as older,
        pytest.raises(hdrnet_client.VersionError, match="older than the hdrnet that runs"),
    ):
        older.setattr(hdrnet_client, "PROTOCOL", 1)
        living.connect()
    with living.connect(start=False) as server:
        assert server.process == process.pid


def test_a_server_of_an_older_protocol_is_replaced(home):
    old = home.serve(prefix=["env", "-C", of_protocol(home, 1)])
    with home.connect() as server:
        assert server.process != old.pid and server.call("status")["jobs"] == []
    assert wait_until(lambda: not is_alive(old.pid))


def test_a_server_of_another_protocol_can_be_stopped(home):
    old = home.serve(prefix=["env", "-C", of_protocol(home, 1)])
    with pytest.raises(hdrnet_client.VersionError, match="another version"):
        home.connect(start=False)
    assert main(["stop"]) == 0
    assert wait_until(lambda: not is_alive(old.pid))


def test_an_old_server_ends_its_job_while_the_new_one_answers(home, bracket):
    home.serve()
    results = []
    with home.connect() as server:
        old = server.process
        params = {**slow_merge(server, bracket, (768, 1152)), "threads": 1}  # it is to outlast a start
        begun = threading.Event()
        thread = threading.Thread(
            target=lambda: results.append(server.call("merge", params, lambda *_: begun.set())), daemon=True
        )
        thread.start()
        assert begun.wait(TIMEOUT)
        # a new version is installed; the old server knows nothing of it
        os.environ["PYTHONPATH"] = str(installed(home, "_version.py", '__version__ = "99.0"\n'))
        with home.connect(version="99.0") as newer:
            assert (newer.version, newer.process != old) == ("99.0", True)
            assert is_alive(old) and not results
        thread.join(TIMEOUT)
        assert results[0]["shape"] == [768, 1152, 3]
    wait_until(lambda: not is_alive(old))


def test_a_server_that_stays_of_another_version_is_told(home):
    with pytest.raises(hdrnet_client.VersionError, match="another version"):
        home.connect(version="98.0")


def test_what_hinders_a_start_is_told(home):
    with pytest.raises(hdrnet_client.ServerUnavailableError, match="cannot be started"):
        hdrnet_client.connect(command=["/nowhere/python"])
    with pytest.raises(hdrnet_client.ServerUnavailableError, match="boom") as raised:
        hdrnet_client.connect(command=[sys.executable, "-c", "raise SystemExit('boom')"])
    assert raised.value.hint.startswith("Try in a terminal: ")
    with pytest.raises(hdrnet_client.ServerUnavailableError, match="no server is running") as raised:
        home.connect(start=False)
    assert "hdrnet serve" in raised.value.hint


def test_a_path_too_long_for_a_socket_is_told(home):
    home.environment["HDRNET_RUNTIME"] = str(home.folder / ("x" * 120))
    process = home.serve(ready=False)
    out, _ = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 2 and "HDRNET_RUNTIME" in json.loads(out)["message"]


def test_status_tells_device_models_memory_jobs_and_uptime(home, bracket):
    home.serve("--idle", 7)
    with home.connect(start=False) as server:
        params = slow_merge(server, bracket, (64, 64))
        server.call("merge", params)
        told = run_command("status", "--json")
        facts = json.loads(told.stdout)
        assert facts["running"] and facts["process"] == server.process and facts["version"] == libhdrnet.__version__
        assert facts["device"] in ("cpu", "cuda", "mps") and facts["idle_minutes"] == 7
        assert facts["models"] == [{"network": "psfnet", "device": "cpu", "precision": "float32"}]
        assert facts["memory"]["resident"] > 50e6 and facts["memory"]["free"] > 0
        assert (facts["jobs"], facts["done"], facts["clients"]) == ([], 1, 2) and 0 < facts["uptime"] < TIMEOUT
        text = run_command("status").stdout
        assert "psfnet (cpu, float32)" in text and "GB in use" in text and str(home.log) in text


@pytest.mark.parametrize("words", [[], ["--finish"]])
def test_stop_ends_it(home, words):
    process = home.serve()
    assert run_command("stop", *words).returncode == 0
    assert process.wait(TIMEOUT) == 0
    for command in ("stop", "status"):
        done = run_command(command)
        assert (done.returncode, done.stdout, done.stderr) == (0, "no server is running.\n", "")


@pytest.mark.skipif(not hasattr(socket, "SO_PEERCRED"), reason="this system does not tell who listens at a socket")
def test_a_server_that_does_not_answer_is_told_of_and_stop_ends_it(home):
    process = home.serve()
    os.kill(process.pid, signal.SIGSTOP)
    told = run_command("status")
    assert told.returncode == 1 and "the server does not answer; run: hdrnet stop" in told.stderr
    with pytest.raises(hdrnet_client.NoAnswerError):
        home.connect(start=False)
    assert run_command("stop").stdout == "the server did not answer and was killed.\n"
    assert process.wait(TIMEOUT) == -signal.SIGKILL
    with home.connect() as server:  # what it left behind is no hindrance
        assert server.call("status")["done"] == 0


def run_command(*words):
    return subprocess.run(
        [*COMMAND, *words], capture_output=True, text=True, timeout=TIMEOUT, env={**ENVIRONMENT, **os.environ}
    )
