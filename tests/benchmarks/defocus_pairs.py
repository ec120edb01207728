"""Deblur real pictures and compare them with their all-in-focus one.

    python tests/benchmarks/defocus_pairs.py SHARP.jpg BLURRED.jpg... [--crop 480]

Prints PSNR and SSIM (sRGB, 8 bits) of each picture before and after, and the means. Also deblurs the sharp picture
itself: PSNR to itself says how much harm is done where there is nothing to do.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from libhdrnet import deblur, estimate_defocus


def main():
    parser = argparse.ArgumentParser(description="Deblur real pictures and compare with the sharp one.")
    parser.add_argument("sharp", type=Path)
    parser.add_argument("blurred", type=Path, nargs="+")
    parser.add_argument("--crop", type=int, help="compare only that many pixels square from the middle")
    options = parser.parse_args()
    truth = read(options.sharp, options.crop)
    rows = []
    for path in options.blurred:
        image = read(path, options.crop)
        radius = estimate_defocus(image)
        after = deblur(image, radius)
        row = (*score(image, truth), *score(after, truth))
        rows.append(row)
        print(f"{path.name:28s} PSNR {row[0]:.2f} -> {row[2]:.2f}  SSIM {row[1]:.4f} -> {row[3]:.4f}  "
              f"mean radius {radius.mean():.1f}", flush=True)  # fmt: skip
    mean = np.mean(rows, 0)
    print(f"mean PSNR {mean[0]:.2f} -> {mean[2]:.2f}  SSIM {mean[1]:.4f} -> {mean[3]:.4f}")
    print(f"worse by more than 0.05 dB: {sum(r[2] < r[0] - 0.05 for r in rows)} of {len(rows)}")
    same = deblur(truth)
    harm = "unchanged" if (same == truth).all() else f"{peak_signal_noise_ratio(truth, same):.1f} dB"
    print(f"the sharp picture to itself: {harm}")


def read(path, crop):
    image = cv2.imread(str(path))[..., ::-1]
    if crop:
        top, left = (max(0, (n - crop) // 2) for n in image.shape[:2])
        image = image[top : top + crop, left : left + crop]
    return np.ascontiguousarray(image)


def score(image, truth):
    return peak_signal_noise_ratio(truth, image), structural_similarity(truth, image, channel_axis=-1)


if __name__ == "__main__":
    main()
