"""The sets that `hdrnet eval` knows, each read in the layout in which it is published."""

from libhdrnet.errors import InputError
from libhdrnet.research.evaluation.scenes import EvaluationSet
from libhdrnet.research.evaluation.sets import brackets, defocus

SETS = {
    "kalantari": EvaluationSet("Kalantari 2017", "bracket", brackets.KALANTARI, brackets.read_kalantari),
    "tel": EvaluationSet("Tel 2023", "bracket", brackets.TEL, brackets.read_tel),
    "challenge123": EvaluationSet("Challenge123", "bracket", brackets.CHALLENGE123, brackets.read_challenge123),
    "sen": EvaluationSet("Sen 2012", "bracket", brackets.SEN, brackets.read_sen),
    "tursun": EvaluationSet("Tursun 2016", "bracket", brackets.TURSUN, brackets.read_tursun),
    "moving": EvaluationSet("real moving brackets", "bracket", brackets.MOVING, brackets.read_moving),
    "ded": EvaluationSet("DED", "defocus", defocus.DED, defocus.read_ded),
    "dpdd": EvaluationSet("DPDD", "defocus", defocus.DPDD, defocus.read_dpdd),
    "realdof": EvaluationSet("RealDOF", "defocus", defocus.REALDOF, defocus.read_realdof),
    "realistic": EvaluationSet("Realistic (D'Andrès)", "defocus", defocus.REALISTIC, defocus.read_realistic),
    "pairs": EvaluationSet("a folder of pairs", "defocus", defocus.PAIRS, defocus.read_pairs),
}
"""Sets on disk, by the name on the command line."""


def find_set(name: str) -> EvaluationSet:
    """Return the set of that name.

    Raises:
        InputError: there is none.
    """
    if name not in SETS:
        raise InputError(f"the set {name!r} is unknown; choose one of {', '.join(SETS)}, synthetic, synthetic-defocus.")
    return SETS[name]
