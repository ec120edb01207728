"""Merge arrays, and ask what was measured, made by the network or guessed."""

from libhdrnet import merge_exposures
from libhdrnet.research.rendering import render_bracket

bracket = render_bracket(320, 480)  # .frames: float32 (H, W, 3) in [0, 1], linear; .exposure_times: seconds
radiance, mask = merge_exposures(bracket.frames, bracket.exposure_times, deghost=0.6, return_mask=True)
for grade, meaning in ((1, "measured"), (0.5, "made by the network"), (0, "guessed")):
    print(f"{(mask == grade).mean():.1%} {meaning}")
