"""The stages of a preview that are kept between pictures, each as long as what it depends on stays the same.

aligned (the reference) → found (the exposures) → believed (the strictness) → decided (what is chosen by hand).
"""

import re
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from libhdrnet.alignment import align
from libhdrnet.engine import Reporter, Settings
from libhdrnet.engine.threads import each
from libhdrnet.errors import sentence
from libhdrnet.hearing import told
from libhdrnet.merge.candidates import Bracket
from libhdrnet.merge.findings import Findings, find
from libhdrnet.merge.frames import Frame
from libhdrnet.merge.fusion import weigh
from libhdrnet.merge.mask import shares_of_frames
from libhdrnet.merge.pipeline import alpha_of, calibrated
from libhdrnet.merge.strangers import unlike
from libhdrnet.radiometry import FloatImage

COMPARED_PIXELS = 3e5
"""Of the size at which frames are compared. With a megapixel the selection alone would take a second and a half on two
cores, with this a third of that."""
_ALIGNED_EDGE = 400
"""Pixels of the long edge at which frames are aligned: within a third of a pixel of the preview, in a third of the
time."""
_NUMBERED = re.compile(r"^Frames? ([\d, and]+)")
Kept = TypeVar("Kept")


class Cache:
    """The last few results of a stage, by what they depend on."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: dict[Hashable, Any] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Hashable, make: Callable[[], Kept]) -> Kept:
        """Return what was made for `key`, or make it."""
        made = self._kept.pop(key) if key in self._kept else make()
        self._kept[key] = made
        if len(self._kept) > self._most:
            del self._kept[next(iter(self._kept))]
        return made


@dataclass(frozen=True)
class Found:
    """Calibrated frames, their candidates and what the network believes of them."""

    bracket: Bracket
    findings: Findings
    still: FloatImage
    """(frames, h, w): the frames' shares if nothing moved."""
    alpha: FloatImage | None
    warnings: tuple[str, ...]


def lay_over(frames: Sequence[Frame], reference: int) -> tuple[list[Frame], tuple[str | None, ...]]:
    """Align frames to the reference, several at a time; say of each why it could not be aligned, if so."""
    apart = sentence("This frame cannot be laid over the reference; choose another reference, or leave it out.")

    def aligned(frame: Frame) -> tuple[Frame, str | None]:
        codes, coverage, alignment = align(
            frame.codes, frames[reference].codes, frame.coverage, long_edge=_ALIGNED_EDGE, cubic=True
        )  # fmt: skip
        return replace(frame, codes=codes, coverage=coverage), apart if unlike(alignment) else None

    found = each(aligned, frames)
    return [frame for frame, _ in found], tuple(note for _, note in found)


def find_out(
    frames: list[Frame], reference: int, response: str, given: bool, settings: Settings, reporter: Reporter
) -> Found:
    """Calibrate aligned frames, find their candidates and ask the selection network."""
    with told() as texts:
        calibration = calibrated(frames, reference, response, given=given)
        alpha = alpha_of(frames)
    bracket = Bracket(frames, calibration, COMPARED_PIXELS)
    findings = find(bracket, settings, reporter, thrifty=False)
    as_they_lie = findings.candidates[: len(frames)]
    still = shares_of_frames(bracket, as_they_lie, weigh(bracket, as_they_lie))
    return Found(bracket, findings, still, alpha, tuple(texts))


def concerned(text: str, names: Sequence[str]) -> list[int]:
    """Return the frames that a warning speaks of, by number or by name; empty: the whole bracket."""
    numbered = _NUMBERED.match(text)
    if numbered:
        return [int(number) - 1 for number in re.findall(r"\d+", numbered[1]) if int(number) <= len(names)]
    return [index for index, name in enumerate(names) if name in text]
