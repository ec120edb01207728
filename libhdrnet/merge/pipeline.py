"""Merge a bracket: the stages of `libhdrnet.merge`, one after the other, and what is given back with the picture."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
import numpy.typing as npt

from libhdrnet.alignment import Alignment, align
from libhdrnet.bands import bands
from libhdrnet.engine import CancelCallback, ProgressCallback, Report, Reporter, bounded, check_settings
from libhdrnet.errors import InputError, sentence, warn
from libhdrnet.keeping import keep, let_go
from libhdrnet.merge.candidates import Bracket
from libhdrnet.merge.findings import decide, find
from libhdrnet.merge.frames import Frame, check_differ, gains_of, load_frames
from libhdrnet.merge.fusion import believed, fuse
from libhdrnet.merge.mask import (
    GUESSED,
    MEASURED,
    Choices,
    fitted_choices,
    grades,
    renumbered,
    shares_of_choices,
    shares_of_frames,
)
from libhdrnet.merge.reconstruction import reconstruct
from libhdrnet.merge.reference import pick_reference, pick_three
from libhdrnet.merge.sources import ImageLike
from libhdrnet.merge.strangers import tell_strangers, unlike
from libhdrnet.options import DEGHOST, NETWORKS, MergeOptions, MethodOptions, recorded, takes
from libhdrnet.photometry import Calibration, calibrate, merged_noise
from libhdrnet.radiometry import FloatImage

if TYPE_CHECKING:
    from libhdrnet.io.camera import Camera
    from libhdrnet.io.metadata import Metadata


@dataclass(frozen=True)
class MergeResult:
    """A merged bracket and how it was made."""

    radiance: FloatImage
    """(H, W, 3) linear Rec.709, 1.0 = white of the reference."""
    mask: FloatImage | None
    """(H, W): 1 measured, 0.5 made by the network, 0 guessed; only if it was asked for."""
    options: MergeOptions
    reference: int
    """Index of the reference in the order given."""
    used: tuple[int, ...]
    """Indices of the frames the method saw, from short to long."""
    exposures: tuple[float, ...]
    """Relative exposures, in the order given."""
    calibration: Calibration
    """How the frames' tones relate."""
    alignments: tuple[Alignment | None, ...]
    """For each frame, how it was aligned; None with align=False."""
    report: Report | None
    """How the network was run; None if it was not."""
    repaired: float
    """Share of the picture whose pixels the network made, in [0, 1]."""
    told: "tuple[Metadata | None, ...]"
    """What each frame's file tells, in the order given; None of an array."""
    names: tuple[str, ...]
    """Files, or "image 1" for arrays."""
    peaks: tuple[float, ...]
    """The light at which each frame saturates, 1.0 = its file's white: above 1 with a gain map, below 1 where all files
    end there. The calibration's exposures are divided by it."""
    alpha: FloatImage | None = None
    """(H, W) in [0, 1], what any frame shows, where all have an alpha channel; the radiance is not multiplied."""
    shares: FloatImage | None = None
    """(frames, h, w): share of each frame in the captured part of the result, in the order given, at the reduced size
    that they were chosen at; only if it was asked for."""

    camera: "Camera | None" = None
    """What the RAW frames' camera tells of its colours; None where they are no RAW, or not all of one camera."""
    chosen: dict[str, float] = field(default_factory=dict)
    """Share of the picture that was decided by hand, by frame, counted from 1, or "network"."""

    @property
    def model(self) -> str:
        """The method that was used: "auto", "psfnet", "msffnet" or "classical"."""
        return self.options.model

    @property
    def metadata(self) -> "Metadata | None":
        """Of the reference's file."""
        return self.told[self.reference]

    @property
    def noise(self) -> tuple[float, float] | None:
        """S and O of the variance S x + O where the radiance is x and all frames agree; None: a network made it."""
        if self.model in NETWORKS:
            return None
        peak = self.peaks[self.reference]
        linear, fixed = merged_noise(self.calibration.noise, self.calibration.exposures)
        return linear * peak, fixed * peak**2

    @property
    def ratios(self) -> tuple[float, ...]:
        """Exposure of each frame over the reference's, by what the pixels say."""
        whites = zip(self.calibration.exposures, self.peaks, strict=True)
        return tuple(t * peak / self.peaks[self.reference] for t, peak in whites)

    @property
    def disagreements(self) -> tuple[float | None, ...]:
        """For each frame, by how many stops its pixels contradict its exposure; None: too little to go by."""
        return self.calibration.disagreements

    def as_record(self) -> dict[str, Any]:
        """JSON-able record of how the picture was made."""
        return {
            "operation": "merge",
            **recorded(MergeOptions, self.options),
            "inputs": [str(name).replace("\\", "/").rsplit("/", 1)[-1] for name in self.names],
            "reference": self.reference + 1,
            "used": [index + 1 for index in self.used],
            "exposures": list(self.exposures),
            "calibrated": [round(t, 5) for t in self.ratios],
            "repaired": round(self.repaired, 4),
            "alignment": [a.note if a else "not aligned" for a in self.alignments],
            **({"chosen": {label: round(share, 5) for label, share in self.chosen.items()}} if self.chosen else {}),
            **({"engine": self.report.as_record()} if self.report else {}),
        }


