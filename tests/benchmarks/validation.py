"""Merge the scenes of a validation set in Kalantari's layout and write predictions for scoring.

    python tests/benchmarks/validation.py SET PREDICTIONS [--model psfnet] [--align always] [--crop 320]

SET/<scene>/{short,ref,long}.tif (16 bits, gamma 2.2), exposure.txt and HDRImg.npy; writes PREDICTIONS/<scene>.npy,
1.0 = saturation of the short exposure, and prints for each scene PSNR in the mu-law domain, the share of pixels and
of 128-pixel tiles that were repaired, and seconds. The truth of `static-*` scenes is the merge of their frames as
they lie, though three of those stacks moved by 1 to 4 pixels: they are aligned only with `--align always`.
"""

import argparse
import time
import warnings
from pathlib import Path

import numpy as np
import tifffile

from libhdrnet.errors import HdrnetWarning
from libhdrnet.merge.pipeline import merge
from libhdrnet.options import MergeOptions
from libhdrnet.radiometry import mu_law

TILE = 128


def main():
    parser = argparse.ArgumentParser(description="Merge the scenes of a validation set.")
    parser.add_argument("set", type=Path)
    parser.add_argument("predictions", type=Path)
    parser.add_argument("--model", default="auto")
    parser.add_argument("--align", choices=("motion", "always", "never"), default="motion")
    parser.add_argument("--crop", type=int, help="merge only that many pixels in the middle of each edge")
    options = parser.parse_args()
    options.predictions.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("ignore", HdrnetWarning)
    rows = {}
    for scene in sorted(p for p in options.set.iterdir() if p.is_dir()):
        rows[scene.name] = row = one(scene, options)
        told = f"repaired {row[1]:5.1f} %  tiles {row[2]:5.1f} %  {row[3]:.0f} s"
        print(f"{scene.name:24s} PSNR-mu {row[0]:6.2f}  {told}", flush=True)
    for group in ("static", "motion"):
        found = [row for name, row in rows.items() if name.startswith(group)]
        if found:
            psnr, repaired, tiles, _ = np.mean(found, 0)
            print(f"mean {group:19s} PSNR-mu {psnr:6.2f}  repaired {repaired:5.1f} %  tiles {tiles:5.1f} %")


def one(scene, options):
    stops = np.loadtxt(scene / "exposure.txt")
    names = ("short", "ref") if options.model == "msffnet" else ("short", "ref", "long")
    images = [tifffile.imread(scene / f"{name}.tif") for name in names]
    truth = np.load(scene / "HDRImg.npy")
    align = options.align == "always" or (options.align == "motion" and scene.name.startswith("motion"))
    if options.crop:
        top, left = ((size - options.crop) // 2 for size in truth.shape[:2])
        where = np.s_[max(top, 0) : max(top, 0) + options.crop, max(left, 0) : max(left, 0) + options.crop]
        images, truth = [np.ascontiguousarray(image[where]) for image in images], truth[where]
    begun = time.perf_counter()
    wanted = MergeOptions(model=options.model, align=align, response="gamma2.2")
    result = merge(images, list(2.0 ** stops[: len(names)]), wanted, reference=1, with_mask=True)
    seconds = time.perf_counter() - begun
    predicted = result.radiance * np.float32(2.0 ** stops[0])
    np.save(options.predictions / f"{scene.name}.npy", predicted)
    error = mu_law(np.clip(predicted, 0, 1)).astype(np.float64) - mu_law(truth)
    tiles = [
        (result.mask[top : top + TILE, left : left + TILE] < 1).any()
        for top in range(0, truth.shape[0], TILE)
        for left in range(0, truth.shape[1], TILE)
    ]
    return -10 * np.log10(np.mean(error**2)), 100 * result.repaired, 100 * np.mean(tiles), seconds


if __name__ == "__main__":
    main()
