"""What a server that has nothing to do takes."""

import sys
import time

import numpy as np
import pytest
from residents import wait_until

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc tells how much it takes")
IDLE = 250e6
"""Bytes of its own: 170 MB on the machine that this was tuned on (234 with a heap for each thread), over 500 just after
the jobs. Pages of libraries come on top, 125 to 250 MB of torch's, as the kernel maps them: not the server's doing."""


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
    assert memory(process, "VmHWM") > 2 * IDLE

    def asked_it_is_small():
        wire = home.wire()
        wire.hello()
        assert wire.ask("status")["result"]["jobs"] == []
        wire.close()
        time.sleep(0.2)
        return memory(process, "RssAnon") < IDLE

    wait_until(asked_it_is_small, 30)
