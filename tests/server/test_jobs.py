"""What jobs give, tell and leave behind."""

import contextlib
import json
import math
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from commands import exposures, write_bracket, write_frame
from residents import SLOW, wait_until

import libhdrnet
from libhdrnet.client import hdrnet_client
from libhdrnet.engine import run
from libhdrnet.io.embed import read_record
from libhdrnet.io.metadata import read_metadata
from libhdrnet.radiometry import encode_srgb

pytestmark = pytest.mark.filterwarnings("ignore:Too little is well exposed")  # random frames have no tones in common
NETWORK = {"device": "cpu", "precision": "fp32", "tile": 64}


@pytest.fixture
def server(living):
    with living.connect() as server:
        yield server


@pytest.fixture
def plain(weights, monkeypatch):
    """The functions of this process use the server's weights and number of threads."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    run.loaded.cache_clear()
    yield libhdrnet
    run.loaded.cache_clear()
    torch.set_num_threads(threads)


def shared(server, arrays):
    return [server.share(array, array.shape, array.dtype.name) for array in arrays]


def fetched(server, result):
    data = server.fetch(result)
    return np.frombuffer(data, result["dtype"]).reshape(result["shape"])


def resident_memory(process):
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize("model", ["classical", "psfnet"])
@pytest.mark.parametrize("dtype", ["float32", "uint16", "uint8"])
def test_a_merge_of_arrays_is_bit_for_bit_the_plain_function_s(server, plain, bracket, dtype, model):
    images, times = bracket()
    if dtype != "float32":
        images = [np.round(encode_srgb(image) * np.iinfo(dtype).max).astype(dtype) for image in images]
    options = {**NETWORK, "model": model}
    done = server.call("merge", {"arrays": shared(server, images), "exposure_times": times, "mask": True, **options})
    radiance, mask = plain.merge_exposures(images, times, return_mask=True, **options)
    assert np.array_equal(fetched(server, done), radiance)
    assert np.array_equal(fetched(server, done["mask"]), mask)
    assert done["record"]["model"] == model and done["record"]["inputs"] == ["image 1", "image 2", "image 3"]


def test_exposures_may_be_stops_and_the_reference_counts_from_one(server, plain, bracket):
    images, _ = bracket()
    params = {"arrays": shared(server, images), "ev": "-2,0,2", "reference": 1, "model": "classical", "align": False}
    done = server.call("merge", params)
    expected = plain.merge_exposures(images, [0.25, 1, 4], reference=0, model="classical", align=False)
    assert np.array_equal(fetched(server, done), expected)


@pytest.mark.parametrize("linear", [True, False])
def test_defocus_and_deblur_of_an_array_are_the_plain_functions(server, plain, scene, linear):
    image = scene(96, 128)
    array = server.share(image, image.shape)
    done = server.call("defocus", {"array": array, "linear": linear, **NETWORK})
    radius = fetched(server, done)
    assert np.array_equal(radius, plain.estimate_defocus(image, linear=linear, **NETWORK))
    given = server.share(radius.tobytes(), radius.shape)
    for params, options in ({}, {}), ({"map": given, "strength": 0.5}, {"defocus": radius, "strength": 0.5}):
        done = server.call("deblur", {"array": array, "linear": linear, **params, **NETWORK})
        assert np.array_equal(fetched(server, done), plain.deblur(image, linear=linear, **options, **NETWORK))
        assert done["linear"] is linear
    done = server.call("deblur", {"array": array, "linear": linear, "mask": True, **NETWORK})
    _, mask = plain.deblur(image, linear=linear, return_mask=True, **NETWORK)
    assert np.array_equal(fetched(server, done["mask"]), mask)


def test_a_map_to_look_at_is_a_share_of_white(server, plain, scene):
    image = scene(64, 96)
    array = server.share(image, image.shape)
    done = server.call("defocus", {"array": array, "scaled": True, **NETWORK})
    radius = plain.estimate_defocus(image, **NETWORK)
    assert done["white"] == max(4, math.ceil(radius.max()))
    np.testing.assert_allclose(fetched(server, done) * done["white"], radius, rtol=1e-6)
    codes = np.full((64, 96), 32768, np.uint16)
    given = server.share(codes, codes.shape, "uint16")
    done = server.call("deblur", {"array": array, "map": given, "map_white": 6, **NETWORK})
    expected = plain.deblur(image, codes * np.float32(6 / 65535), **NETWORK)
    assert np.array_equal(fetched(server, done), expected)
    with pytest.raises(hdrnet_client.InputError, match="map_white is None; give the radius"):
        server.call("deblur", {"array": array, "map": given, **NETWORK})


def test_a_merge_into_pixels_also_gives_a_preview_and_the_reference_s_metadata(server, plain, tmp_path):
    paths = [str(path) for path in write_bracket(tmp_path, size=(64, 96))]
    done = server.call("merge", {"inputs": paths, "model": "classical", "tone": "fusion", "exposure": 1})
    radiance = fetched(server, done)
    assert np.array_equal(fetched(server, done["preview"]), plain.tone_map(radiance, style="fusion", exposure=1))
    metadata = read_metadata(done["metadata"])
    assert metadata.exif["Exif.Photo.ExposureTime"] == "1/15"
    assert read_record(done["metadata"])["reference"] == 2
    arrays = shared(server, exposures(size=(64, 96)))
    params = {"arrays": arrays, "ev": "-2,0,2", "reference": 3, "model": "classical"}
    done = server.call("merge", {**params, "sources": paths})
    assert read_metadata(done["metadata"]).exif["Exif.Photo.ExposureTime"] == "1/4"
    assert "metadata" not in server.call("merge", params)
    with pytest.raises(hdrnet_client.InputError, match="2 sources for 3 arrays"):
        server.call("merge", {**params, "sources": paths[:2]})
    with pytest.raises(hdrnet_client.InputError, match="tone 'ugly' is unknown"):
        server.call("merge", {"inputs": paths, "tone": "ugly"})
    with pytest.raises(hdrnet_client.InputError, match="local: there is no preview without a tone"):
        server.call("merge", {"inputs": paths, "local": 1})


def test_exposures_of_files_are_told_without_merging(server, tmp_path):
    paths = [str(path) for path in write_bracket(tmp_path)]
    bare = write_frame(tmp_path / "bare.jpg", exposures()[0])
    done = server.call("exposures", {"inputs": [*paths, str(bare)]})
    assert done["exposures"][3] is None
    np.testing.assert_allclose(np.divide(done["exposures"][1:3], done["exposures"][0]), [4, 15])
    with pytest.raises(hdrnet_client.InputError, match="give an absolute path"):
        server.call("exposures", {"inputs": ["a.jpg"]})


def test_a_map_of_another_size_is_refused(server, scene):
    image = scene(64, 64)
    params = {"array": server.share(image, image.shape), "map": server.share(bytes(64 * 63 * 4), (64, 63)), **NETWORK}
    with pytest.raises(hdrnet_client.InputError, match="defocus map has shape"):
        server.call("deblur", params)


def test_files_are_gone_when_fetched_or_released_or_when_the_client_is_gone(living, bracket):
    images, times = bracket()
    with living.connect() as server:
        arrays = shared(server, images)
        done = server.call("merge", {"arrays": arrays, "exposure_times": times, "model": "classical"})
        kept = server.call("merge", {"arrays": arrays, "exposure_times": times, "model": "classical"})
        folder = Path(server.folder)
        assert folder.stat().st_mode & 0o777 == 0o700
        pixels = fetched(server, done)
        server.release(*arrays)
        assert list(folder.iterdir()) == [Path(kept["file"])]
        assert np.isfinite(pixels).all()  # what was mapped stays
    wait_until(lambda: not folder.exists())


def test_shared_pixels_have_to_be_as_many_as_was_said(server):
    with pytest.raises(hdrnet_client.InputError, match=r"have 10 bytes, but \(2, 2, 3\) of float32 takes 48"):
        server.share(b"0123456789", (2, 2, 3))
    assert list(Path(server.folder).iterdir()) == []


def test_progress_is_told_at_least_twice_a_second_and_never_falls(wire, ask_slowly):
    ask_slowly(wire, wire.folder)
    told, last, gaps = [], time.monotonic(), []
    while "method" in (message := json.loads(wire.file.readline())):
        gaps.append(time.monotonic() - last)
        last = time.monotonic()
        told.append(message["params"]["fraction"])
        if len(told) == 60:
            wire.send({"jsonrpc": "2.0", "method": "cancel", "params": {"id": "slow"}})
    assert told == sorted(told) and len(gaps) >= 20
    assert max(gaps) < 0.6  # 0.5, and what a busy machine adds


def test_a_job_that_waits_is_told_so_and_can_be_cancelled(living, wire, ask_slowly, bracket):
    ask_slowly(wire, wire.folder)
    stages = []
    with living.connect() as server:
        images, times = bracket()
        params = {"arrays": shared(server, images), "exposure_times": times, "model": "classical"}
        with pytest.raises(hdrnet_client.CancelledError, match="while waiting for its turn"):
            server.call("merge", params, lambda _, stage: stages.append(stage), lambda: len(stages) >= 3)
        jobs = server.call("status")["jobs"]
        assert all(stage.startswith("waiting: 1 before this one") for stage in stages)
        assert [job["state"] for job in jobs] == ["running"]
        wire.send({"jsonrpc": "2.0", "method": "cancel", "params": {"id": "slow"}})
        assert server.call("merge", params)["shape"] == [96, 128, 3]
    assert wire.receive()["error"]["code"] == -32004


def test_cancel_takes_effect_within_a_tile_and_the_memory_comes_back(living, wire, ask_slowly, bracket):
    process = living.processes[0].pid
    ask_slowly(wire, wire.folder)  # the network is loaded and its first buffers are there
    wire.send({"jsonrpc": "2.0", "method": "cancel", "params": {"id": "slow"}})
    wire.receive()
    time.sleep(1.5)
    before = resident_memory(process)
    images, times = bracket(2000, 2000)
    with living.connect() as server:
        seen = []
        begun = []

        def stop():
            if not begun and seen and seen[-1] == "merging with the network":
                begun.append(time.monotonic())
            return bool(begun)

        params = {"arrays": shared(server, images), "exposure_times": times, **SLOW}
        with pytest.raises(hdrnet_client.CancelledError, match="merging with the network"):
            server.call("merge", params, lambda _, stage: seen.append(stage), stop)
        assert time.monotonic() - begun[0] < 1.0
    # The job takes 400 MB; the first of its size leaves 70 to 110 for good (threads' buffers; three more add 13).
    wait_until(lambda: resident_memory(process) < before + 150e6, 10)


def test_a_client_killed_in_mid_job_has_its_job_cancelled(living, wire, bracket, tmp_path):
    images, times = bracket(512, 768)
    np.save(tmp_path / "images.npy", images)
    script = f"""
