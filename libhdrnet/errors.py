"""Errors and warnings of the library: one base class, few kinds.

Every message is one sentence that names the file, the value and the way out.
"""


class HdrnetError(Exception):
    """Base of all errors raised by libhdrnet; `exit_code` is what the command line ends with."""

    exit_code = 1

    @property
    def kind(self) -> str:
        """Name of the kind of error."""
        return type(self).__name__


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
        self._kind = kind
        self.exit_code = exit_code

    @property
    def kind(self) -> str:
        """The kind that the server told."""
        return self._kind


class HdrnetWarning(UserWarning):
    """Something the user should know about a result that was made all the same."""


def readable(text: object, most: int = 160) -> str:
    """Make what a file or a library says fit for a sentence: one line, printable, of at most `most` characters."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in str(text)).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def explain(error: BaseException) -> tuple[str, str, int]:
    """Return one sentence, the kind and the exit code for anything that ended the work, a bug included."""
    if isinstance(error, HdrnetError):
        return str(error), error.kind, error.exit_code
    if isinstance(error, KeyboardInterrupt):
        return "cancelled; no unfinished file is left.", CancelledError.__name__, CancelledError.exit_code
    if isinstance(error, MemoryError):
        text = "memory ran out; close other programs or use smaller pictures."
        return text, OutOfMemoryError.__name__, OutOfMemoryError.exit_code
    text = f"unexpected {type(error).__name__}: {' '.join(str(error).split())}"
    return f"{text}; this is a bug, please report it (HDRNET_DEBUG=1 shows where).", type(error).__name__, 1
