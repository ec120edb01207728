"""The engine: device and precision, tiles, memory, progress and cancel. Arrays in, arrays out.

What is here is there without torch, whose import takes seconds; `device`, `models` and `run` need it.
"""

from libhdrnet.engine.progress import CancelCallback, ProgressCallback, Reporter
from libhdrnet.engine.settings import DEVICES, PRECISIONS, Report, Settings, check_settings
from libhdrnet.engine.threads import bounded

__all__ = [
    "DEVICES",
    "PRECISIONS",
    "CancelCallback",
    "ProgressCallback",
    "Report",
    "Reporter",
    "Settings",
    "bounded",
    "check_settings",
]
