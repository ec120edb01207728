"""One review: a bracket, its preview, what was decided by hand so far, and the merges made of it.

The map of labels, one byte for each pixel of the preview (0 nothing, k frame k, 255 the network), is what counts: the
page paints it, the preview shows it, and a merge reads it from a file.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import numpy.typing as npt

from libhdrnet import tasks
from libhdrnet.errors import InputError, explain
from libhdrnet.io.choices import NETWORK, read_choices, write_choices
from libhdrnet.merge.mask import fitted_choices
from libhdrnet.review.events import Events
from libhdrnet.review.names import command_of, exposure_text, free_name, unreadable
from libhdrnet.review.standin import ORIGINS, open_session
from libhdrnet.tasks import Talk, read_options
from libhdrnet.tasks.files import RADIANCE_SUFFIXES, readable
from libhdrnet.tasks.options import MergeFiles
from libhdrnet.tonemap import STYLES

Box = tuple[int, int, int, int]
"""Left, top, width and height in pixels of the preview."""
Labels = npt.NDArray[np.uint8]
_STOP_SECONDS = 20.0
"""How long a merge that is cancelled at the end may take to reach its next tile."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """What the page decides beside the labels; options of a merge by the same names."""

    reference: int
    deghost: float
    exposure: float = 0.0
    local: float = 0.5
    tone: str = "natural"


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
        self._session: Any = None
        self._labels: Labels = np.zeros((0, 0), np.uint8)
        self._begun = self._labels
        self._rendering, self._merging = threading.Lock(), threading.Lock()
        self._cancelled = threading.Event()

    @property
    def pixels(self) -> int:
        """Pixels of the preview; 0 before it is there."""
        return self._labels.size

    @property
    def merging(self) -> bool:
        """Whether a merge is being made."""
        return self._merging.locked()

    def open(self, *, skip_unreadable: bool = False) -> None:
        """Read the bracket, in a thread of its own."""
        threading.Thread(target=self._open, args=(skip_unreadable,), name="open", daemon=True).start()

    def labels(self) -> bytes:
        """Return the map of labels as it is, row by row."""
        return self._labels.tobytes()

    def thumbnail(self, number: int) -> bytes:
        """Return a small JPEG of a frame, counted from 1."""
        if not 1 <= number <= len(self._options.inputs):
            raise InputError(f"there is no frame {number}; there are {len(self._options.inputs)}.")
        return _jpeg(self._opened().thumbnail(number - 1))

    def merge(self, look: Mapping[str, Any], labels: bytes) -> None:
        """Merge what the whole map of labels decides, at full size, in a thread of its own.

        Raises:
            InputError: one is being made, or a label or a setting cannot be used.
        """
        self._opened()
        wanted = read_options(Look, look)
        with self._rendering:
            self._paint((0, 0, *self._labels.shape[::-1]), labels)
        if not self._merging.acquire(blocking=False):
            raise InputError("a merge is being made; wait for it, or cancel it.")
        self._cancelled.clear()
        threading.Thread(target=self._merge, args=(wanted, self._labels.copy()), name="merge", daemon=True).start()

    def cancel(self) -> None:
        """Stop the merge that is being made."""
        self._cancelled.set()

    def warn(self, text: str) -> None:
        """Tell the page what the library warns of."""
        self.events.tell("warning", keep=text, message=text)

    def end(self) -> None:
        """Stop what is being made, and tell the page that this is the end."""
        self.cancel()
        if self._merging.acquire(timeout=_STOP_SECONDS):
            self._merging.release()
        self.events.tell("ended")

    def leave(self, *, for_good: bool) -> None:
        """Note that the page goes; `for_good`: the review is done."""
        self.events.gone(self.events.page, said=True)
        if for_good:
            self.ended.set()

    def picture(self, look: Mapping[str, Any], box: Box | None, labels: bytes) -> tuple[Box, bytes]:
        """Put labels where `box` says and render the preview; return what changed, RGBA, and where.

        Raises:
            InputError: the box or a label is none of this picture and its frames, or a setting is out of range.
        """
        session, wanted = self._opened(), read_options(Look, look)
        with self._rendering:
            if box is not None:
                self._paint(box, labels)
            shown = session.render(as_choices(self._labels), wanted)
        return (0, 0, *self._labels.shape[::-1]), cv2.cvtColor(shown, cv2.COLOR_RGB2RGBA).tobytes()

    def origins(self) -> bytes:
        """Return of which kind each pixel of the preview is, an index of ORIGINS, row by row."""
        return bytes(self._opened().origins())

    def _opened(self) -> Any:
        if self.error is not None:
            raise InputError(f"there is no preview: {explain(self.error)[0]}")
        if self._session is None:
            raise InputError("the frames are being read; wait for them.")
        return self._session

    def _open(self, skip_unreadable: bool) -> None:
        self.error = None
        try:
            choices = None if self._options.choices is None else read_choices(self._options.choices)
            if skip_unreadable:
                images, kept, choices = readable([*self._options.inputs], self._options, choices)
                self._options = replace(cast(MergeFiles, kept), inputs=[str(image) for image in images], choices=None)
            session = open_session(self._options, self._opening)
            labels = np.zeros(session.size, np.uint8)
            if choices is not None:
                choices = fitted_choices(choices, session.size, len(self._options.inputs))
                labels[:] = np.where(choices == -1, NETWORK, choices)
        except Exception as error:
            self.error = error
            self.events.tell("failed", keep="bracket", message=explain(error)[0], readable=self._some_are_readable())
            return
        self._labels, self._session = labels, session
        self._begun = labels.copy() if self._options.choices is not None else np.zeros_like(labels)
        self.events.tell("opened", keep="bracket", **self._facts(session))
        self._tell_target()

    def _opening(self, fraction: float, stage: str) -> None:
        self.events.tell("opening", keep="bracket", fraction=fraction, stage=stage)

    def _some_are_readable(self) -> bool:
        """Whether some of the frames, but not all, can be read, and are enough."""
        bad = len(unreadable(self._options.inputs))
        return bad > 0 and len(self._options.inputs) - bad >= 2

    def _facts(self, session: Any) -> dict[str, Any]:
        options, output = self._options, free_name(Path(self._options.output))
        stops = np.log2(np.divide(session.exposures, session.exposures[session.reference]))
        frames = zip(options.inputs, stops.tolist(), strict=True)
        shown = _is_shown(options, output)
        return {
            "frames": [{"name": Path(path).name, "exposure": exposure_text(path, ev)} for path, ev in frames],
            "width": session.size[1], "height": session.size[0], "full": session.full_size[::-1],
            "settings": {
                "reference": session.reference + 1, "deghost": options.deghost, "exposure": options.exposure or 0.0,
                "local": 0.5 if options.local is None else options.local, "tone": options.tone or STYLES[0],
            },
            "tones": STYLES, "origins": [{"name": name, "tint": tint} for name, tint in ORIGINS],
            "command": command_of(options), "choices": f"{output.stem}-choices.png",
            "look": "" if shown else f"Of the preview alone: {output.suffix} holds radiance.",
        }  # fmt: skip

    def _paint(self, box: Box, labels: bytes) -> None:
        left, top, width, height = box
        rows, columns = self._labels.shape
        if min(left, top) < 0 or min(width, height) < 1 or left + width > columns or top + height > rows:
            raise InputError(f"the box {box} does not lie in the preview, {columns} × {rows}.")
        if len(labels) != width * height:
            raise InputError(f"{len(labels)} labels came for {width} × {height} pixels.")
        painted = np.frombuffer(labels, np.uint8).reshape(height, width)
        unknown = painted[(painted > len(self._options.inputs)) & (painted != NETWORK)]
        if len(unknown):
            raise InputError(f"the label {unknown[0]} is no frame; there are {len(self._options.inputs)}.")
        self._labels[top : top + height, left : left + width] = painted

    def _merge(self, look: Look, labels: Labels) -> None:
        output = free_name(Path(self._options.output))
        choices = free_name(output.with_name(f"{output.stem}-choices.png"))
        painted = not np.array_equal(labels, self._begun)
        asked = (
            {**vars(look)}
            if _is_shown(self._options, output)
            else {"reference": look.reference, "deghost": look.deghost}
        )
        params = {**vars(self._options), **asked, "output": str(output)}
        self.events.tell("merging", keep="merge", fraction=0.0, stage="starting")
        try:
            if painted:
                params["choices"] = str(choices) if labels.any() else None
            if painted and labels.any():
                write_choices(choices, as_choices(labels))
            done = tasks.prepare("merge", params)(Talk(self._progress, self._cancelled.is_set, self._note))
        except Exception as error:
            if painted:
                choices.unlink(missing_ok=True)
            self.events.tell("merged", keep="merge", failed=True, message=explain(error)[0])
        else:
            outputs = [*done.outputs, *([str(choices)] if painted and labels.any() else [])]
            message = f"wrote {', '.join(outputs)}"
            self._tell(message, **{**done.as_facts(), "outputs": outputs})
            self.events.tell("merged", keep="merge", failed=False, message=f"W{message[1:]}")
            self._tell_target()
        finally:
            self._merging.release()

    def _progress(self, fraction: float, stage: str) -> None:
        self.events.tell("merging", keep="merge", fraction=fraction, stage=stage)

    def _note(self, text: str) -> None:
        self.events.tell("note", keep=text, message=text)

    def _tell_target(self) -> None:
        self.events.tell("target", keep="target", next=f"To {free_name(Path(self._options.output))}")


def as_choices(labels: Labels) -> npt.NDArray[np.int16]:
    """Return labels as choices: the network is -1."""
    return np.where(labels == NETWORK, np.int16(-1), labels).astype(np.int16)


def _is_shown(options: MergeFiles, output: Path) -> bool:
    """Whether a merge into this output tone-maps anything."""
    return options.preview is not None or output.suffix.lower() not in RADIANCE_SUFFIXES


def _jpeg(picture: Labels) -> bytes:
    return cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))[1].tobytes()
