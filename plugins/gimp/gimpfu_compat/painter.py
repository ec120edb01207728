"""Pictures for a preview, made one after the other in a thread of its own; what was asked for last is what is shown."""

import threading
import traceback

from gimpfu_compat.declaration import Failure, Picture
from gimpfu_compat.words import unexpected

END_SECONDS = 2.0
"""How long the end of the dialog waits for a picture that is being made."""


class Painter:
    """Asks a preview (`register` says what it is) for pictures; `deliver` gets each in this thread.

    `deliver(shown)`: a Picture, or a sentence that says why there is none. Whoever shows it asks `outdated()` first.
    """

    def __init__(self, preview, deliver):
        self._preview, self._deliver = preview, deliver
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
            if not self.outdated():
                self._deliver(shown)
        self._preview.close()

    def _made(self, request) -> "Picture | str | None":
        try:
            return self._preview.show(request, self.outdated)
        except Failure as failure:
            return str(failure)
        except Exception as bug:
            if self.outdated():
                return None
            traceback.print_exc()
            return unexpected(bug)


def fitted(width, height, across, down):
    """Return a size as large as it fits."""
    factor = min(across / width, down / height)
    return max(1, round(width * factor)), max(1, round(height * factor))
