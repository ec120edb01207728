"""Measures of a merge of a real bracket, for which there is no truth: what the reference exposes well comes back.

The residual is the result, exposed and encoded as the reference, minus its median at that code of the reference, so
that a tone curve costs nothing. Pictures are sRGB-encoded, float32 (H, W, 3) in [0, 1]; results are radiance (H, W, 3),
1.0 = white of the reference; areas are in percent of what can be judged, and what cannot be judged is left out.
"""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from libhdrnet.radiometry import FloatImage, brightness, decode_srgb, encode_srgb
from libhdrnet.research.evaluation.metrics import Array, Mask

BLOCK = 8
"""Edge in pixels of the blocks in which residuals are averaged."""
# What counts as seen; to change one is to begin anew with all figures.
_WELL_EXPOSED = (0.12, 0.88)
_LEVELS, _ENOUGH = 127, 50
_SEEN_BLOCK, _SEEN_REGION, _LEAST_FLAT, _LEAST_LOST = BLOCK**2 // 2, 500, 500, 2000
_BURNT, _SHORT = 0.97, (0.03, 0.9)
_BLACK, _LONG = 0.06, (0.05, 0.9)
_VISIBLE, _OVER_NOISE = 0.03, 6.0
_STEEP, _OFF, _TONE_SLOPE = 0.05, 0.4, 0.3
_BORDER, _WHITE = 12, 4
_FINEST = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32) / 6


class Judged(NamedTuple):
    """What the measures say of a merge."""

    figures: dict[str, float]
    """resid: PSNR of the residual, dB; blocks: blocks whose mean residual a person sees (over 8 codes and six times the
    median); edges: pixels where the smoothed residual is steep; noise: the finest detail of flat places against the
    reference's, dB; lights: blocks burnt out in the reference that differ from the next shorter frame by more than
    0.4 stops, a straight tone curve apart; shadows: the same of blocks black in the reference and the next longer
    frame; false: pixels around saturation with an edge that no frame has; unseen: pixels of any tone, tone-mapped, of
    which any channel has one."""
    residual: FloatImage
    """Largest of the channels (H, W); 0 where the reference is not well exposed."""
    blocks: Array
    """Mean residual of each block (H // 8, W // 8); 0 where too little of it can be judged."""


