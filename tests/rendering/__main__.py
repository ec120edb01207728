"""Make the pictures anew that the library ships: the demo's bracket, and what the built-in sets are made of."""

from pathlib import Path

import numpy as np
import OpenEXR
from defocused.sample import DefocusRecipe, make_defocus

import libhdrnet.demo
from libhdrnet.io import write_display, write_map
from libhdrnet.radiometry import encode_srgb
from libhdrnet.research.evaluation.synthetic import COUNT, FRAMES, PICTURES, SIZE
from rendering import render_moments, write_bracket

LOSS = 45.0
"""Of the OpenEXR's DCT (DWAA): 49 dB after the mu-law, at a fifth of the size of half floats without loss."""
EDGE = 200
"""Pixels of a defocused picture."""


def main() -> None:
    write_bracket(Path(libhdrnet.demo.__file__).parent)
    rooms = [render_moments(*SIZE, np.random.default_rng(seed)) for seed in range(COUNT)]
    for number, room in enumerate(rooms, 1):
        for name, moment in zip(FRAMES, room, strict=True):
            header = {"compression": OpenEXR.DWAA_COMPRESSION, "dwaCompressionLevel": LOSS}
            file = OpenEXR.File(header, {"RGB": moment.astype(np.float16)})
            file.write(str(PICTURES / f"room-{number}" / f"{name}.exr"))
    photographs = [np.round(np.clip(encode_srgb(room[1]), 0, 1) * 255).astype(np.uint8) for room in rooms]
    recipe = DefocusRecipe(size=EDGE, sharp=0.0, resized=0.0)
    for index in range(2 * COUNT):
        blurred, sharp, radius = make_defocus(photographs, recipe, np.random.default_rng([11, index]))
        folder = PICTURES / "defocus"
        for part, picture in (("blurred", blurred), ("sharp", sharp)):
            write_display(folder / part / f"room-{index + 1}.png", np.ascontiguousarray(picture.transpose(1, 2, 0)))
        write_map(folder / "map" / f"room-{index + 1}.tif", radius[0], scale=None)


main()
