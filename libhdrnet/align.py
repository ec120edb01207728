"""Global alignment of a bracket's frames to its reference, before the network sees them.

Frames are uint16 (H, W, 3), encoded with gamma 2.2, 65535 = saturation. Both frames are brought to one
exposure and to a common range of tones, and their local contrast is normalised: what is left is structure.
Features give a first guess, tracked corners at up to 2000 pixels refine it below a pixel, and the
picture is resampled only if the pixels then agree measurably better than before.
A matrix maps the centre of a reference pixel to its place in the frame, pixel centres being integers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from libhdrnet._motion import Kind, Matrix, Pair, corner_shift, first_guess, prepare, refine
from libhdrnet.errors import InputError
from libhdrnet.radiometry import GAMMA

Frame = npt.NDArray[np.uint16]
Mask = npt.NDArray[np.bool_]
Coverage = npt.NDArray[np.uint16]

_COARSE_EDGE = 1000  # long edge in pixels for the first guess, which needs no precision
_FINE_EDGE = 2000  # long edge in pixels for the refinement
_SMALLEST_SIDE = 48  # below this a tracking window sees most of the picture
_LEAST_VALID = 0.002  # share of the picture that both frames have to show well exposed
_STILL = 0.75  # pixels; corner displacements below it are not worth a resampling
_FADE = 1 / 100  # of the long edge: how far inside its border a frame begins to count in full
_WHOLE = 0.1  # pixels from a whole one within which a translation is that
_TRIPOD = 0.4  # pixels; typical shift of the picture's parts below which nothing is searched for
_BRIGHT_END = 0.97  # encoded value from which a channel of the reference is a lower bound
_DARK_END, _WELL_EXPOSED = 0.05, 0.85  # encoded values between which a channel tells how bright the frame is
_LEAST_COUNT = 1000  # pixels between them from which that is believed
_LEAST_GAIN = 0.05  # share of the difference between the frames that a model has to remove


@dataclass(frozen=True)
class Alignment:
    """How a frame lies over the reference."""

    kind: Kind
    matrix: Matrix
    """float64 (3, 3): maps reference pixel coordinates (x, y, 1) to frame coordinates at full size."""
    shift: float
    """Largest displacement of a corner of the picture, in pixels."""
    note: str
    """One sentence: what was done, and why a simpler model was taken where that was so."""


def align_frames(
    frames: Sequence[Frame], exposures: Sequence[float], reference_index: int
) -> tuple[list[Frame], list[Alignment], list[Mask | None]]:
    """Align every frame to the reference.

    Args:
        frames: uint16 (H, W, 3) each, gamma 2.2, all of one size.
        exposures: relative exposures t, one a frame.
        reference_index: the frame the others are brought to; it is returned as it is.

    Returns:
        The frames, the alignments, and for each frame its coverage: bool (H, W), False where the frame has
        no data and holds the reference at the frame's exposure instead (its own edge, continued, where the
        reference is saturated); None where it has data everywhere.
        A frame that needs no alignment is returned untouched.

    Raises:
        InputError: frames of different sizes or types, an exposure that is not positive, a wrong count.
    """
    if len(frames) != len(exposures) or not 0 <= reference_index < len(frames):
        raise InputError(
            f"{len(frames)} frames, {len(exposures)} exposures and reference {reference_index} do not fit "
            "together; give one exposure a frame and the index of one of them."
        )
    reference, t_reference = frames[reference_index], exposures[reference_index]
    aligned = list(frames)
    alignments: list[Alignment] = []
    coverages: list[Mask | None] = []
    for i, (frame, t) in enumerate(zip(frames, exposures, strict=True)):
        if i == reference_index:
            alignments.append(_untouched("This frame is the reference."))
            coverages.append(None)
            continue
        if not t > 0 or not t_reference > 0:
            raise InputError(f"Frame {i + 1} has exposure {t}, the reference {t_reference}; both must be positive.")
        alignment = estimate_alignment(frame, reference)
        warped, coverage = apply_alignment(frame, alignment)
        if coverage is not None:
            fill(warped, coverage, reference, t / t_reference)
        aligned[i] = warped
        alignments.append(alignment)
        coverages.append(coverage)
    return aligned, alignments, coverages


def estimate_alignment(frame: Frame, reference: Frame) -> Alignment:
    """Find the homography, or the simplest model that serves, that lays `frame` over `reference`.

    Args:
        frame: uint16 (H, W, 3), gamma 2.2.
        reference: uint16 (H, W, 3), of the same size.

    Returns:
        The alignment; kind "none" where the frame is aligned already or where nothing reliable was found.

    Raises:
        InputError: pictures of different sizes or types.
    """
    for name, picture in (("frame", frame), ("reference", reference)):
        if picture.dtype != np.uint16 or picture.ndim != 3 or picture.shape[2] != 3 or 0 in picture.shape:
            raise InputError(f"The {name} is {picture.dtype} {picture.shape}; alignment takes uint16 (H, W, 3).")
    if frame.shape != reference.shape:
        raise InputError(
            f"The frame is {frame.shape[1]} x {frame.shape[0]} pixels, the reference "
            f"{reference.shape[1]} x {reference.shape[0]}; give frames of one size."
        )
    if min(frame.shape[:2]) < _SMALLEST_SIDE:
        return _untouched(f"The picture has fewer than {_SMALLEST_SIDE} pixels a side, too few to align.")
    if frame is reference:
        return _untouched("This frame is the reference.")

    fine = prepare(frame, reference, _FINE_EDGE)
    to_pixels = float(fine.scale[0, 0])
    before = fine.residual(np.eye(3))
    if before is not None and before * to_pixels < max(_TRIPOD, 0.1 * to_pixels):
        return _untouched(f"The frame is aligned already, to {before * to_pixels:.2f} pixels.")
    coarse = prepare(frame, reference, _COARSE_EDGE)
    if min(coarse.reference_valid.mean(), coarse.frame_valid.mean()) < 255 * _LEAST_VALID:
        return _untouched("Too little is well exposed in both frames to align them.")
    start = coarse.to_full(first_guess(coarse))
    motion = refine(fine, fine.from_full(start))
    if motion.kind == "none":
        return _untouched(f"No reliable motion was found: {motion.why}.")
    matrix = _whole_pixels(fine, fine.to_full(motion.matrix), motion.kind)
    shift = corner_shift(matrix, np.eye(3), frame.shape)
    if shift < _STILL:
        return _untouched(f"The frame is aligned already, to {shift:.2f} pixels.")
    moves = f"by {motion.kind} that moves corners by up to {shift:.1f} pixels"
    if motion.gain < _LEAST_GAIN:
        return _untouched(f"Alignment {moves} does not make the frames agree better.")
    after = fine.residual(fine.from_full(matrix))
    if before is not None and after is not None and after > before:
        return _untouched(f"Alignment {moves} leaves more motion than there was.")
    reason = f", because {motion.why}" if motion.why else ""
    return Alignment(motion.kind, matrix, shift, f"Aligned {moves}{reason}.")


def _whole_pixels(fine: Pair, matrix: Matrix, kind: Kind) -> Matrix:
    """Round a translation to whole pixels where that fits as well: nothing is interpolated then."""
    rounded = matrix.round()
    if kind != "translation":
        return matrix
    if np.abs(matrix - rounded).max() < _WHOLE:
        return rounded
    worse = fine.difference(fine.from_full(rounded)) > 1.01 * fine.difference(fine.from_full(matrix))
    return matrix if worse else rounded


def apply_alignment(frame: Frame, alignment: Alignment) -> tuple[Frame, Mask | None]:
    """Resample `frame` once, at full size, into the reference's geometry (Lanczos over 8 x 8 pixels).

    Args:
        frame: uint16 (H, W, 3).
        alignment: what `estimate_alignment` found.

    Returns:
        The frame, uint16 (H, W, 3), and its coverage, bool (H, W), False where it has no data (its edge
        is continued there), or None where it has data everywhere. For kind "none" the array itself.
    """
    if alignment.kind == "none":
        return frame, None
    import cv2

    height, width = frame.shape[:2]
    flags = cv2.WARP_INVERSE_MAP
    matrix = alignment.matrix
    warped = cv2.warpPerspective(
        frame, matrix, (width, height), flags=flags | cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REPLICATE
    )
    everywhere = np.full((height, width), 255, np.uint8)
    coverage = cv2.warpPerspective(everywhere, matrix, (width, height), flags=flags | cv2.INTER_LINEAR) > 250
    return warped, None if coverage.all() else coverage


def align_coverage(coverage: Coverage | None, alignment: Alignment, covered: Mask | None) -> Coverage | None:
    """Bring a frame's coverage, uint16 (H, W), into the reference's geometry.

    `covered` is what `apply_alignment` says. None, given or returned: the frame has data everywhere.
    """
    if alignment.kind == "none":
        return coverage
    faded = None if covered is None else _faded(covered)
    if coverage is None:
        return faded
    import cv2

    size, flags = coverage.shape[::-1], cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR
    warped = cv2.warpPerspective(coverage, alignment.matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped if faded is None else np.minimum(warped, faded), np.uint16)


def _faded(covered: Mask) -> Coverage:
    """Let coverage fade in from the border, so that the frame's own tones and noise do not begin at an edge."""
    import cv2

    inside = cv2.distanceTransform(covered.astype(np.uint8), cv2.DIST_L2, 3)
    return np.asarray(np.minimum(inside * np.float32(65535 / (_FADE * max(covered.shape))), 65535), np.uint16)


