"""Messages that are wrong in every way: each is answered, and the server goes on."""

import json
import os
import random
import socket

import numpy as np
import pytest

ANSWERED = b'{"jsonrpc": "2.0", "id": 7, "method": "status"}\n'


def refused(wire, message, code, *said):
    wire.send(message)
    answer = wire.receive()
    assert answer["error"]["code"] == code, answer
    for part in said:
        assert part in answer["error"]["message"]
    assert answer["error"]["message"].endswith(".") and "\n" not in answer["error"]["message"]
    wire.send(ANSWERED)
    assert wire.receive()["id"] == 7
    return answer


@pytest.mark.parametrize(
    ("message", "code", "said"),
    [
        (b'{"jsonrpc": "2.0", "id": 1, "meth\n', -32700, "not JSON"),
        (b"hello\n", -32700, "not JSON"),
        (b"\xff\xfe\x00\n", -32700, "not JSON"),
        (b"[" * 100_000 + b"\n", -32700, "not JSON"),
        (b"1" * 5000 + b"\n", -32700, "not JSON"),
        (b"[]\n", -32600, "no object"),
        (b"null\n", -32600, "no object"),
        (b'{"id": 1, "method": "status"}\n', -32600, "JSON-RPC 2.0"),
        (b'{"jsonrpc": "1.0", "id": 1, "method": "status"}\n', -32600, "JSON-RPC 2.0"),
        (b'{"jsonrpc": "2.0", "id": {}, "method": "status"}\n', -32600, "id"),
        (b'{"jsonrpc": "2.0", "id": 1}\n', -32600, "method"),
        (b'{"jsonrpc": "2.0", "id": 1, "method": 3}\n', -32600, "method"),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "status", "params": [1]}\n', -32602, "params"),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "eval"}\n', -32601, "'eval' is unknown"),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "__init__"}\n', -32601, "unknown"),
        (b'{"jsonrpc": "2.0", "method": "merge"}\n', -32600, "needs an id"),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "hello", "params": {"protocol": 99}}\n', -32002, "protocol 2"),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "hello"}\n', -32002, "protocol 2"),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "cancel"}\n', -32602, "id"),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "release", "params": {"files": "x"}}\n', -32602, "files"),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "release", "params": {"files": ["../lock"]}}\n', -32602, "folder"),
    ],
)  # fmt: skip
def test_a_wrong_message_is_answered_with_an_error(wire, message, code, said):
    refused(wire, message, code, said)


