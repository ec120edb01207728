"""Programs that take long, with a line every few seconds on what they are at."""

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

Say = Callable[[str], None]
EVERY = 3.0
"""Seconds from line to line."""


def say(text: str) -> None:
    """Tell the user at the terminal."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def run_telling(
    words: Sequence[str], say: Say, doing: Callable[[str], str], environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program and return what it said; meanwhile say what it is `doing`, by its output so far.

    Raises OSError where it cannot be started.
    """
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        output, errors = Path(folder, "output"), Path(folder, "errors")
        with output.open("wb") as out, errors.open("wb") as err, subprocess.Popen(
            words, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=err
        ) as process:  # fmt: skip
            try:
                while process.poll() is None:
                    with suppress(subprocess.TimeoutExpired):
                        process.wait(EVERY)
                        break
                    say(f"  {doing(_text(output))} ({time.monotonic() - begun:.0f} s)")
            except BaseException:
                process.kill()
                raise
        return subprocess.CompletedProcess(words, process.returncode, _text(output), _text(errors))


def doing_of_pip(said: str, otherwise: str, packages: Path) -> str:
    """Say in a few words what pip is at, by the lines it has printed and by what lies in its folder of `packages`.

    As long as it names no package, that is `otherwise`.
    """
    doing, share = otherwise, ""
    for line in said.splitlines():
        first, _, rest = line.strip().partition(" ")
        file, _, size = rest.partition(" (")
        if first == "Progress":
            so_far, _, total = rest.partition(" of ")
            if so_far.isdigit() and total.isdigit() and int(total):
                share = f", {int(so_far) / int(total):.0%}"
            continue
        if first == "Collecting":
            doing = f"looking for {_name(rest)}"
        elif first in ("Downloading", "Processing") and file.endswith(".whl"):
            verb = "downloading" if first == "Downloading" else "reading"
            doing = f"{verb} {_name(file.rpartition('/')[2])}{size and f', {size[:-1]}'}"
        elif rest.startswith("collected packages: "):
            names = rest.partition(": ")[2].split(", ")
            there = {path.name.partition("-")[0].lower() for path in packages.glob("*.dist-info")}
            done = min(sum(re.sub("[-.]", "_", name).lower() in there for name in names), len(names) - 1)
            doing = f"installing {names[done]}, {done + 1} of {len(names)}"
        share = ""
    return doing + share


def _name(words: str) -> str:
    """Return the package that a requirement or a wheel's file begins with."""
    found = re.match(r"[A-Za-z0-9._]+(-(?!\d)[A-Za-z0-9._]+)*", words)
    return found[0] if found else words[:40]


def _text(path: Path) -> str:
    return path.read_text("utf-8", "replace")
