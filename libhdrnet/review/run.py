"""`hdrnet review`: open the page, answer it, and end when it was closed."""

import os
import sys
import threading
import webbrowser
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from libhdrnet.errors import InputError
from libhdrnet.hearing import shown_by
from libhdrnet.io.choices import read_choices
from libhdrnet.io.outputs import check_output
from libhdrnet.options import MergeFiles
from libhdrnet.review.desk import Desk
from libhdrnet.review.door import Door
from libhdrnet.tasks import read_options

_LOOK = 0.2
"""Seconds between two looks at whether the page is still there."""
_RELOAD = 5.0
"""Seconds after which a page that said goodbye is taken to be closed, not loaded anew."""
_LOST = 300.0
"""Seconds after which one that went without a word is given up: browsers put tabs to sleep and wake them again."""
_NEVER = 900.0
"""Seconds in which the page has to be opened."""


def review(params: Mapping[str, Any], tell: Callable[..., None], *, browser: bool = True) -> None:
    """Run a review until its page is closed, or Ctrl+C.

    `params`: options of the merge (MergeFiles); without "output" it has the first frame's name. `tell` takes a
    sentence and facts: the address of the page, then each result.

    Raises:
        InputError: an option or a frame cannot be used; of frames the page has told it by then.
    """
    if not params.get("output"):
        first = Path(params["inputs"][0])
        params = {**params, "output": str(first.with_name(f"{first.stem}-hdr.exr"))}
    options = read_options(MergeFiles, params)
    if len(options.inputs) < 2:
        raise InputError(f"{options.inputs[0]} is alone; a review takes two or more exposures of a scene.")
    options.exposures(len(options.inputs))
    check_output(options.output, inputs=options.inputs, kinds="merged")
    for path in options.inputs:
        if not os.path.exists(path):
            raise InputError(f"'{path}' does not exist: check the name.")
    if options.choices is not None:
        read_choices(options.choices)
    desk = Desk(options, tell)
    door = Door(desk)
    door.open()
    try:
        tell(f"the review is at {door.url} – Ctrl+C ends it", url=door.url)
        with shown_by(desk.warn):
            desk.open(skip_unreadable=options.skip_unreadable)
            if browser and _has_display():
                threading.Thread(target=webbrowser.open, args=(door.url_once,), name="browser", daemon=True).start()
            while not desk.ended.wait(_LOOK) and not _is_over(desk):
                pass
    except KeyboardInterrupt:
        if desk.merging:
            raise
    finally:
        desk.end()
        door.shutdown()
    if desk.error is not None:
        raise desk.error


def _is_over(desk: Desk) -> bool:
    if desk.merging:
        return False
    alone, said = desk.events.alone()
    return alone > (_RELOAD if said else _LOST if desk.events.page else _NEVER)


def _has_display() -> bool:
    """Whether a browser with windows can be there: one for terminals would stand in this one."""
    return not sys.platform.startswith("linux") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
