"""`hdrnet doctor`: one page on what is installed and whether it works, each line with the command that mends it."""

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

from libhdrnet._version import __version__
from libhdrnet.errors import HdrnetError, OutputError
from libhdrnet.files import write_whole
from libhdrnet.install.checks import AGAIN, CHECKS, Check
from libhdrnet.install.places import Machine, this_machine


def examine(result: Callable[..., None], *, report: str | None = None) -> None:
    """Make all checks and tell them by `result(text, **facts)`; with `report` also write them to a file.

    Raises:
        HdrnetError: something is broken.
        OutputError: the report's file is there already, or cannot be written.
    """
    machine = this_machine()
    if report and os.path.lexists(report):
        raise OutputError(f"'{report}' is there already; name another file.")
    found = [check for make in CHECKS for check in _tried(make, machine)]
    lines = [f"libhdrnet {__version__}", *map(_line, found)]
    if report:
        write_whole(Path(report), (without_private("\n".join(lines), machine) + "\n").encode("utf-8", "replace"))
        lines.append(f"wrote {report}")
    result("\n".join(lines), version=__version__, checks=[check._asdict() for check in found])
    problems = sum(check.state == "problem" for check in found)
    if problems:
        raise HdrnetError(f"{problems} problem{'s' * (problems > 1)}; the lines above say what mends it.")


def without_private(text: str, machine: Machine) -> str:
    """Return `text` without the home folder, the user's name and the machine's."""
    hidden = {str(machine.home): "~", str(machine.home.resolve()): "~", os.path.realpath(machine.data): "DATA"}
    for name in ("USER", "LOGNAME", "USERNAME"):
        hidden[machine.environment.get(name, "")] = "USER"
    hidden |= {machine.home.name: "USER", socket.gethostname(): "HOST"}
    for private in sorted(hidden, key=len, reverse=True):
        if len(private) > 2:
            text = text.replace(private, hidden[private])
    return text


def _tried(make: Callable[[Machine], Iterator[Check]], machine: Machine) -> list[Check]:
    """Make a check; what breaks in it is a finding."""
    try:
        return list(make(machine))
    except Exception as error:
        name = make.__name__.removeprefix("check_").replace("_", " ")
        said = " ".join(str(error).split()) or type(error).__name__
        return [Check(name, "problem", said, AGAIN)]


def _line(check: Check) -> str:
    mend = f"\n{'':20}-> {check.mend}" if check.mend else ""
    return f"{check.state:8} {check.name:10} {check.text}{mend}"
