"""Folders that are still in use are removed once this process has ended.

Windows deletes no file that runs or is loaded: `hdrnet uninstall libhdrnet` cannot remove the environment it runs in.
A helper of the Python that the environment was made of does it, and needs nothing of ours.
"""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

HELPER = """
import os, shutil, sys, time
sys.stdin.read()  # ends with the process that started this
data, record, lock, count, *names = sys.argv[1:]
folders, made = names[:int(count)], names[int(count):]
until = time.monotonic() + 60
while True:  # its launcher ends a little later
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
    if not any(map(os.path.exists, folders)) or time.monotonic() > until:
        break
    time.sleep(0.2)
def empty(folder):
    try:
        os.rmdir(folder)
    except OSError:
        pass
for folder in folders:
    empty(os.path.dirname(folder))
if os.path.isdir(data) and set(os.listdir(data)) <= {record, lock}:
    for name in (record, lock):
        try:
            os.unlink(os.path.join(data, name))
        except OSError:
            pass
    for folder in sorted({*made, data}, key=len, reverse=True):
        empty(folder)
"""

_waiting: list["subprocess.Popen[bytes]"] = []
"""Keeps the pipes open whose end tells the helpers that this process is gone."""


def remove_later(folders: Sequence[Path], data: Path, record: Path, lock: Path, made: Sequence[str]) -> None:
    """Remove folders after this process, and the data folder with its record unless somebody else's files are there.

    Raises:
        OSError: the helper cannot be started.
    """
    python = getattr(sys, "_base_executable", None) or sys.executable
    words = [str(data), record.name, lock.name, str(len(folders)), *map(str, folders), *made]
    flags = getattr(subprocess, "DETACHED_PROCESS", 0) | getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
    helper = subprocess.Popen(
        [python, "-I", "-c", HELPER, *words], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, cwd=tempfile.gettempdir(), creationflags=flags, start_new_session=True,
    )  # fmt: skip
    _waiting.append(helper)


def runs_in(folder: Path) -> bool:
    """Tell whether the Python of this process lies in a folder."""
    return Path(sys.prefix).is_relative_to(folder)
