"""Errors and warnings of the library: one base class, few kinds.

Every message is one sentence that names the file, the value and the way out.
"""


class HdrnetError(Exception):
    """Base of all errors raised by libhdrnet; `exit_code` is what the command line ends with."""

    exit_code = 1


class InputError(HdrnetError, ValueError):
    """A file, an array or an option that cannot be used as it is."""

    exit_code = 2


class OutputError(HdrnetError, OSError):
    """A result that cannot be written where it was asked for."""

    exit_code = 2


class WeightsError(HdrnetError):
    """Trained weights that are missing, damaged or made for another network."""


class OutOfMemoryError(HdrnetError, MemoryError):
    """The work does not fit into memory even with the smallest tile."""

    exit_code = 3


class CancelledError(HdrnetError):
    """The caller's `cancel()` returned True."""

    exit_code = 4


class HdrnetWarning(UserWarning):
    """Something the user should know about a result that was made all the same."""