def _untouched(note: str) -> Alignment:
    return Alignment("none", np.eye(3), 0.0, note)


def fill(warped: Frame, coverage: Mask, reference: Frame, ratio: float, *, everywhere: bool = False) -> None:
    """Lay the reference at a frame's exposure where `warped` has no data, in place; ratio = t_frame / t_reference.

    Where the reference is saturated it tells nothing to a shorter frame: what is there (the edge, continued) stays,
    unless `everywhere`.
    """
    gain = _gain(reference, warped, coverage, ratio ** (1 / GAMMA))
    for top in range(0, warped.shape[0], 256):
        tells = reference[top : top + 256].max(-1) < _BRIGHT_END * 65535
        known = tells if ratio < 1 and not everywhere else np.True_
        missing = ~coverage[top : top + 256] & known
        values = reference[top : top + 256][missing].astype(np.float32) * gain
        warped[top : top + 256][missing] = np.clip(np.rint(values), 0, 65535).astype(np.uint16)


def _gain(reference: Frame, frame: Frame, coverage: Mask, nominal: float) -> npt.NDArray[np.float32]:
    """Return how many times brighter each channel's code is in the frame: measured, so that no step shows, or nominal.

    What the exposures say may be off by a stop where the response is not known.
    """
    step = max(1, round((coverage.size / 1e6) ** 0.5))
    gain = np.full(3, nominal, np.float32)
    for channel in range(3):
        x, y = (image[::step, ::step, channel][coverage[::step, ::step]] for image in (reference, frame))
        both = (np.minimum(x, y) > _DARK_END * 65535) & (np.maximum(x, y) < _WELL_EXPOSED * 65535)
        if both.sum() >= _LEAST_COUNT:
            gain[channel] = np.median(y[both] / x[both].astype(np.float32))
    return gain
