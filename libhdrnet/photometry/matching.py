"""Frames matched to the reference's tones: what one model of all frames leaves over, by code and channel.

Cameras press down their blacks, lift shadows locally and set a white balance for each frame. For each code of a frame
the most usual light that the reference shows in its place is found, on the ridge of their joint histogram
(`relations`): what differs everywhere alike is a tone, what differs in places has moved.
"""

import cv2
import numpy as np
import numpy.typing as npt

from libhdrnet.photometry.relations import DIM, FINE, MISFITS, REACH, Doubles, Sample, follow
from libhdrnet.radiometry import FloatImage, Floats, brightest, brightness, look_up
from libhdrnet.ramps import linear_step
from libhdrnet.trust import BRIGHT

_BINS, _TONE = 48, 500.0
"""Bins of the tone log(1 + 500 x) from black to the reference's white."""
_WHITE = float(np.log1p(_TONE))
_LEAST_TRUST = 0.02
"""Trust of a bin that counts half beside no correction (28 brackets)."""
_SHOULDER = (0.5, 0.75)
"""Codes of the reference over which the match fades out where cameras bend their highlights: there its colours pale,
too, and a brighter or darker frame's do not (templealtar)."""
_EXACT = 0.02
"""Error (log) of a match: by so much less its mean just below the shoulder is a shorter frame's beyond (made brackets).
"""
_CRUSHED = (0.04, 0.12)
"""Codes of a frame below which its tones are no measure for others: cameras crush blacks (galloarch, villa)."""
_LEAST_SEEN = 50
"""Pixels of a range of codes that tell its light."""
_GREY, _COLOURS = 0.25, 0.05
"""Share of a longer frame's saturation (HSV) that colours have to keep, and how large that has to be to tell. In 28
brackets the cameras of six leave none at all (0.00) up to a code of .04 to .08, and two thirds above."""
_STEP, _STEPS = 0.02, 8
"""Ranges of codes that are looked at, and how many."""


def tones_of(sample: Sample, table: FloatImage) -> FloatImage:
    """Return the tones (n, 3) of a sample's pixels by its frame's table (65536, 3)."""
    codes = np.asarray(sample.codes * 65535 + 0.5, np.uint16)
    return _tone(np.asarray(look_up(codes[None], np.asfortranarray(table))[0]))


def match(table: FloatImage, frame: Sample, reference: Sample, known: FloatImage, *, longer: bool) -> FloatImage:
    """Return the light of each code of a frame as the reference most often shows it, float32 (65536, 3), rising.

    Args:
        table: (65536, 3), the light of the frame's codes by the calibration.
        frame: the frame.
        reference: the reference.
        known: `tones_of` the reference.
        longer: whether the frame is the longer exposed of the two, whose codes are less noisy.
    """
    light = tones_of(frame, table)
    which = _compared(frame, reference)
    centres = (np.arange(_BINS) + 0.5) * _WHITE / _BINS
    matched = np.array(table, np.float32, order="F")
    for channel in range(3):
        x, y = light[:, channel].take(which), known[:, channel].take(which)
        left = _left_over(x if longer else y, y - x)
        tone = _tone(table[:, channel])
        brought = tone + np.interp(tone, centres, left) if longer else _inverse(tone, centres, left)
        found = np.maximum.accumulate(np.expm1(np.maximum(brought, 0)) / np.float32(_TONE))
        np.copyto(matched[:, channel], found, where=table[:, channel] >= 0)
    return matched


