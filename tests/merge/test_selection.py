"""What the selection believes, seen in the result."""

import cv2
import numpy as np
from rendering import render_bracket

from libhdrnet.merge.pipeline import merge
from libhdrnet.options import MergeOptions


def hue(radiance):
    mean = cv2.blur(radiance, (7, 7))
    return mean / mean.sum(-1, keepdims=True)


def test_what_moved_leaves_no_patch_of_its_colour_on_what_is_dark():
    room = render_bracket(400, 600, seed=0)
    frames = [np.round(np.clip(frame, 0, 1) ** (1 / 2.2) * 65535).astype(np.uint16) for frame in room.frames]
    found = merge(frames, list(room.exposure_times), MergeOptions(response="gamma2.2"), reference=1).radiance
    beside = np.s_[180:330, 190:330]  # a wall and trousers, where the longer frame shows a red jumper
    found, true = found[beside], room.radiance[beside]
    off = np.abs(hue(found) - hue(true)).max(-1)[cv2.blur(true, (7, 7)).mean(-1) < 0.05]
    assert off.size > 5000 and np.mean(off > 0.1) < 0.005  # 0.008 where the network alone decides
