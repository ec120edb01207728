import sys

import pytest

from libhdrnet.engine.memory import keep_freed_memory


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc is found on Linux only")
def test_glibc_takes_the_thresholds():
    keep_freed_memory.cache_clear()
    assert keep_freed_memory() is True


def test_elsewhere_nothing_is_done(monkeypatch):
    keep_freed_memory.cache_clear()
    monkeypatch.setattr(sys, "platform", "darwin")
    assert keep_freed_memory() is False
    keep_freed_memory.cache_clear()
