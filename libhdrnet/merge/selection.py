"""The selection network's belief in each candidate, found at the reduced size."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from libhdrnet.bands import enlarged
from libhdrnet.engine import Report, Reporter, Settings
from libhdrnet.engine.run import run_tiled
from libhdrnet.merge.blacks import near_black
from libhdrnet.merge.candidates import Bracket, Candidate, contradiction, fetch_codes
from libhdrnet.merge.saturation import saturation
from libhdrnet.networks.selection import BOUND, Candidates, features, fine_difference
from libhdrnet.radiometry import FloatImage, look_up
from libhdrnet.trust import BRIGHT, DARK, LEAST_REFERENCE

STRIP = 16
"""Rows of the compared size whose fine differences are found at a time: what a core's cache holds."""
MOST_CANDIDATES = 12
"""Beyond them tiles have MANY_TILE pixels: memory grows with both (31 candidates in tiles of 512 pixels took 5 GB)."""
MANY_TILE = 160


def select(
    bracket: Bracket,
    candidates: Sequence[Candidate],
    settings: Settings = Settings(),  # noqa: B008 (frozen)
    reporter: Reporter = Reporter(),  # noqa: B008 (frozen)
) -> tuple[FloatImage, Report]:
    """Return how far each candidate is believed beside its noise, logits (n, h, w), and how the network was run.

    Where no candidate is in doubt it is not asked: all are believed alike. What a flow brings is only looked at in
    tiles where it moves something.
    """
    logits = np.zeros((*bracket.size, len(candidates)), np.float32)
    doubt = np.maximum.reduce([candidate.doubt for candidate in candidates])
    numbers = _numbers(bracket, candidates)

    def forward(network: nn.Module) -> Callable[..., Tensor]:
        def of(radiance: Tensor, planes: Tensor, which: Tensor) -> Tensor:
            index = which[0, :, 0, 0].long()
            known = (number.to(radiance.device)[:, index] for number in numbers)
            full = Candidates(radiance, *torch.split(planes, 1, 2), *known)
            strips = [full.strip(top, top + STRIP) for top in range(0, radiance.shape[-2], STRIP)]
            fine = torch.cat([fine_difference(strip, 2) for strip in strips], -2)
            found: Tensor = network(features(full.reduced(2), fine))[:, :, 0]
            return found.new_zeros(1, len(candidates), *found.shape[2:]).index_copy(1, index, found)

        return of

    def compared(rows: slice, columns: slice) -> tuple[FloatImage, ...]:
        which = [
            i for i, c in enumerate(candidates)
            if c.flow is None or (c.doubt[rows, columns] * c.flow.length[rows, columns]).any()
        ]  # fmt: skip
        found = [_compared(bracket, candidates[i], rows, columns) for i in which]
        radiance, planes = (np.stack(part) for part in zip(*found, strict=True))
        return radiance, planes, np.array(which, np.float32)[:, None, None]

    report = run_tiled(
        "selection", compared, logits, needed=doubt > 0, forward=forward, settings=_tiled(settings, len(candidates)),
        reporter=reporter, stage="choosing among the exposures",
    )  # fmt: skip
    logits *= doubt[..., None]
    planes = np.ascontiguousarray(logits.transpose(2, 0, 1))
    for plane, candidate in zip(planes[1:], candidates[1:], strict=True):
        lead = plane - planes[0]
        if bracket.times[candidate.frame] < bracket.times[bracket.reference]:
            lead -= np.float32(2 * BOUND) * contradiction(bracket, candidates[0], candidate)
        elif bracket.times[candidate.frame] > bracket.times[bracket.reference]:
            lead += less_saturated(candidates[0], candidate)
            lead -= np.minimum(lead, 0) * near_black(bracket, candidates[0], candidate)
        plane[:] = planes[0] + lead
    return planes, report


def less_saturated(reference: Candidate, longer: Candidate) -> FloatImage:
    """Return logits, (h, w), at most 0: a longer frame is not believed where it is less saturated than the reference.

    If it showed the same it would be saturated there, too. Twice the loss, for a longer frame has less noise.
    """
    own, other = (np.log(np.maximum(1 - c.saturation, np.float32(LEAST_REFERENCE))) for c in (reference, longer))
    return np.asarray(2 * np.minimum(own - other, 0), np.float32)


def _tiled(settings: Settings, candidates: int) -> Settings:
    if settings.tile is not None or candidates <= MOST_CANDIDATES:
        return settings
    return replace(settings, tile=MANY_TILE)


def _numbers(bracket: Bracket, candidates: Sequence[Candidate]) -> list[Tensor]:
    """Return white, black, stops, shot and read noise of the candidates at the compared size, (1, n) or (1, n, 3)."""
    at, noise = bracket.calibration.at, bracket.calibration.noise
    frames = [candidate.frame for candidate in candidates]
    averaged = (bracket.factor / 2) ** 2
    columns = (
        [at(i, BRIGHT) for i in frames],
        [at(i, DARK) for i in frames],
        [np.log2(bracket.times[i]) for i in frames],
        [noise.shot * noise.gains[i] / averaged for i in frames],
        [noise.read * noise.gains[i] ** 2 / averaged for i in frames],
    )
    return [torch.from_numpy(np.array([column], np.float32)) for column in columns]


def _compared(bracket: Bracket, candidate: Candidate, rows: slice, columns: slice) -> tuple[FloatImage, FloatImage]:
    """Return radiance (3, 2 h, 2 w) of a rectangle at the compared size, and saturation, confidence and flow length."""
    twice = (2 * bracket.size[0], 2 * bracket.size[1])
    where = slice(2 * rows.start, 2 * rows.stop), slice(2 * columns.start, 2 * columns.stop)
    confidence = enlarged(candidate.confidence, twice, *where)
    flow = candidate.flow
    length = np.zeros_like(confidence) if flow is None else 2 * enlarged(flow.length, twice, *where)
    codes, bright = fetch_codes(bracket, candidate, *where, compared=True)
    white = None if candidate.white is None else enlarged(candidate.white, twice, *where)
    radiance = look_up(codes, bracket.compared[candidate.frame])
    return radiance.transpose(2, 0, 1), np.stack([saturation(bright, white), confidence, length])
