"""Linear frames as a camera would have given them, and the one tone curve that a result of them is forgiven.

A published set's frames are linear, as no photographer's are: a merge that takes a camera's tones for sRGB, or believes
exposures that are a third of a stop off, is not found out there. Each scene gets a camera of its own by its name.
"""

import zlib
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from libhdrnet.radiometry import FloatImage, inverse_mu_law, mu_law
from libhdrnet.research.evaluation.metrics import Array

QUALITY = (85, 97)
"""JPEG quality."""
CLAIMED = 0.3
"""Stops by which the exposure that is told may be off, for frames other than the reference."""
# Chosen to span the curves that cameras put into JPEG; fitted to no set, so that no merge can be fitted to them.
_GAMMA, _APART = (1.8, 2.6), 0.05
_TOE = (5e-4, 1e-2)
_KNEE, _LIFT = (0.6, 0.8), (1.02, 1.15)
_LEVELS, _ENOUGH = 512, 50


class Response(NamedTuple):
    """What a camera makes of light in one channel: a power, with a toe below and a shoulder above.

    Below light `toe` the power turns into a line; above code `knee` it bends, and white is 1 instead of `lift`.
    """

    gamma: float
    toe: float
    knee: float
    lift: float

    def encode(self, linear: FloatImage) -> FloatImage:
        """Codes in [0, 1] of linear values in [0, 1]; monotone, smooth, 0 and 1 stay."""
        low, high = self.toe ** (1 / self.gamma), (1 + self.toe) ** (1 / self.gamma)
        straight = self.lift * ((linear + np.float32(self.toe)) ** np.float32(1 / self.gamma) - low) / (high - low)
        above = np.clip((straight - self.knee) / (self.lift - self.knee), 0, 1)
        return np.asarray(np.clip(straight - (self.lift - 1) * above**2, 0, 1), np.float32)


def responses(rng: np.random.Generator) -> list[Response]:
    """Draw a camera: its red, green and blue differ a little."""
    gamma, toe, knee, lift = (np.exp(rng.uniform(*np.log(span))) for span in (_GAMMA, _TOE, _KNEE, _LIFT))
    apart = 1 + rng.uniform(-_APART, _APART, (3, 2))
    return [Response(float(np.clip(gamma * a, *_GAMMA)), float(toe * b), float(knee), float(lift)) for a, b in apart]


def take(
    scene: str, linear: Sequence[FloatImage], stops: Sequence[float], reference: int
) -> tuple[list[npt.NDArray[np.uint8]], tuple[float, ...]]:
    """Photograph linear frames (H, W, 3) in [0, 1], `stops` apart; the same `scene` has the same camera.

    Returns the pictures (H, W, 3), decoded from JPEG, and what is told of their exposures in stops.
    """
    rng = np.random.default_rng(zlib.crc32(scene.encode()))
    curves = responses(rng)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(QUALITY[0], QUALITY[1] + 1))]
    wrong = rng.uniform(-CLAIMED, CLAIMED, len(stops))
    wrong[reference] = 0
    images = []
    for frame in linear:
        codes = np.stack([curve.encode(frame[..., channel]) for channel, curve in enumerate(curves)], -1)
        data = cv2.imencode(".jpg", np.round(codes[..., ::-1] * 255).astype(np.uint8), quality)[1]
        images.append(np.ascontiguousarray(np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))[..., ::-1]))
    return images, tuple(float(stop + off) for stop, off in zip(stops, wrong, strict=True))


def in_tones_of(truth: FloatImage, radiance: FloatImage) -> FloatImage:
    """Give radiance (H, W, 3) the tones of the truth by one monotone curve a channel.

    The curve is the isotonic regression of the truth's median at each level of the result, both after the mu-law: a
    tone curve costs nothing then, and ghosts, seams and noise cost what they did.
    """
    fitted = np.empty_like(radiance)
    for channel in range(3):
        own, true = (mu_law(np.maximum(picture[..., channel], 0)) for picture in (radiance, truth))
        order, bounds = np.argsort(own, axis=None), [0]
        for end in np.cumsum(np.bincount(np.round(own.ravel() * _LEVELS).astype(int))):
            if end - bounds[-1] >= _ENOUGH:
                bounds.append(int(end))
        parts = np.split(order, bounds[1:-1])
        knots, medians = (np.array([np.median(picture.ravel()[part]) for part in parts]) for picture in (own, true))
        curve = isotonic(medians, np.array([part.size for part in parts], np.float64))
        fitted[..., channel] = inverse_mu_law(own + np.interp(own, knots, curve - knots))  # ends go on as they are
    return fitted


def isotonic(values: Array, weights: Array) -> Array:
    """Return the non-decreasing sequence nearest to values (n,) in weighted squares (pool adjacent violators)."""
    pools: list[tuple[float, float, int]] = []
    for value, weight in zip(values, weights, strict=True):
        pool = (float(value), float(weight), 1)
        while pools and pools[-1][0] > pool[0]:
            mean, total, count = pools.pop()
            both = total + pool[1]
            pool = ((mean * total + pool[0] * pool[1]) / both, both, count + pool[2])
        pools.append(pool)
    return np.repeat([mean for mean, _, _ in pools], [count for _, _, count in pools])
