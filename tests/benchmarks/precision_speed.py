"""Processor time of a network's tile in each precision: python tests/benchmarks/precision_speed.py [--precisions ...].

One thread, so that other work on the machine changes little; the precisions take turns and the least time of each
counts. Where bf16 is not clearly below fp32, `engine.device.choose_precision` must not choose it. Prints one JSON
object a network.
"""

import argparse
import json
import time

import torch

from libhdrnet.engine.models import loaded

TYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
IMAGES = {"psfnet": 3, "msffnet": 2}


def work(name, precision, edge):
    """A function that computes a tile once."""
    network, _ = loaded(name, "cpu", TYPES[precision])
    torch.manual_seed(0)
    if name == "defocus":
        picture = torch.rand(1, 3, edge, edge)
        return lambda: network.deblur(picture, network.estimate(picture))
    exposures = torch.rand(1, IMAGES[name], 6, edge, edge)
    known = torch.rand(1, 3, edge, edge)
    return lambda: network(exposures, known)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("--precisions", nargs="+", default=["fp32", "bf16"], choices=TYPES)
    parser.add_argument("--edge", type=int, default=384, help="of a tile in pixels (default: the CPU's)")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(1)
    for name in (*IMAGES, "defocus"):
        calls = {precision: work(name, precision, options.edge) for precision in options.precisions}
        least = dict.fromkeys(calls, float("inf"))
        with torch.inference_mode():
            for turn in range(options.rounds + 1):
                for precision, call in calls.items():
                    begun = time.process_time()
                    call()
                    if turn:  # the first one prepares the weights
                        least[precision] = min(least[precision], time.process_time() - begun)
        megapixels = options.edge**2 / 1e6
        print(
            json.dumps(
                {
                    "network": name,
                    "cpu": torch.backends.cpu.get_cpu_capability(),
                    "processor_seconds_per_megapixel": {p: round(s / megapixels, 2) for p, s in least.items()},
                    "ratio_to_first": {p: round(s / next(iter(least.values())), 3) for p, s in least.items()},
                }
            )
        )


if __name__ == "__main__":
    main()
