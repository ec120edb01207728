"""What a server that has nothing to do takes."""

import sys
import time

import numpy as np
import pytest
from residents import wait_until

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc tells how much it takes")
IDLE = 350e6
"""Bytes in all, pages of libraries among them: 295 MB with two Pythons of the machine that this was tuned on, 665 right
after the jobs; with a heap for each thread it was 360."""


def memory(process, what):
    with open(f"/proc/{process}/status") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{what}:"))


def test_an_idle_server_gives_back_what_jobs_took_also_while_it_is_asked_for_its_status(home):
    process = home.serve().pid
    with home.connect(start=False) as server:
        light = np.random.default_rng(0).random((2000, 3000, 3), np.float32)
        frames = [server.share(np.minimum(light * time, 1), light.shape) for time in (1, 2, 4)]
        server.fetch(server.call("merge", {"arrays": frames, "exposure_times": [1, 2, 4], "model": "classical"}))
        server.fetch(server.call("defocus", {"array": server.share(light[:512, :512].copy(), (512, 512, 3))}))
    assert memory(process, "VmHWM") > 1.5 * IDLE

    def asked_it_is_small():
        wire = home.wire()
        wire.hello()
        assert wire.ask("status")["result"]["jobs"] == []
        wire.close()
        time.sleep(0.2)
        return memory(process, "VmRSS") < IDLE

    wait_until(asked_it_is_small, 30)
