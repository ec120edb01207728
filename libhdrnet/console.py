"""What the command line shows: a progress bar on a terminal, JSON lines for programs, warnings, errors."""

import json
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any, TextIO

from libhdrnet.errors import parts_of
from libhdrnet.hearing import alike, shown_by
from libhdrnet.remaining import Clock, in_words


class Console:
    """Talks to the user: results on standard output, everything else on standard error.

    With `as_json` every message is one JSON object a line on standard output, its kind in "event".
    """

    def __init__(self, as_json: bool = False) -> None:
        self.as_json = as_json
        self.quiet = False
        self._bar: Any = None
        self._task: Any = None
        self._last = (-1.0, "")
        self._clock: Clock | None = None
        self._out = sys.stdout
        self._warnings: list[str] = []
        """Not told yet: a program is told those that are alike at once."""

    def result(self, text: str, **facts: Any) -> None:
        """Say that a command is done."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
        self._say("done", text, self._out, **facts)

    def warning(self, text: str) -> None:
        """Say something the user should know about the result."""
        if self.as_json:
            self._warnings.append(text)
        else:
            self._say("warning", f"hdrnet: warning: {text}", sys.stderr)

    def note(self, text: str) -> None:
        """Say something worth knowing about how it was done."""
        if not self.quiet:
            self._say("note", text, sys.stderr)

    def error(self, text: str, kind: str, code: int) -> None:
        """Say why a command failed."""
        self._say("error", f"hdrnet: {text}", sys.stderr, message=text, kind=kind, code=code, **parts_of(text))

    def progress(self, fraction: float, stage: str, left: float | None = None) -> None:
        """Show how far the work is (engine.progress.ProgressCallback).

        `left`: the seconds that it still takes, as far as they are known; None leaves the estimate to the console.
        """
        self._clock = self._clock or Clock()
        own = self._clock.left(fraction)
        left = own if left is None else left
        if self.as_json:
            if stage != self._last[1] or fraction - self._last[0] >= 0.01 or fraction >= 1 > self._last[0]:
                self._last = (fraction, stage)
                known = {} if left is None else {"left": round(left, 1)}
                self._say(
                    "progress", "", self._out, fraction=round(fraction, 4), stage=stage, **parts_of(stage), **known
                )
        elif self._bar is not None:
            self._bar.update(self._task, completed=fraction, description=stage, left=in_words(left))

    @contextmanager
    def work(self) -> Iterator[None]:
        """Show a progress bar on a terminal, and the library's warnings as sentences, while inside.

        What others print meanwhile (a decoder about a damaged file) goes to standard error.
        """
        with warnings.catch_warnings(action="ignore"), shown_by(self._show_warning), redirect_stdout(sys.stderr):
            if self.as_json or self.quiet or not sys.stderr.isatty():
                yield
                return
            from rich.console import Console as Terminal
            from rich.progress import BarColumn, Progress, TextColumn

            columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:3.0f} %"),
                       TextColumn("{task.fields[left]}"))  # fmt: skip
            # Standard output stays what it is: it may be a file.
            with Progress(*columns, console=Terminal(stderr=True), transient=True,
                          redirect_stdout=False) as self._bar:  # fmt: skip
                self._task = self._bar.add_task("starting", total=1.0, left="")
                try:
                    yield
                finally:
                    self._bar = None

    def _show_warning(self, text: str, is_note: bool) -> bool:
        (self.note if is_note else self.warning)(text)
        return True

    def _say(self, event: str, text: str, stream: TextIO, **facts: Any) -> None:
        if self.as_json:
            facts.setdefault("message", text)
            if event != "progress":
                told, self._warnings = alike(self._warnings), []
                for warning in told:
                    self._say("warning", warning, self._out, **parts_of(warning))
            self._out.write(json.dumps({"event": event, **facts}) + "\n")
            self._out.flush()
        elif self._bar is not None:
            self._bar.console.print(text, highlight=False, markup=False, soft_wrap=True)
        else:
            stream.write(text + "\n")
            stream.flush()
