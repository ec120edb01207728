"""One review: a bracket, what was decided of it by hand so far, and the merges made of it."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from libhdrnet import tasks
from libhdrnet.engine import ProgressCallback, Reporter
from libhdrnet.errors import InputError, explain
from libhdrnet.formats import WRITE_SUFFIXES
from libhdrnet.io.choices import as_choices, read_choices, write_choices
from libhdrnet.merge.mask import Choices
from libhdrnet.options import STYLES, MergeFiles, ToneOptions, shared, usual
from libhdrnet.preview import MARKS, Preview, Shown
from libhdrnet.review.events import Events
from libhdrnet.review.kept import kept_of, unreadable
from libhdrnet.review.names import command_of, exposure_text, free_name
from libhdrnet.review.screen import Box, Labels, Look, Screen, rgba
from libhdrnet.tasks import Talk, read_options

_STOP_SECONDS = 20.0
"""How long what is cancelled at the end may take to reach its next tile: a process does not end well within torch."""

_HEAR_SECONDS = 2.0
"""How long a page may take to hear that this is the end."""


class Desk:
    """A review, asked by its page from any thread; `events` tells the page what happens."""

    def __init__(self, options: MergeFiles, tell: Callable[..., None]) -> None:
        """Take the options of the merge; `tell` takes a sentence and facts about each result."""
        self._options = options
        self._tell = tell
        self.events = Events()
        self.ended = threading.Event()
        self.error: Exception | None = None
        """Why there is no preview."""
        self._unreadable: list[str] = []
        """The frames for which there is none."""
        self._screen: Screen | None = None
        self.begun: Labels = np.zeros((0, 0), np.uint8)
        """The labels that the file of choices has, which the review began with."""
        self.strokes: dict[str, Any] = {}
        """What the page has painted on them and can undo; it alone understands it."""
        self._opening: threading.Thread | None = None
        self._facts: dict[str, Any] = {}
        self._merging = threading.Lock()
        self._cancelled = threading.Event()

    @property
    def pixels(self) -> int:
        """Pixels of the preview; 0 before it is there."""
        return 0 if self._screen is None else self._screen.labels.size

    @property
    def merging(self) -> bool:
        """Whether a merge is being made."""
        return self._merging.locked()

    @property
    def screen(self) -> Screen:
        """The preview; raises InputError before it is there."""
        if self.error is not None:
            raise InputError(f"there is no preview: {explain(self.error)[0]}")
        if self._screen is None:
            raise InputError("the frames are being read; wait for them.")
        return self._screen

    def open(self, *, skip_unreadable: bool = False) -> None:
        """Read the bracket, in a thread of its own."""
        self._opening = threading.Thread(target=self._open, args=(skip_unreadable,), name="open", daemon=True)
        self._opening.start()

    def picture(self, look: Mapping[str, Any], box: Box | None, labels: bytes, *, quick: bool) -> tuple[Box, bytes]:
        """Put labels where `box` says and return what that changes in the preview, RGBA, and where.

        Raises:
            InputError: the box or a label is none of this picture and its frames, or a setting cannot be used.
            CancelledError: a newer picture was asked for meanwhile.
        """
        wanted = self._look(look)
        shown = self.screen.render(wanted, box, labels, quick=quick, progress=self._progress("rendering"))
        if not quick:
            self._tell_frames(shown)
            self.events.keep("bracket", "opened", **{**self._facts, "settings": vars(wanted)})
        return rgba(shown)

    def merge(self, look: Mapping[str, Any], labels: bytes) -> None:
        """Merge what the whole map of labels decides, at full size, in a thread of its own.

        Raises:
            InputError: one is being made, or a label or a setting cannot be used.
        """
        wanted, painted = self._look(look), self.screen.repaint(labels)
        if not self._merging.acquire(blocking=False):
            raise InputError("a merge is being made; wait for it, or cancel it.")
        self._cancelled.clear()
        threading.Thread(target=self._merge, args=(wanted, painted), name="merge", daemon=True).start()

    def cancel(self) -> None:
        """Stop the merge that is being made."""
        self._cancelled.set()

    def warn(self, text: str, is_note: bool) -> bool:
        """Tell the page what the library warns of, beside how that is shown anyway (hearing.shown_by)."""
        if not is_note:
            self.events.tell("warning", keep=text, message=text)
        return False

    def leave(self, *, for_good: bool) -> None:
        """Note that the page goes; `for_good`: the review is done."""
        self.events.leaves(self.events.page)
        if for_good:
            self.ended.set()

    def end(self) -> None:
        """Stop what is being made, and tell the page that this is the end."""
        self.ended.set()
        self.cancel()
        if self._opening is not None and self._opening.is_alive():  # an interrupt may come before it begins
            self._opening.join(_STOP_SECONDS)
        if self._screen is not None:
            self._screen.wait(_STOP_SECONDS)
        if self._merging.acquire(timeout=_STOP_SECONDS):
            self._merging.release()
        self.events.finish(_HEAR_SECONDS)

    def _open(self, skip_unreadable: bool) -> None:
        self.error = None
        try:
            choices: Choices | None = None if self._options.choices is None else read_choices(self._options.choices)
            if skip_unreadable and self._unreadable:
                self._options, choices = kept_of(self._options, choices, self._unreadable)
            options, reporter = self._options, Reporter(self._progress("opening", "bracket"), self.ended.is_set)
            preview = Preview(
                options.inputs, options.exposures(len(options.inputs)), response=options.response,
                settings=options, reporter=reporter.part(0, 0.3),
            )  # fmt: skip
            screen = Screen(preview, choices, self.ended)
            look = self._look({})
            shown = screen.render(look, None, b"", quick=False, progress=reporter.part(0.3, 1))
        except Exception as error:
            if self.ended.is_set():
                return
            known, self._unreadable = self._unreadable, unreadable(self._options.inputs)
            if skip_unreadable and self._unreadable and not known:
                return self._open(True)
            self.error = error
            bad = len(self._unreadable)
            readable = bad > 0 and len(self._options.inputs) - bad >= 2  # it can go on without the others
            self.events.tell("failed", keep="bracket", message=explain(error)[0], readable=readable)
            return
        self.begun = screen.labels.copy() if options.choices is not None else np.zeros_like(screen.labels)
        self._screen = screen
        self._facts = {"settings": {**vars(look), "reference": shown.reference + 1}, **self._facts_of(preview)}
        self.events.tell("opened", keep="bracket", **self._facts)
        self._tell_frames(shown)
        self._tell_target()

    def _look(self, decided: Mapping[str, Any]) -> Look:
        """Return how the merge is to be shown: as its options say, but for what the page decided."""
        tone = {one.name: usual(one) for one in fields(ToneOptions)}
        given = {name: value for name, value in shared(Look, self._options).items() if value is not None}
        return read_options(Look, {**tone, **given, **decided})

    def _facts_of(self, preview: Preview) -> dict[str, Any]:
        output = free_name(Path(self._options.output))
        return {
            "frames": [{"name": Path(path).name, "time": exposure_text(path)} for path in self._options.inputs],
            "width": preview.size[1], "height": preview.size[0], "full": preview.full_size[::-1], "tones": STYLES,
            "marks": [{"name": name, "tint": (*tint, _TINT if n else 0)} for n, (name, tint) in enumerate(MARKS)],
            "command": command_of(self._options), "choices": f"{output.stem}-choices.png",
            "look": "" if _is_shown(self._options) else f"Of the preview alone: {output.suffix} holds radiance.",
        }  # fmt: skip

    def _tell_frames(self, shown: Shown) -> None:
        self.events.tell(
            "frames", keep="frames", stops=shown.stops, notes=shown.frame_warnings, warnings=shown.warnings,
            unknown=shown.unknown,
        )  # fmt: skip

    def _merge(self, look: Look, labels: Labels) -> None:
        output = free_name(Path(self._options.output))
        beside = free_name(output.with_name(f"{output.stem}-choices.png"))
        params = {**vars(self._options), **shared(MergeFiles, look), "output": str(output)}
        if not _is_shown(self._options):
            params |= vars(ToneOptions())  # of the preview alone
        written = None
        progress = self._progress("merging", "merge")
        progress(0.0, "starting")
        try:
            if not np.array_equal(labels, self.begun):
                params["choices"] = written = str(beside) if labels.any() else None
                if written:
                    write_choices(beside, as_choices(labels))
            done = tasks.prepare("merge", params)(Talk(progress, self._cancelled.is_set, self._note))
        except Exception as error:
            if written:
                beside.unlink(missing_ok=True)
            failed, message = True, explain(error)[0]
        else:
            outputs = [*done.outputs, *([written] if written else [])]
            failed, message = False, f"Wrote {', '.join(outputs)}"
            self._tell(f"wrote {', '.join(outputs)}", **{**done.as_facts(), "outputs": outputs})
        self._merging.release()  # before it is told: the next one may be asked for at once
        self.events.tell("merged", keep="merge", failed=failed, message=message)
        self._tell_target()

    def _progress(self, event: str, keep: str = "") -> ProgressCallback:
        return lambda fraction, stage: self.events.tell(event, keep=keep, fraction=fraction, stage=stage)

    def _note(self, text: str) -> None:
        self.events.tell("note", keep=text, message=text)

    def _tell_target(self) -> None:
        self.events.tell("target", keep="target", next=f"To {free_name(Path(self._options.output))}")


_TINT = 100
"""Opacity of what marks a pixel, of 255."""


def _is_shown(options: MergeFiles) -> bool:
    """Whether the merge tone-maps anything."""
    return options.preview is not None or Path(options.output).suffix.lower() not in WRITE_SUFFIXES["radiance"]
