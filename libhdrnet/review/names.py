"""Names of what a review writes, and how its page calls frames."""

import os
import shlex
from dataclasses import fields
from pathlib import Path

from libhdrnet.io.metadata import exposure_values, read_metadata
from libhdrnet.options import MergeFiles


def free_name(path: Path) -> Path:
    """Return a path at which there is nothing: the given one, or it with -2, -3, … behind its stem."""
    number, free = 2, path
    while free.exists():
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
        number += 1
    return free


def command_of(options: MergeFiles) -> str:
    """Return the words by which `hdrnet merge` makes the same merge, without choices; more may follow and count."""
    output = os.path.abspath(free_name(Path(options.output)))
    words = ["hdrnet", "merge", *map(os.path.abspath, options.inputs), "-o", output]
    if options.exposure_times:
        words.append(f"--times={','.join(map(str, options.exposure_times))}")
    for one in fields(options):
        word, value = one.name.replace("_", "-"), getattr(options, one.name)
        if one.metadata.get("help") and value != one.default and one.name not in ("inputs", "output", "choices"):
            words.append(f"--no-{word}" if value is False else f"--{word}" if value is True else f"--{word}={value}")
    return shlex.join(words)


def exposure_text(path: str) -> str:
    """Return a frame's exposure time as people say it; empty where its file does not tell."""
    time = exposure_values(read_metadata(path))[0]
    if time is None:
        return ""
    return f"{time:g} s" if time >= 0.3 else f"1/{1 / time:.0f} s"
