"""The commands that ask the resident server: `--resident`, `hdrnet status`, `hdrnet stop`. Imports nothing heavy."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from libhdrnet._version import __version__
from libhdrnet.client import hdrnet_client
from libhdrnet.console import Console
from libhdrnet.errors import ResidentError, sentence
from libhdrnet.options import PATHS


def run_resident(method: str, params: dict[str, Any], console: Console) -> None:
    """Have the server do what the command would do here, and tell it in the same words.

    Raises:
        ResidentError: the server could not be reached, or could not do it.
    """
    told = {"warning": console.warning, "note": console.note}
    given: dict[str, str] = {}
    params = {name: _absolute(value, given) if name in PATHS else value for name, value in params.items()}
    command = [sys.executable, "-m", "libhdrnet.cli"]
    with _as_given(given), hdrnet_client.connect(command=command, version=__version__) as server:
        result = server.call(
            method, params, on_progress=lambda fraction, stage: console.progress(fraction, stage, server.left),
            on_note=lambda kind, text: told[kind](_restored(text, given)),
        )  # fmt: skip
    result["outputs"] = [given.get(path, path) for path in result["outputs"]]
    console.result(_restored(result.pop("message"), given), **result)


def show_status(console: Console) -> None:
    """Tell what the server does, or that there is none.

    Raises:
        ResidentError: it could not be asked.
    """
    with _as_given({}):
        try:
            with hdrnet_client.connect(start=False) as server:
                facts = server.call("status", seconds=hdrnet_client.PATIENCE)
        except hdrnet_client.ServerUnavailableError:
            console.result("no server is running.", running=False)
            return
    console.result(_described(facts), running=True, **facts)


def stop(console: Console, finish: bool) -> None:
    """End the server; with `finish` it ends its jobs first. One that does not answer is killed.

    Raises:
        ResidentError: it could not be told.
    """
    with _as_given({}):
        try:
            with hdrnet_client.connect(start=False, any_protocol=True) as server:
                server.call("shutdown", {"finish": finish})
        except hdrnet_client.ServerUnavailableError:
            console.result("no server is running.", running=False)
            return
        except hdrnet_client.NoAnswerError as error:
            if error.process is None:
                raise
            os.kill(error.process, signal.SIGKILL)
            console.result("the server did not answer and was killed.", running=False)
            return
    console.result("the server ends when its jobs are done." if finish else "the server is stopped.", running=finish)


@contextmanager
def _as_given(given: dict[str, str]) -> Iterator[None]:
    """Make errors of the client ours, with paths as the user wrote them."""
    try:
        yield
    except hdrnet_client.ClientError as error:
        text = str(error) if error.hint else error.args[0]
        if error.hint:
            text = f"{text.rstrip('.')}; {error.hint[0].lower()}{error.hint[1:]}"
        text = text if text.endswith(".") else f"{text}."
        raise ResidentError(_restored(text, given), error.kind, error.exit_code) from error


def _absolute(value: Any, given: dict[str, str]) -> Any:
    """Make a path or a list of them absolute for the server, which is in another folder; remember both."""
    if isinstance(value, list):
        return [_absolute(item, given) for item in value]
    if not isinstance(value, str) or os.path.isabs(value):
        return value
    path = os.path.join(os.getcwd(), value)
    given[path] = value
    return path


def _restored(text: str, given: dict[str, str]) -> str:
    """Say a text with paths as the user wrote them."""
    if isinstance(text, hdrnet_client.Sentence) and text.template:
        values = {
            name: _restored(hdrnet_client.Sentence("", value) if isinstance(value, dict) else value, given)
            for name, value in text.values.items()
        }
        return sentence(text.template, **values)
    for path in sorted(given, key=len, reverse=True):
        text = text.replace(path, given[path])
    return text


def _described(facts: dict[str, Any]) -> str:
    """Return the facts as lines."""
    models = [f"{model['network']} ({model['device']}, {model['precision']})" for model in facts["models"]]
    memory = {name: "unknown" if size is None else f"{size / 1e9:.2f} GB" for name, size in facts["memory"].items()}
    lines = [
        f"version {facts['version']}, process {facts['process']}, up {_duration(facts['uptime'])}, "
        f"ends after {facts['idle_minutes']:g} idle minutes",
        f"device   {facts['device'] or 'not looked for yet'}",
        f"models   {', '.join(models) or 'none loaded yet'}",
        f"memory   {memory['resident']} in use, {memory['free']} free",
        f"clients  {facts['clients']}",
        f"jobs     {facts['done']} done",
    ]
    for job in facts["jobs"]:
        lines.append(f"         {job['method']}: {job['stage']}, {job['fraction']:.0%}, {_duration(job['seconds'])}")
    return "\n".join([*lines, f"log      {facts['log']}"])


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min {rest} s"
