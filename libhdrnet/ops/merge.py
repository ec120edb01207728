"""Merge a bracket (design: how a merge flows).

Read, linearise, align, find where the frames agree, follow what moved, merge classically, run the network where they
still disagree, join.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np

from libhdrnet.align import Alignment, align_frames
from libhdrnet.engine import CancelCallback, ProgressCallback, Report, Reporter, Settings, check_settings
from libhdrnet.errors import InputError
from libhdrnet.exposure import check_exposures, pick_reference, pick_three
from libhdrnet.ops.agreement import find_agreement
from libhdrnet.ops.black import lower_black
from libhdrnet.ops.classical import merge_classical
from libhdrnet.ops.follow import follow
from libhdrnet.ops.frames import ImageLike, load_frames
from libhdrnet.ops.network import merge_network, repair
from libhdrnet.ops.tones import Tones, decode_tables, near
from libhdrnet.radiometry import FloatImage

if TYPE_CHECKING:
    from libhdrnet.io.metadata import Metadata

MODELS = ("auto", "psfnet", "msffnet", "classical")


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
    deghost: float = 0.5,
    align: bool = True,
    response: str = "auto",
    device: str = "auto",
    precision: str = "auto",
    tile: int | None = None,
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
    deghost: float = 0.5,
    align: bool = True,
    response: str = "auto",
    device: str = "auto",
    precision: str = "auto",
    tile: int | None = None,
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
    deghost: float = 0.5,
    align: bool = True,
    response: str = "auto",
    device: str = "auto",
    precision: str = "auto",
    tile: int | None = None,
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
        deghost: What counts as motion, from 0 (nothing) to 1 (anything in doubt).
        align: Align the frames to the reference first (homography, affine, translation or nothing).
        response: How the files' codes became codes: "auto" (RAW and float: linear; else ICC profile or sRGB),
            "srgb", "gamma2.2", "linear", or "estimate" (Debevec calibration from the bracket). Files that are linear
            (RAW, OpenEXR, Radiance, a linear profile) stay so whatever it says, and a profile's primaries count.
        device: "auto", "cpu", "cuda" or "mps".
        precision: "auto", "fp32", "bf16" or "fp16".
        tile: Edge of the network's tiles in pixels; None chooses.
        return_mask: Return (radiance, mask).
        progress: Called with the fraction done and the stage.
        cancel: Return True to stop; checked between tiles.

    Returns:
        float32 (H, W, 3), linear, Rec.709 primaries, 1.0 = white of the reference, highlights up to
        t_reference / t_shortest, and with RAW slightly negative noise around black; with `return_mask` also float32
        (H, W) in three grades: 1 = measured (the frames agree; where something moved, once it was followed), 0.5 =
        repaired (rebuilt from the frames that show it as the reference does), 0 = guessed (the reference is saturated
        there and all shorter frames show something else: section 2.4.5).

    Raises:
        InputError: a file, an array, the exposures or an option cannot be used; the message says why.
        OutOfMemoryError: not even the smallest tile fits.
        CancelledError: `cancel()` returned True.
        WeightsError: the trained weights are missing or damaged.

    """
    result = merge(
        images, exposure_times, reference=reference, model=model, deghost=deghost, align=align, response=response,
        settings=Settings(device, precision, tile), with_mask=return_mask, reporter=Reporter(progress, cancel),
    )  # fmt: skip
    return result.radiance if result.mask is None else (result.radiance, result.mask)


def merge(
    images: Sequence[ImageLike],
    exposure_times: Sequence[float] | None = None,
    *,
    reference: int | None = None,
    model: str = "auto",
    deghost: float = 0.5,
    align: bool = True,
    response: str = "auto",
    settings: Settings = Settings(),  # noqa: B008 (frozen)
    with_mask: bool = False,
    reporter: Reporter = Reporter(),  # noqa: B008 (frozen)
) -> MergeResult:
    """Do what `merge_exposures` does and tell how it was done."""
    _check_options(len(images), model, reference, deghost)
    check_settings(settings)
    reporter(0.0, "reading the bracket")
    frames = lower_black(load_frames(images, exposure_times, response=response))
    exposures = [frame.exposure for frame in frames]
    if reference is None:
        reporter(0.05, "choosing the reference")
        reference = pick_reference([frame.codes for frame in frames], exposures)
    alignments: list[Alignment | None] = [None] * len(frames)
    if align:
        reporter(0.06, "aligning")
        codes, found, _ = align_frames([frame.codes for frame in frames], exposures, reference)
        frames = [replace(frame, codes=c) for frame, c in zip(frames, codes, strict=True)]
        alignments = list(found)
    reporter(0.1, "checking the exposures")
    disagreements = check_exposures([frame.codes for frame in frames], exposures, reference)
    chosen, used = _method(model, exposures, reference)
    agreement = None
    if model == "auto" or with_mask:
        agreement = find_agreement(frames, reference, deghost=deghost, reporter=reporter.part(0.12, 0.16))
    report, repaired = None, 0.0
    if model == "classical":
        radiance = merge_classical(frames, reference, reporter=reporter.part(0.2, 1))
    elif model == "auto" and agreement is not None:
        moved = agreement.weakest < 255
        frames, agreement = follow(frames, reference, agreement, deghost=deghost, reporter=reporter.part(0.16, 0.2))
        radiance = merge_classical(
            frames, reference, agreement, reporter=reporter.part(0.2, 0.26 if moved.any() else 1)
        )
        if moved.any():
            # Where a frame begins or ceases to be believed, or was followed, its own tones would show as an edge.
            tones = Tones(decode_tables(radiance, frames, reference, agreement), near(moved))
            merge_classical(frames, reference, agreement, tones=tones, out=radiance, reporter=reporter.part(0.26, 0.3))
            report, repaired = repair(
                radiance, frames, reference, agreement, tones.tables, chosen, used, settings, reporter.part(0.3, 1)
            )
        used = tuple(sorted(range(len(exposures)), key=lambda i: exposures[i]))
    else:
        radiance, report = merge_network(
            chosen, [frames[i] for i in used], used.index(reference), settings, reporter.part(0.2, 1)
        )
        repaired = 1.0
    mask = agreement.grades() if agreement is not None and with_mask else None
    return MergeResult(
        radiance, mask, model, reference, used, tuple(exposures), tuple(disagreements), tuple(alignments),
        report, repaired, frames[reference].metadata, tuple(frame.name for frame in frames),
    )  # fmt: skip


def _check_options(count: int, model: str, reference: int | None, deghost: float) -> None:
    if model not in MODELS:
        raise InputError(f"model {model!r} is unknown; choose one of {', '.join(MODELS)}.")
    if reference is not None and not 0 <= reference < count:
        raise InputError(f"reference {reference + 1} is not one of the {count} images; give 1 to {count}.")
    if not 0 <= deghost <= 1:
        raise InputError(f"deghost {deghost} is out of range; give 0 to 1.")
    if model == "psfnet" and count < 3:
        raise InputError(f"model 'psfnet' takes three exposures and {count} were given; use 'auto' or 'msffnet'.")


def _method(model: str, exposures: Sequence[float], reference: int) -> tuple[str, tuple[int, ...]]:
    """Return the method and the indices of the frames it sees, in its order."""
    if model == "classical":
        return model, tuple(sorted(range(len(exposures)), key=lambda i: exposures[i]))
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
