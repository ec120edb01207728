"""Messages of the protocol: bytes to requests, answers to bytes; knows no sockets."""

import json
from dataclasses import dataclass
from typing import Any

from libhdrnet.client.hdrnet_client import PROTOCOL
from libhdrnet.errors import CancelledError, InputError, OutOfMemoryError, OutputError, explain, parts_of, text_of

PARSE, INVALID, UNKNOWN_METHOD, BAD_PARAMS = -32700, -32600, -32601, -32602
FAILED, NOT_TRUSTED, VERSION, STOPPED, CANCELLED, OUT_OF_MEMORY, OUTPUT = range(-32000, -32007, -1)
_KINDS = {NOT_TRUSTED: "NotTrustedError", VERSION: "VersionError", STOPPED: "StoppedError"}
_CODES: dict[type[BaseException], int] = {
    InputError: BAD_PARAMS, OutputError: OUTPUT, CancelledError: CANCELLED, OutOfMemoryError: OUT_OF_MEMORY,
    MemoryError: OUT_OF_MEMORY,
}  # fmt: skip

Identity = str | int | None


class ProtocolError(Exception):
    """A message that cannot be acted on; `text` is one sentence."""

    def __init__(self, code: int, text: str, identity: Identity = None) -> None:
        super().__init__(text)
        self.code = code
        self.identity = identity


@dataclass(frozen=True)
class Request:
    """A call, or (without an identity) a notification."""

    method: str
    params: dict[str, Any]
    identity: Identity
    wants_answer: bool


def read_request(line: bytes) -> Request:
    """Read one message.

    Raises:
        ProtocolError: it is no request of JSON-RPC 2.0.
    """
    try:
        message = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ProtocolError(PARSE, "the message is not JSON; send one object a line, in UTF-8.") from error
    if not isinstance(message, dict):
        raise ProtocolError(INVALID, "the message is no object; send one request a line (there are no batches).")
    identity = message.get("id")
    if isinstance(identity, bool) or not isinstance(identity, str | int | None):
        raise ProtocolError(INVALID, "the id is neither text nor a whole number; give one of these.")
    if isinstance(identity, str) and len(identity) > 200 or isinstance(identity, int) and abs(identity) >= 1 << 63:
        raise ProtocolError(INVALID, "the id is too long; give a text of 200 characters or a number of 64 bits.")
    if message.get("jsonrpc") != "2.0":
        raise ProtocolError(INVALID, 'the message is not of JSON-RPC 2.0; give "jsonrpc": "2.0".', identity)
    method, params = message.get("method"), message.get("params", {})
    if not isinstance(method, str):
        raise ProtocolError(INVALID, "the message names no method; give its name as text.", identity)
    if not isinstance(params, dict):
        raise ProtocolError(BAD_PARAMS, "the params are no object; give parameters by name.", identity)
    return Request(method, params, identity, "id" in message)


def encode(message: dict[str, Any]) -> bytes:
    """Return a message as a line."""
    return json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n"


def answer(identity: Identity, result: dict[str, Any]) -> dict[str, Any]:
    """Return the message that a call was done."""
    return {"id": identity, "result": result}


def refusal(identity: Identity, error: BaseException) -> dict[str, Any]:
    """Return the message why a call was not done."""
    if isinstance(error, ProtocolError):
        code, text, kind = error.code, text_of(error), _KINDS.get(error.code, ProtocolError.__name__)
        exit_code = 2 if code in (BAD_PARAMS, UNKNOWN_METHOD) else 1
    else:
        code = next((code for known, code in _CODES.items() if isinstance(error, known)), FAILED)
        text, kind, exit_code = explain(error)
    data = {"kind": kind, "exit_code": exit_code, **parts_of(text)}
    if code == VERSION:
        data["protocol"] = PROTOCOL
    return {"id": identity, "error": {"code": code, "message": text, "data": data}}