@overload
def merge_exposures(
    images: Sequence[ImageLike],
    exposure_times: Sequence[float] | None = None,
    *,
    reference: int | None = None,
    choices: Choices | str | Path | None = None,
    return_mask: Literal[False] = False,
    progress: ProgressCallback | None = None,
    cancel: CancelCallback | None = None,
    **options: Any,
) -> FloatImage: ...


@overload
def merge_exposures(
    images: Sequence[ImageLike],
    exposure_times: Sequence[float] | None = None,
    *,
    reference: int | None = None,
    choices: Choices | str | Path | None = None,
    return_mask: Literal[True],
    progress: ProgressCallback | None = None,
    cancel: CancelCallback | None = None,
    **options: Any,
) -> tuple[FloatImage, FloatImage]: ...


@takes(MergeOptions)
def merge_exposures(
    images: Sequence[ImageLike],
    exposure_times: Sequence[float] | None = None,
    *,
    reference: int | None = None,
    choices: Choices | str | Path | None = None,
    return_mask: bool = False,
    progress: ProgressCallback | None = None,
    cancel: CancelCallback | None = None,
    **options: Any,
) -> FloatImage | tuple[FloatImage, FloatImage]:
    """Merge two or more exposures of a scene, hand-held and with motion, into one clean HDR picture.

    Args:
        images: Paths, or arrays (H, W, 3): uint8 and uint16 are taken as sRGB, float32 as linear, 1.0 = white.
        exposure_times: Exposure of each image (only ratios matter); None reads time, ISO and aperture from EXIF.
        reference: Index of the image whose content and geometry the result has; None picks the best exposed
            middle one.
        choices: int (H, W), or fewer of that aspect ratio, to decide by hand, for "auto" alone: 0 nothing, k > 0 takes
            the place from image k, -1 from the network; or the path of such a map (`io.choices`). Edges are feathered.
        return_mask: Return (radiance, mask).
        progress: Called with the fraction done and the stage.
        cancel: Return True to stop; checked between tiles.
        options: Those of `libhdrnet.options.MergeOptions`:

    Returns:
        float32 (H, W, 3), linear, Rec.709 primaries, 1.0 = white of the reference, highlights up to
        t_reference / t_shortest, and with RAW slightly negative noise around black; with `return_mask` also float32
        (H, W) in three grades: 1 = measured (from captured pixels), 0.5 = made by the network, 0 = guessed (what is
        believed is saturated there and all shorter frames show something else, section 2.4.5, or nothing; or all frames
        are transparent). "classical" measures all, "psfnet" and "msffnet" nothing.

    Raises:
        InputError: a file, an array, the exposures or an option cannot be used; the message says why.
        OutOfMemoryError: not even the smallest tile fits.
        CancelledError: `cancel()` returned True.
        WeightsError: the trained weights are missing or damaged.

    """
    if isinstance(choices, str | Path):
        from libhdrnet.io.choices import read_choices

        choices = read_choices(choices)
    result = merge(
        images, exposure_times, MergeOptions(**options), reference=reference, choices=choices, with_mask=return_mask,
        reporter=Reporter(progress, cancel),
    )  # fmt: skip
    return result.radiance if result.mask is None else (result.radiance, result.mask)


