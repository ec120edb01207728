"""Whose turn it is, and what those who wait are told."""

import json

import numpy as np
import pytest
from PIL import Image

from libhdrnet.remaining import Clock
from libhdrnet.server.jobs import PATIENCE, SMALL, Job, Jobs
from libhdrnet.tasks import durations
from libhdrnet.tasks.durations import pixels_of

pytestmark = pytest.mark.filterwarnings("ignore:Too little is well exposed")  # random frames have no tones in common


class Client:
    """Whoever asks; keeps what it is told."""

    def __init__(self):
        self.told = []

    def send(self, message, may_drop=False):
        self.told.append(message)


def job(name, pixels):
    return Job(Client(), name, "merge", lambda talk: {}, pixels)


def queue(*jobs):
    """Jobs in a queue nobody works on, in the order of their turns."""
    waiting = Jobs(lambda done: None)
    for one in jobs:
        waiting.add(one)
    return [one.identity for one in waiting.all()]


def test_a_small_job_goes_before_larger_ones_and_after_small_ones():
    asked = job("A", SMALL + 1), job("b", 10), job("C", 10 * SMALL), job("d", SMALL)
    assert queue(*asked) == ["b", "d", "A", "C"]


def test_a_larger_job_lets_only_a_few_pass():
    small = [job(f"s{index}", 1) for index in range(PATIENCE + 2)]
    assert queue(job("large", 2 * SMALL), *small) == ["s0", "s1", "s2", "large", "s3", "s4"]


def test_a_job_that_waits_is_told_how_long_those_before_it_take(tmp_path, monkeypatch):
    """From what such jobs took before, and of the one at work from how far it is."""
    monkeypatch.setattr(durations, "_path", lambda: tmp_path / "durations.json")
    even = [step / 10 for step in range(11)]
    known = {kind: {"seconds": seconds, "course": even} for kind, seconds in (("merge", 10), ("defocus", 40))}
    (tmp_path / "durations.json").write_text(json.dumps(known))

    def said(*kinds):
        waiting = Jobs(lambda done: None)
        jobs = [Job(Client(), kind, kind, lambda talk: {}, 4_000_000, kind) for kind in kinds]
        for one in jobs:
            waiting.add(one)
        waiting.tell()
        return jobs[-1].stage

    assert said("merge") == "starting"
    assert said("merge", "merge") == "waiting: 1 before this one, about 40 s"
    assert said("merge", "defocus", "merge") == "waiting: 2 before this one, about 3 min"
    assert said("merge", "deblur", "merge") == "waiting: 2 before this one"

    now, told = 0.0, []
    running = Jobs(lambda done: None)

    def work(talk):
        nonlocal now
        now = 30.0
        talk.progress(0.5, "merging")
        running.add(job("next", 4_000_000))
        told.append(running.all()[-1].stage)
        return {}

    monkeypatch.setattr("libhdrnet.server.jobs.clock_of", lambda kind, pixels: Clock(now=lambda: now))
    running.add(Job(Client(), "first", "merge", work, 4_000_000, "merge"))
    running.start()
    running.stop(finish=True)
    assert running.wait(60)
    assert told == ["waiting: 1 before this one, about 30 s"]


def test_the_size_of_a_job_is_of_shapes_and_headers(tmp_path):
    Image.new("RGB", (30, 20)).save(tmp_path / "a.jpg")
    (tmp_path / "b.unknown").write_bytes(bytes(50))
    files = [str(tmp_path / name) for name in ("a.jpg", "b.unknown", "missing.jpg")]
    assert pixels_of("merge", {"inputs": files}) == 600 + 50
    assert pixels_of("merge", {"arrays": [{"shape": [4, 5, 3]}, {"shape": [2, 2, 3]}]}) == 24
    assert pixels_of("defocus", {"input": files[0]}) == pixels_of("deblur", {"array": {"shape": [20, 30, 3]}}) == 600
    assert pixels_of("exposures", {"inputs": files}) == 0
    for nonsense in ({"inputs": 3}, {"arrays": [[1], None]}, {"array": {"shape": [-1, "x"]}}, {"input": str(tmp_path)}):
        assert pixels_of("merge", nonsense) == 0


def test_a_map_asked_for_last_is_made_before_a_large_merge(living, wire, ask_slowly):
    """Three hosts: one at work, one with a large merge, one with a small map."""
    ask_slowly(wire, wire.folder)
    large, small = living.wire(), living.wire()
    folders = {host: host.hello()["folder"] for host in (large, small)}
    frames = []
    for index, light in enumerate((0.2, 0.4)):
        image = np.full((1000, 2000, 3), light, np.float32)
        image.tofile(f"{folders[large]}/{index}.raw")
        frames.append({"file": f"{index}.raw", "shape": list(image.shape), "dtype": "float32"})
    np.full((64, 64, 3), 0.5, np.float32).tofile(f"{folders[small]}/0.raw")
    picture = {"file": "0.raw", "shape": [64, 64, 3], "dtype": "float32"}
    merge = {"arrays": frames, "exposure_times": [1, 2], "model": "classical", "align": False}
    large.send({"jsonrpc": "2.0", "id": "large", "method": "merge", "params": merge})
    assert json.loads(large.file.readline())["params"]["stage"].startswith("waiting: 1 before this one")
    small.send({"jsonrpc": "2.0", "id": "small", "method": "defocus", "params": {"array": picture}})
    assert json.loads(small.file.readline())["params"]["stage"].startswith("waiting: 1 before this one")
    while not json.loads(large.file.readline())["params"]["stage"].startswith("waiting: 2 before this one"):
        pass
    assert [one["method"] for one in wire.ask("status")["result"]["jobs"]] == ["merge", "defocus", "merge"]
    wire.send({"jsonrpc": "2.0", "method": "cancel", "params": {"id": "slow"}})
    assert small.receive()["result"]["shape"] == [64, 64]
    assert large.receive()["result"]["shape"] == [1000, 2000, 3]
    for host in (large, small):
        host.close()
    wire.receive()
