"""What is known in a share of the places, filled in at every place from its surroundings."""

import numpy as np

from libhdrnet.radiometry import FloatImage

_EDGE, _LEAST = 160, 10
"""Long edges in pixels between which means are found: of the nearest surroundings and of the widest. Tuned on rovinia's
waves, of which 80 leave more flat, and on made flames, which get green lines with the reduced size itself."""
_LITTLE = 0.1
"""Share of the places around that counts half beside wider surroundings: .01 to .3 hardly differ (made scenes)."""
_NOTHING = 1e-3
"""The same where there is nothing wider."""


def fill(values: FloatImage, weights: FloatImage) -> FloatImage:
    """Return the mean of values (h, w, 3) in the nearest surroundings of each place that have weights, in [0, 1].

    It is a pull-push pyramid (Gortler et al. 1996): at the border of what is known it goes on smoothly. Weights are
    (h, w, 3); where all are 0 the result is 0.
    """
    import cv2

    height, width = weights.shape[:2]
    scale = min(1.0, _EDGE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    levels = [[cv2.resize(part, size, interpolation=cv2.INTER_AREA) for part in (weights * values, weights)]]
    while max(levels[-1][1].shape[:2]) > _LEAST:
        levels.append([cv2.pyrDown(part) for part in levels[-1]])
    total, weight = levels.pop()
    found = total / (weight + np.float32(_NOTHING))
    for total, weight in reversed(levels):
        wider = cv2.pyrUp(found, dstsize=weight.shape[1::-1])
        found = (total + np.float32(_LITTLE) * wider) / (weight + np.float32(_LITTLE))
    return np.asarray(cv2.resize(found, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
