"""Time and peak memory of a merge, by size, and its time as a ratio to OpenCV's in the same process.

    python tests/benchmarks/merge_speed.py [--megapixels 1 6 24] [--moving 0.1] [...]

Each size runs in a process of its own, so that its peak memory is its own. The bracket is rendered noise with
detail at every scale, three frames two stops apart; in the shortest something else fills a share of the picture.
Prints one JSON object a line. OpenCV's is AlignMTB, then MergeDebevec with a linear response (no alignment with
--no-align); it knows no motion, and its time does not depend on `--moving`.
"""

import argparse
import json
import resource
import subprocess
import sys
import time

import numpy as np

from libhdrnet.options import MergeOptions

TIMES = (0.25, 1.0, 4.0)


def bracket(megapixels, moving=0.0):
    import cv2

    from libhdrnet.bands import bands
    from libhdrnet.radiometry import encode_srgb

    height = round((megapixels * 1e6 / 1.5) ** 0.5)
    width = round(height * 1.5)
    rng = np.random.default_rng(0)
    scene = np.zeros((height, width, 3), np.float32)
    for cells, weight in ((8, 0.6), (64, 0.3), (512, 0.1)):
        noise = rng.random((cells, cells, 3), np.float32)
        scene += weight * cv2.resize(noise, (width, height), interpolation=cv2.INTER_LINEAR)
    scene **= 4
    shots = [np.empty(scene.shape, np.uint8) for _ in TIMES]
    for part in bands(height):  # its memory is not to count as the merge's
        for shot, t in zip(shots, TIMES, strict=True):
            shot[part] = np.round(encode_srgb(np.clip(scene[part] * t * 2, 0, 1)) * 255)
    rows, columns = (slice(0, round(size * moving**0.5)) for size in (height, width))
    shots[0][rows, columns] = shots[0][::-1, ::-1][rows, columns]
    return shots


def opencv_seconds(images, align):
    """Seconds that OpenCV takes to align and merge the same frames."""
    import cv2

    bgr = [np.ascontiguousarray(image[..., ::-1]) for image in images]
    begun = time.perf_counter()
    if align:
        cv2.createAlignMTB().process(bgr, bgr)
    cv2.createMergeDebevec().process(bgr, np.float32(TIMES[: len(bgr)]))
    return time.perf_counter() - begun


def one(options):
    import libhdrnet.merge.selection  # noqa: F401 (torch, whose import is not counted)
    from libhdrnet.merge.pipeline import merge

    images = bracket(options.megapixels[0], options.moving)
    images = images[:2] if options.model == "msffnet" else images
    wanted = MergeOptions(
        model=options.model, align=not options.no_align, device=options.device, precision=options.precision,
        tile=options.tile,
    )  # fmt: skip
    begun = time.perf_counter()
    result = merge(images, TIMES[: len(images)], wanted)
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    theirs = opencv_seconds(images, not options.no_align)
    report = result.report.as_record() if result.report else {}
    print(
        json.dumps(
            {
                "megapixels": options.megapixels[0],
                "model": result.model,
                "moving": options.moving,
                "repaired": round(result.repaired, 3),
                "seconds": round(seconds, 1),
                "seconds_per_megapixel": round(seconds / options.megapixels[0], 2),
                "opencv_seconds": round(theirs, 1),
                "times_opencv": round(seconds / theirs, 2),
                "peak_gigabytes": round(peak, 2),
                **{key: report[key] for key in ("device", "precision", "tile") if key in report},
            }
        )
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--megapixels", type=float, nargs="+", default=[1, 6, 24])
    parser.add_argument("--model", default="auto")
    parser.add_argument("--moving", type=float, default=0.0, help="share of the picture in which something moves")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--tile", type=int)
    parser.add_argument("--no-align", action="store_true")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        return one(options)
    for size in options.megapixels:
        rest = [f"--{name}={getattr(options, name)}" for name in ("model", "moving", "device", "precision")]
        rest += [f"--tile={options.tile}"] if options.tile else []
        rest += ["--no-align"] if options.no_align else []
        subprocess.run([sys.executable, __file__, "--inside", "--megapixels", str(size), *rest], check=True)


if __name__ == "__main__":
    main()
