import subprocess
import sys

import pytest
import torch
from commands import ENVIRONMENT
from small_networks import save_random_weights

from libhdrnet.engine.memory import free_memory
from libhdrnet.engine.models import LIMIT, Models

CPU = ("cpu", torch.float32)


class Memory:
    """Bytes that are free, as the models see them: one network more is one byte less."""

    def __init__(self, size):
        self.size = size
        self.models = None

    def __call__(self, device):
        return self.size - len(self.models.kept())


def models(size):
    memory = Memory(size)
    memory.models = Models(free=memory, spare=1)
    return memory.models


@pytest.fixture(autouse=True)
def _small(random_weights):
    """Small networks: what is in them does not matter here."""


def test_a_network_is_loaded_once_and_stays():
    kept = models(100)
    assert kept("psfnet", *CPU) is kept("psfnet", *CPU)
    assert kept("psfnet", "cpu", torch.bfloat16) is not kept("psfnet", *CPU)
    assert kept.kept() == [("psfnet", "cpu", torch.bfloat16), ("psfnet", *CPU)]


def test_the_least_recently_used_go_when_memory_is_short():
    kept = models(2)
    for name in ("psfnet", "msffnet", "psfnet", "defocus"):
        kept(name, *CPU)
    assert [key[0] for key in kept.kept()] == ["psfnet", "defocus"]


def test_trim_lets_go_what_others_need_and_no_more():
    memory = Memory(100)
    memory.models = kept = Models(free=memory, spare=1)
    for name in ("psfnet", "msffnet", "defocus"):
        kept(name, *CPU)
    kept.trim()
    assert len(kept.kept()) == 3
    memory.size = 2
    kept.trim()
    assert [key[0] for key in kept.kept()] == ["defocus"]
    memory.size = 0
    kept.trim()
    assert kept.kept() == []


def test_where_the_system_does_not_tell_networks_stay():
    kept = Models(free=lambda device: None)
    kept("psfnet", *CPU)
    kept.trim()
    assert len(kept.kept()) == 1


def test_there_are_never_more_than_a_few(monkeypatch):
    kept = models(100)
    monkeypatch.setattr("libhdrnet.engine.models._load", lambda *key: key)
    for index in range(LIMIT + 3):
        kept(f"network {index}", *CPU)
    assert len(kept.kept()) == LIMIT


def test_free_memory_is_what_the_system_says():
    free = free_memory("cpu")
    assert free is None or 1e7 < free < 1e14
    assert free_memory("mps") is None


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc keeps memory, and /proc tells how much")
def test_memory_that_was_kept_goes_back():
    """In a process of its own: what others have kept there would be in the way."""
    script = """
import resource
from pathlib import Path
import numpy as np
from libhdrnet.engine.memory import give_back_memory, keep_freed_memory
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
keep_freed_memory()
before = resident()
np.ones(20_000_000)
kept = resident() - before
give_back_memory()
print(kept, resident() - before)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=ENVIRONMENT, timeout=300)
    kept, left = map(int, done.stdout.split())
    assert kept > 100e6 and left < 40e6


def test_another_folder_of_weights_gives_another_network(tmp_path, monkeypatch):
    kept = models(100)
    first = kept("psfnet", *CPU)
    save_random_weights(tmp_path)
    monkeypatch.setenv("HDRNET_WEIGHTS", str(tmp_path))
    second = kept("psfnet", *CPU)
    assert second is not first and kept("psfnet", *CPU) is second
