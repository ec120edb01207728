"""Global alignment of a bracket's frames to its reference: a homography, or the simplest model that serves.

Frames are uint16 (H, W, 3), encoded with gamma 2.2, 65535 = saturation. Both frames are brought to one
exposure and to a common range of tones, and their local contrast is normalised: what is left is structure.
Features give a first guess, tracked corners at up to 2000 pixels refine it below a pixel, and the
picture is resampled only if the pixels then agree measurably better than before.
A matrix maps the centre of a reference pixel to its place in the frame, pixel centres being integers.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from libhdrnet.alignment.judges import Matrix, laid_over
from libhdrnet.alignment.motion import Frame, Kind, Mask, Pair, corner_shift, first_guess, prepare, refine
from libhdrnet.errors import InputError

Coverage = npt.NDArray[np.uint16]

_COARSE_EDGE = 1000  # long edge in pixels for the first guess, which needs no precision
_FINE_EDGE = 2000  # long edge in pixels for the refinement
_SMALLEST_SIDE = 48  # below this a tracking window sees most of the picture
_LEAST_VALID = 0.002  # share of the picture that both frames have to show well exposed
_STILL = 0.2  # pixels; corner displacements below it are not worth a resampling
_FADE = 1 / 100  # of the long edge: how far inside its border a frame begins to count in full
_WHOLE = 0.1  # pixels from a whole one within which a translation is that
_TRIPOD = 0.15  # pixels; typical shift of the picture's parts below which nothing is searched for
_LEAST_GAIN = 0.05  # share of the difference between the frames that a model has to remove
_REST, _SMALL = 0.4, 1.5  # pixels; where the parts shift by less than the one, no motion beyond the other is believed
_CLEARLY = 0.7  # share of the parts' shift that a small motion may leave: half a pixel hardly shows in the tones


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


def align(
    frame: Frame,
    reference: Frame,
    coverage: Coverage | None = None,
    *,
    long_edge: int = _FINE_EDGE,
    cubic: bool = False,
) -> tuple[Frame, Coverage | None, Alignment]:
    """Bring a frame, uint16 (H, W, 3), and its coverage, uint16 (H, W) or None, into the reference's geometry.

    How, is looked for in pictures of `long_edge` pixels: with fewer sooner, and less exactly. `cubic`: as
    `apply_alignment`.

    Returns:
        The frame, its coverage and how it was aligned. Where the aligned frame has no data it is mirrored and
        its coverage is 0, rising from the border inwards; None: data everywhere. A frame that needs no alignment is
        returned untouched.

    Raises:
        InputError: pictures of different sizes or types.
    """
    alignment = estimate_alignment(frame, reference, long_edge=long_edge)
    if alignment.kind == "none":
        return frame, coverage, alignment
    warped, covered = apply_alignment(frame, alignment, cubic=cubic)
    return warped, _align_coverage(coverage, alignment, covered), alignment


def estimate_alignment(frame: Frame, reference: Frame, *, long_edge: int = _FINE_EDGE) -> Alignment:
    """Find the homography, or the simplest model that serves, that lays `frame` over `reference`.

    Args:
        frame: uint16 (H, W, 3), gamma 2.2.
        reference: uint16 (H, W, 3), of the same size.
        long_edge: pixels of the pictures that are compared.

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

    fine = prepare(frame, reference, long_edge)
    to_pixels = float(fine.scale[0, 0])
    before = fine.residual(np.eye(3))
    if before is not None and before * to_pixels < max(_TRIPOD, 0.1 * to_pixels):
        return _untouched(f"The frame is aligned already, to {before * to_pixels:.2f} pixels.")
    coarse = fine if long_edge <= _COARSE_EDGE else prepare(frame, reference, _COARSE_EDGE)
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
    after = fine.residual(fine.from_full(matrix))
    left = 1.0 if before is None or after is None else after / max(before, 1e-6)
    if left > 1:
        return _untouched(f"Alignment {moves} leaves more motion than there was.")
    small = shift < _SMALL * to_pixels
    if before is not None and before * to_pixels < _REST and not small:
        return _untouched(
            f"The frame is aligned already, to {before * to_pixels:.2f} pixels: what moved is a part of it."
        )
    if motion.gain < _LEAST_GAIN and not (small and left < _CLEARLY):
        return _untouched(f"Alignment {moves} does not make the frames agree better.")
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


def apply_alignment(frame: Frame, alignment: Alignment, *, cubic: bool = False) -> tuple[Frame, Mask | None]:
    """Resample `frame` once, at full size, into the reference's geometry (Lanczos over 8 x 8 pixels).

    Args:
        frame: uint16 (H, W, 3).
        alignment: what `estimate_alignment` found.
        cubic: over 4 x 4 pixels: a ninth of the time.

    Returns:
        The frame, uint16 (H, W, 3), and its coverage, bool (H, W), False where it has no data (it is mirrored
        there: its edge continued would show as streaks), or None where it has data everywhere.
    """
    kernel = cv2.INTER_CUBIC if cubic else cv2.INTER_LANCZOS4
    warped = laid_over(frame, alignment.matrix, cv2.BORDER_REFLECT_101, kernel)
    coverage = laid_over(np.full(frame.shape[:2], 255, np.uint8), alignment.matrix) > 250
    return warped, None if coverage.all() else coverage


def _align_coverage(coverage: Coverage | None, alignment: Alignment, covered: Mask | None) -> Coverage | None:
    faded = None if covered is None else _faded(covered)
    if coverage is None:
        return faded
    warped = laid_over(coverage, alignment.matrix, cv2.BORDER_REPLICATE)
    return np.asarray(warped if faded is None else np.minimum(warped, faded), np.uint16)


def _faded(covered: Mask) -> Coverage:
    """Let coverage fade in from the border, so that the frame's own tones and noise do not begin at an edge."""
    inside = cv2.distanceTransform(covered.astype(np.uint8), cv2.DIST_L2, 3)
    return np.asarray(np.minimum(inside * np.float32(65535 / (_FADE * max(covered.shape))), 65535), np.uint16)


def _untouched(note: str) -> Alignment:
    return Alignment("none", np.eye(3), 0.0, note)
