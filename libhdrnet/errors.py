"""Errors and warnings of the library: one base class, few kinds.

Every message is one sentence that names the file, the value and the way out.
"""

import warnings
from collections.abc import Callable
from typing import Any


class Sentence(str):
    """A sentence that keeps what it was made of, by which a host says it in another language."""

    template: str
    """The sentence with the names of its values in braces, as for `str.format`."""
    values: dict[str, str]
    """Some may be sentences themselves."""


def sentence(template: str, **values: object) -> Sentence:
    """Put values into a template, which the plug-ins' catalogues hold: it has to be written out where it is used.

    Errors and `warn` do so with values that they are given by name.
    """
    said = {name: value if isinstance(value, Sentence) else str(value) for name, value in values.items()}
    made = Sentence(template.format(**said))
    made.template, made.values = template, said
    return made


def parts_of(text: str) -> dict[str, Any]:
    """Return what a message carries beside a sentence: its template and values; nothing of a text without."""
    if not isinstance(text, Sentence):
        return {}
    return {
        "template": text.template,
        "values": {name: parts_of(value) or value for name, value in text.values.items()},
    }


class HdrnetError(Exception):
    """Base of all errors raised by libhdrnet; `exit_code` is what the command line ends with."""

    exit_code = 1

    def __init__(self, text: str = "", **values: object) -> None:
        """Take the text, or the template of a `sentence` and its values."""
        super().__init__(sentence(text, **values) if values else text)
        self.kind = type(self).__name__
        """Name of the kind of error."""


class InputError(HdrnetError, ValueError):
    """A file, an array or an option that cannot be used as it is."""

    exit_code = 2


class OutputError(HdrnetError, OSError):
    """A result that cannot be written where it was asked for."""

    exit_code = 2


class WeightsError(HdrnetError):
    """Trained weights that are missing, damaged or made for another network."""


class NotFiniteError(HdrnetError):
    """A network computed NaN or infinity, in float32, too."""


class OutOfMemoryError(HdrnetError, MemoryError):
    """The work does not fit into memory even with the smallest tile."""

    exit_code = 3


class CancelledError(HdrnetError):
    """The caller's `cancel()` returned True."""

    exit_code = 4


class ResidentError(HdrnetError):
    """The resident server could not be reached, or could not do what it was asked for; it says kind and exit code."""

    def __init__(self, text: str, kind: str, exit_code: int) -> None:
        super().__init__(text)
        self.kind, self.exit_code = kind, exit_code


class HdrnetWarning(UserWarning):
    """Something the user should know about a result that was made all the same."""


class HdrnetNote(HdrnetWarning):
    """Something about a result that needs nothing of the user: it is told where details are, not in a host's dialog."""


LISTENERS: list[Callable[[str, bool], bool]] = []
"""Who is told the library's warnings, the newest last (see `hearing`): the text, and whether it is a note; True: that
is enough."""


def warn(message: str | HdrnetWarning, kind: type[HdrnetWarning] = HdrnetWarning, /, **values: object) -> None:
    """Tell something about a result, as of the place that called what calls this; with values of a `sentence`."""
    if isinstance(message, str):
        message = kind(sentence(message, **values) if values else message)
    text, is_note = text_of(message), isinstance(message, HdrnetNote)
    if not any(listener(text, is_note) for listener in LISTENERS[::-1]):
        warnings.warn(message, stacklevel=3)


def sizes_differ(name: str, size: tuple[int, int], other: str, other_size: tuple[int, int]) -> InputError:
    """Error for two frames of a bracket that have not one size; sizes are height and width."""
    return InputError(
        "{other} is {other_size} pixels and {name} is {size}; give exposures of one size from one camera.",
        name=name, size=f"{size[1]}x{size[0]}", other=other, other_size=f"{other_size[1]}x{other_size[0]}",
    )  # fmt: skip


def readable(text: object, most: int = 160) -> str:
    """Make what a file or a library says fit for a sentence: one line, printable, of at most `most` characters."""
    if isinstance(text, Exception) and text.args and isinstance(text.args[0], bytes):  # LibRaw's
        text = text.args[0].decode("ascii", "replace")
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in str(text)).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def text_of(error: BaseException) -> str:
    """Return what an error or a warning says, as a Sentence if it was made as one."""
    return error.args[0] if error.args and isinstance(error.args[0], Sentence) else str(error)


def explain(error: BaseException) -> tuple[str, str, int]:
    """Return one sentence, the kind and the exit code for anything that ended the work, a bug included."""
    if isinstance(error, HdrnetError):
        return text_of(error), error.kind, error.exit_code
    if isinstance(error, KeyboardInterrupt):
        return sentence("cancelled; no unfinished file is left."), CancelledError.__name__, CancelledError.exit_code
    if isinstance(error, MemoryError):
        text = sentence("memory ran out; close other programs or use smaller pictures.")
        return text, OutOfMemoryError.__name__, OutOfMemoryError.exit_code
    kind, said = type(error).__name__, " ".join(str(error).split())
    text = sentence("unexpected {kind}: {text}; this is a bug, please report it.", kind=kind, text=said)
    return text, kind, 1
