"""The photometric calibration of a bracket: what each code of each frame says of the light, in one scale."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from libhdrnet.errors import HdrnetNote, InputError, sentence
from libhdrnet.keeping import Codes
from libhdrnet.photometry.exposures import common_black, settle, too_far_apart
from libhdrnet.photometry.matching import blend, colourless, lift_blacks, match, tones_of
from libhdrnet.photometry.model import APART, FIXED, Fit, fit, tables
from libhdrnet.photometry.noise import Noise, fit_noise
from libhdrnet.photometry.relations import Doubles, Pairs, log_linear, pairs_of, relate, sample_frame
from libhdrnet.radiometry import FloatImage, decode_gamma

Response = Literal["nominal", "known", "free"]

_FREEDOM = {"known": 0.0, "nominal": 1.0, "free": 2.0}
_TRUE, _OPEN = 0.015, 0.35
"""Standard deviations (log) of the error of an exposure that is taken as true, and of one that is measured."""
_EVIDENCE, _UNEXPLAINED = 12.0, 0.25
"""How much better (negative log likelihood) a corrected exposure has to explain the pixels, and the share of the misfit
that all corrected ones may leave: between what 0.3 EV cause in made brackets and what real ones of true exposures show.
"""
_FAR, _UNEXPLAINED_BY_FAR = math.log(2) * 2 / 3, 0.45
"""An error (log) of one exposure alone that no response feigns, and the share that may be left where there is one.

In 28 real brackets true exposures look wrong by 0.6 stops and leave 0.57, or by 0.4 and leave 0.46; claims of a stop
too much at the bright end leave up to 0.43.
"""
_RIVAL = 9.0
"""How much worse another exposure's correction may explain the pixels and still be told of: where in real brackets the
shortest frame claims a stop too much, the longest is blamed, better by 1 to 7; rightly blamed it is better by 11 to 38.
"""
_TINTED = 0.2
"""Standard deviation (log) of a frame's own white balance, which takes the same evidence (moving-theatrepond)."""
_MOST = math.log(2)
"""Largest correction (log) of an exposure that the person gave: what is farther off stays, and nothing is learned from
such a frame."""
_LEAST_FRAMES = 2
"""Frames beyond which something is learned from those left."""
_NOTABLE = 1 / 3
"""Stops that a claimed exposure has to be off for the person to hear of it: one click of a camera's dial."""


@dataclass(frozen=True)
class Calibration:
    """What is known of a bracket's tones and noise; radiance 1 = white of the reference."""

    reference: int
    tables: tuple[FloatImage, ...] = field(repr=False)
    """For each frame, float32 (65536, 3): the radiance of each code and channel, rising; slightly negative below black
    where the codes have room for it."""
    compared: tuple[FloatImage, ...] = field(repr=False)
    """The same, to compare the frames by: each matched to the reference's tones (`matching`)."""
    exposures: tuple[float, ...]
    """t_i / t_reference, missing ones measured and wrong ones corrected."""
    disagreements: tuple[float | None, ...]
    """Stops that the pixels measure above the claimed exposure; None: not claimed, or nothing to measure."""
    colourless: float
    """Encoded value, in [0, 1], up to which the reference tells no hue (`matching.colourless`)."""
    noise: Noise
    """Of linear values of the frame's own, 1 = its saturation."""
    notes: tuple[str | HdrnetNote, ...]
    """Sentences for the person, where something matters; a `HdrnetNote` needs nothing of them."""

    def at(self, index: int, code: float) -> FloatImage:
        """Return the radiance (3,) that the encoded value `code` in [0, 1] has in frame `index`."""
        return np.asarray(self.compared[index][round(min(max(code, 0.0), 1.0) * 65535)])