def lift_blacks(own: FloatImage, reference: Sample, longer: Sample, light: FloatImage) -> FloatImage:
    """Return the reference's table with the blacks that its camera pressed down at the light that a longer frame shows.

    Of two estimates the darker one is taken: the usual light of a code is too bright where noise or foliage differ from
    frame to frame (regression towards the mean; baysunset), that of the same rank where something large moved.

    Args:
        own: (65536, 3), the light of the reference's codes by the calibration.
        reference: the reference.
        longer: a longer exposed frame.
        light: (65536, 3), that of its codes.
    """
    which = _compared(longer, reference)
    seen, mine, shown = (x.take(which, 0) for x in (reference.codes, tones_of(reference, own), tones_of(longer, light)))
    width, every = 2 * _CRUSHED[1] / _BINS, np.linspace(0, 1, 65536)
    codes = (np.arange(_BINS) + 0.5) * width
    left, trust = follow(np.stack([_counted(seen[:, c] / (2 * _CRUSHED[1]), (shown - mine)[:, c]) for c in range(3)]))
    seen, shown = np.sort(seen, axis=0), np.sort(shown, axis=0)
    share = 1 - linear_step(codes, _CRUSHED)
    lifted = np.array(own, np.float32, order="F")
    for channel in range(3):
        first, last = (np.searchsorted(seen[:, channel], codes + half) for half in (-width / 2, width / 2))
        told = (last - first > _LEAST_SEEN) & (trust[channel] > 0)
        if told.any():
            known = np.maximum(np.interp(codes, every, own[:, channel]), DIM)[told]
            usual = _tone(known) + left[channel, told]
            ranked = shown[((first + last) // 2)[told], channel]
            lights = np.maximum(np.expm1([usual, ranked]) / _TONE, DIM)
            clear = codes[told] > _CRUSHED[1]
            if clear.any():  # what is lifted is the blacks alone
                lights *= np.exp(np.median(np.log(known / lights)[:, clear], axis=1, keepdims=True))
            lift = np.interp(codes, codes[told], np.maximum(lights.min(0) - known, 0)) * share
            lifted[:, channel] += np.interp(every, codes, lift)
    return np.maximum.accumulate(lifted, axis=0)


def colourless(reference: Sample, longer: Sample) -> float:
    """Return the code, encoded in [0, 1], up to which the reference's camera has taken colours away; 0: nowhere."""
    bright = brightness(reference.codes)
    dark = np.flatnonzero(bright < _STEPS * _STEP)
    own, other = reference.codes[dark], longer.codes[dark]
    usable = (brightest(other) < BRIGHT) & (brightness(other) > _CRUSHED[1])
    usable &= np.minimum(reference.weights[dark], longer.weights[dark]) > 0
    steps = np.where(usable, bright[dark] / np.float32(_STEP), -1).astype(np.int32)
    found = 0.0
    for step in range(_STEPS):
        here = np.flatnonzero(steps == step)
        if len(here) > _LEAST_SEEN:
            kept, told = (np.median(_saturation(codes[here])) for codes in (own, other))
            if kept > _GREY * told or told < _COLOURS:
                break
            found = (step + 1) * _STEP
    return found


def blend(table: FloatImage, matched: FloatImage, own: FloatImage, *, dark: bool, longer: bool) -> FloatImage:
    """Return a table that is the matched one where the reference's tones are a measure, and else stays; rising.

    In the highlights, which the reference bends or has lost, a shorter frame keeps half of the tint that it is matched
    with just below them, if these are not its crushed blacks: it may be a white balance, or colours that a camera pales
    and neutral places have not.

    Args:
        table: (65536, 3), by the calibration.
        matched: of `match`.
        own: the reference's table.
        dark: whether they are a measure in the dark as well.
        longer: whether the frame is the longer exposed of the two.
    """
    codes = np.arange(65536, dtype=np.float32) / 65535
    mixed = np.array(table, np.float32, order="F")
    for channel in range(3):
        code = np.interp(matched[:, channel], np.maximum.accumulate(own[:, channel]), codes)
        above = linear_step(code, _SHOULDER)
        share = 1 - above
        if not dark:
            share *= linear_step(code, _CRUSHED)
        mixed[:, channel] += share * (matched[:, channel] - table[:, channel])
        if not longer:
            below = (code > 0.8 * _SHOULDER[0]) & (code < _SHOULDER[0]) & (codes > _CRUSHED[1])
            brought, shown = (max(float(x[below, channel].sum()), DIM) for x in (matched, table))
            tint = np.log(brought / shown)
            mixed[:, channel] += above * np.expm1((tint - np.clip(tint, -_EXACT, _EXACT)) / 2) * table[:, channel]
    return np.maximum.accumulate(mixed, axis=0)


def _compared(one: Sample, other: Sample) -> npt.NDArray[np.intp]:
    """Return the places that both cover and neither saturates, as indices: a mask takes many times as long."""
    usable = np.maximum(brightest(one.codes), brightest(other.codes)) < BRIGHT
    return np.flatnonzero(usable & (np.minimum(one.weights, other.weights) > 0))


def _left_over(tone: Floats, difference: Floats) -> Floats:
    """Return the difference on the ridge for each bin of the tone, (_BINS,), 0 where too little is known."""
    typical, trust = follow(_counted(tone / _WHITE, difference)[None])
    smooth, weight = (cv2.GaussianBlur(part, (0, 0), 1.0).ravel() for part in (typical * trust, trust))
    return np.asarray(smooth / (weight + _LEAST_TRUST))


def _counted(place: Floats, difference: Floats) -> Doubles:
    """Return the joint histogram (_BINS, misfits) of a place in [0, 1] and the difference there."""
    near = np.flatnonzero((np.abs(difference) < REACH) & (place < 1))
    rows = np.maximum(place.take(near) * _BINS, 0).astype(np.int32)
    columns = np.rint((difference.take(near) + REACH) / FINE).astype(np.int32)
    counts = np.bincount(rows * len(MISFITS) + columns, minlength=_BINS * len(MISFITS))
    return counts.reshape(_BINS, -1).astype(np.float64)


def _inverse(tone: Floats, centres: Floats, left: Floats) -> Floats:
    """Return the reference's tones for a frame's, where `left` is known for the reference's."""
    start = np.maximum.accumulate(centres - left)
    inside = np.interp(tone, start, centres)
    outside = tone + np.where(tone < start[0], left[0], left[-1])
    return np.where((tone < start[0]) | (tone > start[-1]), outside, inside)


def _saturation(codes: FloatImage) -> FloatImage:
    """Return what HSV calls saturation, (n,)."""
    most = brightest(codes)
    return np.asarray((most + brightest(-codes)) / np.maximum(most, np.float32(DIM)))


def _tone(light: FloatImage) -> FloatImage:
    return np.asarray(np.log1p(_TONE * np.maximum(light, 0)), np.float32)
