"""Time and peak memory of the defocus map and of deblurring, beside the network run over the whole picture.

    python tests/benchmarks/deblur_speed.py [--megapixels 24] [--precisions fp32 auto] [--tile 384]

The picture is the demo's room, mirrored to the size, with noise; a third of it is blurred by discs of four radii.
"plain" estimates the map and corrects the picture at full size, everywhere. Each way runs in a process of its own, and
the picture is made in another (a process begins with its parent's peak), so that its peak memory is its own. Where the
machine has other work, processor time tells more than the clock. Prints one JSON object for each precision and way;
"times_plain": the product's time as a ratio to the plain one's.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

RADII = (2, 4, 8, 16)


def photograph(megapixels):
    """A picture (H, W, 3) uint8 of which the right third is out of focus, from top to bottom by RADII pixels."""
    import cv2
    from rendering import render_bracket

    from libhdrnet.ops.recovery import disc
    from libhdrnet.radiometry import encode_srgb

    height = round((megapixels * 1e6 / 1.5) ** 0.5 / 2)
    quarter = render_bracket(height, round(height * 1.5)).radiance
    scene = np.concatenate([quarter, quarter[::-1]])
    scene = np.concatenate([scene, scene[:, ::-1]], 1)
    for strip, radius in zip(np.array_split(scene[:, scene.shape[1] * 2 // 3 :], len(RADII)), RADII, strict=True):
        strip[:] = cv2.filter2D(strip, -1, disc(radius))
    scene += np.random.default_rng(0).standard_normal(scene.shape, np.float32) * np.sqrt((scene + 0.001) / 14000)
    return np.round(encode_srgb(np.clip(scene, 0, 1)) * 255).astype(np.uint8)


def product(pixels, settings):
    """Functions that estimate the map, and that deblur with it."""
    from libhdrnet.engine import Reporter
    from libhdrnet.ops.deblur import deblur_pixels
    from libhdrnet.ops.defocus import defocus_map
    from libhdrnet.options import DeblurOptions

    return (
        lambda: defocus_map(pixels, False, settings, Reporter())[0],
        lambda radius: deblur_pixels(pixels, False, radius, DeblurOptions(**vars(settings))),
    )


def plain(pixels, settings):
    """The same, of one run of the network each."""
    from libhdrnet.engine.run import run_tiled
    from libhdrnet.ops.defocus import display_encoded

    def encoded(rows, columns):
        return display_encoded(pixels[rows, columns], False).transpose(2, 0, 1)

    def estimate():
        radius = np.empty((*pixels.shape[:2], 1), np.float32)
        run_tiled(
            "defocus", lambda *where: (encoded(*where),), radius, forward=lambda network: network.estimate,
            settings=settings,
        )  # fmt: skip
        return radius[..., 0]

    def correct(radius):
        run_tiled(
            "defocus", lambda rows, columns: (encoded(rows, columns), radius[None, rows, columns]),
            np.empty(pixels.shape, np.float32), forward=lambda network: network.deblur, settings=settings,
        )  # fmt: skip

    return estimate, correct


WAYS = {"product": product, "plain": plain}


def one(options):
    """Estimate and deblur one way; print what it took."""
    from libhdrnet.engine import Settings
    from libhdrnet.engine.memory import keep_freed_memory

    keep_freed_memory()  # as the command line and the server do
    pixels = np.load(options.picture)
    estimate, correct = WAYS[options.way](pixels, Settings("cpu", options.precisions[0], options.tile))
    clock, worked = [time.perf_counter()], [time.process_time()]

    def lap():
        clock.append(time.perf_counter())
        worked.append(time.process_time())

    radius = estimate()
    lap()
    correct(radius)
    lap()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        json.dumps(
            {
                "seconds": dict(zip(("map", "correction"), np.diff(clock).round(1).tolist(), strict=True)),
                "processor_seconds": dict(zip(("map", "correction"), np.diff(worked).round(1).tolist(), strict=True)),
                "peak_gigabytes": round(peak, 2),
            }
        )
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--megapixels", type=float, default=24)
    parser.add_argument("--precisions", nargs="+", default=["fp32", "auto"])
    parser.add_argument("--ways", nargs="+", default=["plain", "product"], choices=WAYS)
    parser.add_argument("--tile", type=int)
    parser.add_argument("--picture", help=argparse.SUPPRESS)
    parser.add_argument("--way", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        return one(options)
    if options.picture:
        return np.save(options.picture, photograph(options.megapixels))
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder, "picture.npy")
        words = ["--picture", picture, "--megapixels", str(options.megapixels)]
        subprocess.run([sys.executable, __file__, *words], check=True)
        for precision in options.precisions:
            found = {}
            for way in options.ways:
                words = ["--picture", picture, "--way", way, "--precisions", precision]
                words += ["--tile", str(options.tile)] if options.tile else []
                done = subprocess.run([sys.executable, __file__, *words], check=True, stdout=subprocess.PIPE)
                found[way] = json.loads(done.stdout)
                if {"plain", "product"} <= found.keys():
                    found[way]["times_plain"] = {
                        measure: {
                            step: round(found["product"][measure][step] / seconds, 2)
                            for step, seconds in found["plain"][measure].items()
                        }
                        for measure in ("seconds", "processor_seconds")
                    }
                megapixels = options.megapixels
                print(
                    json.dumps({"megapixels": megapixels, "precision": precision, "way": way, **found[way]}), flush=True
                )


if __name__ == "__main__":
    main()
