"""Make the README's picture anew: the demo's bracket; below it a plain merge with its ghosts, the merge, its mask.

python tests/benchmarks/readme_picture.py [libhdrnet/demo/readme.jpg]
"""

import sys
import tempfile

import cv2
import numpy as np

from libhdrnet import tone_map
from libhdrnet.demo import write_bracket
from libhdrnet.io import read_photo, write_display
from libhdrnet.merge.pipeline import merge
from libhdrnet.options import MergeOptions

WIDTH = 480
"""Of each of the six."""
QUALITY = 82


def reduced(picture):
    height = round(WIDTH * picture.shape[0] / picture.shape[1])
    return cv2.resize(np.asarray(picture, np.float32), (WIDTH, height), interpolation=cv2.INTER_AREA)


def main():
    with tempfile.TemporaryDirectory() as folder:
        paths = write_bracket(folder)
        frames = [read_photo(path).pixels / np.float32(255) for path in paths]
        plain, merged = merge(paths, options=MergeOptions(model="classical")), merge(paths, with_mask=True)
    mask = np.repeat(merged.mask[..., None], 3, axis=2)
    pictures = [reduced(p) for p in (*frames, tone_map(plain.radiance), tone_map(merged.radiance), mask)]
    rows = [np.concatenate(pictures[start : start + 3], axis=1) for start in (0, 3)]
    output = sys.argv[1] if len(sys.argv) > 1 else "libhdrnet/demo/readme.jpg"
    write_display(output, np.clip(np.concatenate(rows), 0, 1), quality=QUALITY)


if __name__ == "__main__":
    main()
