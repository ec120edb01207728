"""What is found in a bracket once, and what is then decided of it: which frames make each place of the result."""

from dataclasses import dataclass

import numpy as np

from libhdrnet.engine import Report, Reporter, Settings
from libhdrnet.engine.memory import give_back_memory
from libhdrnet.merge.candidates import Bracket, Candidate, find_candidates
from libhdrnet.merge.fusion import Believed, Weights, decided
from libhdrnet.merge.mask import Choices, feathered
from libhdrnet.merge.reconstruction import Unknown, find_unknown
from libhdrnet.radiometry import FloatImage


@dataclass(frozen=True)
class Findings:
    """The candidates of a bracket and what the selection believes of them."""

    candidates: list[Candidate]
    logits: FloatImage
    """(n, h, w) of `select`, or (1, 1, 1) where nothing is in doubt."""
    report: Report | None
    """How the network was run; None if it was not."""

    def scaled(self, strictness: float) -> FloatImage:
        """Return the logits for another strictness, 1 = as the network was trained."""
        return np.asarray(self.logits * np.float32(strictness), np.float32)


def find(
    bracket: Bracket, settings: Settings, reporter: Reporter, *, deghost: bool = True, thrifty: bool = True
) -> Findings:
    """Find the candidates and ask the selection network; without `deghost` all frames are believed as they lie.

    `thrifty` takes the frames one by one and gives memory back between the stages, which takes a moment that is nothing
    where they are large.
    """
    candidates = find_candidates(bracket, deghost=deghost, reporter=reporter.part(0, 0.5), thrifty=thrifty)
    if not any(candidate.doubt.any() for candidate in candidates):
        return Findings(candidates, np.zeros((1, 1, 1), np.float32), None)
    if thrifty:
        give_back_memory()
    from libhdrnet.merge.selection import select  # torch is needed from here on
    from libhdrnet.merge.tones import in_local_tones

    logits, report = select(bracket, candidates, settings, reporter.part(0.5, 1))
    if thrifty:
        give_back_memory()
    return Findings(in_local_tones(bracket, candidates, logits), logits, report)


@dataclass(frozen=True)
class Decision:
    """What makes each place of the result; maps at the reduced size."""

    weights: Weights
    unknown: Unknown
    network: FloatImage
    """(h, w) in [0, 1]: share of what a network makes."""


def decide(
    bracket: Bracket, candidates: list[Candidate], belief: Believed, choices: Choices | None, *, repair: bool
) -> Decision:
    """Weigh the candidates, but for what `choices` decide by hand; with `repair` the network makes what is too dark."""
    fixed = {} if choices is None else feathered(bracket, choices)
    by_network = fixed.pop(-1, np.float32(0))
    weights = decided(candidates, belief, {label - 1: share for label, share in fixed.items()})
    unknown = find_unknown(bracket, candidates, weights)
    return Decision(weights, unknown, np.maximum(unknown.dark * np.float32(repair), by_network))
