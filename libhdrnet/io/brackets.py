"""Find the brackets in a folder of pictures: by exposures, gaps and patterns weighed against each other.

Shots of one camera and size are put into the order of capture. Each way to cut that row into brackets has a cost, and
the cheapest is taken. A run whose exposures are evenly spaced is likely a bracket, more so if the camera says so (auto
bracket, exposure bias) or if its pattern comes back in the row; a gap within it that is longer than the usual ones is
unlikely, in the logarithm; what fits nowhere stays alone. Exposures set by hand may be those of several scenes: there
the pictures are looked at.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from os import PathLike
from pathlib import Path

from libhdrnet.io.shots import Shot, read_shots
from libhdrnet.io.thumbnails import likeness, thumbnail
from libhdrnet.radiometry import FloatImage

_MIN_STEP = 0.25
"""Stops: closer exposures count as equal (cameras step by a third)."""
_EVEN = 0.35
"""Stops by which steps of a bracket may differ: nominal times such as 1/60 and 1/15 are rounded."""
_METERING = 1.0
"""Stops by which exposure and bias may part within a bracket: the camera rounds, or reaches its limits."""
_WIDE = 0.6
"""Stops of a step that singles in changing light seldom have."""
_FURTHEST = 6.0
"""Stops between two frames by hand: beyond them next to nothing is well exposed in both."""
_MAX_FRAMES = 64
"""Of a run that is looked at: cost, not a limit to the merge."""
_AUTOMATIC, _MANUAL, _AUTO_BRACKET = "0", "1", "2"
"""EXIF's ExposureMode."""
_SURELY_MEANT = 3
"""Times that a pattern of exposures which the camera metered has to come back."""

_ALONE, _EVEN_RUN, _UNEVEN_RUN, _PAIR, _TWICE, _OTHERWISE = 1.0, 0.2, 0.6, 0.7, 0.15, 2.0
_KNOWN = 0.45
"""Share taken off for a pattern that comes back very often: two of its kind are still dearer than one long even run."""
_ODD_ORDER, _ODD_BY_HAND = 0.1, 0.6
"""Cost of an order that no camera, and hardly a hand, shoots in."""
_PER_DOUBLING, _SHORT_GAP, _LONG_GAP = 0.25, 1.0, 20.0
"""Cost of each doubling of a gap beyond twice the usual one, and between which seconds that is looked for. Frames that
the camera metered each by itself are no bracket across a gap beyond the longest."""
_UNLIKE, _PER_LIKENESS, _ONE_SCENE = 0.9, 1.5, -0.1
"""Likeness (`thumbnails.likeness`) that tells nothing, what less of it costs, and the least cost, that of one scene:
tuned on 42 made folders of 1,000 pictures, where 0.75 and 3.0 took two scenes that look alike for one three times."""
_MISSING, _MOST_MISSING = 0.1, 0.3
"""Cost of a number that is missing within a bracket."""


@dataclass(frozen=True)
class Bracket:
    """Frames that belong together, in the order of capture."""

    paths: tuple[Path, ...]
    exposures: tuple[float | None, ...]
    """Relative exposures time * ISO / N^2; None where a file does not say."""


@dataclass(frozen=True)
class Found:
    """What a folder holds."""

    brackets: tuple[Bracket, ...]
    """In the order of capture; a picture that belongs to none is a bracket of one."""
    others: dict[Path, str] = field(default_factory=dict)
    """Own results and edited copies, and why they are taken for that."""


def find_brackets(paths: Iterable[str | PathLike[str]], *, frames: int | None = None) -> Found:
    """Group pictures into brackets; `frames` is how many each has, if the person knows.

    Pictures of different cameras or sizes are never put together, nor are pictures that all have one exposure. Files
    without a capture time are taken in the order of their names (numbers by value). A file that cannot be read is a
    bracket of one whose exposure is None.
    """
    rows, others = read_shots(Path(path) for path in paths)
    runs = [run for row in rows for run in _cut(_in_order(row), frames)]
    first = {id(run[0]): run for run in runs}
    ordered = [first[id(shot)] for shot in _in_order([run[0] for run in runs])]
    return Found(tuple(Bracket(tuple(s.path for s in run), tuple(s.exposure for s in run)) for run in ordered), others)