import numpy as np
from libhdrnet.client import hdrnet_client
server = hdrnet_client.connect(start=False)
print(server.folder, flush=True)
arrays = [server.share(image, image.shape) for image in np.load({str(tmp_path / "images.npy")!r})]
server.call("merge", {{"arrays": arrays, "exposure_times": {times}, **{SLOW}}}, lambda f, s: print(s, flush=True))
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as client:
        folder = Path(client.stdout.readline().strip())
        assert folder.is_dir()
        for line in client.stdout:
            if line.strip() == "merging with the network":
                break
        assert len(wire.ask("status")["result"]["jobs"]) == 1
        client.kill()
        client.wait()
        wait_until(lambda: wire.ask("status")["result"]["jobs"] == [], 5)
    wait_until(lambda: not folder.exists(), 5)


def test_an_exception_in_a_callback_cancels_the_job(server, bracket):
    images, times = bracket(512, 768)
    params = {"arrays": shared(server, images), "exposure_times": times, **SLOW}

    def fail(fraction, stage):
        if stage == "merging with the network":
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        server.call("merge", params, fail)
    assert server.call("status")["jobs"] == []


def test_a_call_may_not_use_an_id_that_is_at_work(wire, ask_slowly):
    ask_slowly(wire, wire.folder)
    array = {"file": "slow-0.raw", "shape": [512, 768, 3], "dtype": "float32"}
    wire.send({"jsonrpc": "2.0", "id": "slow", "method": "defocus", "params": {"array": array}})
    assert "in use" in wire.receive()["error"]["message"]
    wire.send({"jsonrpc": "2.0", "method": "cancel", "params": {"id": "slow"}})
    assert wire.receive()["error"]["code"] == -32004


