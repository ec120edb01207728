"""The sets that `hdrnet eval` knows, each read in the layout in which it is published.

Kalantari and Ramamoorthi 2017, Tel et al. 2023 and Challenge123 (Kong et al. 2024) are brackets with a truth; Sen et
al. 2012 and Tursun et al. 2016 have none, and neither have brackets of one's own ("moving"). DED (Ma et al. 2022), DPDD
(Abuolaim and Brown 2020), RealDOF (Lee et al. 2021) and Realistic (D'Andrès et al. 2016) are defocused pictures.
"""

from functools import partial

from libhdrnet.errors import InputError
from libhdrnet.research.evaluation.sets import brackets, defocus
from libhdrnet.research.evaluation.sets.folders import EvaluationSet

SETS = {
    "kalantari": EvaluationSet(
        "Kalantari 2017", "bracket", brackets.read_with_truth,
        "SCENE/*.tif (three, by name from short to long, or short, ref, long), exposure.txt, HDRImg.hdr",
    ),
    "tel": EvaluationSet(
        "Tel 2023", "bracket", partial(brackets.read_with_truth, truths=("HDRImg", "label")),
        "SCENE/input_1.tif, input_2.tif, input_3.tif, exposure.txt, HDRImg.hdr or label.hdr",
    ),
    "challenge123": EvaluationSet(
        "Challenge123", "bracket", brackets.read_challenge123,
        "NNN_1/ldr_img_1.tif, NNN_2/ldr_img_2.tif, NNN_3/ldr_img_3.tif, NNN_2/exposure.txt, NNN_2/hdr_img.hdr",
    ),
    "sen": EvaluationSet(
        "Sen 2012", "bracket", partial(brackets.read_without_truth, exif=False),
        "SCENE/*.tif (or .png, .jpg), exposure.txt in stops",
    ),
    "tursun": EvaluationSet(
        "Tursun 2016", "bracket", partial(brackets.read_without_truth, exif=True),
        "SCENE/*.jpg (or .tif, .png), exposures in exposure.txt or in EXIF",
    ),
    "moving": EvaluationSet(
        "real moving brackets", "bracket", brackets.read_moving,
        "SCENE/exposures.csv (a heading, then FILE,EXPOSURE) and the pictures it names",
    ),
    "ded": EvaluationSet(
        "DED", "defocus", defocus.read_ded,
        "image/image_N.jpg, sharp/*_N.jpg, filtered/defocus_filterd_N.png",
    ),
    "dpdd": EvaluationSet(
        "DPDD", "defocus", defocus.read_dpdd,
        "test_c/source/*.png and test_c/target/*.png, or inputC and target",
    ),
    "realdof": EvaluationSet("RealDOF", "defocus", defocus.read_realdof, "source/*.png and target/*.png"),
    "realistic": EvaluationSet(
        "Realistic (D'Andrès)", "defocus", defocus.read_realistic,
        "image/*.png, gt/*.mat (blurMap; or .npy, .tif, .png), sharp/*.png if the truth of deblurring is there",
    ),
    "pairs": EvaluationSet(
        "a folder of pairs", "defocus", defocus.read_pairs,
        "blurred/ and sharp/ or map/ (or both), files of one name",
    ),
}  # fmt: skip
"""Sets on disk, by the name on the command line."""


def find_set(name: str) -> EvaluationSet:
    """Return the set of that name.

    Raises:
        InputError: there is none.
    """
    if name not in SETS:
        raise InputError(f"the set {name!r} is unknown; choose one of {', '.join(SETS)}, synthetic, synthetic-defocus.")
    return SETS[name]
