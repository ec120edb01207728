"""Memory: kept between tiles, given back between jobs, and how much of it is free.

A process of our own (command line, server, training) tells the C library to keep freed memory, so that the next tile
need not ask the system for it again: every convolution allocates its result; glibc hands blocks of that size back to
the system at once and gets them anew, page by page. Measured on two cores, that is 2 to 10 % of a network's time. A
library that is called leaves the process as it is.
"""

import contextlib
import ctypes
import gc
import sys
from functools import cache
from pathlib import Path

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_LARGEST_KEPT = 1 << 28
_KEPT_IN_ALL = 1 << 30


@cache
def keep_freed_memory() -> bool:
    """Set glibc's thresholds once for the process; return False where there is no glibc."""
    return _set(_M_MMAP_THRESHOLD, _LARGEST_KEPT) and _set(_M_TRIM_THRESHOLD, _KEPT_IN_ALL)


def share_one_heap() -> None:
    """Have all threads to come allocate from the first heap, where glibc has one for each of them.

    Of the others it never gives back the upper end: 64 MB of an idle server.
    """
    _set(_M_ARENA_MAX, 1)


def _set(option: int, value: int) -> bool:
    if sys.platform.startswith("linux"):
        with contextlib.suppress(OSError, AttributeError):  # another C library
            return bool(ctypes.CDLL(None).mallopt(option, value))
    return False


def give_back_memory() -> None:
    """Return to the system, and to other programs on the accelerator, what is free but was kept."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
    if torch is not None and torch.backends.mps.is_available():
        torch.mps.empty_cache()
    if sys.platform.startswith("linux"):
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)


def free_memory(device: str) -> int | None:
    """Bytes free on a device ("cpu": available without swapping), None where the system does not tell."""
    if device.startswith("cuda"):
        import torch

        return int(torch.cuda.mem_get_info(torch.device(device))[0])
    if device != "cpu":
        return None
    try:
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:")), None)
