"""Classical merge of aligned frames: the mean of their radiances with the weights that leave the least noise.

A pixel of radiance E has in a frame of exposure t the variance V(E t) / t^2, with V of `ops.noise`. The weights are its
inverse. They come from a first estimate of E that is the same for all frames, not from each frame's own noisy value, so
that the mean stays unbiased (Granados et al. 2010).
A frame fades out towards saturation by its brightest channel, in all channels alike: no colour fringes.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from libhdrnet.bands import bands, enlarged
from libhdrnet.engine import threads
from libhdrnet.engine.progress import Reporter
from libhdrnet.ops.agreement import Agreement
from libhdrnet.ops.frames import Frame
from libhdrnet.ops.noise import fit_noise
from libhdrnet.ops.tones import Tones
from libhdrnet.radiometry import FloatImage, look_up

FADE = (0.75, 0.97)
"""Encoded values between which a frame's brightest channel takes its weight to zero."""
LEAST_WEIGHT = np.float32(1e-4)
"""Of the shortest frame, which is nearest to the truth where all are saturated; of the reference where it is alone."""


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
    noise = fit_noise(frames)
    merged = np.empty(frames[0].codes.shape, np.float32) if out is None else out

    def merge_band(rows: slice) -> None:
        share = None
        if tones is not None:
            share = enlarged(tones.where, merged.shape[:2], rows)[..., None] * np.float32(1 / 255)
            if out is not None and not share.any():
                return
        linear = [frame.linear(rows) for frame in frames]
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
                    fade = np.maximum(fade, LEAST_WEIGHT**2.5)
            trust.append(fade.astype(np.float32))
        first = sum(w * x for w, x in zip(trust, linear, strict=True))
        first /= sum(w * t for w, t in zip(trust, times, strict=True))
        total, weights = np.zeros_like(first), np.zeros_like(first)
        for index, (w, x, t) in enumerate(zip(trust, linear, times, strict=True)):
            weight = w * t / noise.variance(index, first * t)
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
