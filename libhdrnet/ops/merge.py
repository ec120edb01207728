"""Merge a bracket (design: how a merge flows).

Read, linearise, align, find where the frames agree, follow what moved, merge classically, run the network where they
still disagree, join.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np

from libhdrnet.align import Alignment, align_coverage, align_frames, fill
from libhdrnet.engine import CancelCallback, ProgressCallback, Report, Reporter, Settings, bounded, check_settings
from libhdrnet.errors import HdrnetWarning, InputError
from libhdrnet.exposure import check_exposures, pick_reference, pick_three
from libhdrnet.ops.agreement import GUESSED, MEASURED, REPAIRED, find_agreement
from libhdrnet.ops.black import lower_black
from libhdrnet.ops.classical import merge_classical
from libhdrnet.ops.follow import follow
from libhdrnet.ops.frames import Frame, ImageLike, load_frames
from libhdrnet.ops.network import merge_network, repair
from libhdrnet.ops.tones import Tones, decode_tables, near
from libhdrnet.radiometry import FloatImage

if TYPE_CHECKING:
    from libhdrnet.io.metadata import Metadata

MODELS = ("auto", "psfnet", "msffnet", "classical")
DEGHOST = 0.5
"""What counts as motion unless it is said."""


@dataclass(frozen=True)
class MergeResult:
    """A merged bracket and how it was made."""

    radiance: FloatImage
    """(H, W, 3) linear Rec.709, 1.0 = white of the reference."""
    mask: FloatImage | None
    """(H, W): 1 measured, 0.5 repaired, 0 guessed; only if it was asked for."""
    model: str
    """The method that was used: "auto", "psfnet", "msffnet" or "classical"."""
    reference: int
    """Index of the reference in the order given."""
    used: tuple[int, ...]
    """Indices of the frames the method saw, from short to long."""
    exposures: tuple[float, ...]
    """Relative exposures, in the order given."""
    disagreements: tuple[float | None, ...]
    """For each frame, by how many stops its pixels contradict its exposure; None: too little to go by."""
    alignments: tuple[Alignment | None, ...]
    """For each frame, how it was aligned; None with align=False."""
    report: Report | None
    """How the network was run; None if it was not."""
    repaired: float
    """Share of the picture whose pixels the network made, in [0, 1]."""
    metadata: "Metadata | None"
    """Of the reference's file."""
    names: tuple[str, ...]
    """Files, or "image 1" for arrays."""
    alpha: FloatImage | None = None
    """(H, W) in [0, 1], what any frame shows, where all have an alpha channel; the radiance is not multiplied."""

    def as_record(self) -> dict[str, Any]:
        """JSON-able record of how the picture was made."""
        return {
            "operation": "merge",
            "model": self.model,
            "inputs": [str(name).replace("\\", "/").rsplit("/", 1)[-1] for name in self.names],
            "reference": self.reference + 1,
            "used": [index + 1 for index in self.used],
            "exposures": list(self.exposures),
            "repaired": round(self.repaired, 4),
            "alignment": [a.note if a else "not aligned" for a in self.alignments],
            **({"engine": self.report.as_record()} if self.report else {}),
        }


@overload
def merge_exposures(
    images: Sequence[ImageLike],
    exposure_times: Sequence[float] | None = None,
    *,
    reference: int | None = None,
    model: str = "auto",
    deghost: float = DEGHOST,
    align: bool = True,
    response: str = "auto",
    device: str = "auto",
    precision: str = "auto",
    tile: int | None = None,
    threads: int | None = None,
    return_mask: Literal[False] = False,
    progress: ProgressCallback | None = None,
    cancel: CancelCallback | None = None,
) -> FloatImage: ...


@overload
def merge_exposures(
    images: Sequence[ImageLike],
    exposure_times: Sequence[float] | None = None,
    *,
    reference: int | None = None,
    model: str = "auto",
    deghost: float = DEGHOST,
    align: bool = True,
    response: str = "auto",
    device: str = "auto",
    precision: str = "auto",
    tile: int | None = None,
    threads: int | None = None,
    return_mask: Literal[True],
    progress: ProgressCallback | None = None,
    cancel: CancelCallback | None = None,
) -> tuple[FloatImage, FloatImage]: ...


