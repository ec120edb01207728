"""Fusion of the candidates: the mean of captured radiances with the weights that leave the least noise, where believed.

A pixel of radiance E has in a frame of exposure t the variance V(E t) / t^2; its weight is the inverse. E is a first
estimate, smoothed, not each frame's own noisy value, so that the mean stays unbiased (Granados et al. 2010). A frame
fades out towards saturation by its brightest channel, in all channels alike: no colour fringes. How dark a channel is
that is black in a shorter frame the reference says (`blacks`). What the selection believes multiplies that, and
what it doubts loses a longer frame's advantage of noise; everything is continuous, so that a change of source never
shows as an edge.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from libhdrnet.engine.progress import Reporter
from libhdrnet.engine.threads import each
from libhdrnet.keeping import let_go
from libhdrnet.merge.blacks import darkness, fill_blacks
from libhdrnet.merge.candidates import DARKEST, Bracket, Candidate, fetch_codes
from libhdrnet.merge.highlights import Lost, lost_light
from libhdrnet.merge.saturation import SATURATION, relative
from libhdrnet.radiometry import FloatImage, brightness
from libhdrnet.trust import (
    LEAST,
    LEAST_CONFIDENCE,
    LEAST_REFERENCE,
    LEAST_SHORTER,
    LEAST_SHORTEST,
    disbelieved,
    doubted,
)

NEGLIGIBLE = 1e-3
"""Share of the result below which what a flow brings is not fetched."""
BEYOND_SHORTEST = 1e-3
"""Weight of the shortest frame beyond its border: more than the reference's where that is saturated, and no more."""
TILE = (64, 1024)
"""Rows and columns worked on at a time: what a core's cache holds."""
_NEVER = -60.0
_SEEN = 50
"""Tiles after which the frames' codes, if they are mapped, no longer take memory: 3 megapixels."""


@dataclass(frozen=True)
class Weights:
    """How the candidates of a bracket are weighed, (n, h, w) at the reduced size."""

    logs: FloatImage
    """Logarithm of the weights before saturation and coverage, which count at full size."""
    shares: FloatImage
    """Share of each in the result, sum 1."""
    lost: Lost | None
    """What the reference's clipped channels lack."""


def weigh(bracket: Bracket, candidates: Sequence[Candidate], logits: FloatImage | float = 0.0) -> Weights:
    """Weigh candidates by their noise and by what the selection believes of them.

    Args:
        bracket: the frames.
        candidates: of `find_candidates`.
        logits: (n, h, w), added to the logarithms; 0 = all are believed.
    """
    return decided(candidates, believed(bracket, candidates, logits), {})


@dataclass(frozen=True)
class Believed:
    """How candidates are weighed before anything is decided by hand, (n, h, w) at the reduced size."""

    logs: FloatImage
    """As in Weights."""
    trust: FloatImage
    """What saturation and coverage leave of the weights."""
    lost: Lost | None
    """As in Weights."""


def believed(bracket: Bracket, candidates: Sequence[Candidate], logits: FloatImage | float = 0.0) -> Believed:
    """Weigh candidates as `weigh` does, before it is normalised."""
    trust = np.stack([_trust(bracket, candidate) for candidate in candidates])
    lost = None
    if not isinstance(logits, float):
        logits, lost = lost_light(bracket, candidates, logits)
    logs = np.zeros_like(trust) + np.float32(logits)
    saturated = np.log(_shown(bracket, candidates[0]))
    for log, candidate in zip(logs, candidates, strict=True):
        if bracket.times[candidate.frame] < bracket.times[bracket.reference]:
            # What is surely something else loses what saturation takes from the reference, and does not take its place.
            log += saturated * disbelieved(logs[0] - log)
            # Its blacks tell less than the reference's, and may be pressed down further.
            log += np.log(np.maximum(1 - darkness(bracket, candidate), np.float32(LEAST)))
        if candidate.flow is not None:
            log += _log(candidate.moved * candidate.coverage * np.maximum(candidate.flow.confidence, LEAST_CONFIDENCE))
    light = _light(bracket, candidates, trust * np.exp(logs - logs.max(0)))
    own, reference = bracket.noise(bracket.reference, light), logs[0].copy()
    for log, candidate in zip(logs, candidates, strict=True):
        variance = doubted(own, bracket.noise(candidate.frame, light), light, reference - log)
        if candidate.frame in bracket.soft:  # less noise is worth less than what blur took
            variance += _unresolved(bracket, candidates[0], candidate, own + variance)
        log -= np.log(variance)
    return Believed(logs, trust, lost)


