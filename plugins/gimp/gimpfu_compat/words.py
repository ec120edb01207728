"""Translations and help as GIMP has them for plug-ins, beside the program NAME.py where there are any.

`locale/LANGUAGE/LC_MESSAGES/NAME.mo` are words, `help/LANGUAGE/gimp-help.xml` names the page of each procedure.
"""

import gettext
import sys
from pathlib import Path

PROGRAM = Path(sys.argv[0]).resolve()
NAME = PROGRAM.stem
LOCALE = PROGRAM.parent / "locale"
HELP = PROGRAM.parent / "help"
_GIMP2_ASKS = sys.argv[4:5] == ["-query"]
"""GIMP 2.10 keeps what is registered and translates it itself: it wants the words as they are."""

_ = gettext.translation(NAME, LOCALE, fallback=True).gettext if not _GIMP2_ASKS else str


def unexpected(bug):
    """Say that an exception is a bug."""
    text = _("unexpected {kind}: {text}; this is a bug, please report it.")
    return text.format(kind=type(bug).__name__, text=bug)