def merge_exposures(
    images: Sequence[ImageLike],
    exposure_times: Sequence[float] | None = None,
    *,
    reference: int | None = None,
    model: str = "auto",
    deghost: float = DEGHOST,
    align: bool = True,
    response: str = "auto",
    device: str = "auto",
    precision: str = "auto",
    tile: int | None = None,
    threads: int | None = None,
    return_mask: bool = False,
    progress: ProgressCallback | None = None,
    cancel: CancelCallback | None = None,
) -> FloatImage | tuple[FloatImage, FloatImage]:
    """Merge two to nine exposures of a scene, hand-held and with motion, into one clean HDR picture.

    Args:
        images: Paths, or arrays (H, W, 3): uint8 and uint16 are taken as sRGB, float32 as linear, 1.0 = white.
        exposure_times: Exposure of each image (only ratios matter); None reads time, ISO and aperture from EXIF.
        reference: Index of the image whose content and geometry the result has; None picks the best exposed
            middle one.
        model: "auto" merges classically where the frames agree, or do once what moved is followed, and by the
            network where they do not;
            "psfnet" (three frames, thesis chapter 2) and "msffnet" (the shorter frame and the reference, chapter 3)
            run the network over the whole picture; "classical" is the mean of all frames with the least noise
            and knows no motion.
        deghost: What counts as motion, from 0 (nothing) to 1 (anything in doubt); for "auto" alone.
        align: Align the frames to the reference first (homography, affine, translation or nothing).
        response: How the files' codes became codes: "auto" (RAW and float: linear; else ICC profile or sRGB),
            "srgb", "gamma2.2", "linear", or "estimate" (Debevec calibration from the bracket). Files that are linear
            (RAW, OpenEXR, Radiance, a linear profile) stay so whatever it says, and a profile's primaries count.
        device: "auto", "cpu", "cuda" or "mps".
        precision: "auto", "fp32", "bf16" or "fp16".
        tile: Edge of the network's tiles in pixels; None chooses.
        threads: Most threads that torch, OpenCV and the library use meanwhile; None leaves that as it is.
        return_mask: Return (radiance, mask).
        progress: Called with the fraction done and the stage.
        cancel: Return True to stop; checked between tiles.

    Returns:
        float32 (H, W, 3), linear, Rec.709 primaries, 1.0 = white of the reference, highlights up to
        t_reference / t_shortest, and with RAW slightly negative noise around black; with `return_mask` also float32
        (H, W) in three grades: 1 = measured (the frames agree; where something moved, once it was followed), 0.5 =
        repaired (rebuilt by the network from the frames that show it as the reference does), 0 = guessed (the reference
        is saturated there and all shorter frames show something else, section 2.4.5, or nothing; or all frames are
        transparent). "classical" measures all else, "psfnet" and "msffnet" nothing.

    Raises:
        InputError: a file, an array, the exposures or an option cannot be used; the message says why.
        OutOfMemoryError: not even the smallest tile fits.
        CancelledError: `cancel()` returned True.
        WeightsError: the trained weights are missing or damaged.

    """
    result = merge(
        images, exposure_times, reference=reference, model=model, deghost=deghost, align=align, response=response,
        settings=Settings(device, precision, tile, threads), with_mask=return_mask, reporter=Reporter(progress, cancel),
    )  # fmt: skip
    return result.radiance if result.mask is None else (result.radiance, result.mask)


