"""What a running libhdrnet leaves behind: the resident server, its log, its lock and its token."""

import contextlib
import os
import shutil
import time
from pathlib import Path

from libhdrnet.client.hdrnet_client import ClientError, connect, home_folder, runtime_folder
from libhdrnet.install.places import Machine

SECONDS = 60.0


def stop_server(*, finish: bool) -> None:
    """End the resident server if one runs, and wait for it; with `finish` it ends its jobs first."""
    try:
        with connect(start=False) as server:
            folder = Path(server.folder).parent  # it removes this last; a process number may be a zombie's
            server.call("shutdown", {"finish": finish})
    except ClientError:
        return
    until = time.monotonic() + SECONDS
    while folder.exists() and time.monotonic() < until:
        time.sleep(0.05)


def remove_traces(machine: Machine) -> None:
    """Remove the server's log, the durations beside it and its private folders."""
    log, private = machine.logs, Path(home_folder())
    for path in (*log.glob("server.log*"), *log.glob("durations.json")):
        path.unlink()
    if "HDRNET_RUNTIME" not in os.environ:
        shutil.rmtree(runtime_folder(), ignore_errors=True)
        shutil.rmtree(private, ignore_errors=True)
    for folder in (log, log.parent, private.parent):
        if "libhdrnet" in folder.parts[-2:]:
            with contextlib.suppress(OSError):
                folder.rmdir()
