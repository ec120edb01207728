"""How long previews take: python tests/benchmarks/preview_speed.py [FRAMES] [--megapixels 24] [--repeat 3].

Without frames the demo's three are enlarged. Opening from no server, the first time while Python compiles torch, and
with a warm one, then each change, through the resident server as a host's dialog asks it, some of it beside a merge,
and strokes of a brush within the process. One JSON object a line.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from libhdrnet.client.hdrnet_client import connect

COMMAND = [sys.executable, "-m", "libhdrnet.cli"]
CHANGES = {
    "deghosting": {"deghost": 0.7},
    "tone": {"tone": "fusion", "local": 0.7},
    "reference": {"reference": 1},
    "exposures": {"ev": "-2,0.2,2"},
    "method": {"model": "classical"},
    "network": {"rebuild": True},
}


def tell(what, spent):
    print(json.dumps({"what": what, "seconds": round(statistics.median(spent), 3), "runs": len(spent)}), flush=True)


def enlarged_demo(folder, megapixels):
    """Enlarge the demo's frames, with noise, so that a JPEG has as much to decode as a camera's."""
    import cv2
    import numpy as np

    from libhdrnet.demo import write_bracket
    from libhdrnet.io import write_display
    from libhdrnet.io.metadata import read_metadata

    height = round((megapixels * 1e6 / 1.5) ** 0.5)
    rng, paths = np.random.default_rng(0), []
    for path in write_bracket(folder):
        small = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
        large = cv2.resize(small, (round(1.5 * height), height), interpolation=cv2.INTER_CUBIC)
        large = np.clip(large + rng.normal(0, 2, large.shape), 0, 255).astype(np.uint8)
        paths.append(str(folder / f"large-{path.name}"))
        write_display(paths[-1], large, metadata=read_metadata(path))
    return paths


def show(preview, server, options):
    begun = time.perf_counter()
    shown = preview.show(options)
    for name in ("picture", "marked"):
        server.fetch(shown[name])
    return time.perf_counter() - begun


def from_no_server(paths, repeat):
    spent = []
    for _ in range(1 + repeat):
        begun = time.perf_counter()
        with connect(command=COMMAND) as server:
            server.preview({"inputs": paths}).show({})
            spent.append(time.perf_counter() - begun)
            server.call("shutdown")
    tell("opened, no server yet, for the first time", spent[:1])
    tell("opened, no server yet", spent[1:])


def with_a_server(paths, repeat):
    spent, changes = [], {name: [] for name in CHANGES}
    for _ in range(repeat):
        begun = time.perf_counter()
        with connect(command=COMMAND) as server:
            preview = server.preview({"inputs": paths})
            show(preview, server, {})
            spent.append(time.perf_counter() - begun)
            for name, options in CHANGES.items():
                changes[name].append(show(preview, server, options))
    tell("opened, warm server", spent)
    for name, seconds in changes.items():
        tell(f"change: {name}", seconds)


def beside_a_merge(paths, folder):
    with connect(command=COMMAND) as server, connect(command=COMMAND) as other:
        merge = {"inputs": paths, "output": f"{folder}/merged.exr"}
        thread = threading.Thread(target=other.call, args=("merge", merge))
        thread.start()
        while not server.call("status", {})["jobs"]:
            time.sleep(0.1)
        preview = server.preview({"inputs": paths})
        tell("beside a merge: opened", [show(preview, server, {})])
        for name in ("deghosting", "tone", "reference"):
            tell(f"beside a merge: change: {name}", [show(preview, server, CHANGES[name])])
        print(json.dumps({"the merge": "runs" if thread.is_alive() else "has ended: none of it was beside one"}))
        thread.join()


def brush(paths, repeat):
    import cv2
    import numpy as np

    from libhdrnet.preview import Preview, View

    preview = Preview(paths)
    preview.render(View())
    spent, labels = [], np.zeros(preview.size, np.int16)
    for step in range(5 * repeat):
        labels = cv2.circle(labels.copy(), (200 + 30 * (step % 20), 300), 25, 1, -1)
        begun = time.perf_counter()
        preview.render(View(choices=labels), quick=True)
        spent.append(time.perf_counter() - begun)
    tell("stroke of a brush, in the process", spent)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("frames", nargs="*")
    parser.add_argument("--megapixels", type=float, default=24)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:  # a server of its own, but with shared memory as always
        paths = [os.path.abspath(path) for path in options.frames] or enlarged_demo(Path(folder), options.megapixels)
        os.environ.pop("HDRNET_RUNTIME", None)
        os.environ["XDG_RUNTIME_DIR"] = folder
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # where it is installed, modules are compiled once
        os.environ["PYTHONPYCACHEPREFIX"] = f"{folder}/compiled"
        try:
            from_no_server(paths, options.repeat)
            with_a_server(paths, options.repeat)
            beside_a_merge(paths, folder)
        finally:
            subprocess.run([*COMMAND, "stop"], check=True, stdout=subprocess.DEVNULL)
        brush(paths, options.repeat)


if __name__ == "__main__":
    main()