def merge(
    images: Sequence[ImageLike],
    exposure_times: Sequence[float] | None = None,
    *,
    reference: int | None = None,
    model: str = "auto",
    deghost: float = DEGHOST,
    align: bool = True,
    response: str = "auto",
    settings: Settings = Settings(),  # noqa: B008 (frozen)
    with_mask: bool = False,
    reporter: Reporter = Reporter(),  # noqa: B008 (frozen)
) -> MergeResult:
    """Do what `merge_exposures` does and tell how it was done."""
    _check_options(len(images), model, reference, deghost)
    check_settings(settings)
    with bounded(settings.threads):
        reporter(0.0, "reading the bracket")
        frames = lower_black(load_frames(images, exposure_times, response=response))
        exposures = [frame.exposure for frame in frames]
        if reference is None:
            reporter(0.05, "choosing the reference")
            reference = pick_reference([frame.codes for frame in frames], exposures)
        alignments: Sequence[Alignment | None] = [None] * len(frames)
        if align:
            reporter(0.06, "aligning")
            frames, alignments = _aligned(frames, reference)
        reporter(0.1, "checking the exposures")
        disagreements = check_exposures([frame.codes for frame in frames], exposures, reference)
        network, used = _method(model, exposures, reference)
        job = _Job(frames, reference, network, used, deghost, with_mask, settings)
        made = _RUN[model](job, reporter.part(0.12, 1))
        alpha = _alpha(frames)
        if alpha is not None:
            made.radiance[alpha == 0] = 0
        if made.mask is not None:
            made.mask[_unseen(frames)] = GUESSED
        return MergeResult(
            made.radiance, made.mask, model, reference, used if model != "auto" else _by_exposure(exposures),
            tuple(exposures), tuple(disagreements), tuple(alignments), made.report, made.repaired,
            frames[reference].metadata, tuple(frame.name for frame in frames), alpha,
        )  # fmt: skip


@dataclass(frozen=True)
class _Job:
    """Aligned frames and what is to be made of them."""

    frames: list[Frame]
    reference: int
    network: str
    """Name of the network, for the methods that have one."""
    used: tuple[int, ...]
    """The frames that it sees, in its order."""
    deghost: float
    with_mask: bool
    settings: Settings


@dataclass(frozen=True)
class _Made:
    radiance: FloatImage
    mask: FloatImage | None
    report: Report | None = None
    repaired: float = 0.0


def _merge_auto(job: _Job, reporter: Reporter) -> _Made:
    """Merge classically what agrees, or does once it is followed, and by the network what does not."""
    reference, deghost = job.reference, job.deghost
    agreement = find_agreement(job.frames, reference, deghost=deghost, reporter=reporter.part(0, 0.05))
    moved, bare = agreement.weakest < 255, agreement.bare
    frames, agreement = follow(job.frames, reference, agreement, deghost=deghost, reporter=reporter.part(0.05, 0.1))
    last = 0.16 if (moved | bare).any() else 1
    radiance = merge_classical(frames, reference, agreement, reporter=reporter.part(0.1, last))
    report, repaired = None, 0.0
    if (moved | bare).any():
        # Where a frame begins or ceases to be believed or to have data, or was followed, its own tones would show.
        tables = decode_tables(radiance, frames, reference, agreement)
        tones = Tones(tables, near(moved | bare))
        merge_classical(frames, reference, agreement, tones=tones, out=radiance, reporter=reporter.part(0.16, 0.2))
        if moved.any():
            report, repaired = repair(
                radiance, frames, reference, agreement, tables, job.network, job.used, job.settings,
                reporter.part(0.2, 1),
            )  # fmt: skip
        reporter(1.0, "merged")
    return _Made(radiance, agreement.grades() if job.with_mask else None, report, repaired)


def _merge_network(job: _Job, reporter: Reporter) -> _Made:
    """Run the network over the whole picture: no pixel is measured, and what no frame shows is a guess."""
    frames, reference = [job.frames[i] for i in job.used], job.used.index(job.reference)
    radiance, report = merge_network(job.network, frames, reference, job.settings, reporter)
    mask = np.minimum(find_agreement(frames, reference).grades(), REPAIRED) if job.with_mask else None
    return _Made(radiance, mask, report, 1.0)


def _merge_classical(job: _Job, reporter: Reporter) -> _Made:
    """Take the mean of all frames as they lie: each pixel is measured, ghosts as well."""
    radiance = merge_classical(job.frames, job.reference, reporter=reporter)
    return _Made(radiance, np.full(radiance.shape[:2], MEASURED, np.float32) if job.with_mask else None)


