"""Progress and cancel, the same for every operation."""

from collections.abc import Callable
from dataclasses import dataclass

from libhdrnet.errors import CancelledError

ProgressCallback = Callable[[float, str], None]
CancelCallback = Callable[[], bool]


@dataclass(frozen=True)
class Reporter:
    """Tells the caller how far the work is and asks whether to go on; `part` makes one for a part of it."""

    progress: ProgressCallback | None = None
    """Called with the fraction done in [0, 1] and the stage in a few words."""
    cancel: CancelCallback | None = None
    """Returns True to stop the work."""
    begin: float = 0.0
    end: float = 1.0

    def __call__(self, fraction: float, stage: str) -> None:
        """Report, and raise CancelledError if the caller wants to stop."""
        if self.cancel is not None and self.cancel():
            raise CancelledError(f"cancelled while {stage}.")
        if self.progress is not None:
            self.progress(self.begin + (self.end - self.begin) * min(max(fraction, 0.0), 1.0), stage)

    def part(self, begin: float, end: float) -> "Reporter":
        """Return a reporter whose 0..1 is `begin`..`end` of this one's."""
        width = self.end - self.begin
        return Reporter(self.progress, self.cancel, self.begin + width * begin, self.begin + width * end)
