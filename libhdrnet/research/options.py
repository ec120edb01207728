"""What can be chosen of `hdrnet pack`, `train` and `eval`, as `libhdrnet.options` has it for all other commands."""

from dataclasses import dataclass
from math import inf
from pathlib import Path

from libhdrnet.options import Options, Settings, WorkerOptions, option
from libhdrnet.research import sets

_MATERIAL = "holds hdr/ (radiance) and sharp/ (photographs)"


@dataclass(frozen=True, kw_only=True)
class PackOptions(Options):
    """Pictures that networks learn from into one file."""

    data: Path = option(help=_MATERIAL, metavar="FOLDER")
    output: Path = option(help="the pack", metavar="FILE", flags=("-o", "--output"))
    overwrite: bool = option(False, "replace a file that exists")


@dataclass(frozen=True, kw_only=True)
class TrainingOptions(Options):
    """One training run; None: as the recipe has it."""

    network: str = option(
        help="psfnet, msffnet or defocus (the thesis's), psfnet-fast, msffnet-fast, defocus-fast or selection (ours), "
        "or all of ours one after the other", metavar="NET", flags=(),
    )  # fmt: skip
    data: Path | None = option(None, _MATERIAL, metavar="FOLDER", apart="material")
    pack: Path | None = option(None, "what 'hdrnet pack' made of it", metavar="FILE", apart="material")
    out: Path = option(
        Path("hdrnet-training"), "checkpoint, log and weights", metavar="FOLDER", flags=("-o", "--output")
    )
    recipe: str = option(
        "ours", "patch, batch, rate, budget and loss where they are not given: ours (an hour), or thesis (days on an "
        "accelerator)",
    )  # fmt: skip
    minutes: float | None = option(
        None, "training time, earlier stretches included (ours: 60)", limits=(1e-3, inf),
        apart="budget",
    )  # fmt: skip
    steps: int | None = option(None, "number of steps instead of a time", limits=(1, inf), apart="budget")
    resume: bool = option(False, "go on from the checkpoint in FOLDER")
    start: Path | None = option(None, "begin with the weights in FOLDER, not with random ones", metavar="FOLDER")
    start_share: float = option(
        0.0, "share of those weights in what is written; 0.5: the mean of before and after", limits=(0, 1)
    )
    batch: int | None = option(None, "samples a step (ours: 4)", limits=(1, inf))
    patch: int | None = option(None, "edge of a sample in pixels (ours: 64)")
    """Also the window of local statistics at inference."""
    rate: float | None = option(
        None, "first learning rate; the last is a hundredth of it (1e-4)", metavar="RATE", limits=(1e-9, 1)
    )
    seed: int = option(0, "of weights and samples")
    workers: int = option(
        1, "threads that make samples; 0: each batch is made when it is its turn and seen once",
        limits=(0, inf),
    )  # fmt: skip
    limit: int | None = option(None, "use only that many pictures of each kind", limits=(1, inf))
    ablation: str | None = option(
        None, "a row of the thesis's tables of ablations, such as no-dab (a wrong name lists them)", metavar="NAME"
    )
    only: str | None = option(
        None, "defocus: train what estimates the map alone, or what deblurs (deblurring); the other stays as it is",
        metavar="PART",
    )  # fmt: skip
    device: str = option("auto", "auto, cpu, cuda or mps")


@dataclass(frozen=True, kw_only=True)
class EvaluationOptions(WorkerOptions, Settings):
    """What is evaluated."""

    set: str = option(help=sets.names(), metavar="SET", flags=())
    root: Path | None = option(None, "folder of the set, in the layout in which it is published", metavar="DIR")
    methods: str | None = option(
        None, "brackets: ours, classical, psfnet, msffnet, debevec, mertens, reference; defocus: ours, unsharp, "
        "richardson-lucy, hyper-laplacian (with our map), input; NET@FOLDER takes the weights of a training run, such "
        "as an ablation's, and psfnet@thesis the thesis's form as we trained it", metavar="A,B",
    )  # fmt: skip
    output: Path | None = option(None, "results (default: hdrnet-eval/SET)", metavar="FOLDER", flags=("-o", "--output"))
    report: Path | None = option(
        None, "also write one page with tables, plots and pictures to compare", metavar="OUT.html"
    )
    resume: bool = option(False, "go on with the run in FOLDER; more scenes or methods may join")
    overwrite: bool = option(False, "replace a report that exists")
    limit: int | None = option(None, "only the first N scenes", limits=(1, inf))
    scenes: str | None = option(None, "only these scenes; patterns such as 'motion-*' are fine", metavar="A,B")
    crop: int | None = option(None, "only the central square of N pixels of each scene", limits=(1, inf))
    align: bool = option(True, "do not align the frames (else our methods do, and Mertens's fusion by AlignMTB)")
    frames: str = option(
        "linear", "brackets with a truth: frames as the set has them (linear), or as a camera gives them (camera: "
        "response, JPEG, exposures up to 0.3 EV off; one tone curve is forgiven), or both",
        flags=("--as",), among=("linear", "camera", "both"),
    )  # fmt: skip
    metrics: str | None = option(None, "more metrics: jod, lpips (their packages have to be installed)", metavar="A,B")
    predictions: Path | None = option(None, "keep every result as float32 .npy: METHOD/SCENE.npy", metavar="FOLDER")

    @property
    def folder(self) -> Path:
        """Where the results go."""
        return self.output or Path("hdrnet-eval", self.set)

    @property
    def more_metrics(self) -> list[str]:
        """Names of the metrics that are asked for beside the usual ones."""
        return listed(self.metrics or "")


def listed(text: str) -> list[str]:
    """Return the words of "A,B"."""
    return [word.strip() for word in text.split(",") if word.strip()]