def decided(candidates: Sequence[Candidate], found: Believed, fixed: Mapping[int, FloatImage]) -> Weights:
    """Take a frame alone, as it lies, where `fixed` says so, (h, w) in [0, 1]."""
    logs = found.logs.copy() if fixed else found.logs
    for frame, share in fixed.items():
        best = logs.max(0)
        for log, candidate in zip(logs, candidates, strict=True):
            chosen = candidate.frame == frame and candidate.flow is None
            log += share * (best - log) if chosen else _log(1 - share)
    weights = found.trust * np.exp(logs - logs.max(0))
    lost = found.lost if found.lost is None or not fixed else found.lost.but_in(fixed.values())
    return Weights(logs, weights / weights.sum(0), lost)


def fuse(
    bracket: Bracket,
    candidates: Sequence[Candidate],
    weights: Weights,
    reporter: Reporter = Reporter(),  # noqa: B008 (frozen)
    *,
    merged: FloatImage | None = None,
    box: tuple[slice, slice] | None = None,
) -> FloatImage:
    """Return the weighted mean of the candidates at full size, float32 (H, W, 3), 1.0 = white of the reference.

    With `merged`, an earlier result, only its rows and columns of `box` are merged anew, in place.
    """
    merged = np.empty((*bracket.shape, 3), np.float32) if merged is None else merged
    fades = [np.maximum(1 - SATURATION, np.float32(_least(bracket, c.frame))) for c in candidates]

    def fuse_tile(rows: slice, columns: slice) -> None:
        total = np.zeros((3, rows.stop - rows.start, columns.stop - columns.start), np.float32)
        norm = np.zeros(total.shape[1:], np.float32)
        seen = bracket.frames[bracket.reference].codes[rows, columns]
        for candidate, log, share, fade in zip(candidates, weights.logs, weights.shares, fades, strict=True):
            if candidate.flow is not None and share[_near(bracket, rows, columns)].max() < NEGLIGIBLE:
                continue
            frame = bracket.frames[candidate.frame]
            codes, bright = fetch_codes(bracket, candidate, rows, columns)
            weight = np.exp(bracket.enlarged(log, rows, columns))
            white = None if candidate.white is None else bracket.enlarged(candidate.white, rows, columns)
            trust = np.take(fade, relative(bright, white))
            if candidate.flow is None and frame.coverage is not None:  # else it is in the logarithms already
                covered = frame.coverage[rows, columns] * np.float32(1 / 65535)
                trust = np.minimum(trust, np.maximum(covered, np.float32(_beyond(bracket, candidate.frame))))
            weight *= trust
            norm += weight
            light = np.stack([np.take(bracket.tables[candidate.frame][:, k], codes[..., k]) for k in range(3)])
            if weights.lost is not None and candidate is candidates[0]:
                weights.lost.restore(bracket, light, codes, rows, columns)
            for channel, (plane, values) in enumerate(zip(total, light, strict=True)):
                if candidate.tone is not None:
                    values *= bracket.enlarged(candidate.tone[channel], rows, columns)
                if bracket.times[candidate.frame] < bracket.times[bracket.reference]:
                    fill_blacks(bracket, candidate.frame, channel, values, codes[..., channel], seen[..., channel])
                values *= weight
                plane += values
        for channel, plane in enumerate(total):
            np.divide(plane, norm, out=merged[rows, columns, channel])

    rows, columns = box or (slice(0, bracket.shape[0]), slice(0, bracket.shape[1]))
    tiles = [
        (slice(top, min(top + TILE[0], rows.stop)), slice(left, min(left + TILE[1], columns.stop)))
        for top in range(rows.start, rows.stop, TILE[0])
        for left in range(columns.start, columns.stop, TILE[1])
    ]

    def fused(number: int) -> None:
        reporter(number / len(tiles), "merging the exposures")
        if number % _SEEN == 1:
            let_go(*(plane for frame in bracket.frames for plane in (frame.codes, frame.coverage)))

    each(lambda tile: fuse_tile(*tile), tiles, fused)
    return merged


