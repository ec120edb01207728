"""What the resident server costs: python tests/benchmarks/server_overhead.py [--megapixels 1] [--large 24].

Overhead of a call over the plain function, time to the first result from cold, extra memory of a large job, and what
`--resident` costs the client. Merges are classical: a network would hide what is measured. One JSON object a line.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from merge_speed import TIMES, bracket

from libhdrnet.client.hdrnet_client import connect

COMMAND = [sys.executable, "-m", "libhdrnet.cli"]
OPTIONS = {"model": "classical", "align": False}


def tell(what, **figures):
    print(json.dumps({"what": what, **{name: round(value, 4) for name, value in figures.items()}}), flush=True)


def peak(process):
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def timed(work, repeat):
    spent = []
    for _ in range(repeat):
        begun = time.perf_counter()
        work()
        spent.append(time.perf_counter() - begun)
    return spent


def write(images, folder):
    from libhdrnet.io import write_display

    paths = [str(folder / f"{index}.tif") for index in range(len(images))]
    for path, image in zip(paths, images, strict=True):
        write_display(path, image)
    return paths


def overhead(folder, megapixels, repeat):
    """The same bracket by the plain function and by calls, of arrays and of files, taken in turns."""
    import libhdrnet
    from libhdrnet import tasks

    images = bracket(megapixels)
    paths = write(images, folder)
    files = {"inputs": paths, "output": str(folder / "o.tif"), "overwrite": True, "exposure_times": list(TIMES)}

    def call_arrays():
        arrays = [server.share(image, image.shape, "uint8") for image in images]
        done = server.call("merge", {"arrays": arrays, "exposure_times": list(TIMES), **OPTIONS})
        server.fetch(done)
        server.release(*arrays)

    with connect() as server:
        kinds = {
            "array": (lambda: libhdrnet.merge_exposures(images, TIMES, **OPTIONS), call_arrays),
            "file": (lambda: tasks.prepare("merge", {**files, **OPTIONS})(tasks.Talk()),
                     lambda: server.call("merge", {**files, **OPTIONS})),
        }  # fmt: skip
        for kind, (plain, call) in kinds.items():
            timed(plain, 2), timed(call, 2)
            pairs = [(timed(plain, 1)[0], timed(call, 1)[0]) for _ in range(repeat)]
            plain_time, call_time = (statistics.median(column) for column in zip(*pairs, strict=True))
            tell(f"second call, {kind}s, {megapixels:g} megapixels", plain_seconds=plain_time, call_seconds=call_time,
                 overhead_milliseconds=1000 * (call_time - plain_time))  # fmt: skip


def cold(folder):
    """From no server to the first result."""
    paths = write(bracket(1), folder)
    words = ["merge", *paths, "-o", str(folder / "o.exr"), "--times", ",".join(map(str, TIMES)), "--overwrite"]
    words += ["--model", "classical", "--no-align"]
    seconds = timed(lambda: subprocess.run([*COMMAND, *words, "--resident", "-q"], check=True, stdout=-3), 1)[0]
    warm = timed(lambda: subprocess.run([*COMMAND, *words, "--resident", "-q"], check=True, stdout=-3), 3)
    plain = timed(lambda: subprocess.run([*COMMAND, *words, "-q"], check=True, stdout=-3), 1)[0]
    tell("command from cold, with --resident", seconds=seconds, then_seconds=min(warm), without_seconds=plain)


def client_time(folder):
    """Processor time of the client alone: an error that the server answers at once."""
    spent = []
    for _ in range(10):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        begun = time.perf_counter()
        words = ["merge", "/nowhere/a.jpg", "/nowhere/b.jpg", "-o", str(folder / "n.exr"), "--resident"]
        subprocess.run([*COMMAND, *words], stderr=subprocess.DEVNULL)
        wall = time.perf_counter() - begun
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append((after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall))
    tell("client of --resident", processor_seconds=min(spent)[0], wall_seconds=min(wall for _, wall in spent))


def memory(megapixels):
    """Peak of a plain process, and of a server and its files, that each merge one large bracket of float arrays."""
    import numpy as np

    script = f"""
import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})
from server_overhead import large_bracket, OPTIONS, TIMES, peak
import libhdrnet, os
libhdrnet.merge_exposures(large_bracket({megapixels}), TIMES, **OPTIONS)
print(peak(os.getpid()))
"""
    plain = float(subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout)
    images = large_bracket(megapixels)
    frame = images[0].nbytes / 2**20
    with connect() as server:
        arrays = [server.share(image, image.shape) for image in images]
        gaps, last = [], [time.perf_counter()]

        def on_progress(*_):
            gaps.append(time.perf_counter() - last[0])
            last[0] = time.perf_counter()

        peaks, ended = [0.0], threading.Event()
        sampler = threading.Thread(target=sample, args=(server, peaks, ended))
        sampler.start()
        last[0] = time.perf_counter()
        done = server.call("merge", {"arrays": arrays, "exposure_times": list(TIMES), **OPTIONS}, on_progress)
        ended.set()
        sampler.join()
        called = max(peak(server.process), *peaks)
        pixels = np.frombuffer(server.fetch(done), np.float32)
        assert np.isfinite(pixels).all()
    tell(f"memory of {megapixels:g} megapixels in MiB", frame=frame, plain=plain, server=called,
         extra=called - plain, longest_silence_seconds=max(gaps))  # fmt: skip


def sample(server, peaks, ended):
    """Collect what the server holds, mapped inputs included, and beside it the results it has written."""
    while not ended.wait(0.02):
        held = int(Path(f"/proc/{server.process}/statm").read_text().split()[1]) * resource.getpagesize()
        written = sum(path.stat().st_size for path in Path(server.folder).glob("radiance-*"))
        peaks.append((held + written) / 2**20)


def large_bracket(megapixels):
    import numpy as np

    return [(image / np.float32(255)) ** np.float32(2.2) for image in bracket(megapixels)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("--megapixels", type=float, default=1)
    parser.add_argument("--large", type=float, default=24)
    parser.add_argument("--repeat", type=int, default=15)
    options = parser.parse_args()
    # a server of its own, in a folder of its own, but with shared memory as always
    with tempfile.TemporaryDirectory() as folder:
        os.environ.pop("HDRNET_RUNTIME", None)
        os.environ["XDG_RUNTIME_DIR"] = folder
        try:
            cold(Path(folder))
            client_time(Path(folder))
            overhead(Path(folder), options.megapixels, options.repeat)
            subprocess.run([*COMMAND, "stop"], check=True, stdout=subprocess.DEVNULL)
            if options.large:
                memory(options.large)
        finally:
            subprocess.run([*COMMAND, "stop"], check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
