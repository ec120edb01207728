"""Deblur fresh synthetic samples and compare picture and map with their truth.

    python tests/benchmarks/defocus_synthetic.py DATA | PICTURE... [--samples 300] [--size 320] [--seed 1234]

DATA holds sharp/ (photographs), as for `hdrnet train`; those are taken that training keeps apart. Or the samples are
made from pictures that were never there. Prints mean PSNR before and after, how many samples are worse by more than
0.05 dB, and of the map the rank and the pixel correlation with the truth and the mean absolute error.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr
from skimage.metrics import peak_signal_noise_ratio

from libhdrnet.ops.deblur import deblur_pixels
from libhdrnet.research.training.scenes import load_scenes, read_photographs

sys.path.insert(0, str(Path(__file__).parents[1]))

from defocused.sample import DefocusRecipe, make_defocus  # noqa: E402

STEP = 2
"""Of the pixels whose ranks are compared."""


def main():
    parser = argparse.ArgumentParser(description="Deblur synthetic samples and compare with their truth.")
    parser.add_argument("source", type=Path, nargs="+", help="a folder with sharp/, or pictures")
    parser.add_argument("--samples", type=int, default=300)
    parser.add_argument("--size", type=int, default=320)
    parser.add_argument("--seed", type=int, default=1234)
    options = parser.parse_args()
    folder = options.source[0] if options.source[0].is_dir() else None
    if folder and options.source[1:]:
        parser.error("give one folder, or pictures.")
    photographs = load_scenes(folder, validation=True).photographs if folder else read_photographs(options.source)
    recipe = DefocusRecipe(size=options.size)
    rows, maps = [], []
    for index in range(options.samples):
        sample = make_defocus(photographs, recipe, np.random.default_rng([options.seed, index]))
        blurred, sharp, radius = (np.ascontiguousarray(plane.transpose(1, 2, 0)) for plane in sample)
        result = deblur_pixels(blurred, False)
        rows.append([peak_signal_noise_ratio(sharp, image, data_range=1) for image in (blurred, result.pixels)])
        maps.append((result.radius, radius[..., 0]))
    before, after = np.transpose(rows)
    estimated, truth = (np.stack(planes) for planes in zip(*maps, strict=True))
    coarse = [planes[:, ::STEP, ::STEP].ravel() for planes in (estimated, truth)]
    print(f"mean PSNR {before.mean():.2f} -> {after.mean():.2f}")
    print(f"worse by more than 0.05 dB: {(after < before - 0.05).sum()} of {len(rows)}")
    print(f"map: rank correlation {spearmanr(*coarse).statistic:.3f}, "
          f"pixel correlation {np.corrcoef(estimated.ravel(), truth.ravel())[0, 1]:.3f}, "
          f"mean absolute error {np.abs(estimated - truth).mean():.2f} pixels")  # fmt: skip


if __name__ == "__main__":
    main()
