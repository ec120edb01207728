"""Highlights that the reference has lost and no other frame shows in place: water in the sun, a sky behind a passer-by.

A clipped channel says no more than its white: kept as it is the sky turns grey and waves turn green. What shorter
frames show of the saturated places around is not at these pixels, but tells how bright and of which hue they are in the
mean, and how that goes with the channels that the reference still measures: its own detail is kept and goes on.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from libhdrnet.bands import bands
from libhdrnet.merge.blacks import darkness
from libhdrnet.merge.candidates import DARKEST, Bracket, Candidate
from libhdrnet.merge.codes import Codes
from libhdrnet.merge.filling import filler
from libhdrnet.merge.saturation import CLIPPED, RISING
from libhdrnet.radiometry import FloatImage, brightness
from libhdrnet.ramps import linear_step
from libhdrnet.trust import DISBELIEVED, LEAST, disbelieved

_EDGE = 3
"""Pixels of the reduced size that the soft edge of something moving reaches (pingpong's head)."""
_DARKER = 0.025
"""Share of the light around by which what is in front of it is surely darker: with 0.1 the outermost pixel of a soft
edge, 6 % darker than a made sky, was a line in it. The nineteen brackets are the same with both."""
_LITTLE = 1e-2
"""Share of saturated pixels around from which they tell."""
_FLAT = 0.01
"""Variance (of the logarithm) of what is measured there, a tenth of the light, at which it tells half; not tuned."""
_UNLIKE, _WINDOW, _FAINT = (0.4, 0.8), 9, 0.1
"""Share of the structure, the deviation of logarithms from their mean in so many pixels of the reduced size on an edge,
that two frames do not have in common, between which they show something else, and the deviation that is no structure.
Of rovinia's waves, of which blue alone is clipped, half have .8 or more; skies and lamps of seven brackets .2 at most.
"""


@dataclass(frozen=True)
class Lost:
    """The light that the reference's clipped channels lack."""

    logs: FloatImage
    """(3, h, w) at the reduced size: log of the light where `_measured` is 0, in the mean around."""
    slopes: FloatImage
    """(3, h, w): by how much it grows with that."""
    alone: FloatImage
    """(h, w) in [0, 1]: how far the reference alone is believed."""

    def restore(self, bracket: Bracket, values: FloatImage, codes: Codes, rows: slice, columns: slice) -> None:
        """Give the clipped channels of the reference, (3, H, W) of a rectangle of the full size, their light, in place.

        It follows the channels that are measured, and is never darker than what is clipped.
        """
        import cv2

        alone = bracket.enlarged(self.alone, rows, columns)
        if not alone.any():
            return
        clipped = np.take(CLIPPED, codes)
        left, top, width, height = cv2.boundingRect(((alone > 0) & clipped.any(-1)).view(np.uint8))
        if not width:
            return
        box = np.s_[top : top + height, left : left + width]
        alone, clipped, codes, values = alone[box], clipped[box], codes[box], values[:, *box]
        top, left = rows.start + top, columns.start + left
        rows, columns = slice(top, top + height), slice(left, left + width)
        own = np.log(np.maximum(values, np.float32(DARKEST)))
        light = _measured(own.transpose(1, 2, 0), np.take(RISING, codes))
        for channel, plane in enumerate(values):
            logs, slopes = (bracket.enlarged(x[channel], rows, columns) for x in (self.logs, self.slopes))
            more = np.maximum(slopes * light + logs - own[channel], 0)
            plane *= np.exp(clipped[..., channel] * alone * more)

    def but_in(self, places: Iterable[FloatImage]) -> "Lost":
        """Leave places out, (h, w) in [0, 1]: what a person chose comes as it was captured."""
        alone = self.alone
        for place in places:
            alone = alone * (1 - place)
        return Lost(self.logs, self.slopes, alone)


def _measured(logs: FloatImage, clipped: FloatImage) -> FloatImage:
    """Return the mean (h, w) of the logarithms (h, w, 3) of channels that are not clipped, of all where all are."""
    weights = 1 - clipped + np.float32(_LITTLE)
    return np.asarray((weights * logs).sum(-1) / weights.sum(-1), np.float32)


def _unlike(light: FloatImage, other: FloatImage) -> FloatImage:
    """Return how far the structure of two logarithms of light (h, w) is not the same around each place, in [0, 1].

    Of another tone a structure stays what it is: cameras pale what begins to be clipped.
    """
    import cv2

    def mean(of: FloatImage) -> FloatImage:
        return np.asarray(cv2.blur(of, (_WINDOW, _WINDOW)), np.float32)

    one, two = light - mean(light), other - mean(other)
    differs = mean(np.square(one - two)) / (mean(np.square(one) + np.square(two)) + np.float32(2 * _FAINT**2))
    return linear_step(differs, _UNLIKE)


def _trend(
    shown: FloatImage, guide: FloatImage, light: FloatImage, weights: FloatImage
) -> tuple[FloatImage, FloatImage]:
    """Return how the light that a shorter frame shows grows with its guide around each place, and the reference's mean.

    It is a regression: waves of one blue grow by 1, petals whose green tells nothing of their red by 0 (guided filter;
    He et al. 2010). All are logarithms, (h, w, 3).

    Args:
        shown: light of the shorter frame.
        guide: that of its channels which the reference measures.
        light: that of the reference's.
        weights: of each.
    """
    fill = filler(weights)
    known = fill(np.ones_like(weights))
    middle, theirs, bright, square, both = (
        fill(x) / np.maximum(known, np.float32(_LITTLE)) for x in (light, guide, shown, guide * guide, shown * guide)
    )
    spread = np.maximum(square - theirs * theirs, 0) + np.float32(_FLAT)
    return known * np.clip((both - bright * theirs) / spread, 0, 1), np.asarray(middle, np.float32)


def _lacking(
    known: FloatImage, other: FloatImage, seen: FloatImage, share: FloatImage, rising: FloatImage
) -> tuple[FloatImage, FloatImage, FloatImage]:
    """Return slopes and logs of `Lost`, and the light that they go with, (h, w, 3) each.

    What is about to be clipped tells, too, with its own light: from there a flame goes on without a step. Which share
    of a place is clipped in part and which wholly is told apart: a white sky tells nothing of blue hills.

    Args:
        known: logarithm of the reference's light, (h, w, 3).
        other: of a shorter frame's.
        seen: how far that shows the scene, (h, w).
        share: of the pixels that are clipped, (h, w, 3).
        rising: the same with those that begin to be.
    """
    light, guide = (np.repeat(_measured(x, rising)[..., None], 3, -1) for x in (known, other))
    brighter = np.maximum(other - known, 0)  # the mean is of logs: that of the light itself would be a lamp's
    told = share * seen[..., None] * np.exp(2 * np.minimum(other - known, 0))
    weights = told + np.clip(2 * (rising - share) - 1, 0, 1)
    of_told = told / np.maximum(weights, np.float32(DARKEST))
    brighter *= of_told
    partly = (rising - rising.min(-1, keepdims=True) + np.float32(_LITTLE)) / (rising + np.float32(2 * _LITTLE))
    slopes, middle = _trend(brighter + known, light + of_told * (guide - light), light, partly * weights)
    slopes *= partly
    more = [filler(part * weights)(brighter) for part in (1 - partly, partly)]
    return slopes, known + more[0] + partly * (more[1] - more[0]) - slopes * middle, light


def lost_light(bracket: Bracket, candidates: Sequence[Candidate], logits: FloatImage) -> tuple[FloatImage, Lost | None]:
    """Find what the clipped channels of the reference lack where no shorter frame is believed, or None.

    logits: (n, h, w), how far the candidates are believed; (1, 1, 1) where all are alike. They are returned, and beside
    what contradicts a clipped reference nothing darker than the light around is believed any more: a bound is all that
    is known there, and the soft edge of what passed before a white sky agrees with it. Where one channel alone is
    clipped and the others show another structure, as of waves, what speaks against a candidate counts twice.
    """
    import cv2

    if len(logits) < len(candidates) or 2 * (logits[0] - logits[1:]).max() <= DISBELIEVED[0]:
        return logits, None
    share = _share(bracket, CLIPPED)
    if not share.any():
        return logits, None
    own = np.maximum(candidates[0].radiance, np.float32(DARKEST))
    white = share.min(-1)
    beside = [_beside(white * np.maximum(logits[0] - logit, 0)) for logit in logits[1:]]
    shorter = _shorter(bracket, candidates)
    doubts = [np.maximum(near, logits[0] - logit) for near, logit in zip(beside, logits[1:], strict=True)]
    seen, other = _shown(bracket, candidates, shorter, doubts)
    known = np.log(own)
    slopes, logs, light = _lacking(known, np.log(other), seen, share, _share(bracket, RISING))
    around = brightness(own * np.exp(share * np.maximum(slopes * light + logs - known, 0)))
    measured = candidates[0].saturation * (1 - np.median(share, -1))  # two channels, in what is about to be lost
    structure = _measured(known, share)
    doubted = logits.copy()
    for logit, candidate, lead in zip(doubted[1:], candidates[1:], beside, strict=True):
        darker = np.clip((1 - brightness(candidate.radiance) / around) / _DARKER, 0, 1)
        logit -= white * darker * np.maximum(lead - np.maximum(logits[0] - logit, 0), 0)
        if bracket.times[candidate.frame] < bracket.times[bracket.reference]:
            theirs = np.log(np.maximum(candidate.radiance, np.float32(DARKEST)))
            logit -= measured * _unlike(structure, _measured(theirs, share)) * np.maximum(logits[0] - logit, 0)
    lying = [i for i in shorter if candidates[i].flow is None]
    shown = [doubted[i] + np.log(np.maximum(_unsaturated(bracket, candidates[i]), np.float32(LEAST))) for i in lying]
    alone = disbelieved(2 * (doubted[0] - np.maximum.reduce(shown)))  # whole before the reference counts in their place
    alone = cv2.dilate(alone, np.ones((3, 3), np.uint8))  # and next to it, where weights are interpolated
    if not (alone[..., None] * share).any():
        return doubted, None
    logs, slopes = (np.ascontiguousarray(x.transpose(2, 0, 1)) for x in (logs, slopes))
    return doubted, Lost(logs, slopes, alone)


def _shorter(bracket: Bracket, candidates: Sequence[Candidate]) -> list[int]:
    """Return the candidates that are shorter than the reference, the shortest first; if none is, itself."""
    times = [bracket.times[c.frame] for c in candidates]
    return sorted(np.flatnonzero(np.array(times) < times[0]).tolist(), key=times.__getitem__) or [0]


def _shown(
    bracket: Bracket, candidates: Sequence[Candidate], shorter: Sequence[int], doubts: Sequence[FloatImage]
) -> tuple[FloatImage, FloatImage]:
    """Return how far any of the shorter frames shows the scene, (h, w), and the light of the longest that does."""
    seen, light = np.zeros(bracket.size, np.float32), np.zeros((*bracket.size, 3), np.float32)
    for i in shorter:
        candidate = candidates[i]
        clear = candidate.confidence * candidate.moved * (1 - darkness(bracket, candidate))
        if i > 0:  # What is something else is no light of this scene; its edge is next to that.
            clear *= 1 - disbelieved(doubts[i - 1])
        clear *= _unsaturated(bracket, candidate)
        seen += clear * (1 - seen)
        light += clear[..., None] * (candidate.radiance - light)
    return seen, np.maximum(light / np.maximum(seen, np.float32(DARKEST))[..., None], np.float32(DARKEST))


def _unsaturated(bracket: Bracket, candidate: Candidate) -> FloatImage:
    """Return how far a frame is not saturated, (h, w); the shortest counts where all are."""
    return 1 - candidate.saturation * np.float32(candidate.frame != bracket.shortest)


def _beside(lead: FloatImage) -> FloatImage:
    """Return how far the reference is ahead (h, w) of a candidate, or is next to it; specks do not count."""
    import cv2

    core, reach = (np.ones((2 * radius + 1,) * 2, np.uint8) for radius in (_EDGE - 1, 2 * _EDGE - 1))
    return np.asarray(cv2.blur(cv2.dilate(cv2.erode(lead, core), reach), (_EDGE, _EDGE)), np.float32)


def _share(bracket: Bracket, table: FloatImage) -> FloatImage:
    """Return the mean of what a table (65536,) says of the reference's codes, (h, w, 3)."""
    import cv2

    codes = bracket.codes[bracket.reference]
    share = np.empty((*bracket.size, 3), np.float32)
    for rows in bands(bracket.size[0]):
        part = np.take(table, codes[2 * rows.start : 2 * rows.stop])
        share[rows] = cv2.resize(part, (bracket.size[1], rows.stop - rows.start), interpolation=cv2.INTER_AREA)
    return share
