"""What the plug-in costs in darktable: python tests/benchmarks/darktable_speed.py [HEIGHT WIDTH] [--suite bookworm].

Merges a bracket of three JPEG files (24 megapixels by default) with a warm server, from the files and from linear
exports. `plug-in` is what is left of all its seconds without the server's work (its log says how long that took) and
without the exports, which are timed by themselves: the same command for the same files. One JSON object for each way.
"""

import argparse
import json
import re
import tempfile
import time
from pathlib import Path
from sys import path

path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "io")]

from commands import write_bracket  # noqa: E402
from darktable_host import Darktable  # noqa: E402
from host_root import REPOSITORY  # noqa: E402
from residents import Home  # noqa: E402

import libhdrnet  # noqa: E402

SCENARIO = """
local images = {}
for _, name in ipairs({ "a.jpg", "b.jpg", "c.jpg" }) do
  images[#images + 1] = dt.database.import(folder .. "/" .. name)
end
local function now()
  local clock = io.popen("date +%s.%N")
  local text = clock:read("l")
  clock:close()
  return tonumber(text)
end
local begun = now()
local summary, outputs = plugin.merge(images, function() end, function() return false end)
tell("seconds", now() - begun)
assert(#outputs == 1, summary[1])
"""


def export_seconds(host, pictures):
    """Seconds of darktable's own export of each picture, as the plug-in asks for it."""
    configuration = host.folder / "export"
    seconds = []
    for picture in pictures:
        begun = time.monotonic()
        host.inside(
            "darktable-cli", picture, REPOSITORY / "plugins/darktable/hdrnet/neutral.xmp",
            host.folder / f"{picture.stem}.tif", "--apply-custom-presets", "false", "--icc-type", "LIN_REC709",
            "--core", "--configdir", configuration, "--cachedir", configuration, "--library", ":memory:",
            "--disable-opencl", "--conf", "write_sidecar_files=never", "--conf", "plugins/darkroom/workflow=none",
            "--conf", "plugins/imageio/format/tiff/bpp=32", "--conf", "plugins/imageio/format/tiff/pixelformat=1",
            "--conf", "plugins/imageio/format/tiff/compress=0",
        )  # fmt: skip
        seconds.append(time.monotonic() - begun)
    return sum(seconds)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("size", nargs="*", type=int, default=[4000, 6000])
    parser.add_argument("--suite", default="trixie")
    options = parser.parse_args()
    home = Home(Path(libhdrnet.__file__).parent / "weights")
    home.environment.pop("OMP_NUM_THREADS")
    home.serve()
    try:
        with tempfile.TemporaryDirectory(prefix="ds-", dir="/dev/shm") as folder:  # noqa: S108
            host = Darktable(Path(folder), home, options.suite)
            write_bracket(host.pictures, size=(240, 320))
            host.play(SCENARIO, frames="original files", model="auto")  # loads what the first merge loads
            pictures = write_bracket(host.pictures, size=tuple(options.size))
            exporting = export_seconds(host, pictures)
            for frames in ("original files", "linear exports"):
                ((seconds,),) = host.play(SCENARIO, frames=frames, model="auto")["seconds"]
                server = float(re.findall(r"merge: done in ([\d.]+) s", home.log.read_text())[-1])
                export = exporting if frames == "linear exports" else 0
                print(
                    json.dumps(
                        {
                            "frames": frames,
                            "megapixels": options.size[0] * options.size[1] / 1e6,
                            "all, seconds": round(float(seconds), 2),
                            "server": server,
                            "exports alone": round(export, 2),
                            "plug-in": round(float(seconds) - server - export, 2),
                        }
                    ),
                    flush=True,
                )
    finally:
        home.end()


main()
