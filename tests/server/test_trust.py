"""Who may ask whom: folders, sockets and tokens that are not this user's alone are refused on both ends."""

import json
import os
import socket
import subprocess
import sys

import pytest
from commands import ENVIRONMENT, TIMEOUT
from residents import SECONDS, Wire

from libhdrnet.client import hdrnet_client
from libhdrnet.client.hdrnet_client import PROTOCOL

NOBODY = 65534
ROOT = pytest.mark.skipif(os.getuid() != 0, reason="only root can make files of other users")


def by_tcp(home):
    facts = json.loads((home.runtime / "token.json").read_text())
    return Wire(socket.create_connection(("127.0.0.1", facts["port"]), SECONDS)), facts["token"]


def test_the_folder_the_socket_and_the_token_are_for_this_user_alone(living):
    modes = {path.name: path.stat().st_mode & 0o777 for path in living.runtime.iterdir()}
    assert living.runtime.stat().st_mode & 0o777 == 0o700
    assert (modes["server.sock"], modes["token.json"], modes["jobs"]) == (0o600, 0o600, 0o700)


def test_by_tcp_both_ends_prove_that_they_know_the_token(living):
    wire, token = by_tcp(living)
    nonce = "0123456789abcdef"
    told = wire.ask(
        "hello", {"protocol": PROTOCOL, "nonce": nonce, "proof": hdrnet_client.prove(token, "client", nonce)}
    )
    assert told["result"]["proof"] == hdrnet_client.prove(token, "server", nonce)
    assert wire.ask("status")["result"]["device"] is not ...
    wire.close()


@pytest.mark.parametrize(
    "params",
    [
        {}, {"token": "x"}, {"nonce": "0123456789abcdef"}, {"nonce": 1, "proof": 2},
        {"nonce": "0123456789abcdef", "proof": "é"}, {"nonce": "0123456789abcdef", "proof": "0" * 64},
        {"nonce": "", "proof": ""},
    ],
)  # fmt: skip
def test_a_wrong_or_missing_token_is_refused_and_the_connection_ends(living, params):
    wire, _ = by_tcp(living)
    answer = wire.ask("hello", {"protocol": PROTOCOL, **params})
    assert answer["error"]["code"] == -32001 and "token" in answer["error"]["message"]
    with pytest.raises(EOFError):
        wire.receive()
    wire.close()


def test_the_server_s_own_proof_does_not_open_it(living):
    wire, token = by_tcp(living)
    nonce = "0123456789abcdef"
    answer = wire.ask(
        "hello", {"protocol": PROTOCOL, "nonce": nonce, "proof": hdrnet_client.prove(token, "server", nonce)}
    )
    assert answer["error"]["code"] == -32001
    wire.close()


@pytest.mark.parametrize("method", ["status", "shutdown", "merge"])
def test_without_the_token_nothing_is_done(living, method):
    wire, _ = by_tcp(living)
    assert wire.ask(method)["error"]["code"] == -32001
    wire.close()


def test_the_client_speaks_tcp_where_there_is_no_socket(living, monkeypatch):
    monkeypatch.setattr(hdrnet_client, "socket_path", lambda: str(living.runtime / "none.sock"))
    with living.connect(start=False) as server:
        assert server.process == living.processes[0].pid
        assert server.call("status")["process"] == server.process


def test_the_client_refuses_who_took_the_port_but_does_not_know_the_token(home):
    home.runtime.mkdir(mode=0o700)
    with socket.create_server(("127.0.0.1", 0)) as impostor:
        token = {"port": impostor.getsockname()[1], "token": "secret"}
        (home.runtime / "token.json").write_text(json.dumps(token))
        (home.runtime / "token.json").chmod(0o600)
        script = f"""
import json, socket
listening = socket.socket(fileno={impostor.fileno()})
taken, _ = listening.accept()
asked = json.loads(taken.makefile().readline())
assert "secret" not in str(asked)
told = {{"protocol": {PROTOCOL}, "version": "0", "process": 1, "folder": "/", "proof": asked["params"]["proof"]}}
taken.sendall(json.dumps({{"jsonrpc": "2.0", "id": asked["id"], "result": told}}).encode() + b"\\n")
taken.recv(1)
"""
        with subprocess.Popen([sys.executable, "-c", script], pass_fds=[impostor.fileno()]) as process:
            with pytest.raises(hdrnet_client.NotTrustedError, match="does not know the token"):
                home.connect(start=False)
            assert process.wait(SECONDS) == 0


def test_a_token_that_others_may_read_is_not_used(home):
    home.runtime.mkdir(mode=0o700)
    (home.runtime / "token.json").write_text('{"port": 1, "token": "x"}')
    (home.runtime / "token.json").chmod(0o644)
    with pytest.raises(hdrnet_client.NotTrustedError, match=r"token\.json.*mode 644"):
        home.connect(start=False)


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o701])
def test_a_folder_with_wrong_rights_is_refused_by_both_ends(home, mode):
    home.runtime.mkdir()
    home.runtime.chmod(mode)
    process = home.serve(ready=False)
    out, _ = process.communicate(timeout=TIMEOUT)
    told = json.loads(out)
    assert process.returncode == 2 and told["kind"] == "NotTrustedError"
    assert f"mode {mode:o}" in told["message"] and "chmod 700" in told["message"]
    with pytest.raises(hdrnet_client.NotTrustedError, match=f"mode {mode:o}") as raised:
        home.connect()
    assert "chmod 700" in raised.value.hint


def test_a_file_in_the_folder_s_place_is_refused(home):
    home.runtime.write_text("")
    with pytest.raises(hdrnet_client.NotTrustedError):
        home.connect()


@ROOT
def test_a_folder_of_someone_else_is_refused_by_both_ends(home):
    home.runtime.mkdir(mode=0o700)
    os.chown(home.runtime, NOBODY, NOBODY)
    process = home.serve(ready=False)
    out, _ = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 2 and "belongs to another user" in json.loads(out)["message"]
    with pytest.raises(hdrnet_client.NotTrustedError, match="belongs to another user"):
        home.connect()


@ROOT
def test_a_socket_of_someone_else_is_refused(home):
    home.runtime.mkdir(mode=0o700)
    path = str(home.runtime / "server.sock")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen()
        os.chown(path, NOBODY, NOBODY)
        with pytest.raises(hdrnet_client.NotTrustedError, match="no socket of this user"):
            home.connect()


@ROOT
def test_a_program_of_someone_else_behind_our_socket_is_refused(home):
    home.runtime.mkdir(mode=0o700)
    path = home.runtime / "server.sock"
    script = f"import os, socket; s = socket.socket(socket.AF_UNIX); s.bind({str(path)!r}); os.setuid({NOBODY})"
    script += "; s.listen(); print(flush=True); s.accept(); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        other.stdout.readline()
        with pytest.raises(hdrnet_client.NotTrustedError, match="another user's program"):
            home.connect()
        other.communicate("\n", timeout=TIMEOUT)


@ROOT
def test_another_user_who_reaches_the_socket_is_refused(home):
    home.serve()
    for path in (home.folder, home.runtime):
        path.chmod(0o777)
    (home.runtime / "server.sock").chmod(0o777)
    script = f"""
import os, socket
os.setuid({NOBODY})
s = socket.socket(socket.AF_UNIX)
s.connect({str(home.runtime / "server.sock")!r})
print(s.makefile().readline())
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=ENVIRONMENT, timeout=TIMEOUT
    )
    assert json.loads(done.stdout)["error"]["code"] == -32001, done.stderr
    home.runtime.chmod(0o700)
    wire = home.wire()
    assert wire.hello()
    wire.close()
