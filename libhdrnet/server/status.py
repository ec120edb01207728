"""What `hdrnet status` shows."""

import os
import sys
import time
from pathlib import Path
from typing import Any

from libhdrnet._version import __version__
from libhdrnet.engine.memory import free_memory
from libhdrnet.server.jobs import Job


def facts(jobs: list[Job], *, done: int, clients: int, begun: float, idle_minutes: float, log: Path) -> dict[str, Any]:
    """JSON-able facts of this process; times in seconds, memory in bytes."""
    now, device = time.monotonic(), _device()
    return {
        "version": __version__,
        "process": os.getpid(),
        "uptime": round(now - begun, 1),
        "idle_minutes": idle_minutes,
        "device": device,
        "models": _models(),
        "memory": {"resident": _resident(), "free": free_memory("cpu") if device else None},
        "jobs": [
            {"method": job.method, "state": job.state, "fraction": round(job.fraction, 4), "stage": job.stage,
             "seconds": round(now - job.since, 1)}
            for job in jobs
        ],
        "done": done,
        "clients": clients,
        "log": str(log),
    }  # fmt: skip


def _device() -> str | None:
    """Return the device jobs run on by default; None as long as torch has not been needed."""
    if not hasattr(sys.modules.get("libhdrnet.engine.run"), "run_tiled"):
        return None
    from libhdrnet.engine.device import choose_device

    return str(choose_device())


def _models() -> list[dict[str, str]]:
    models = getattr(sys.modules.get("libhdrnet.engine.models"), "loaded", None)
    if models is None:
        return []
    names = ("network", "device", "precision")
    told = ([str(part).removeprefix("torch.") for part in key] for key in models.kept())
    return [dict(zip(names, key, strict=True)) for key in told]


def _resident() -> int | None:
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return None
