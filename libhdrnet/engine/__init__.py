"""The engine: device and precision, tiles, memory, progress and cancel. Arrays in, arrays out."""

from libhdrnet.engine.device import DEVICES, PRECISIONS, choose_device, choose_precision
from libhdrnet.engine.progress import CancelCallback, ProgressCallback, Reporter
from libhdrnet.engine.run import Report, check_settings, run_tiled
from libhdrnet.engine.threads import bounded
from libhdrnet.options import Settings

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
    "choose_device",
    "choose_precision",
    "run_tiled",
]
