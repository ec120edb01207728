"""What is still in use is removed once this process has ended.

Windows deletes no file that runs or is loaded: `hdrnet uninstall libhdrnet` cannot remove the environment it runs in.
The Python that the environment was made of does it, with this module, which is not locked once it is read.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from libhdrnet.install.places import Machine
from libhdrnet.install.record import alone
from libhdrnet.install.versions import Versions

SECONDS = 60.0
_HELPER = """
import sys
sys.stdin.read()  # ends with the process that started this
sys.dont_write_bytecode = True
sys.path.append(sys.argv[1])
from libhdrnet.install.later import remove_rest
remove_rest(*sys.argv[2:])
"""
_waiting: list["subprocess.Popen[bytes]"] = []
"""Keeps the pipes open whose end tells the helpers that this process is gone."""


def remove_later(machine: Machine) -> None:
    """Remove the versions that are not in use after this process, and what was made for them.

    Raises OSError where the helper cannot be started.
    """
    python = getattr(sys, "_base_executable", None) or sys.executable
    words = [str(Path(__file__).parents[2]), machine.system, str(machine.home)]
    flags = getattr(subprocess, "DETACHED_PROCESS", 0) | getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
    helper = subprocess.Popen(
        [python, "-I", "-c", _HELPER, *words], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, cwd=tempfile.gettempdir(), creationflags=flags, start_new_session=True,
        env={**os.environ, **machine.environment},
    )  # fmt: skip
    _waiting.append(helper)


def remove_rest(system: str, home: str) -> None:
    """Sweep the versions of a machine until nothing but the one in use is left: launchers end a little later."""
    machine = Machine(system, Path(home), os.environ)
    until = time.monotonic() + SECONDS
    while True:
        with alone(machine, lambda _: None):
            left = Versions(machine).sweep()
        if not left or time.monotonic() > until:
            return
        time.sleep(0.2)