@pytest.mark.parametrize(
    ("method", "params", "said"),
    [
        ("merge", {}, "'inputs'"),
        ("merge", {"inputs": ["/a.jpg"], "arrays": []}, "either"),
        ("merge", {"inputs": "/a.jpg", "output": "/o.exr"}, "list of texts"),
        ("merge", {"inputs": ["a.jpg", "b.jpg"], "output": "/o.exr"}, "absolute path"),
        ("merge", {"inputs": ["/a.jpg", "/b.jpg"], "output": "o.exr"}, "absolute path"),
        ("merge", {"inputs": ["/a.jpg", 3], "output": "/o.exr"}, "'inputs[1]' is 3"),
        ("merge", {"inputs": ["/a\0.jpg", "/b.jpg"], "output": "/o.exr"}, "characters"),
        ("merge", {"inputs": ["/\ud800", "/b.jpg"], "output": "/o.exr"}, "characters"),
        ("merge", {"inputs": ["/a.jpg", "/b.jpg"], "output": "/o.exr", "tile": "big"}, "whole number"),
        ("merge", {"inputs": ["/a.jpg", "/b.jpg"], "output": "/o.exr", "tile": True}, "whole number"),
        ("merge", {"inputs": ["/a.jpg", "/b.jpg"], "output": "/o.exr", "os.system": "x"}, "unknown"),
        ("merge", {"inputs": ["/a.jpg", "/b.jpg"], "output": "/nowhere/o.exr"}, "no folder '/nowhere'"),
        ("merge", {"inputs": ["/nowhere/a.jpg", "/nowhere/b.jpg"]}, "does not exist"),
        ("merge", {"inputs": ["/etc", "/etc"]}, "'/etc'"),
        ("merge", {"arrays": [3]}, "'arrays[0]' is 3; give an object"),
        ("defocus", {}, "either"),
        ("defocus", {"input": "/nowhere/a.jpg", "output": "/tmp/o.tif"}, "does not exist"),
        ("deblur", {"input": "/nowhere/a.jpg", "strength": "much"}, "a number"),
        ("deblur", {"input": "/nowhere/a.jpg", "linear": 1}, "true or false"),
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_named(wire, method, params, said):
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    answer = refused(wire, message, -32006 if "/nowhere/o.exr" in params.values() else -32602, said)
    assert answer["error"]["data"]["exit_code"] == 2


@pytest.mark.parametrize(
    "change",
    [
        {"shape": [8, 9, 3]}, {"shape": [8, 8]}, {"shape": [8, 8, 4]}, {"shape": [-8, -8, 3]}, {"shape": [0, 0, 3]},
        {"shape": [8.0, 8, 3]}, {"shape": [1 << 40, 1 << 40, 3]}, {"shape": "8x8"}, {"shape": None},
        {"dtype": "float64"}, {"dtype": "object"}, {"dtype": None}, {"dtype": "uint8"}, {"more": 1},
        {"file": "nothing.raw"}, {"file": "../a.raw"}, {"file": "/etc/passwd"}, {"file": "link.raw"}, {"file": ""},
        {"file": "."}, {"file": ".."}, {"file": "a\0.raw"}, {"file": "folder"}, {"file": "pipe"}, {"file": 3},
    ],
)  # fmt: skip
def test_an_array_that_is_elsewhere_or_not_as_described_is_refused(wire, change):
    (wire.folder / "a.raw").write_bytes(np.full((8, 8, 3), 0.5, np.float32).tobytes())
    if not (wire.folder / "link.raw").is_symlink():
        (wire.folder / "link.raw").symlink_to(wire.folder / "a.raw")
        (wire.folder / "folder").mkdir()
        os.mkfifo(wire.folder / "pipe")
    array = {"file": "a.raw", "shape": [8, 8, 3], "dtype": "float32", **change}
    message = {"jsonrpc": "2.0", "id": 1, "method": "defocus", "params": {"array": array, "device": "cpu"}}
    refused(wire, message, -32602)


def test_another_client_s_folder_is_out_of_reach(living, wire):
    other = living.wire()
    folder = other.hello()["folder"]
    assert folder != str(wire.folder)
    (wire.folder / "a.raw").write_bytes(bytes(768))
    array = {"file": f"{wire.folder}/a.raw", "shape": [8, 8, 3], "dtype": "float32"}
    answer = other.ask("defocus", {"array": array})
    assert answer["error"]["code"] == -32602 and "not in this connection's folder" in answer["error"]["message"]
    other.close()


def test_a_message_over_the_limit_is_refused_and_passed_over(wire):
    refused(wire, b'{"jsonrpc": "2.0", "id": 1, "method": "' + b"x" * (3 << 20) + b'"}\n', -32600, "1048576 bytes")
    refused(wire, b" " * (1 << 20) + b"\n", -32600, "1048576 bytes")


def test_a_message_of_just_the_limit_is_read(wire):
    message = ANSWERED.strip()
    wire.send(message + b" " * ((1 << 20) - 1 - len(message)) + b"\n")
    assert wire.receive()["id"] == 7


def test_messages_may_come_in_pieces_and_together(wire):
    for byte in ANSWERED:
        wire.send(bytes([byte]))
    assert wire.receive()["id"] == 7
    wire.send(ANSWERED * 20)
    assert [wire.receive()["id"] for _ in range(20)] == [7] * 20


def test_half_a_message_and_the_end_harm_nobody(living):
    for part in (b"", b"{", ANSWERED[:-1]):
        wire, other = living.wire(), living.wire()
        wire.hello()
        wire.send(part)
        wire.close()
        assert other.hello()["process"] == living.processes[0].pid
        other.close()


def test_a_client_that_never_reads_does_not_stop_the_others(living, wire):
    deaf = living.wire()
    deaf.hello()
    deaf.socket.settimeout(0.5)
    with pytest.raises(socket.timeout):  # noqa: PT012
        while True:
            deaf.send(ANSWERED * 1000)
    wire.send(ANSWERED)
    assert wire.receive()["id"] == 7
    deaf.close()


def test_hello_comes_first(living):
    wire = living.wire()
    answer = wire.ask("status")
    assert answer["error"]["code"] == -32600 and "say hello" in answer["error"]["message"]
    assert wire.hello()["protocol"] == 2
    wire.close()


def test_a_thousand_random_messages_leave_it_alive(living):
    chance = random.Random(5)
    folder = None
    words = ["merge", "defocus", "deblur", "cancel", "status", "release", "hello", "jsonrpc", "2.0", "id", "method",
             "params", "inputs", "output", "arrays", "array", "file", "shape", "dtype", "float32", "/tmp", "a.raw", "",
             "tile", "device", "cpu", "model", "classical", "exposure_times", "ev", "-2", "\0", "\udcff"]  # fmt: skip

    def value(depth=0):
        kinds = [lambda: chance.choice(words), lambda: chance.choice([0, -1, 8, 2**70, 0.5, 1e308, float("nan")]),
                 lambda: None, lambda: True]  # fmt: skip
        if depth < 4:
            kinds += [lambda: [value(depth + 1) for _ in range(chance.randrange(4))],
                      lambda: {chance.choice(words): value(depth + 1) for _ in range(chance.randrange(5))}]  # fmt: skip
        return chance.choice(kinds)()

    def message():
        kind = chance.randrange(5)
        if kind == 0:
            return chance.randbytes(chance.randrange(1, 200)).replace(b"\n", b" ") + b"\n"
        if kind == 1:
            return json.dumps(value()).encode() + b"\n"
        call = {"jsonrpc": "2.0", "id": chance.choice([1, "a", None, value()]), "method": chance.choice(words[:7])}
        call["params"] = value() if kind == 2 else {chance.choice(words[12:]): value() for _ in range(4)}
        text = json.dumps(call).encode()
        return (text[: chance.randrange(len(text))] if kind == 4 else text) + b"\n"

    answered = 0
    for _ in range(20):
        wire = living.wire()
        folder = wire.hello()["folder"]
        for _ in range(50):
            wire.send(message())
        wire.send(b'{"jsonrpc": "2.0", "id": "last", "method": "status"}\n')
        while (answer := wire.receive())["id"] != "last":
            assert ("error" in answer) != ("result" in answer)
            answered += 1
        assert "result" in answer
        wire.close()
    assert answered > 300 and folder
