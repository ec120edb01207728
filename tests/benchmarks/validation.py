"""Merge the scenes of a validation set in Kalantari's layout and write predictions for scoring.

    python tests/benchmarks/validation.py SET PREDICTIONS [--model psfnet]

SET/<scene>/{short,ref,long}.tif (16 bits, gamma 2.2) and exposure.txt; writes PREDICTIONS/<scene>.npy,
1.0 = saturation of the short exposure.
"""

import argparse
from pathlib import Path

import numpy as np
import tifffile

from libhdrnet import merge_exposures


def main():
    parser = argparse.ArgumentParser(description="Merge the scenes of a validation set.")
    parser.add_argument("set", type=Path)
    parser.add_argument("predictions", type=Path)
    parser.add_argument("--model", default="auto")
    parser.add_argument("--no-align", action="store_true")
    options = parser.parse_args()
    options.predictions.mkdir(parents=True, exist_ok=True)
    for scene in sorted(p for p in options.set.iterdir() if p.is_dir()):
        stops = np.loadtxt(scene / "exposure.txt")
        names = ("short", "ref") if options.model == "msffnet" else ("short", "ref", "long")
        images = [tifffile.imread(scene / f"{name}.tif") for name in names]
        radiance = merge_exposures(
            images,
            list(2.0 ** stops[: len(names)]),
            reference=1,
            model=options.model,
            align=not options.no_align,
            response="gamma2.2",
        )
        np.save(options.predictions / f"{scene.name}.npy", radiance * np.float32(2.0 ** stops[0]))
        print(scene.name, flush=True)


if __name__ == "__main__":
    main()