def calibrate(
    codes: Sequence[Codes],
    exposures: Sequence[float | None],
    reference: int,
    *,
    decode: FloatImage | None = None,
    coverage: Sequence[Codes | None] | None = None,
    gains: Sequence[float] | None = None,
    response: Response = "nominal",
    exact: Sequence[float | None] | None = None,
    last_word: bool = False,
) -> Calibration:
    """Calibrate the aligned frames of a bracket.

    Args:
        codes: uint16 (H, W, 3) each, of one size.
        exposures: relative exposures t; None where one is missing. Two may be equal.
        reference: index of the frame whose tones stay.
        decode: float32 (65536,), nominal linear value of each code, rising, 1 = saturation; None: gamma 2.2.
        coverage: uint16 (H, W) each, 0 = no data; None: data everywhere.
        gains: ISO speed of each frame over the lowest, for the noise; None: unknown.
        response: "known" for data proportional to light, "nominal" for a camera's pictures, decoded by what they say
            they are, "free" where even that is unknown.
        exact: another reading of the exposures (`io.exposures.Told`), taken where it fits the pixels better.
        last_word: exposures that the pixels refute by more than a stop are told of, not replaced.

    Raises:
        InputError: counts or shapes that do not fit together, or an exposure that is not positive and finite.
    """
    _check(codes, exposures, reference)
    nominal = decode_gamma(np.arange(65536, dtype=np.float32) / 65535) if decode is None else decode
    samples = [sample_frame(frame, cover) for frame, cover in zip(codes, coverage or [None] * len(codes), strict=True)]
    decodes = np.repeat(nominal[:, None], 3, 1)
    shown, possible = settle(exposures, reference, samples, decodes)
    start, known = settle(exposures, reference, samples, decodes, last_word=True) if last_word else (shown, possible)
    decodes = decodes - common_black(shown.tolist(), samples, decodes)
    noise = fit_noise(codes, nominal, gains)
    lights = [log_linear(sample.codes, decodes) for sample in samples]
    pairs = Pairs.joined([
        relate(samples, lights, dark, bright, float(np.log(shown[bright] / shown[dark])), decodes, noise)
        for dark, bright in pairs_of(shown.tolist(), reference)
    ])  # fmt: skip
    if exact is not None and known[reference]:
        start = _better(pairs, reference, start, known, exact, response)
    sure = known & known[reference]
    shown = np.where(possible, start, shown)
    found, measured, refused, rivals = _explain(
        pairs, reference, start, shown, sure, sure & possible, response, last_word
    )
    true = start * np.exp(found.exposure_errors)
    claimed = np.array([np.nan if t is None else t for t in exposures], np.float64)
    if known.any():
        claimed /= (claimed / start)[known][0]
    seen = np.bincount(np.concatenate([pairs.dark, pairs.bright]), minlength=len(codes)) > 0
    off = np.where(seen, np.log2(start * np.exp(measured) / claimed), np.nan)
    off[reference] = 0.0
    decodes = decodes if nominal[0] < 0 else np.maximum(decodes, 0)
    merged = list(tables(found, decodes, start))
    longest = int(np.argmax(np.where(refused, 0, true)))
    if response != "known" and np.log(true[longest]) > APART:
        merged[reference] = lift_blacks(merged[reference], samples[reference], samples[longest], merged[longest])
    compared, own = list(merged), merged[reference]
    known_tones = tones_of(samples[reference], own)
    for i, table in enumerate(merged):
        if i == reference or (refused[i] and response != "known"):
            continue
        compared[i] = match(table, samples[i], samples[reference], known_tones, longer=true[i] > 1)
        if response != "known":
            merged[i] = blend(table, compared[i], own, dark=False, longer=true[i] > 1)
            compared[i] = blend(table, compared[i], own, dark=True, longer=true[i] > 1)
    gaps, counted = too_far_apart(samples, true.tolist()), pairs.without(refused)
    notes = _notes(claimed, true, off, refused, rivals, counted, found.misfits, last_word, gaps, response)
    return Calibration(
        reference,
        tuple(merged),
        tuple(compared),
        tuple(true.tolist()),
        tuple(None if np.isnan(stops) else float(stops) for stops in off),
        max((colourless(samples[reference], samples[i]) for i in np.flatnonzero(np.log(true) > APART)), default=0.0),
        noise,
        tuple(notes),
    )