def group_brackets(paths: Iterable[str | PathLike[str]]) -> list[Bracket]:
    """Return the brackets that `find_brackets` finds."""
    return list(find_brackets(paths).brackets)


def _in_order(shots: Sequence[Shot]) -> list[Shot]:
    timed = all(shot.seconds is not None for shot in shots)
    return sorted(shots, key=lambda shot: (shot.seconds or 0.0 if timed else 0.0, shot.order))


def _cut(row: Sequence[Shot], frames: int | None) -> list[list[Shot]]:
    """Cut a row twice: patterns that the first cut finds often make the second one surer."""
    gaps = _gaps(row)
    usual = min(max(gaps[2 * len(gaps) // 5], _SHORT_GAP), _LONG_GAP) if gaps else _SHORT_GAP
    scenes = [0.0] * len(row) if frames else _scene_changes(row)
    runs = _cheapest(row, usual, frames, Counter(), scenes)
    patterns = Counter(_pattern(run) for run in runs if len(run) > 1)
    return _cheapest(row, usual, frames, patterns, scenes)


def _scene_changes(row: Sequence[Shot]) -> list[float]:
    """Return what it costs a bracket by hand to go on from the shot before each one, by what the pictures show."""
    thumbnails: dict[Path, FloatImage | None] = {}
    costs = [0.0] * len(row)
    for place in range(1, len(row)):
        # The next ones but one where these are too far apart, unless exposures turn, as from bracket to bracket.
        for shots in (row[place - 1 : place + 1], row[max(place - 2, 0) : place + 1], row[place - 1 : place + 2]):
            alike = _likeness(shots, thumbnails)
            if alike is not None:
                costs[place] = max(_ONE_SCENE, _PER_LIKENESS * (_UNLIKE - alike))
                break
    return costs


def _likeness(shots: Sequence[Shot], thumbnails: dict[Path, FloatImage | None]) -> float | None:
    """Return the likeness of the first and the last of some shots by hand whose exposures rise or fall."""
    stops = [shot.stops for shot in shots]
    monotone = stops in (sorted(stops), sorted(stops, reverse=True))
    if not _is_by_hand(shots) or max(_gaps(shots), default=0.0) > _LONG_GAP or not monotone:
        return None
    ends = [shots[0].path, shots[-1].path]
    for path in ends:
        if path not in thumbnails:
            thumbnails[path] = thumbnail(path)
    first, second = (thumbnails[path] for path in ends)
    return None if first is None or second is None else likeness(first, second)


def _is_by_hand(run: Sequence[Shot]) -> bool:
    return len({shot.bias for shot in run}) == 1 and all(shot.mode in (_MANUAL, "") for shot in run)


def _cheapest(
    row: Sequence[Shot], usual: float, frames: int | None, patterns: Counter[tuple[float, ...]], scenes: Sequence[float]
) -> list[list[Shot]]:
    # A shortest path over the positions between shots.
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(row) + 1):
        options = []
        for start in range(end - 1, max(-1, end - 1 - _MAX_FRAMES), -1):
            if frames is None and _is_too_long(row[start:end]):
                break
            cost = _cost(row, start, end, usual, frames, patterns)
            if cost is not None:
                cost += sum(scenes[start + 1 : end]) if _is_by_hand(row[start:end]) else 0.0
                options.append((best[start][0] + cost, start))
        best.append(min(options))
    runs: list[list[Shot]] = []
    end = len(row)
    while end:
        start = best[end][1]
        runs.insert(0, list(row[start:end]))
        end = start
    return runs


def _is_too_long(run: Sequence[Shot]) -> bool:
    """Say whether no run that ends like this one can be a bracket: modes differ, or biases or exposures come back."""
    biases = {shot.bias for shot in run}
    exposures = len({round(shot.stops / _MIN_STEP) if shot.exposure else None for shot in run})
    comes_back = len(biases) < len(run) if len(biases) > 1 else len(run) > 2 * exposures
    return comes_back or run[0].mode != run[-1].mode


def _cost(
    row: Sequence[Shot], start: int, end: int, usual: float, frames: int | None, patterns: Counter[tuple[float, ...]]
) -> float | None:
    """Rate row[start:end] as one bracket; None if it cannot be one."""
    run = row[start:end]
    if len(run) == 1:
        return _ALONE
    if frames is not None and len(run) > frames:
        return None
    wrong = _OTHERWISE / 2 if frames is not None and len(run) < frames else 0.0
    pattern = _pattern(run)
    if 0 in pattern and patterns[tuple(step for step in pattern if step)]:
        wrong += _ALONE  # the other brackets have no equal exposures: a single of one stands beside this one
    count = patterns[pattern]
    missing = _missing(row[max(start - 1, 0) : end + 1])
    cost = _by_exposures(run, count, missing, whole=len(run) == len(row))
    if cost is None:
        if frames != len(run) or len({round(shot.stops, 1) for shot in run}) == 1:
            return None
        cost = _OTHERWISE
    known = _KNOWN * (1 - 1 / max(count, 1))
    return cost * (1 - known) + wrong + _by_gaps(run, usual)


def _by_exposures(run: Sequence[Shot], count: int, missing: int, *, whole: bool) -> float | None:
    """Rate the exposures of a run, and what the camera says of them; None: they are not those of a bracket.

    `count` is how often its pattern was found in the row, `missing` how many numbers are missing in it and beside it,
    `whole` says that the run is the row.
    """
    stops = [shot.stops for shot in run]
    if any(math.isnan(value) for value in stops) or len({shot.mode for shot in run}) > 1:
        return None
    biases = [shot.bias for shot in run]
    by_bias = None not in biases and len(set(biases)) == len(run)
    if not by_bias and any(bias != biases[0] for bias in biases):
        return None  # a bias that comes back is the next bracket's
    if by_bias and not _bias_explains_exposures(run):
        return None
    ordered = sorted(stops)
    monotone = stops in (ordered, ordered[::-1])
    steps = [after - before for before, after in pairwise(ordered)]
    distinct = [step for step in steps if step >= _MIN_STEP]
    twice = len(steps) - len(distinct)
    if twice and not by_bias and (not monotone or len(distinct) < 2 or 2 * twice > len(distinct)):
        return None
    if not distinct or (not (monotone or by_bias) and _repeats_within(stops)):
        return None
    meant = by_bias or all(shot.mode == _AUTO_BRACKET for shot in run)
    by_hand = all(shot.mode in (_MANUAL, "") for shot in run)
    metered = not meant and run[0].mode == _AUTOMATIC and None not in biases
    wide = min(distinct) > _WIDE
    if metered and (count < _SURELY_MEANT or not wide or max(_gaps(run), default=0.0) > _LONG_GAP):
        return None  # singles in changing light
    repeated = count > 1
    spacing = sorted(bias for bias in biases if bias is not None) if by_bias else ordered
    even = _is_even(spacing, missing)
    usual_order = monotone or _goes_out(spacing, biases if by_bias else stops)
    odd = 0.0 if usual_order else _ODD_ORDER if meant else _ODD_BY_HAND
    if len(run) == 2:
        by_hand = by_hand and distinct[0] < _FURTHEST
        return _PAIR if meant or by_hand or repeated or (whole and wide) else None
    if even and (meant or by_hand or repeated or wide):
        return _EVEN_RUN + odd + _TWICE * twice * (not by_bias)
    if repeated or (by_hand and ((monotone and wide) or whole)):
        return _UNEVEN_RUN + odd + _TWICE * twice
    return None


def _is_even(ordered: Sequence[float], missing: int) -> bool:
    """Say whether exposures are evenly spaced, but for equal ones and as many as are missing."""
    gaps = [gap for before, after in pairwise(ordered) if (gap := after - before) >= _MIN_STEP]
    if not gaps:
        return False
    slack = _EVEN + 0.1 * min(gaps)
    steps = [round(gap / min(gaps)) for gap in gaps]
    off = max(abs(gap - step * min(gaps)) for gap, step in zip(gaps, steps, strict=True))
    return off <= slack and sum(steps) - len(steps) <= missing


def _missing(run: Sequence[Shot]) -> int:
    """Return how many numbers are missing within a run."""
    return sum(
        max(after.number - before.number - 1, 0)
        for before, after in pairwise(run)
        if before.number is not None and after.number is not None
    )


def _goes_out(ordered: Sequence[float], taken: Sequence[float | None]) -> bool:
    """Say whether exposures start in the middle and go outwards, as cameras do: 0, -2, +2, or 0, -1, +1, -2, +2."""
    middle = ordered[len(ordered) // 2]
    away = [abs((value or 0.0) - middle) for value in taken]
    return all(after >= before - _MIN_STEP for before, after in pairwise(away))


def _repeats_within(stops: Sequence[float]) -> bool:
    """Say whether a run is really two or more brackets, one after the other in another light."""
    steps = [after - before for before, after in pairwise(stops)]
    for length in range(2, len(stops) // 2 + 1):
        if len(stops) % length == 0:
            parts = [steps[start : start + length - 1] for start in range(0, len(stops), length)]
            if all(abs(a - b) < _MIN_STEP for part in parts[1:] for a, b in zip(parts[0], part, strict=True)):
                return True
    return False


def _bias_explains_exposures(run: Sequence[Shot]) -> bool:
    """Say whether exposures differ as the biases do: the camera meters once for a bracket.

    The outermost may be nearer to the others than their bias says: there a camera reaches its limits.
    """
    ordered = sorted(run, key=lambda shot: shot.bias or 0.0)
    if any(after.stops < before.stops - _MIN_STEP for before, after in pairwise(ordered)):
        return False
    metered = [shot.stops - (shot.bias or 0.0) for shot in ordered]
    inner = metered[1:-1] or [min(metered)]
    limited = [
        value for value in inner if len(inner) > 2 and sum(abs(value - v) < _MIN_STEP for v in inner) > 1
    ] or inner
    middle = sorted(limited)[len(limited) // 2]
    return (
        all(abs(value - middle) <= _METERING for value in limited)
        and metered[0] >= middle - _METERING
        and metered[-1] <= middle + _METERING
    )


def _pattern(run: Sequence[Shot]) -> tuple[float, ...]:
    """Return the steps from shot to shot, by bias where it tells, in halves of a stop: what nominal times leave."""
    biases = [shot.bias for shot in run]
    by_bias = None not in biases and len(set(biases)) > 1
    values = [(shot.bias or 0.0) if by_bias else shot.stops for shot in run]
    if any(math.isnan(value) for value in values):
        return (math.inf,) * len(run)
    return tuple(round(2 * (after - before)) / 2 for before, after in pairwise(values))


def _gaps(run: Sequence[Shot]) -> list[float]:
    """Return the known gaps between shots, the shortest first.

    In seconds, less the time that the shutter was open, whichever end is recorded.
    """
    return sorted(
        max(after.seconds - before.seconds - max(before.duration, after.duration), 0.0)
        for before, after in pairwise(run)
        if before.seconds is not None and after.seconds is not None
    )


def _by_gaps(run: Sequence[Shot], usual: float) -> float:
    """Rate what lies between the shots of a run: missing numbers, and time beyond the row's and the run's usual."""
    cost = min(_MISSING * _missing(run), _MOST_MISSING)
    gaps = _gaps(run)
    if len(gaps) > 1:
        usual = max(usual, min(gaps[(len(gaps) - 1) // 2], _LONG_GAP))
    return cost + sum(_PER_DOUBLING * math.log2(gap / usual / 2) for gap in gaps if gap > 2 * usual)
