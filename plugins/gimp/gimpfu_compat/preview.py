"""What a preview in a dialog does in every toolkit; `gimp3_preview` and `gimp2_preview` say how it is shown.

The dialog never waits for it: what fails is said in its place, and what was asked for last is what is shown.
"""

import os
import queue
import threading
import time
import traceback

from gimpfu_compat.declaration import Failure
from gimpfu_compat.words import unexpected

SPACE = 6
LOOK, REST = 100, 0.25
"""Milliseconds between looks at the settings; seconds without a change after which a picture is asked for."""
EDGES, THUMBNAIL = (600, 400), 64
"""Most pixels of the picture across and down, on a screen that is large enough, and of a part's."""
END_SECONDS = 2.0
"""How long the end of the dialog waits for a picture that is being made."""


class Painter:
    """Asks a preview (`register` says what it is) for pictures, one after the other in a thread of its own.

    `made` holds them, each a Picture or a sentence that says why there is none; whoever shows one asks `outdated()`
    first.
    """

    def __init__(self, preview):
        self.made = queue.SimpleQueue()
        self._preview = preview
        self._changed = threading.Condition()
        self._request = None
        self._ended = False
        self._thread = threading.Thread(target=self._work, name="preview", daemon=True)
        self._thread.start()

    def ask(self, request):
        """Ask for a picture in place of what was asked for before."""
        with self._changed:
            self._request = request
            self._changed.notify_all()

    def outdated(self):
        """Tell whether the picture that is made is wanted no more."""
        return self._ended or self._request is not None

    def end(self):
        """Stop; what is being made is not waited for, beyond a moment."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        self._thread.join(END_SECONDS)

    def _work(self):
        self._preview.begin()
        while True:
            with self._changed:
                self._changed.wait_for(self.outdated)
                request, self._request = self._request, None
                if self._ended:
                    break
            shown = self._made(request)
            if not self.outdated():  # else it may be anything
                self.made.put(shown)
        self._preview.close()

    def _made(self, request):
        try:
            return self._preview.show(request, self.outdated)
        except Failure as failure:
            return str(failure)
        except Exception as bug:
            if not self.outdated():
                traceback.print_exc()
            return unexpected(bug)


class Pane:
    """The preview's part of a dialog: a picture that follows the settings, and below it the list of what is in it.

    A toolkit calls `look` every LOOK milliseconds in the dialog's thread, and `draw` when the tick is set. It adds
    `_marks()`, whether that is set, `_say(text)`, `_show_picture(width, height, pixels)`, `_show_legend(is_shown)`,
    `_list(parts)`, and perhaps something to see in `_busy(is_busy)`.
    """

    def __init__(self, preview, values, screen):
        """`preview` is what `register` describes; `values()` are the dialog's; `screen` is its width and height."""
        self._preview, self._values = preview, values
        self._edges = [min(edge, length // 2) for edge, length in zip(EDGES, screen)]
        self._seen, self._since, self._asked, self._shown = None, 0.0, None, None
        self._painter = Painter(preview)

    def end(self):
        """Stop; what is being made is not waited for, beyond a moment."""
        self._painter.end()

    def look(self, *_):
        """See what changed, and show what was made."""
        values, now = self._values(), time.monotonic()
        if values != self._seen:
            self._seen, self._since = values, now
        elif values != self._asked and now - self._since >= REST:
            self._asked = values
            try:
                self._ask(self._preview.gather(values))
            except Failure as failure:
                self._tell(str(failure))
        while not self._painter.made.empty():
            shown = self._painter.made.get()
            if not self._painter.outdated():
                self._tell(shown) if isinstance(shown, str) else self._show(shown)
        return True

    def draw(self, *_):
        """Draw the picture that was shown last."""
        marks = self._marks()
        self._show_legend(marks)
        if self._shown is not None:
            self._show_picture(*self._shown.size, self._shown.marked if marks else self._shown.pixels)

    def _busy(self, is_busy):
        pass

    def _ask(self, request):
        self._busy(True)
        self._painter.ask(request)

    def _tell(self, text):
        self._busy(False)
        self._say(text)

    def _show(self, picture):
        self._shown = picture
        self.draw()
        self._tell(picture.note)
        self._list(picture.parts)
        if picture.finer is not None and self._seen == self._asked:
            self._ask(picture.finer)


def fitted(width, height, across, down):
    """Return a size as large as it fits."""
    factor = min(across / width, down / height)
    return max(1, round(width * factor)), max(1, round(height * factor))


def described(part, escape):
    """Return the first line of a part in the list, and its warning, "" for none, as Pango's markup."""
    line = escape(f"{os.path.basename(part.name)}   {part.text}")
    warning = f"<small>⚠ {escape(part.warning)}</small>" if part.warning else ""
    return f"<b>{line}</b>" if part.chosen else line, warning
