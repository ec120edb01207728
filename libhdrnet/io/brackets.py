"""Find the brackets in a folder of pictures: by their exposures, never by a time gap of so many seconds.

Frames of one camera and size are put into the order of capture. Each way to cut that row into brackets has
a cost, and the cheapest is taken. A run whose exposures are evenly spaced is likely a bracket, more so if the
camera says so (auto bracket, exposure bias) or its neighbours have the same pattern; what fits nowhere stays
alone.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from os import PathLike
from pathlib import Path

from libhdrnet.errors import InputError
from libhdrnet.io.metadata import Metadata, exposure_of, number, read_metadata
from libhdrnet.io.read import image_size

_MIN_STEP = 0.25
"""Stops: closer exposures count as equal (cameras step by a third)."""
_EVEN = 0.35
"""Stops by which steps of a bracket may differ: nominal times such as 1/60 and 1/15 are rounded."""
_METERING = 1.0
"""Stops by which exposure and bias may part within a bracket: the camera rounds, or reaches its limits."""
_MAX_FRAMES = 15
_AUTO_BRACKET = "2"
_MANUAL = "1"
_PAUSE = 20
"""A gap this many times the others' (and the exposures') is a pause between unrelated pictures."""

_ALONE, _EVEN_RUN, _UNEVEN_RUN, _PAIR = 1.0, 0.2, 0.6, 0.7
_REPEATED = 0.05
"""Small enough that one long run of even steps is cheaper than the same run in two halves."""


@dataclass(frozen=True)
class Bracket:
    """Frames that belong together, in the order of capture."""

    paths: tuple[Path, ...]
    exposures: tuple[float | None, ...]
    """Relative exposures time * ISO / N^2; None where a file does not say."""


@dataclass(frozen=True)
class _Frame:
    path: Path
    exposure: float | None
    bias: float | None
    mode: str
    seconds: float | None
    camera: tuple[object, ...]

    @property
    def stops(self) -> float:
        return math.log2(self.exposure) if self.exposure else math.nan


def group_brackets(paths: Iterable[str | PathLike[str]]) -> list[Bracket]:
    """Group pictures into brackets; a picture that belongs to none is a bracket of one.

    Pictures of different cameras or sizes, and pictures of equal exposure, are never put together. Files
    without a capture time are taken in the order of their names (numbers by value). A file that cannot be
    read is a bracket of one whose exposure is None. Brackets come in the order of capture.
    """
    rows: dict[tuple[object, ...], list[_Frame]] = {}
    for path in dict.fromkeys(Path(name) for name in paths):
        frame = _frame(path)
        rows.setdefault(frame.camera, []).append(frame)
    found: list[tuple[_Frame, Bracket]] = []
    for row in rows.values():
        timed = all(frame.seconds is not None for frame in row)
        row.sort(key=lambda frame: (frame.seconds or 0.0 if timed else 0.0, _natural(frame.path)))
        for run in _cut(row):
            bracket = Bracket(tuple(frame.path for frame in run), tuple(frame.exposure for frame in run))
            found.append((run[0], bracket))
    timed = all(frame.seconds is not None for frame, _ in found)
    found.sort(key=lambda item: (item[0].seconds or 0.0 if timed else 0.0, _natural(item[0].path)))
    return [bracket for _, bracket in found]


def _frame(path: Path) -> _Frame:
    try:
        metadata = read_metadata(path)
        size = image_size(path)
    except InputError:
        return _Frame(path, None, None, "", None, (str(path),))
    exif = metadata.exif
    camera = tuple(
        str(exif.get(key, "")) for key in ("Exif.Image.Make", "Exif.Image.Model", "Exif.Photo.BodySerialNumber")
    )
    return _Frame(
        path=path,
        exposure=exposure_of(metadata),
        bias=number(exif.get("Exif.Photo.ExposureBiasValue", exif.get("Exif.Image.ExposureBiasValue", ""))),
        mode=str(exif.get("Exif.Photo.ExposureMode", "")),
        seconds=_capture_time(metadata),
        camera=(*camera, *sorted(size), path.suffix.lower()),
    )


def _capture_time(metadata: Metadata) -> float | None:
    exif = metadata.exif
    for name, part in (("Photo.DateTimeOriginal", "Original"), ("Photo.DateTimeDigitized", "Digitized")):
        text = str(exif.get(f"Exif.{name}", "")).strip()
        try:
            moment = datetime.strptime(text[:19], "%Y:%m:%d %H:%M:%S")
        except ValueError:
            continue
        digits = re.match(r"\d+", str(exif.get(f"Exif.Photo.SubSecTime{part}", "")).strip())
        return (moment - datetime(1970, 1, 1)).total_seconds() + (float(f"0.{digits[0]}") if digits else 0.0)
    return None


def _natural(path: Path) -> tuple[object, ...]:
    parts = re.split(r"(\d+)", path.name.lower())
    # Text and numbers alternate, so equal positions always hold the same type.
    return str(path.parent), *(int(part) if index % 2 else part for index, part in enumerate(parts))


def _cut(row: Sequence[_Frame]) -> list[list[_Frame]]:
    # A shortest path over the positions between frames.
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(row) + 1):
        options = []
        for start in range(max(0, end - _MAX_FRAMES), end):
            cost = _cost(row, start, end)
            if cost is not None:
                options.append((best[start][0] + cost, start))
        best.append(min(options))
    runs: list[list[_Frame]] = []
    end = len(row)
    while end:
        start = best[end][1]
        runs.insert(0, list(row[start:end]))
        end = start
    return runs


def _cost(row: Sequence[_Frame], start: int, end: int) -> float | None:
    """Rate row[start:end] as one bracket; None if it cannot be one."""
    run = row[start:end]
    if len(run) == 1:
        return _ALONE
    stops = [frame.stops for frame in run]
    if any(math.isnan(value) for value in stops):
        return None
    ordered = sorted(stops)
    steps = [after - before for before, after in zip(ordered, ordered[1:], strict=False)]
    if min(steps) < _MIN_STEP or len({frame.mode for frame in run}) > 1 or _has_pause(run):
        return None
    biases = [frame.bias for frame in run]
    by_bias = None not in biases and len(set(biases)) == len(run)
    if not by_bias and any(bias != biases[0] for bias in biases):
        return None  # a bias that comes back is the next bracket's
    if by_bias and not _bias_explains_exposures(run):
        return None
    meant = by_bias or all(frame.mode == _AUTO_BRACKET for frame in run)
    by_hand = all(frame.mode in (_MANUAL, "") for frame in run)
    spacing = sorted(bias for bias in biases if bias is not None) if by_bias else ordered
    gaps = [after - before for before, after in zip(spacing, spacing[1:], strict=False)]
    even = max(gaps) - min(gaps) <= _EVEN + 0.1 * max(gaps)
    monotone = stops in (ordered, ordered[::-1])
    if not (monotone or by_bias) and _repeats_within(stops):
        return None
    repeated = _same_pattern(row, start, end, -1) or _same_pattern(row, start, end, +1)
    whole_row = len(run) == len(row)
    if len(run) == 2:
        if not (meant or by_hand or repeated or (whole_row and min(steps) > 0.6)):
            return None
        cost = _PAIR
    elif even and (meant or by_hand or repeated or min(steps) > 0.6):
        cost = _EVEN_RUN
    elif repeated or (by_hand and (monotone and min(steps) > 0.6 or whole_row)):
        cost = _UNEVEN_RUN
    else:
        return None
    return cost - _REPEATED if repeated else cost


def _repeats_within(stops: Sequence[float]) -> bool:
    """Say whether a run is really two or more brackets, one after the other in another light."""
    for length in range(2, len(stops) // 2 + 1):
        if len(stops) % length == 0:
            steps = [b - a for a, b in zip(stops, stops[1:], strict=False)]
            parts = [steps[start : start + length - 1] for start in range(0, len(stops), length)]
            if all(abs(a - b) < _MIN_STEP for part in parts[1:] for a, b in zip(parts[0], part, strict=True)):
                return True
    return False


def _bias_explains_exposures(run: Sequence[_Frame]) -> bool:
    """Say whether the exposures differ as the biases do: the camera meters once for a bracket."""
    metered = [frame.stops - (frame.bias or 0.0) for frame in run]
    return max(metered) - min(metered) <= _METERING


def _same_pattern(row: Sequence[_Frame], start: int, end: int, side: int) -> bool:
    """Say whether the frames before or after a run step in the same way, if perhaps in another light."""
    length = end - start
    first = start + side * length
    if first < 0 or first + length > len(row):
        return False
    here = [frame.stops for frame in row[start:end]]
    there = [frame.stops for frame in row[first : first + length]]
    offset = there[0] - here[0]
    return all(abs(b - a - offset) < _MIN_STEP for a, b in zip(here, there, strict=True))


def _has_pause(run: Sequence[_Frame]) -> bool:
    if len(run) < 3 or any(frame.seconds is None for frame in run):
        return False
    gaps = sorted((b.seconds or 0.0) - (a.seconds or 0.0) for a, b in zip(run, run[1:], strict=False))
    # Whole seconds hide gaps of up to one, and a long exposure takes its own time.
    usual = max(gaps[-2], 1.0)
    longest = max(2.0 ** min(frame.stops, 12.0) for frame in run if not math.isnan(frame.stops))
    return bool(gaps[-1] > _PAUSE * max(usual, min(longest, 30.0)))