def _explain(
    pairs: Pairs,
    reference: int,
    exposures: Doubles,
    shown: Doubles,
    known: npt.NDArray[np.bool_],
    possible: npt.NDArray[np.bool_],
    response: Response,
    last_word: bool,
) -> tuple[Fit, Doubles, npt.NDArray[np.bool_], list[int]]:
    """Find the model, how far each exposure is off (log), the frames to learn nothing from, and those of `_wrong`.

    `possible` are the known exposures that some response can bring together with the pixels; `shown` are the exposures,
    with what the pixels show in place of those that none can.
    """
    freedom = _FREEDOM[response]
    wrong, rivals = _wrong(pairs, reference, shown, possible, freedom)
    true = _TRUE if freedom else FIXED
    doubts = np.where(wrong, _OPEN, true)
    found = _fit(pairs, reference, shown, doubts, freedom)
    measured = found.exposure_errors + np.log(shown / exposures)
    found = replace(found, exposure_errors=measured)
    refused = wrong & known & (np.abs(measured) > _MOST) & last_word
    if refused.any():
        if (~refused).sum() <= _LEAST_FRAMES:
            refused = np.ones_like(refused)
        found = _fit(pairs.without(refused), reference, exposures, np.where(refused, true, doubts), freedom)
    return found, measured, refused, rivals


def _fit(pairs: Pairs, reference: int, exposures: Doubles, doubts: Doubles, freedom: float) -> Fit:
    """Fit the model, with a white balance for each frame where that explains much more."""
    plain = fit(pairs, reference, exposures, doubts, freedom)
    tinted = fit(pairs, reference, exposures, doubts, freedom, _TINTED if freedom else 0.0)
    return tinted if plain.cost - tinted.cost > _EVIDENCE else plain


def _notes(
    claimed: Doubles,
    true: Doubles,
    off: Doubles,
    refused: npt.NDArray[np.bool_],
    rivals: list[int],
    pairs: Pairs,
    misfits: Doubles,
    last_word: bool,
    gaps: list[tuple[int, int, float]],
    response: Response,
) -> Iterator[str | HdrnetNote]:
    """Say what there is to be known of the exposures, and what needs the person; all are relative to the reference.

    `gaps` are those of `too_far_apart`.
    """
    for darker, brighter, share in gaps:
        yield sentence(
            "Frames {darker} and {brighter} are too far apart: {percent} % of the picture is black in one and white in "
            "the other; add the exposures between them, if there are any.",
            darker=darker + 1, brighter=brighter + 1, percent=f"{100 * share:.0f}",
        )  # fmt: skip
    total = pairs.weights.sum()
    if total > 0 and (stops := pairs.weights @ np.abs(misfits) / total / math.log(2)) > _NOTABLE:
        yield sentence(
            "The frames contradict their exposures by {stops} stops in the mean; check the exposure times and ISO "
            "speeds.",
            stops=f"{stops:.1f}",
        )
    if total == 0 and response != "known" and not gaps and not refused.any():
        yield sentence(
            "Too little is well exposed in two frames to match their tones; add the exposures between them, if there "
            "are any."
        )
    if missing := np.flatnonzero(np.isnan(claimed)).tolist():
        yield _unknown(missing, true, everyone=len(missing) == len(claimed), measured=total > 0)
    for i, (claim, away) in enumerate(zip(claimed, off, strict=True)):
        if not np.isnan(claim) and abs(away) > _NOTABLE:
            yield _contradicted(i, np.log2(claim), np.log2(claim) + away, refused[i], rivals, last_word)


def _unknown(missing: list[int], true: Doubles, *, everyone: bool, measured: bool) -> str | HdrnetNote:
    """Tell the exposures that nobody told."""
    numbers = ", ".join(str(i + 1) for i in missing)
    which = "No frame tells its exposure" if everyone else f"Frame {numbers} has no exposure"
    stops = ", ".join(f"{np.log2(true[i]):+.1f}" for i in missing)
    if measured:
        return HdrnetNote(f"{which}: {stops} EV relative to the reference, measured from the pixels.")
    return sentence(
        "Frame {numbers} has no exposure, and nothing to measure it by: {stops} EV relative to the reference is a "
        "guess; give the exposures.",
        numbers=numbers, stops=stops,
    )  # fmt: skip


