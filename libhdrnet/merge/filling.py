"""What is known in a share of the places, filled in at every place from its surroundings."""

from collections.abc import Callable

import numpy as np

from libhdrnet.radiometry import FloatImage

_EDGE, _LEAST = 160, 10
"""Long edges in pixels between which means are found: of the nearest surroundings and of the widest. Tuned on rovinia's
waves, of which 80 leave more flat, and on made flames, which get green lines with the reduced size itself."""
_LITTLE = 0.1
"""Share of the places around that counts half beside wider surroundings: .01 to .3 hardly differ (made scenes)."""
_NOTHING = 1e-3
"""The same where there is nothing wider."""


def filler(weights: FloatImage) -> Callable[[FloatImage], FloatImage]:
    """Return what fills values (h, w, 3) in: with their mean in the nearest surroundings that have weights, in [0, 1].

    It is a pull-push pyramid (Gortler et al. 1996): at the border of what is known it goes on smoothly. Weights are
    (h, w, 3); where all are 0 the result is 0.
    """
    import cv2

    height, width = weights.shape[:2]
    scale = min(1.0, _EDGE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))

    def levels(of: FloatImage) -> list[FloatImage]:
        found = [cv2.resize(of, size, interpolation=cv2.INTER_AREA)]
        while max(found[-1].shape[:2]) > _LEAST:
            found.append(cv2.pyrDown(found[-1]))
        return found

    *finer, widest = levels(weights)

    def fill(values: FloatImage) -> FloatImage:
        *totals, total = levels(weights * values)
        found = total / (widest + np.float32(_NOTHING))
        for total, weight in zip(reversed(totals), reversed(finer), strict=True):
            wider = cv2.pyrUp(found, dstsize=weight.shape[1::-1])
            found = (total + np.float32(_LITTLE) * wider) / (weight + np.float32(_LITTLE))
        return np.asarray(cv2.resize(found, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)

    return fill