def judge(radiance: FloatImage, frames: Sequence[FloatImage], stops: Sequence[float], reference: int) -> Judged:
    """Judge a result by its frames, `stops` apart."""
    own, result = frames[reference], np.asarray(encode_srgb(np.clip(radiance, 0, 1)), np.float32)
    seen = np.asarray((own.min(-1) > _WELL_EXPOSED[0]) & (own.max(-1) < _WELL_EXPOSED[1]))
    figures = {"false": _false_edges(radiance, frames, stops, reference), "unseen": _unseen(radiance, frames)}
    order = sorted(range(len(stops)), key=stops.__getitem__)
    shorter = [index for index in order if stops[index] < stops[reference]]
    longer = [index for index in order if stops[index] > stops[reference]]
    if shorter:
        figures["lights"] = _unlike(radiance, own, frames[shorter[-1]], own.max(-1) > _BURNT, _SHORT)
    if longer:
        figures["shadows"] = _unlike(radiance, own, frames[longer[0]], own.max(-1) < _BLACK, _LONG)
    residual, blocks = np.zeros_like(result), np.zeros([size // BLOCK for size in seen.shape])
    if seen.any():
        residual = _residual(result, own, seen)
        error = float(np.square(residual).sum() / (3 * seen.sum()))
        count = _block_sums(seen[..., None].astype(np.float32))
        blocks = np.abs(_block_sums(residual) / np.maximum(count, 1)).max(-1) * (count[..., 0] > _SEEN_BLOCK)
        judged = blocks[count[..., 0] > _SEEN_BLOCK]
        visible = max(_VISIBLE, _OVER_NOISE * float(np.median(judged))) if judged.size else _VISIBLE
        figures["resid"] = -10 * float(np.log10(error + 1e-12))
        figures["blocks"] = _percent(judged > visible)
        figures |= _finest(result, own, residual, seen)
    known = {name: value for name, value in figures.items() if np.isfinite(value)}
    return Judged(known, np.asarray(np.abs(residual).max(-1), np.float32), blocks)


def worst_blocks(blocks: Array, count: int, apart: int) -> list[tuple[int, int]]:
    """Row and column in pixels of the middles of the worst blocks, at least `apart` pixels from each other."""
    left, places = blocks.copy(), []
    reach = -(-apart // BLOCK)
    for _ in range(count):
        if not left.any():
            break
        row, column = (int(n) for n in np.unravel_index(int(left.argmax()), left.shape))
        places.append((row * BLOCK + BLOCK // 2, column * BLOCK + BLOCK // 2))
        left[max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1] = 0
    return places


def _residual(result: FloatImage, own: FloatImage, seen: Mask) -> FloatImage:
    residual = np.zeros_like(result)
    for channel in range(3):
        levels, values = own[..., channel] * _LEVELS, result[..., channel]
        found = np.round(levels[seen]).astype(int)
        parts = np.split(values[seen][np.argsort(found, kind="stable")], np.cumsum(np.bincount(found, minlength=1)))
        medians = {level: float(np.median(part)) for level, part in enumerate(parts) if part.size > _ENOUGH}
        if medians:
            residual[..., channel] = values - np.interp(levels, list(medians), list(medians.values()))
    return np.where(seen[..., None], residual, 0)


def _finest(result: FloatImage, own: FloatImage, residual: FloatImage, seen: Mask) -> dict[str, float]:
    """Edges of the residual, and the noise of flat places."""
    inner = cv2.erode(seen.astype(np.uint8), np.ones((5, 5))) > 0
    smooth = cv2.GaussianBlur(residual, (0, 0), 1)
    steep = np.hypot(cv2.Sobel(smooth, -1, 1, 0) / 4, cv2.Sobel(smooth, -1, 0, 1) / 4).max(-1)
    grey = cv2.GaussianBlur(own.mean(-1), (0, 0), 2)
    flat = inner & (cv2.GaussianBlur(np.abs(cv2.Laplacian(grey, -1)), (0, 0), 2) < 0.004)

    def roughness(picture: FloatImage) -> float:
        return float(np.sqrt(np.mean(np.square(cv2.filter2D(picture.mean(-1), -1, _FINEST))[flat]) + 1e-6))

    noise = 20 * np.log10(roughness(result) / roughness(own)) if flat.sum() > _LEAST_FLAT else 0.0
    return {"edges": _percent(steep[inner] > _STEEP), "noise": float(noise)}


def _unlike(
    radiance: FloatImage, own: FloatImage, other: FloatImage, lost: Mask, exposed: tuple[float, float]
) -> float:
    """Blocks lost in the reference that are not as another frame shows them; NaN where that frame lies elsewhere."""
    fine = [grey - cv2.GaussianBlur(grey, (0, 0), 8) for grey in (other.mean(-1), own.mean(-1))]
    half = [cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for grey in fine]
    near, there = (np.asarray(grey, np.float64) for grey in half)
    shift, _ = cv2.phaseCorrelate(near, there, cv2.createHanningWindow(near.shape[::-1], cv2.CV_64F))
    judged = lost & (other.min(-1) > exposed[0]) & (other.max(-1) < exposed[1])
    if np.hypot(*shift) >= 1 or judged.sum() <= _LEAST_LOST:
        return float("nan")
    light = np.log2(decode_srgb(other).mean(-1) + 1e-5)
    off = np.log2(np.maximum(radiance, 1e-5).mean(-1)) - light
    off = off - np.clip(np.polyfit(light[judged], off[judged], 1)[0], -_TONE_SLOPE, _TONE_SLOPE) * light
    off = (off - np.median(off[judged])) * judged
    count = _block_sums(judged[..., None].astype(np.float32))
    mean = np.abs(_block_sums(off[..., None]) / np.maximum(count, 1))[count > _SEEN_BLOCK]
    return _percent(mean > _OFF) if mean.size else 0.0


def _false_edges(radiance: FloatImage, frames: Sequence[FloatImage], stops: Sequence[float], reference: int) -> float:
    around = cv2.dilate((frames[reference].max(-1) > _WELL_EXPOSED[1]).astype(np.uint8), np.ones((9, 9))) > 0
    inner = np.zeros_like(around)
    inner[_BORDER:-_BORDER, _BORDER:-_BORDER] = around[_BORDER:-_BORDER, _BORDER:-_BORDER]
    if inner.sum() <= _SEEN_REGION:
        return float("nan")
    shown = [
        cv2.dilate(_slope(decode_srgb(frame) / np.float32(2.0 ** (stop - stops[reference]))), np.ones((7, 7)))
        for frame, stop in zip(frames, stops, strict=True)
    ]
    return _percent(_slope(radiance)[inner] > (1.5 * np.maximum.reduce(shown) + 0.03)[inner])


def _unseen(radiance: FloatImage, frames: Sequence[FloatImage]) -> float:
    light = np.maximum(brightness(radiance), np.float32(1e-6))[..., None]
    scaled = light * (0.18 / np.exp(np.log(light).mean()))
    shown = encode_srgb(np.clip(radiance / light * scaled * (1 + scaled / _WHITE**2) / (1 + scaled), 0, 1))
    steep, *limits = (_steepest(np.log(picture + np.float32(0.04)), 1.5).max(-1) for picture in (shown, *frames))
    there = cv2.dilate(np.maximum.reduce(limits), np.ones((11, 11)))
    return _percent((steep > 1.2 * there + 0.015)[_BORDER:-_BORDER, _BORDER:-_BORDER])


def _slope(radiance: FloatImage) -> Array:
    return _steepest(np.log(np.maximum(radiance, 0).mean(-1) + 0.02), 1.2)


def _steepest(log: Array, smooth: float) -> Array:
    log = cv2.GaussianBlur(log.astype(np.float32), (0, 0), smooth)
    return np.asarray(np.hypot(cv2.Sobel(log, -1, 1, 0) / 8, cv2.Sobel(log, -1, 0, 1) / 8))


def _block_sums(values: Array) -> Array:
    """Sum over blocks of (H, W, C): (H // 8, W // 8, C)."""
    rows, columns = (size // BLOCK for size in values.shape[:2])
    whole = values[: rows * BLOCK, : columns * BLOCK]
    return np.asarray(whole.reshape(rows, BLOCK, columns, BLOCK, -1).sum((1, 3)))


def _percent(chosen: Array) -> float:
    return 100 * float(chosen.mean()) if chosen.size else float("nan")
