"""Linear frames as a camera would have given them, and the one tone curve that a result of them is forgiven.

A published set's frames are linear, as no photographer's are: a merge that takes a camera's tones for sRGB, or believes
exposures that are a third of a stop off, is not found out there. Each scene gets a camera of its own by its name.
"""

import zlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from libhdrnet.evaluation.metrics import Array
from libhdrnet.radiometry import FloatImage, inverse_mu_law, mu_law

QUALITY = (85, 97)
"""JPEG quality."""
CLAIMED = 0.3
"""Stops by which the exposure that is told may be off, for frames other than the reference."""
_GAMMA, _APART = (1.8, 2.6), 0.03
_TOE = (5e-4, 1e-2)
_KNEE, _LIFT = (0.6, 0.8), (1.02, 1.15)
_LEVELS, _ENOUGH = 512, 50


class Response(NamedTuple):
    """What a camera makes of light in one channel: a power with a toe, and from the knee on a shoulder up to white."""

    gamma: float
    toe: float
    """Light below which the power turns into a line."""
    knee: float
    """Code above which it bends."""
    lift: float
    """Code that white would have had without the bend."""

    def encode(self, linear: FloatImage) -> FloatImage:
        """Codes in [0, 1] of linear values in [0, 1]; monotone, smooth, 0 and 1 stay."""
        low, high = self.toe ** (1 / self.gamma), (1 + self.toe) ** (1 / self.gamma)
        straight = self.lift * ((linear + np.float32(self.toe)) ** np.float32(1 / self.gamma) - low) / (high - low)
        above = np.clip((straight - self.knee) / (self.lift - self.knee), 0, 1)
        return np.asarray(np.clip(straight - (self.lift - 1) * above**2, 0, 1), np.float32)


class Taken(NamedTuple):
    """A bracket as its camera gives it."""

    images: list[npt.NDArray[np.uint8]]
    """(H, W, 3), decoded from JPEG."""
    stops: tuple[float, ...]
    """What is told of the exposures."""


def responses(rng: np.random.Generator) -> list[Response]:
    """Draw a camera: red, green and blue differ a little."""
    gamma, knee, lift = (rng.uniform(*span) for span in (_GAMMA, _KNEE, _LIFT))
    toe = float(np.exp(rng.uniform(*np.log(_TOE))))
    apart = rng.normal(0, _APART, (3, 3)).clip(-2 * _APART, 2 * _APART)
    return [
        Response(float(np.clip(gamma * (1 + a), *_GAMMA)), toe * (1 + b), knee, 1 + (lift - 1) * (1 + 4 * c))
        for a, b, c in apart
    ]


def take(scene: str, linear: Sequence[FloatImage], stops: Sequence[float], reference: int) -> Taken:
    """Photograph linear frames (H, W, 3) in [0, 1], `stops` apart; the same `scene` has the same camera."""
    import cv2

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
    return Taken(images, tuple(float(stop + off) for stop, off in zip(stops, wrong, strict=True)))


def in_tones_of(truth: FloatImage, radiance: FloatImage) -> FloatImage:
    """Give radiance (H, W, 3) the tones of the truth by one monotone curve a channel.

    The curve is the isotonic regression of the truth's median at each level of the result, both after the mu-law: a
    tone curve costs nothing then, and ghosts, seams and noise cost what they did.
    """
    fitted = np.empty_like(radiance)
    for channel in range(3):
        own, true = (mu_law(np.maximum(picture[..., channel], 0)) for picture in (radiance, truth))
        level = np.round(own.ravel() * _LEVELS).astype(int)
        order, ends = np.argsort(level, kind="stable"), np.cumsum(np.bincount(level))[:-1]
        parts = [part for part in np.split(order, ends) if part.size >= min(_ENOUGH, order.size)]
        knots, medians = (np.array([np.median(picture.ravel()[part]) for part in parts]) for picture in (own, true))
        curve = isotonic(medians, np.array([part.size for part in parts], np.float64))
        fitted[..., channel] = inverse_mu_law(np.interp(own, knots, curve))
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