def _contradicted(
    index: int, claimed: float, measured: float, refused: bool, rivals: list[int], last_word: bool
) -> str | HdrnetNote:
    """Tell an exposure, EV, that the pixels contradict; who gave it, or may have to look at another one, is warned."""
    what = sentence("check its exposure time and ISO speed") if refused else sentence("they are believed")
    for rival in rivals:
        what = sentence("{what}, though frame {number} may be the wrong one instead", what=what, number=rival + 1)
    text = sentence(
        "Frame {number} claims {claimed} EV relative to the reference but its pixels say {measured} EV; {what}.",
        number=index + 1, claimed=f"{claimed:+.1f}", measured=f"{measured:+.1f}", what=what,
    )  # fmt: skip
    return text if last_word or rivals or refused else HdrnetNote(text)


def _better(
    pairs: Pairs,
    reference: int,
    start: Doubles,
    known: npt.NDArray[np.bool_],
    exact: Sequence[float | None],
    response: Response,
) -> Doubles:
    """Return the claimed exposures in the reading, of two, that explains the pixels better; others stay."""
    other = np.array([np.nan if t is None else t for t in exact], np.float64)
    other = np.where(known & ~np.isnan(other), other / other[reference], start)
    doubts = np.where(known, _TRUE, _OPEN)
    costs = [fit(pairs, reference, t, doubts, _FREEDOM[response]).cost for t in (start, other)]
    return other if costs[1] < costs[0] else start


def _wrong(
    pairs: Pairs, reference: int, exposures: Doubles, known: npt.NDArray[np.bool_], freedom: float
) -> tuple[npt.NDArray[np.bool_], list[int]]:
    """Return which exposures are not to be taken as true: the unknown ones, and those that the pixels refute.

    These are less than half of them and explain nearly all that does not fit: what all have in common is the response.
    Where it is one alone, also the next one (none or one) whose error would explain it nearly as well.
    """
    wrong = ~known

    def fitted(free: npt.NDArray[np.bool_]) -> Fit:
        return fit(pairs, reference, exposures, np.where(free, _OPEN, _TRUE), freedom)

    first = last = fitted(wrong).cost
    if fitted(np.ones_like(known)).cost > _UNEXPLAINED_BY_FAR * first:
        return ~known, []
    rivals: list[int] = []
    for _ in range((len(known) - 1) // 2):
        open_ = [i for i in range(len(known)) if not wrong[i] and i != reference]
        trials = {i: fitted(wrong | (np.arange(len(known)) == i)).cost for i in open_}
        best = min(trials, key=trials.__getitem__, default=reference)
        if best == reference or last - trials[best] < _EVIDENCE:
            break
        wrong[best], last = True, trials.pop(best)
        rivals = sorted((i for i in trials if trials[i] - last < _RIVAL), key=trials.__getitem__)[:1]
    far = wrong.sum() == 1 and known.all() and np.abs(fitted(wrong).exposure_errors).max() > _FAR
    if last >= (_UNEXPLAINED_BY_FAR if far else _UNEXPLAINED) * first:
        return ~known, []
    return wrong, rivals if wrong.sum() == 1 else []


def _check(codes: Sequence[Codes], exposures: Sequence[float | None], reference: int) -> None:
    if len(codes) < 2 or len(codes) != len(exposures) or not 0 <= reference < len(codes):
        raise InputError(
            f"{len(codes)} frames, {len(exposures)} exposures and reference {reference} do not fit together."
        )
    for i, (frame, t) in enumerate(zip(codes, exposures, strict=True)):
        if frame.dtype != np.uint16 or frame.shape != codes[0].shape or frame.ndim != 3 or frame.shape[2] != 3:
            raise InputError(f"Frame {i + 1} is {frame.dtype} {frame.shape}; give uint16 (H, W, 3) of one size.")
        if t is not None and not (math.isfinite(t) and t > 0):
            raise InputError(f"Frame {i + 1} has exposure {t}; give a positive, finite exposure time.")
