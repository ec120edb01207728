"""What the page of a review shows: the preview of the merge, with the map of labels that its brush paints.

The map holds one byte for each pixel of the preview: 0 nothing, k frame k, 255 the network.
"""

import threading
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from libhdrnet.engine import ProgressCallback, Reporter
from libhdrnet.errors import InputError
from libhdrnet.io.choices import NETWORK, as_choices
from libhdrnet.merge.mask import Choices, fitted_choices
from libhdrnet.options import BracketOptions, MethodOptions, ToneOptions, shared
from libhdrnet.preview import Preview, Shown, View
from libhdrnet.tonemap import Tone

Box = tuple[int, int, int, int]
"""Left, top, width and height in pixels of the preview."""
Labels = npt.NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Look(BracketOptions, ToneOptions):
    """What is merged and how it is shown: options, of which the page changes some, and `rebuild`."""

    rebuild: bool = False
    """Run the network in the preview, too."""


class Screen:
    """The preview of a bracket and what was decided by hand; any thread may ask."""

    def __init__(self, preview: Preview, choices: Choices | None, ended: threading.Event) -> None:
        """Begin with `choices`, of any size, if there are any; once it is `ended` no whole picture is made any more."""
        self.preview = preview
        self.labels: Labels = np.zeros(preview.size, np.uint8)
        if choices is not None:
            fitted = fitted_choices(choices, preview.size, len(preview.frames))
            self.labels[:] = np.where(fitted == -1, NETWORK, fitted)
        self.marks: Labels = np.zeros(preview.size, np.uint8)
        """Of the last picture, for each pixel an index of `preview.MARKS`."""
        self._ended = ended
        self._rendering, self._counting = threading.Lock(), threading.Lock()
        self._waiting = 0

    def render(
        self, look: Look, box: Box | None, labels: bytes, *, quick: bool, progress: ProgressCallback | None = None
    ) -> Shown:
        """Put labels where `box` says, if there is one, and make a picture.

        With `quick` only what the labels change is made anew; else all, and whoever asks meanwhile stops it.

        Raises:
            InputError: a box, a label or a setting cannot be used.
            CancelledError: a newer picture was asked for.
        """
        with self._counting:
            self._waiting += 1
        with self._rendering:
            with self._counting:
                self._waiting -= 1
            if box is not None:
                self._paint(box, labels)
            reporter = Reporter(
                None if quick else progress, lambda: not quick and (self._waiting > 0 or self._ended.is_set())
            )
            view = View(
                **shared(MethodOptions, look), reference=look.index, tone=Tone(**look.tone_options()),
                rebuild=look.rebuild, choices=as_choices(self.labels) if self.labels.any() else None,
            )  # fmt: skip
            shown = self.preview.render(view, quick=quick, reporter=reporter)
            self.marks = shown.labels
            return shown

    def repaint(self, labels: bytes) -> Labels:
        """Replace the whole map; return a copy of it. Raises InputError as `render` does."""
        with self._rendering:
            self._paint((0, 0, *self.labels.shape[::-1]), labels)
            return self.labels.copy()

    def wait(self, seconds: float) -> None:
        """Wait until no picture is being made."""
        if self._rendering.acquire(timeout=seconds):
            self._rendering.release()

    def thumbnail(self, number: int) -> bytes:
        """Return a small JPEG of a frame, counted from 1; raises InputError for one that is not there."""
        if not 1 <= number <= len(self.preview.frames):
            raise InputError(f"there is no frame {number}; there are {len(self.preview.frames)}.")
        picture = cv2.cvtColor(self.preview.frames[number - 1].thumbnail, cv2.COLOR_RGB2BGR)
        return cv2.imencode(".jpg", picture)[1].tobytes()

    def _paint(self, box: Box, labels: bytes) -> None:
        left, top, width, height = box
        rows, columns = self.labels.shape
        if min(left, top) < 0 or min(width, height) < 1 or left + width > columns or top + height > rows:
            raise InputError(f"the box {box} does not lie in the preview, {columns} × {rows}.")
        if len(labels) != width * height:
            raise InputError(f"{len(labels)} labels came for {width} × {height} pixels.")
        painted = np.frombuffer(labels, np.uint8).reshape(height, width)
        frames = len(self.preview.frames)
        unknown = painted[(painted > frames) & (painted != NETWORK)]
        if len(unknown):
            raise InputError(f"the label {unknown[0]} is no frame; there are {frames}.")
        self.labels[top : top + height, left : left + width] = painted


def rgba(shown: Shown) -> tuple[Box, bytes]:
    """Return what a picture changed, as bytes, and where."""
    rows, columns = shown.box
    part = np.ascontiguousarray(shown.picture[rows, columns])
    box = (columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start)
    return box, cv2.cvtColor(part, cv2.COLOR_RGB2RGBA).tobytes() if part.size else b""
