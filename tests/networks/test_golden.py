"""What the networks give for fixed weights and a fixed picture, beside numbers that were written down.

A change of a network's arithmetic shows here. Weights and picture come from formulas, so that neither a random
generator nor the trained weights matter. To write the numbers anew after a change that is meant:

    python tests/networks/test_golden.py
"""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from libhdrnet.networks import NETWORKS, build, set_precision, use_local_statistics

FILE = Path(__file__).with_name("golden.json")
OPTIONS = {
    "psfnet": {"channels": 16, "blocks": 2},
    "psfnet-fast": {"channels": 16, "blocks": 2},
    "msffnet": {"channels": 16},
    "msffnet-fast": {"channels": 16},
    "selection": {},
    "defocus": {"channels": 16, "conditions": 8, "blocks": 2},
    "defocus-fast": {"channels": 32, "conditions": 8, "blocks": 2, "outer_blocks": 1},
}
TOLERANCE = {torch.float32: 1e-5, torch.bfloat16: 1.5e-2, torch.float16: 1.8e-3}
"""Root mean square of the differences, relative to the range of the numbers: for fp32 what another order of sums may
change, for 16 bits twice what was measured (these weights magnify rounding more than trained ones)."""


def waves(shape, seed):
    """Numbers in [-1, 1] that look random and come from a formula."""
    index = np.arange(np.prod(shape), dtype=np.float64) + 1
    return np.sin(index * (12.9898 + seed) + np.sin(index * 0.7 * (seed + 1))).reshape(shape)


def network_of(name):
    network = build(name, **OPTIONS[name]).eval()
    for seed, parameter in enumerate(network.parameters()):
        size = max(parameter.numel() // parameter.shape[0], 1)
        scale = (2.0 / size) ** 0.5 if parameter.ndim > 1 and size > 1 else 0.1
        start = 1.0 if parameter.ndim == 4 and parameter.shape[0] == 1 and parameter.shape[2] == 1 else 0.0  # gains
        parameter.data = torch.from_numpy(start + scale * waves(parameter.shape, seed)).float()
    use_local_statistics(network, 64)
    return network


def outputs_of(name, dtype=torch.float32):
    """A few hundred numbers for one picture of 96 x 80 pixels."""
    network = set_precision(network_of(name).to(memory_format=torch.channels_last), dtype)
    light = 0.5 + 0.5 * waves((3, 96, 80), 3) * np.linspace(0.2, 1, 80)
    with torch.inference_mode():
        if NETWORKS[name].task == "defocus":
            picture = torch.from_numpy(light[None]).float()
            radius = network.estimate(picture)
            results = [radius, network.deblur(picture, radius.clamp(1, 5))]
        elif NETWORKS[name].task == "selection":
            seen = torch.from_numpy(waves((1, 3, 20, 96, 80), 3)).float()
            results = [network(seen, torch.tensor([[1.0, 1.0, 0.0]]))]
        else:
            times = (0.25, 1, 4)[: NETWORKS[name].frames]
            encoded = [np.clip(light * t, 0, 1) ** (1 / 2.2) for t in times]
            frames = [np.concatenate([x, x**2.2 * (times[0] / t)]) for x, t in zip(encoded, times, strict=True)]
            exposures = torch.from_numpy(np.stack(frames)[None]).float()
            results = [network(exposures, exposures[:, 1, 3:])]
    return np.concatenate([result[..., ::11, ::9].float().numpy().ravel() for result in results])


@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_gives_the_numbers_that_were_written_down(name, dtype):
    expected = np.array(json.loads(FILE.read_text())[name])
    found = outputs_of(name, dtype)
    assert expected.size > 200 and np.ptp(expected) > 0.05
    assert np.sqrt(np.mean((found - expected) ** 2)) < TOLERANCE[dtype] * np.ptp(expected)


if __name__ == "__main__":
    FILE.write_text(json.dumps({name: [float(f"{v:.7g}") for v in outputs_of(name)] for name in NETWORKS}) + "\n")