_RUN = {"auto": _merge_auto, "psfnet": _merge_network, "msffnet": _merge_network, "classical": _merge_classical}


def _aligned(frames: Sequence[Frame], reference: int) -> tuple[list[Frame], list[Alignment]]:
    exposures = [frame.exposure for frame in frames]
    codes, found, covers = align_frames([frame.codes for frame in frames], exposures, reference)
    aligned = []
    for frame, pixels, alignment, covered in zip(frames, codes, found, covers, strict=True):
        coverage = align_coverage(frame.coverage, alignment, covered)
        if frame.coverage is not None and coverage is not None:
            fill(pixels, coverage > 0, frames[reference].codes, frame.exposure / exposures[reference], everywhere=True)
        aligned.append(replace(frame, codes=pixels, coverage=coverage))
    return aligned, found


def _by_exposure(exposures: Sequence[float]) -> tuple[int, ...]:
    return tuple(sorted(range(len(exposures)), key=lambda i: exposures[i]))


def _alpha(frames: Sequence[Frame]) -> FloatImage | None:
    """Return what any frame shows, (H, W) in [0, 1], if all of them have an alpha channel."""
    transparent = [frame.name for frame in frames if frame.transparent]
    if 0 < len(transparent) < len(frames):
        warnings.warn(
            f"The transparency of '{transparent[0]}' is left out: other frames of the bracket have none.",
            HdrnetWarning,
            stacklevel=3,
        )
    if len(transparent) < len(frames):
        return None
    shape = frames[0].codes.shape[:2]
    planes = [frame.coverage for frame in frames]
    opaque = np.ones(shape, np.float32)
    whole = [opaque if plane is None else plane * np.float32(1 / 65535) for plane in planes]
    return np.asarray(np.maximum.reduce(whole), np.float32)


def _unseen(frames: Sequence[Frame]) -> Any:
    """Select, for an index, the pixels (H, W) that no frame shows: transparent, or beyond the border, in all."""
    planes = [frame.coverage for frame in frames if frame.coverage is not None]
    return np.maximum.reduce(planes) == 0 if len(planes) == len(frames) else False


def _check_options(count: int, model: str, reference: int | None, deghost: float) -> None:
    if model not in MODELS:
        raise InputError(f"model {model!r} is unknown; choose one of {', '.join(MODELS)}.")
    if reference is not None and not 0 <= reference < count:
        raise InputError(f"reference {reference + 1} is not one of the {count} images; give 1 to {count}.")
    if not 0 <= deghost <= 1:
        raise InputError(f"deghost {deghost} is out of range; give 0 to 1.")
    if model != "auto" and deghost != DEGHOST:
        raise InputError(f"deghost {deghost} means nothing to model {model!r}, which looks for no motion; use 'auto'.")
    if model == "psfnet" and count < 3:
        raise InputError(f"model 'psfnet' takes three exposures and {count} were given; use 'auto' or 'msffnet'.")


def _method(model: str, exposures: Sequence[float], reference: int) -> tuple[str, tuple[int, ...]]:
    """Return the method and the indices of the frames it sees, in its order."""
    if model == "classical":
        return model, _by_exposure(exposures)
    shorter = [i for i in range(len(exposures)) if exposures[i] < exposures[reference]]
    if model == "msffnet" or (model == "auto" and len(exposures) == 2 and shorter):
        if not shorter:
            raise InputError(
                f"model 'msffnet' needs an exposure shorter than the reference (image {reference + 1}); "
                "choose another reference or model."
            )
        wanted = exposures[reference] / 4
        return "msffnet", (min(shorter, key=lambda i: abs(np.log2(exposures[i] / wanted))), reference)
    if len(exposures) == 2:  # the reference is the shorter one: it stands for the missing shortest, too
        return "psfnet", (reference, reference, 1 - reference)
    return "psfnet", pick_three(exposures, reference)
