"""The exposures of a bracket from its frames' metadata, each frame's gaps filled by what the others say."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from libhdrnet.io.metadata import Metadata, exposure_product, exposure_values, first_number

_ALIKE = 0.01
"""Relative difference up to which f-numbers and ISO speeds are one and the same."""
_NOMINAL = 0.12
"""Stops by which a dial's number may be off the value it stands for (f/3.5 for 3.56, 1/60 for 1/64, 30 for 32 s)."""
_PLAIN_ISO, _PLAIN_F = 100.0, 1.0
"""What stands for numbers that no frame tells."""
_MOST_BIAS = 64.0
"""Stops; what is beyond is damaged."""


@dataclass(frozen=True)
class Told:
    """What files tell of their exposures; only ratios matter."""

    exposures: tuple[float | None, ...]
    """time * ISO / N^2 as the numbers are; None where nothing tells."""
    exact: tuple[float | None, ...]
    """The same if the numbers are the rounded ones of a dial: 1/60 s stands for 1/64, f/11 for 11.3."""


def told_exposures(metadata: Sequence[Metadata | None]) -> Told:
    """Read the exposures of a bracket, one value a frame; None stands for a frame without metadata.

    An f-number or ISO speed that a frame lacks is that of the others where they agree on one; a time that is missing
    follows from the exposure bias (EXIF's or the maker's), which is all there is if no frame has a time.
    """
    told = [(None, None, None) if m is None else exposure_values(m) for m in metadata]
    times, isos, f_numbers = (list(values) for values in zip(*told, strict=True))
    isos, f_numbers = _filled(isos, _PLAIN_ISO), _filled(f_numbers, _PLAIN_F)
    values = [exposure_product(*parts) for parts in zip(times, isos, f_numbers, strict=True)]
    exact = [_exact(*parts) for parts in zip(times, isos, f_numbers, strict=True)]
    biases = [None if m is None else bias_of(m.exif) for m in metadata]
    return Told(_by_bias(values, biases), _by_bias(exact, biases))


def bias_of(exif: Mapping[str, Any]) -> float | None:
    """Return a frame's exposure bias in stops; where EXIF has none, or zero, the maker's step of its bracket.

    None, too, where it is no bias that a camera has.
    """
    bias = first_number(exif, "Exif.Photo.ExposureBiasValue", "Exif.Image.ExposureBiasValue")
    if not bias:
        nikon = first_number(exif, "Exif.Nikon3.ExposureBracketValue")
        canon = first_number(exif, "Exif.CanonSi.AEBBracketValue", "Exif.CanonFi.BracketValue")
        bias = nikon if nikon is not None else bias if canon is None else _canon_stops(canon)
    return None if bias is None or abs(bias) > _MOST_BIAS else bias


def _canon_stops(code: float) -> float:
    """Decode Canon's 32nds of a stop, where 12 and 20 stand for a third and two thirds."""
    whole, part = divmod(abs(code), 32)
    return math.copysign(whole + {12: 1 / 3, 20: 2 / 3}.get(int(part), part / 32), code)


def _filled(values: list[float | None], plain: float) -> list[float | None]:
    """Fill gaps with what all others agree on, with `plain` if no frame tells; else they stay."""
    known = [value for value in values if value is not None]
    common = known[0] if known and max(known) <= min(known) * (1 + _ALIKE) else None
    return [(common if known else plain) if value is None else value for value in values]


def _of_dial(value: float, base: float, per_stop: int) -> float:
    """Return the value that a dial's number stands for: `base` times thirds or halves of a stop, whichever is nearer.

    A stop is a doubling of time and ISO, and half a doubling of f-numbers: `per_stop` thirds or halves a doubling.
    """
    doublings = math.log2(value / base)
    steps = [round(doublings * part * per_stop) / (part * per_stop) for part in (3, 2)]
    nearest = min(steps, key=lambda step: abs(step - doublings))
    return base * 2.0**nearest if abs(nearest - doublings) * per_stop < _NOMINAL else value


def _exact(time: float | None, iso: float | None, f_number: float | None) -> float | None:
    if time is None or iso is None or f_number is None:
        return None
    return exposure_product(_of_dial(time, 1, 1), _of_dial(iso, _PLAIN_ISO, 1), _of_dial(f_number, 1, 2))


def _by_bias(exposures: Sequence[float | None], biases: Sequence[float | None]) -> tuple[float | None, ...]:
    """Fill gaps by the bias: relative to frames that have both, or by itself if no frame has an exposure."""
    metered = sorted(t / 2**bias for t, bias in zip(exposures, biases, strict=True) if t and bias is not None)
    if not metered and (any(exposures) or None in biases or len(set(biases)) == 1):
        return tuple(exposures)
    middle = metered[len(metered) // 2] if metered else 1.0
    return tuple(
        middle * 2**bias if t is None and bias is not None else t for t, bias in zip(exposures, biases, strict=True)
    )
