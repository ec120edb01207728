"""Write samples of training to a picture, to be looked at at 100 %.

    python tests/benchmarks/training_sheet.py PACK OUT.png [--number 0] [--samples 8] [--size 256] [--seed 0]

Each row is a sample: the defocused picture, the sharp one, and the radius from black (in focus) to white (10 pixels and
more). PACK is what `hdrnet pack` made; batches of other numbers have other layers, ramps and sizes.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
import torch

from libhdrnet.research.training.bank import load_pack
from libhdrnet.research.training.defocus import defocus_batch
from libhdrnet.research.training.sharpness import SharpCuts

WHITE = 10
"""Radius in pixels that is shown as white."""
COLUMNS = 2
"""Samples beside each other."""


def main():
    parser = argparse.ArgumentParser(description="Write samples of training to a picture.")
    parser.add_argument("pack", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--number", type=int, default=0, help="of the first batch")
    parser.add_argument("--samples", type=int, default=8, help="each of a batch of its own")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    cuts = SharpCuts.of(load_pack(options.pack, torch.device("cpu")))
    rows = []
    for number in range(options.number, options.number + options.samples):
        blurred, sharp, radius = defocus_batch(cuts, 1, options.size, options.seed, number)
        rows.append(torch.cat([blurred, sharp, (radius / WHITE).clamp(max=1).expand(-1, 3, -1, -1)], 3)[0])
    columns = [torch.cat(rows[start::COLUMNS], 1) for start in range(COLUMNS)]
    codes = (255 * torch.cat(columns, 2)).round().byte().permute(1, 2, 0).numpy()
    cv2.imwrite(str(options.out), np.ascontiguousarray(codes[..., ::-1]))


if __name__ == "__main__":
    main()
