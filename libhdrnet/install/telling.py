"""Programs that take long, with a line every few seconds on what they are at."""

import re
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from libhdrnet.install.plugins import Say

EVERY = 3.0
"""Seconds from line to line."""


def run_telling(
    words: Sequence[str],
    say: Say,
    doing: Callable[[], str],
    *,
    hear: Callable[[str], None] = lambda line: None,
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a program and return what it said; meanwhile say what it is `doing`. `hear` gets each line of its output.

    Raises:
        OSError: it cannot be started.
    """
    begun = time.monotonic()
    outputs: list[list[str]] = [[], []]
    with subprocess.Popen(
        words, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        encoding="utf-8", errors="replace",
    ) as process:  # fmt: skip
        readers = [
            threading.Thread(target=_read, args=(process.stdout, outputs[0], hear), daemon=True),
            threading.Thread(target=_read, args=(process.stderr, outputs[1], lambda line: None), daemon=True),
        ]
        for reader in readers:
            reader.start()
        try:
            while process.poll() is None:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(EVERY)
                    break
                say(f"  {doing()} ({time.monotonic() - begun:.0f} s)")
        except BaseException:
            process.kill()
            raise
        for reader in readers:
            reader.join()
    return subprocess.CompletedProcess(words, process.returncode, "".join(outputs[0]), "".join(outputs[1]))


def _read(stream: IO[str] | None, lines: list[str], hear: Callable[[str], None]) -> None:
    for line in stream or ():
        lines.append(line)
        hear(line.strip())


class PipAtWork:
    """What pip is at, by the lines it prints and by what lies in its environment."""

    def __init__(self, doing: str, packages: Path) -> None:
        """`doing` is said as long as pip names no package; `packages` is the environment's site-packages."""
        self._doing, self._share = doing, ""
        self._packages = packages
        self._names: list[str] = []
        self._before = 0

    def hear(self, line: str) -> None:
        """Take note of a line of pip's."""
        first, _, rest = line.partition(" ")
        if first == "Progress":
            done, _, total = rest.partition(" of ")
            if done.isdigit() and total.isdigit() and int(total):
                self._share = f", {int(done) / int(total):.0%}"
            return
        if first == "Collecting":
            self._doing = f"looking for {_name(rest)}"
        elif first in ("Downloading", "Processing"):
            file, _, size = rest.partition(" (")
            if not file.endswith(".whl"):
                return
            verb = "downloading" if first == "Downloading" else "reading"
            self._doing = f"{verb} {_name(file.rpartition('/')[2])}{size and f', {size[:-1]}'}"
        elif line.startswith("Installing collected packages: "):
            self._names = rest.partition(": ")[2].split(", ")
            self._before = self._count()
        self._share = ""

    def doing(self) -> str:
        """Say it in a few words."""
        if not self._names:
            return f"{self._doing}{self._share}"
        done = min(max(self._count() - self._before, 0), len(self._names) - 1)
        return f"installing {self._names[done]}, {done + 1} of {len(self._names)}"

    def _count(self) -> int:
        return sum(1 for _ in self._packages.glob("*.dist-info"))


def _name(words: str) -> str:
    """Return the package that a requirement or a wheel's file begins with."""
    found = re.match(r"[A-Za-z0-9._]+(-(?!\d)[A-Za-z0-9._]+)*", words)
    return found[0] if found else words[:40]
