"""Merge arrays, and ask what was measured, made by the network or guessed."""

from libhdrnet import merge_exposures
from libhdrnet.demo import write_bracket
from libhdrnet.io import read_photo

photos = [read_photo(path) for path in write_bracket("bracket")]
frames = [photo.pixels[200:520, 300:780] for photo in photos]  # (H, W, 3) uint8, uint16 or float32 in [0, 1]
times = [photo.exposure for photo in photos]  # or in seconds
radiance, mask = merge_exposures(frames, times, deghost=0.6, return_mask=True)
for grade, meaning in ((1, "measured"), (0.5, "made by the network"), (0, "guessed")):
    print(f"{(mask == grade).mean():.1%} {meaning}")