def test_over_two_hundred_jobs_memory_stays_flat(living, server, bracket):
    images, times = bracket(32, 32)
    process, sizes = living.processes[0].pid, []
    for index in range(210):
        params = {"arrays": shared(server, images), "exposure_times": times, "model": "classical"}
        if index % 10 == 0:
            params.update(NETWORK, model="psfnet")
        if index % 3:  # else each job estimates a tone curve, which takes as long as all the rest
            params["response"] = "linear"
        if index % 7 == 0:
            params["tile"] = 3
        with contextlib.suppress(hdrnet_client.InputError):
            server.fetch(server.call("merge", params))
        server.release(*params["arrays"])
        sizes.append(resident_memory(process))
    assert max(sizes[50:]) - max(sizes[:50]) < 20e6
    assert list(Path(server.folder).iterdir()) == []


@pytest.mark.skipif(os.getuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk_is_told_and_the_server_goes_on(home):
    home.runtime.mkdir(mode=0o700)
    mount = f'mount -t tmpfs -o size=2m,mode=700 none {home.runtime} && exec "$@"'
    home.serve(prefix=["unshare", "-m", "sh", "-c", mount, "sh"])
    process = home.processes[0].pid
    script = """
import numpy as np
from libhdrnet.client import hdrnet_client as client
server = client.connect(start=False)
small, big = (np.full((n, n, 3), 0.5, np.float32) for n in (64, 256))
arrays = [server.share(picture, big.shape) for picture in (big / 2, big)]
for what in ("result", "input"):
    try:
        if what == "result":
            server.call("merge", {"arrays": arrays, "exposure_times": [1, 2], "model": "classical"})
        else:
            server.share(big, big.shape)
    except client.OutputError as error:
        print(what, error, flush=True)
server.close()
server = client.connect(start=False)
arrays = [server.share(picture, small.shape) for picture in (small / 2, small)]
done = server.call("merge", {"arrays": arrays, "exposure_times": [1, 2], "model": "classical"})
print("then", done["shape"], server.process, flush=True)
"""
    done = subprocess.run(
        ["nsenter", f"--mount=/proc/{process}/ns/mnt", sys.executable, "-c", script],
        capture_output=True, text=True, timeout=100, env={**os.environ, **home.environment},
    )  # fmt: skip
    told = done.stdout.splitlines()
    assert len(told) == 3, done
    assert "no space left on device" in told[0] and "free some space" in told[0]
    assert "no space left on device" in told[1]
    assert told[2] == f"then [64, 64, 3] {process}"
