import subprocess
import sys

import cv2
import numpy as np
import pytest
import torch
from commands import ENVIRONMENT

from libhdrnet import merge_exposures
from libhdrnet.engine import threads
from libhdrnet.errors import InputError, warn
from libhdrnet.hearing import told


def test_torch_opencv_and_our_own_pools_are_bounded_inside_and_as_before_outside():
    before = torch.get_num_threads(), cv2.getNumThreads(), threads.count()
    with threads.bounded(1):
        assert (torch.get_num_threads(), cv2.getNumThreads(), threads.count()) == (1, 1, 1)
    assert (torch.get_num_threads(), cv2.getNumThreads(), threads.count()) == before


def test_bounds_of_two_threads_that_overlap_leave_what_was_before():
    before = torch.get_num_threads(), cv2.getNumThreads()
    one, other = threads.bounded(1), threads.bounded(1)
    one.__enter__()
    other.__enter__()
    one.__exit__(None, None, None)
    assert cv2.getNumThreads() == 1
    other.__exit__(None, None, None)
    assert (torch.get_num_threads(), cv2.getNumThreads()) == before


def test_an_operation_is_bounded_from_its_first_stage_to_its_last(scene):
    shots = [np.clip(scene(64, 64) * t, 0, 1) for t in (0.25, 1, 4)]
    seen = set()
    merge_exposures(
        shots, (0.25, 1, 4), model="classical", threads=1, progress=lambda *_: seen.add(torch.get_num_threads())
    )
    assert seen == {1}
    with pytest.raises(InputError, match="threads 0"):
        merge_exposures(shots, (0.25, 1, 4), model="classical", threads=0)


PROGRAM = """
import ctypes, os, sys
import numpy as np, torch
calls = []
real = ctypes.CDLL
class Watched:
    def __getattr__(self, name):
        calls.append(name)
        return getattr(real(None), name)
ctypes.CDLL = lambda name, *rest, **more: Watched() if name is None else real(name, *rest, **more)
os.dup2 = lambda *_: calls.append("dup2")
before = torch.get_num_threads()
import libhdrnet
frame = np.full((64, 64, 3), 60, np.uint8)
libhdrnet.merge_exposures([frame // 4, frame], (1, 4), device="cpu")
libhdrnet.deblur(frame, device="cpu")
assert "mallopt" not in calls and "dup2" not in calls, calls
assert torch.get_num_threads() == before
"""


def test_a_call_leaves_the_process_as_it_is():
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM], env=ENVIRONMENT, capture_output=True, text=True, timeout=120
    )
    assert ended.returncode == 0, ended.stderr


def test_items_are_done_in_order_in_the_callers_context_until_one_fails():
    with threads.bounded(3), told() as texts:

        def work(item):
            warn(f"of {item}")
            assert threads.count() == 3
            return 2 * item

        assert threads.each(work, range(5)) == [0, 2, 4, 6, 8]
        assert sorted(texts) == [f"of {item}" for item in range(5)]
    begun = []

    def fail(item):
        begun.append(item)
        raise ValueError(item)

    with pytest.raises(ValueError, match="0"):
        threads.each(fail, range(10_000))
    assert len(begun) < 10_000