def _light(bracket: Bracket, candidates: Sequence[Candidate], trust: FloatImage) -> FloatImage:
    """Return a first estimate of the radiance (h, w), weighted by exposure, without the noise of single pixels."""
    import cv2

    total, norm = np.zeros(bracket.size, np.float32), np.zeros(bracket.size, np.float32)
    for candidate, weight in zip(candidates, trust, strict=True):
        timed = weight * np.float32(bracket.times[candidate.frame])
        total += timed * brightness(candidate.radiance)
        norm += timed
    smooth = cv2.blur(total / norm, (3, 3), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(np.maximum(smooth, np.float32(DARKEST)), np.float32)


def _unresolved(bracket: Bracket, reference: Candidate, soft: Candidate, noise: FloatImage) -> FloatImage:
    """Return the mean square, (h, w), of detail around each place that the reference shows and a soft frame does not.

    Beyond noise (`noise`: the variance of both at full size), and not where the reference is too dark to tell.
    """
    import cv2

    difference = brightness(reference.radiance - soft.radiance)
    power = np.maximum(cv2.blur(np.square(difference), (5, 5)) - noise, 0)
    return np.asarray(power * (1 - darkness(bracket, reference)), np.float32)


def _log(share: FloatImage) -> FloatImage:
    return np.maximum(np.log(np.maximum(share, np.float32(1e-30))), np.float32(_NEVER))


def _least(bracket: Bracket, frame: int) -> float:
    if frame == bracket.shortest:
        return LEAST_SHORTEST
    if frame == bracket.reference:
        return LEAST_REFERENCE
    return LEAST_SHORTER if bracket.times[frame] < bracket.times[bracket.reference] else LEAST


def _trust(bracket: Bracket, candidate: Candidate) -> FloatImage:
    """Return what saturation and coverage leave of its weight, (h, w): the smaller of the two."""
    return np.asarray(np.minimum(_shown(bracket, candidate), _seen(bracket, candidate)), np.float32)


def _shown(bracket: Bracket, candidate: Candidate) -> FloatImage:
    """Return what saturation leaves of its weight, (h, w)."""
    return np.maximum(1 - candidate.saturation, np.float32(_least(bracket, candidate.frame)))


def _seen(bracket: Bracket, candidate: Candidate) -> FloatImage:
    """Return the coverage where it is not in the logarithms already."""
    if candidate.flow is not None:
        return np.ones(bracket.size, np.float32)
    return np.maximum(candidate.coverage, np.float32(_beyond(bracket, candidate.frame)))


def _beyond(bracket: Bracket, frame: int) -> float:
    """Return the weight of a frame beyond its border, where it is mirrored.

    Of the shortest it is the best guess where all others are saturated; of the reference, where there is nothing else.
    """
    return BEYOND_SHORTEST if frame == bracket.shortest else LEAST if frame == bracket.reference else 0.0


def _near(bracket: Bracket, rows: slice, columns: slice) -> tuple[slice, slice]:
    """Return the rectangle of the reduced size that holds all that one of the full size is interpolated from."""
    (top, bottom), (left, right) = (
        (int(part.start / bracket.factor), int(part.stop / bracket.factor) + 2) for part in (rows, columns)
    )
    return slice(max(top - 1, 0), bottom), slice(max(left - 1, 0), right)
