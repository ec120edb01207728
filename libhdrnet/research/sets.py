"""The sets that `hdrnet eval` knows, in words: what each is called, what is in it and how it is laid out.

Kalantari and Ramamoorthi 2017, Tel et al. 2023 and Challenge123 (Kong et al. 2024) are brackets with a truth; Sen et
al. 2012 and Tursun et al. 2016 have none, and neither have brackets of one's own ("moving"). DED (Ma et al. 2022), DPDD
(Abuolaim and Brown 2020), RealDOF (Lee et al. 2021) and Realistic (D'Andrès et al. 2016) are defocused pictures.
`evaluation.sets` reads them.
"""

from dataclasses import dataclass, replace
from typing import Literal

from libhdrnet.errors import InputError


@dataclass(frozen=True)
class EvaluationSet:
    """A set that can be evaluated."""

    title: str
    holds: Literal["brackets with a truth", "brackets without a truth", "defocus"]
    layout: str
    """How it is laid out, in a few words."""

    @property
    def kind(self) -> Literal["bracket", "defocus"]:
        """Of its scenes."""
        return "defocus" if self.holds == "defocus" else "bracket"


SETS = {
    "kalantari": EvaluationSet(
        "Kalantari 2017", "brackets with a truth",
        "SCENE/*.tif (three, by name from short to long, or short, ref, long), exposure.txt, HDRImg.hdr",
    ),
    "tel": EvaluationSet(
        "Tel 2023", "brackets with a truth",
        "SCENE/input_1.tif, input_2.tif, input_3.tif, exposure.txt, HDRImg.hdr or label.hdr",
    ),
    "challenge123": EvaluationSet(
        "Challenge123", "brackets with a truth",
        "NNN_1/ldr_img_1.tif, NNN_2/ldr_img_2.tif, NNN_3/ldr_img_3.tif, NNN_2/exposure.txt, NNN_2/hdr_img.hdr",
    ),
    "sen": EvaluationSet("Sen 2012", "brackets without a truth", "SCENE/*.tif (or .png, .jpg), exposure.txt in stops"),
    "tursun": EvaluationSet(
        "Tursun 2016", "brackets without a truth", "SCENE/*.jpg (or .tif, .png), exposures in exposure.txt or in EXIF"
    ),
    "moving": EvaluationSet(
        "real moving brackets", "brackets without a truth",
        "SCENE/exposures.csv (a heading, then FILE,EXPOSURE) and the pictures it names",
    ),
    "ded": EvaluationSet("DED", "defocus", "image/image_N.jpg, sharp/*_N.jpg, filtered/defocus_filterd_N.png"),
    "dpdd": EvaluationSet("DPDD", "defocus", "test_c/source/*.png and test_c/target/*.png, or inputC and target"),
    "realdof": EvaluationSet("RealDOF", "defocus", "source/*.png and target/*.png"),
    "realistic": EvaluationSet(
        "Realistic (D'Andrès)", "defocus",
        "image/*.png, gt/*.mat (blurMap; or .npy, .tif, .png), sharp/*.png if the truth of deblurring is there",
    ),
    "pairs": EvaluationSet(
        "a folder of pairs", "defocus", "blurred/ and sharp/ or map/ (or both), files of one name"
    ),
}  # fmt: skip
"""Sets on disk, by the name on the command line."""
SYNTHETIC = {"synthetic": "kalantari", "synthetic-defocus": "pairs"}
"""Names of the built-in sets, and the layout each is written in."""


def find_set(name: str) -> EvaluationSet:
    """Return the set of that name, a built-in one, too.

    Raises:
        InputError: there is none.
    """
    built_in = {one: replace(SETS[of], title="the built-in synthetic set") for one, of in SYNTHETIC.items()}
    known = {**SETS, **built_in}
    if name not in known:
        raise InputError(f"the set {name!r} is unknown; choose one of {', '.join(known)}.")
    return known[name]


def names() -> str:
    """Return the names of all sets, in groups of what they hold."""
    groups = dict.fromkeys(found.holds for found in SETS.values())
    told = (f"{', '.join(name for name, of in SETS.items() if of.holds == holds)} ({holds})" for holds in groups)
    return f"{', '.join(told)}, or built in: {', '.join(SYNTHETIC)}"
