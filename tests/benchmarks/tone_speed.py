"""Time and memory of tone mapping, by size and style.

    python tests/benchmarks/tone_speed.py [--megapixels 24] [--runs 3]

The scene is rendered noise with detail at every scale over ten stops. Prints one JSON object a line: the best time of
the runs, the processor's time in it, and the most memory beside the radiance (the result, as large as that, included).
"""

import argparse
import json
import time
import tracemalloc

import numpy as np


def scene(megapixels):
    import cv2

    height = round((megapixels * 1e6 / 1.5) ** 0.5)
    size = (round(height * 1.5), height)
    rng = np.random.default_rng(0)
    light = np.zeros((*size[::-1], 3), np.float32)
    for cells, stops in ((8, 8), (64, 3), (512, 1)):
        noise = rng.random((cells, cells, 3), np.float32) - np.float32(0.5)
        light += stops * cv2.resize(noise, size, interpolation=cv2.INTER_LINEAR)
    return np.exp2(light, out=light)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megapixels", type=float, default=24)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()

    from libhdrnet.tonemap import STYLES, tone_map

    radiance = scene(options.megapixels)
    for style in STYLES:
        times = []
        for _ in range(options.runs):
            begun, worked = time.perf_counter(), time.process_time()
            tone_map(radiance, style=style)
            times.append((time.perf_counter() - begun, time.process_time() - worked))
        seconds, processor = min(times)
        tracemalloc.start()
        tone_map(radiance, style=style)
        memory = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        print(
            json.dumps(
                {
                    "megapixels": options.megapixels,
                    "style": style,
                    "seconds": round(seconds, 2),
                    "processor_seconds": round(processor, 2),
                    "gib_of_radiance": round(radiance.nbytes / 2**30, 2),
                    "gib_more": round(memory / 2**30, 2),
                }
            )
        )


if __name__ == "__main__":
    main()
