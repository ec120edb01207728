"""Speed of training, and whether its samples keep up: python tests/benchmarks/training_speed.py --pack FILE [...].

For each network: what a step computes in a second, as a share of what the device does in a large product of matrices,
and how many samples a second a step needs and one thread makes. A sample is seen up to `queued.REPEATS` times, so a
step waits only where it needs more than that many times what is made. Processor time on a CPU. Prints one JSON object a
network.
"""

import argparse
import json
import time
from pathlib import Path

import torch
from torch.utils.flop_counter import FlopCounterMode

from libhdrnet.engine.device import choose_device, choose_precision
from libhdrnet.networks import NETWORKS, build
from libhdrnet.research.training import loop
from libhdrnet.research.training.options import Run
from libhdrnet.research.training.tasks import objective


def seconds(device, call, rounds=4):
    """The least time that `call` takes, the first time left out."""
    times = []
    for _ in range(rounds):
        begun = time.perf_counter() if device.type == "cuda" else time.process_time()
        call()
        if device.type == "cuda":
            torch.cuda.synchronize()
        times.append((time.perf_counter() if device.type == "cuda" else time.process_time()) - begun)
    return min(times[1:])


def peak(device):
    """Floating point operations a second, in the training's precision."""
    precision = choose_precision(device)
    a = torch.rand(2048, 2048, device=device).to(precision)
    return 2 * 2048**3 / seconds(device, lambda: a @ a)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("--pack", type=Path, required=True)
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS), choices=NETWORKS)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--patch", type=int, default=128)
    parser.add_argument("--device", default="auto")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    device = choose_device(chosen.device)
    most = peak(device)
    for name in chosen.networks:
        options = Run(network=name, pack=chosen.pack, batch=chosen.batch, patch=chosen.patch, device=str(device))
        print(json.dumps({"network": name, **measured(options, device, most)}), flush=True)


def measured(options, device, most):
    """The figures of one network."""
    network = build(options.network).to(device).train()
    adam = torch.optim.Adam(network.parameters(), lr=1e-5)
    with loop._supply(options, device)(0, 0, 0) as batches:
        made = seconds(device, lambda: next(batches))
        batch = [tensor.to(device) for tensor in next(batches)]

    def step():
        adam.zero_grad()
        objective(options, network, batch, 1.0).backward()
        adam.step()

    with FlopCounterMode(display=False) as counter:
        step()
    took = seconds(device, step)
    return {
        "device": str(device),
        "precision": str(choose_precision(device)).removeprefix("torch."),
        "megapixels_a_second": round(options.batch * options.patch**2 / 1e6 / took, 4),
        "share_of_peak": round(counter.get_total_flops() / took / most, 3),
        "samples_a_second_needed": round(options.batch / took, 2),
        "samples_a_second_made_by_a_thread": round(options.batch / made, 2),
    }


if __name__ == "__main__":
    main()