def merge(
    images: Sequence[ImageLike],
    exposure_times: Sequence[float] | None = None,
    options: MergeOptions = MergeOptions(),  # noqa: B008 (frozen)
    *,
    reference: int | None = None,
    choices: Choices | None = None,
    with_mask: bool = False,
    with_shares: bool = False,
    reporter: Reporter = Reporter(),  # noqa: B008 (frozen)
) -> MergeResult:
    """Do what `merge_exposures` does and tell how it was done.

    Files that `skip_unreadable` leaves out, with a warning each, are unknown to the result.
    """
    check_bracket(len(images), options, reference, choices is not None)
    check_settings(options)
    with bounded(options.threads):
        reporter(0.0, "reading the bracket")
        left_out: list[int] = []
        unreadable = partial(_leave_out, left_out, reference) if options.skip_unreadable else None
        frames = load_frames(
            images, exposure_times, response=options.response, unreadable=unreadable,
            read_gain_map=options.read_gain_map,
        )  # fmt: skip
        if left_out:
            reference = None if reference is None else reference - sum(index < reference for index in left_out)
            check_bracket(len(frames), options, reference, choices is not None)
            choices = None if choices is None else renumbered(choices, left_out, len(images))
        if options.read_gain_map and all(frame.peak == 1 for frame in frames):
            told = "no frame holds a gain map that leads above its white: the plain pictures are merged."
            warn(told)
        check_differ(frames)
        tell_strangers(frames)
        exposures = tuple(frame.exposure for frame in frames)
        if choices is not None:
            choices = fitted_choices(choices, frames[0].codes.shape[:2], len(frames))
        if reference is None:
            reporter(0.05, "choosing the reference")
            reference = pick_reference([frame.codes for frame in frames], exposures, [frame.name for frame in frames])
        method_of(options.model, exposures, reference)  # refuses what cannot be done before the work begins
        alignments = _align(frames, reference, reporter.part(0.06, 0.15)) if options.align else [None] * len(frames)
        reporter(0.15, "matching the exposures' brightness")
        calibration = calibrated(frames, reference, options.response, given=exposure_times is not None)
        exposed = rounded(calibration)
        network, used = method_of(options.model, exposed, reference)
        job = _Job(Bracket(frames, calibration), network, used, choices, options)
        made = _run(job, reporter.part(0.2, 1), with_mask, with_shares)
        if frames[reference].peak != 1:
            np.multiply(made.radiance, np.float32(frames[reference].peak), out=made.radiance)
        camera = frames[reference].camera
        if camera is not None:
            convert(made.radiance, camera.to_rec709)
        alpha = alpha_of(frames)
        if alpha is not None:
            made.radiance[alpha == 0] = 0
        if made.mask is not None:
            made.mask[_unseen(frames)] = GUESSED
        return MergeResult(
            made.radiance, made.mask, options, reference,
            used if options.model in NETWORKS else _by_exposure(exposed),
            tuple(frame.exposure * frame.peak for frame in frames), calibration, tuple(alignments), made.report,
            made.repaired, tuple(frame.metadata for frame in frames), tuple(frame.name for frame in frames),
            tuple(frame.peak for frame in frames), alpha, made.shares, camera,
            {} if choices is None else shares_of_choices(choices),
        )  # fmt: skip


@dataclass(frozen=True)
class _Job:
    """Aligned and calibrated frames and what is to be made of them."""

    bracket: Bracket
    network: str
    """Name of the network that reconstructs."""
    used: tuple[int, ...]
    """The frames that it sees, in its order."""
    choices: Choices | None
    options: MergeOptions


@dataclass(frozen=True)
class _Made:
    radiance: FloatImage
    mask: FloatImage | None
    shares: FloatImage | None
    report: Report | None
    repaired: float


def _run(job: _Job, reporter: Reporter, with_mask: bool, with_shares: bool) -> _Made:
    bracket, options, whole = job.bracket, job.options, job.options.model in NETWORKS
    found = find(bracket, options, reporter.part(0, 0.6), deghost=options.selects)
    candidates, report = found.candidates, found.report
    belief = believed(bracket, candidates, found.scaled(options.deghost / DEGHOST))
    made = decide(bracket, candidates, belief, job.choices, repair=options.selects)
    del found, belief
    share, unknown = made.network, made.unknown
    shares = shares_of_frames(bracket, candidates, made.weights) if with_shares else None
    radiance = fuse(bracket, candidates, made.weights, reporter.part(0.6, 0.65 if whole or share.any() else 1))
    del candidates, made
    repaired = 0.0
    if whole or share.any():
        run, repaired = reconstruct(
            radiance, bracket, None if whole else share, job.network, job.used, options, reporter.part(0.65, 1)
        )
        report = run or report
    mask = grades(bracket, unknown, 1.0 if whole else share) if with_mask else None
    if mask is not None and options.model == "classical":
        mask[:] = MEASURED
    return _Made(radiance, mask, shares, report, repaired)


