"""Classical merge of aligned frames: the mean of their radiances with the weights that leave the least noise.

A pixel of radiance E has in a frame of exposure t the variance (k E t + r) / t^2: shot noise k and read noise r,
relative to saturation. The weights are its inverse. They come from a first estimate of E that is the same for all
frames, not from each frame's own noisy value, so that the mean stays unbiased (Granados et al. 2010).
A frame fades out towards saturation by its brightest channel, in all channels alike: no colour fringes.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from libhdrnet.bands import bands, enlarged
from libhdrnet.engine import threads
from libhdrnet.engine.progress import Reporter
from libhdrnet.ops.agreement import Agreement
from libhdrnet.ops.frames import DECODE, Codes, Frame
from libhdrnet.ops.tones import Tones
from libhdrnet.radiometry import FloatImage, look_up

READ_VARIANCE = 2.5e-8
"""Variance of read noise, quantisation and black level, relative to the square of saturation."""
FADE = (0.75, 0.97)
"""Encoded values between which a frame's brightest channel takes its weight to zero."""
LEAST_WEIGHT = np.float32(1e-4)
"""Of the shortest frame, which is nearest to the truth where all are saturated; of the reference where it is alone."""
_SAMPLE = 160
_NOISE_RANK, _NOISE_SIGMAS = 0.35, 0.454
"""The rank of absolute deviations that texture does not reach, and what it is for a standard normal."""


def merge_classical(
    frames: Sequence[Frame],
    reference: int,
    agreement: Agreement | None = None,
    *,
    tones: Tones | None = None,
    out: FloatImage | None = None,
    reporter: Reporter = Reporter(),  # noqa: B008 (frozen)
) -> FloatImage:
    """Merge aligned frames to (H, W, 3) float32 radiance, 1.0 = white of frame `reference`.

    With `agreement` a frame counts only as far as it agrees with the reference. `out`, an earlier result, is merged
    anew in place where `tones` hold, with frames decoded by them.
    """
    shortest = min(range(len(frames)), key=lambda i: frames[i].exposure)
    times = [np.float32(frame.exposure / frames[reference].exposure) for frame in frames]
    shot = shot_variance([frame.codes for frame in frames])
    merged = np.empty(frames[0].codes.shape, np.float32) if out is None else out

    def merge_band(rows: slice) -> None:
        share = None
        if tones is not None:
            share = enlarged(tones.where, merged.shape[:2], rows)[..., None] * np.float32(1 / 255)
            if out is not None and not share.any():
                return
        linear = [DECODE[frame.codes[rows]] for frame in frames]
        if tones is not None and share is not None:
            for x, frame, table in zip(linear, frames, tones.tables, strict=True):
                x += share * (look_up(frame.codes[rows], table) - x)
        trust = []
        for index, frame in enumerate(frames):
            peak = frame.codes[rows].max(-1, keepdims=True) * np.float32(1 / 65535)
            fade = np.clip((FADE[1] - peak) / (FADE[1] - FADE[0]), 0, 1)
            if index == shortest:
                fade = np.maximum(fade, LEAST_WEIGHT)
            # What was filled in beyond the shortest frame's border is the best guess where all others are saturated.
            fade *= np.maximum(frame.covered(rows), LEAST_WEIGHT if index == shortest else 0)
            if agreement is not None:
                fade *= np.maximum(agreement.of(index, rows)[..., None], LEAST_WEIGHT**3)
                if index == reference:
                    fade = np.maximum(fade, LEAST_WEIGHT**2.75)
            trust.append(fade.astype(np.float32))
        first = sum(w * x for w, x in zip(trust, linear, strict=True))
        first /= sum(w * t for w, t in zip(trust, times, strict=True))
        total, weights = np.zeros_like(first), np.zeros_like(first)
        for w, x, t in zip(trust, linear, times, strict=True):
            weight = w * t / (shot * first * t + np.float32(READ_VARIANCE))
            total += weight * x
            weights += weight * t
        merged[rows] = total / weights

    parts = bands(len(merged))
    with ThreadPoolExecutor(threads.count()) as pool:
        try:
            for done, _ in enumerate(pool.map(merge_band, parts)):
                reporter(done / len(parts), "merging the exposures")
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    reporter(1.0, "merging the exposures")
    return merged


def shot_variance(codes: Sequence[Codes]) -> np.float32:
    """Fit k of the variance k E t to what the frames show at the finest scale (second differences; Immerkaer 1996)."""
    import cv2

    kernel = np.outer((1, -2, 1), (1, -2, 1)).astype(np.float32) / 6
    ratios: list[float] = []
    edges = np.geomspace(1e-4, 0.8, 33)
    for frame in codes:
        sample = DECODE[_sample(frame)]
        noise, level = np.abs(cv2.filter2D(sample, -1, kernel)), cv2.blur(sample, (3, 3))
        bins = np.digitize(level, edges)
        for index in range(1, len(edges)):
            found = noise[bins == index]
            if found.size > 400:
                sigma = float(np.quantile(found, _NOISE_RANK)) / _NOISE_SIGMAS
                ratios.append(sigma**2 / float(np.sqrt(edges[index - 1] * edges[index])))
    return np.float32(np.median(ratios)) if ratios else np.float32(2e-5)


def _sample(codes: Codes) -> npt.NDArray[np.uint16]:
    """Cut squares from all over a large picture and lay them side by side."""
    height, width = codes.shape[:2]
    if height * width <= 16 * _SAMPLE**2:
        return codes
    tops, lefts = (
        np.linspace(0, size - _SAMPLE, 4).astype(int) for size in (max(height, _SAMPLE), max(width, _SAMPLE))
    )
    squares = [codes[top : top + _SAMPLE, left : left + _SAMPLE] for top in tops for left in lefts]
    whole = [square for square in squares if square.shape[:2] == (_SAMPLE, _SAMPLE)]
    return np.concatenate(whole) if whole else codes
