"""What an installer leaves for clients: which Python has libhdrnet, and which version."""

import json
import os
import sys
from pathlib import Path

from libhdrnet._version import __version__
from libhdrnet.client.hdrnet_client import environment_path
from libhdrnet.files import write_whole


def write_environment(python: str = sys.executable, version: str = __version__, path: Path | None = None) -> Path:
    """Write {"python", "version"} where clients look (hdrnet_client.environment_path) and return the path.

    Raises:
        OutputError: it cannot be written.
    """
    path = path or Path(environment_path())
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps({"python": os.path.abspath(python), "version": version}, indent=2).encode() + b"\n")
    return path
