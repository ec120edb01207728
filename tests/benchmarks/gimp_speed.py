"""What the plug-in costs in GIMP 3: python tests/benchmarks/gimp_speed.py [HEIGHT WIDTH].

Seconds beside the server's own work (its log says how long that took) of a merge of three layers and of deblurring a
megapixel, both with a warm server, and the most memory the plug-in's process held. One JSON object a precision.
"""

import json
import re
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "io")]

from gimp_hosts import Gimp3, plug_in_process  # noqa: E402
from residents import Home  # noqa: E402

import libhdrnet  # noqa: E402

SCENARIO = """
import time
def timed(name, *args, **values):
    begun = time.monotonic()
    result = call(*args, **values)
    told[name] = time.monotonic() - begun
    return result
shown = ({width}, {height})
image = new_image(*shown, getattr(P, "{precision}"))
for name in "abc":
    add_layer(image, name, shown)
tiny = new_image(64, 64)
for name in ("tiny", "tiny", "tiny"):
    layer = add_layer(tiny, name, (64, 64))
call("hdrnet-merge", image=tiny, {merge})
call("hdrnet-deblur", image=tiny, drawables=[layer])
timed("merge", "hdrnet-merge", image=image, {merge})
small = new_image(1250, 800)
layer = add_layer(small, "small", (1250, 800))
timed("deblur", "hdrnet-deblur", image=small, drawables=[layer])
"""


class Memory(threading.Thread):
    """Watches the plug-in's process: the most it held, in all and of its own."""

    def __init__(self, gimp):
        super().__init__(daemon=True)
        self.gimp, self.most, self.on = gimp, {"VmHWM": 0, "RssAnon": 0}, True
        self.start()

    def run(self):
        while self.on:
            process = plug_in_process(self.gimp)
            if process:
                try:
                    status = Path(f"/proc/{process}/status").read_text()
                except OSError:
                    continue
                for name, kilobytes in re.findall(r"^(VmHWM|RssAnon):\s+(\d+)", status, re.MULTILINE):
                    self.most[name] = max(self.most[name], int(kilobytes) / 1024)
            time.sleep(0.05)


def main():
    height, width = (int(word) for word in sys.argv[1:3]) if len(sys.argv) > 2 else (4000, 6000)
    weights = Path(libhdrnet.__file__).parent / "weights"
    home = Home(weights)
    home.environment.pop("OMP_NUM_THREADS")
    home.serve()
    try:
        with tempfile.TemporaryDirectory(prefix="gs-", dir="/dev/shm") as folder:  # noqa: S108
            gimp = Gimp3(Path(folder), home)
            scene = np.random.default_rng(0).random((height // 8 + 1, width // 8 + 1, 3), np.float32) ** 3
            scene = scene.repeat(8, 0).repeat(8, 1)[:height, :width]
            frames = [np.clip(scene * t, 0, 1) for t in (0.5, 2, 8)]
            gimp.give(**dict(zip("abc", frames, strict=True)), small=frames[1][:800, :1250], tiny=frames[1][:64, :64])
            memory = Memory(gimp)
            merge = "source='layers', exposures='-2,0,2'"
            for precision in ("U8_NON_LINEAR", "FLOAT_LINEAR"):
                told = gimp.play(SCENARIO.format(width=width, height=height, precision=precision, merge=merge),
                                 timeout=600)  # fmt: skip
                log = home.log.read_text()
                jobs = {
                    name: float(re.findall(rf"{name}: done in ([\d.]+) s", log)[-1]) for name in ("merge", "deblur")
                }
                print(
                    json.dumps(
                        {
                            "precision": precision,
                            "megapixels": height * width / 1e6,
                            **{
                                f"{name}, seconds": {
                                    "all": round(told[name], 2),
                                    "server": seconds,
                                    "plug-in": round(told[name] - seconds, 2),
                                }
                                for name, seconds in jobs.items()
                            },
                            "plug-in, MiB": {k: round(v) for k, v in memory.most.items()},
                        }
                    )
                )
            memory.on = False
    finally:
        home.end()


main()