def _leave_out(left_out: list[int], reference: int | None, index: int, error: InputError) -> None:
    if index == reference:
        raise InputError(f"{error} It is the reference, which cannot be left out.") from error
    warn(f"left out: {error}")
    left_out.append(index)


def convert(radiance: FloatImage, matrix: npt.NDArray[np.float64]) -> None:
    """Bring pixels to other primaries, in place."""
    for rows in bands(len(radiance)):
        radiance[rows] = radiance[rows] @ matrix.T.astype(np.float32)


def _align(frames: list[Frame], reference: int, reporter: Reporter) -> list[Alignment | None]:
    """Align the frames to the reference, in place; warn of those that cannot be."""
    alignments: list[Alignment | None] = []
    for index, frame in enumerate(frames):
        reporter(index / len(frames), "aligning")
        codes, coverage, alignment = align(frame.codes, frames[reference].codes, frame.coverage)
        if unlike(alignment):
            said = sentence(
                "{name} cannot be laid over the reference and is merged as it lies; if the camera moved, choose "
                "another reference, or leave it out.",
                name=frame.name,
            )
            warn(said)
        if codes is not frame.codes:
            let_go(frame.codes)
            codes = keep(codes, len(frames))
            coverage = None if coverage is None else keep(coverage, 3 * len(frames))
        let_go(codes)
        frames[index] = replace(frame, codes=codes, coverage=coverage)
        alignments.append(alignment)
    return alignments


def calibrated(frames: Sequence[Frame], reference: int, response: str, *, given: bool = True) -> Calibration:
    """Calibrate aligned frames, whose exposures the person has given or not; what is to be known is warned of."""
    known = all(frame.known for frame in frames)
    calibration = calibrate(
        [frame.codes for frame in frames], [None if frame.measured else frame.exposure for frame in frames], reference,
        decode=frames[reference].decode, coverage=[frame.coverage for frame in frames], gains=gains_of(frames),
        response="known" if known else "free" if response == "estimate" else "nominal",
        exact=[frame.exact for frame in frames], last_word=given,
    )  # fmt: skip
    for note in calibration.notes:
        warn(note)
    return calibration


def rounded(calibration: Calibration) -> list[float]:
    """Return the exposures by what the pixels say of them, to an eighth of a stop: equal exposures stay equal."""
    return [2.0 ** (round(8 * np.log2(t)) / 8) for t in calibration.exposures]


def _by_exposure(exposures: Sequence[float]) -> tuple[int, ...]:
    return tuple(sorted(range(len(exposures)), key=lambda i: exposures[i]))


def alpha_of(frames: Sequence[Frame]) -> FloatImage | None:
    """Return what any frame shows, (H, W) in [0, 1], if all of them have an alpha channel."""
    transparent = [frame.name for frame in frames if frame.transparent]
    if 0 < len(transparent) < len(frames):
        warn(
            sentence(
                "The transparency of '{name}' is left out: other frames of the bracket have none.", name=transparent[0]
            )
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


def check_bracket(count: int, options: MethodOptions, reference: int | None, chosen: bool) -> None:
    """Raise InputError if options mean nothing to so many images, this reference or choices."""
    if reference is not None and not 0 <= reference < count:
        raise InputError(
            sentence(
                "reference {number} is not one of the {count} images; give 1 to {count}.",
                number=reference + 1, count=count,
            )
        )  # fmt: skip
    if options.model != "auto" and chosen:
        raise InputError(f"choices mean nothing to model {options.model!r}; use 'auto'.")
    if options.model == "psfnet" and count < 3:
        raise InputError(
            sentence("PSFNet takes three exposures and {count} were given; choose another method.", count=count)
        )


def method_of(model: str, exposures: Sequence[float], reference: int) -> tuple[str, tuple[int, ...]]:
    """Return the method and the indices of the frames it sees, in its order."""
    if model == "classical":
        return model, _by_exposure(exposures)
    shorter = [i for i in range(len(exposures)) if exposures[i] < exposures[reference]]
    if model == "msffnet" or (model == "auto" and len(exposures) == 2 and shorter):
        if not shorter:
            raise InputError(
                sentence(
                    "MSFFNet needs an exposure shorter than the reference, image {number}; choose another reference "
                    "or method.",
                    number=reference + 1,
                )
            )
        wanted = exposures[reference] / 4
        return "msffnet", (min(shorter, key=lambda i: abs(np.log2(exposures[i] / wanted))), reference)
    if len(exposures) == 2:  # the reference is the shorter one: it stands for the missing shortest, too
        return "psfnet", (reference, reference, 1 - reference)
    return "psfnet", pick_three(exposures, reference)
