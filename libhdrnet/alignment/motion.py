"""How a frame moved against the reference: first guess from features, refinement by tracked corners.

Both pictures are brought to a common range of tones and their local contrast is normalised, so that
exposure and response leave no trace; all else works on what is left, the structure.
A matrix, float64 (3, 3), maps reference pixel coordinates (x, y, 1) to frame coordinates; pixel centres
are integers.
"""

from dataclasses import dataclass
from functools import partial
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from libhdrnet.alignment.judges import Matrix, Plane, difference, laid_over, residual_motion

Frame = npt.NDArray[np.uint16]
Mask = npt.NDArray[np.bool_]
Points = npt.NDArray[np.float32]  # (n, 2): x, y
Kind = Literal["homography", "affine", "translation", "none"]

_DARK, _BRIGHT = 0.05, 0.95  # the encoded tones that a frame is trusted in
_FLOOR = 0.04  # contrast (natural log of the encoded value) below which structure counts as noise
_TIE = 0.01  # share by which a richer model has to be better than a simpler one
_SAME = 0.2  # pixels; models that send the corners to the same places within it are one, whatever the pixels prefer
_LEAST_INLIERS: dict[Kind, int] = {"homography": 30, "affine": 16, "translation": 8}
_FEW = 100  # corners in view with which nothing speaks against a frame; real ones: 20 to 65 in dark frames, else > 1000
# No frame of another bracket fits within these three (60 pairs).
_MOST_ZOOM = 1.15  # in the middle of the picture, and its inverse; moving-crusader has 1.03
_MOST_TILT = 0.3  # change of scale across the picture; moving-crusader, where the camera took a step, has 0.2
_MOST_SHIFT = 0.3  # of a corner, in long edges; moving-crusader has 0.17
_LEAST_AGREEMENT = 0.15  # share of the followed points that a model has to carry


@dataclass(frozen=True)
class Motion:
    """A model of the motion, and how far it can be trusted."""

    kind: Kind
    matrix: Matrix
    gain: float
    """Share of the difference of the tones that the model removes, against standing still."""
    why: str
    """Why no richer model was taken, or none at all; empty for a homography."""


@dataclass(frozen=True)
class Pair:
    """Reference and frame at one reduced size: normalised structure (uint8) and where it can be trusted."""

    reference: Plane
    frame: Plane
    reference_valid: Plane
    frame_valid: Plane
    tones: tuple[Plane, Plane]
    """Luminance of reference and frame as they are, a little smoothed so that interpolation changes neither."""
    scale: Matrix  # maps this size's pixel coordinates to full size

    def to_full(self, matrix: Matrix) -> Matrix:
        """Bring a matrix of this size to full size."""
        full = self.scale @ matrix @ np.linalg.inv(self.scale)
        return np.asarray(full / full[2, 2], np.float64)

    def difference(self, matrix: Matrix) -> float:
        """Return how far the tones differ after `matrix`."""
        return difference(*self.tones, matrix)

    def residual(self, matrix: Matrix) -> float | None:
        """Motion left after `matrix`, in pixels of this size."""
        warped, valid = _warp(self, matrix)
        return residual_motion(self.reference, warped, valid.astype(np.uint8))

    def from_full(self, matrix: Matrix) -> Matrix:
        """Bring a matrix of full size to this size."""
        return np.asarray(np.linalg.inv(self.scale) @ matrix @ self.scale, np.float64)


def prepare(frame: Frame, reference: Frame, long_edge: int) -> Pair:
    """Reduce both, bring both to the reference's tones, keep what both can show, normalise the contrast.

    Tones are matched rank by rank, which needs no response curve and no claimed exposure.
    """
    height, width = reference.shape[:2]
    factor = min(1.0, long_edge / max(height, width))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    tones = []
    for picture in (reference, frame):
        small = picture if factor == 1.0 else cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        tones.append(small @ (np.array([0.25, 0.5, 0.25], np.float32) / np.float32(65535)))
    plain = [np.rint(cv2.GaussianBlur(tone, (0, 0), 1.0) * 255).astype(np.uint8) for tone in tones]
    ranks = [np.quantile(tone[::4, ::4], np.linspace(0, 1, 257)) for tone in tones]
    low = max(_DARK, float(np.interp(_DARK, ranks[1], ranks[0])))
    high = max(min(_BRIGHT, float(np.interp(_BRIGHT, ranks[1], ranks[0]))), low * 1.01)
    table = np.interp(np.linspace(0, 1, 16384), ranks[1], ranks[0]).astype(np.float32)
    tones[1] = table[(tones[1] * np.float32(16383)).astype(np.uint16)]
    planes, valid = [], []
    for tone in tones:
        good = ((tone > low) & (tone < high)).astype(np.uint8) * 255
        # A window that is partly clipped has false edges, where the clipping begins.
        valid.append(cv2.erode(good, np.ones((5, 5), np.uint8)))
        planes.append(_normalise(np.log(np.clip(tone, low, high))))
    sx, sy = width / size[0], height / size[1]
    scale = np.array([[sx, 0, (sx - 1) / 2], [0, sy, (sy - 1) / 2], [0, 0, 1.0]])
    return Pair(planes[0], planes[1], valid[0], valid[1], (plain[0], plain[1]), scale)


def _normalise(tone: npt.NDArray[np.float32]) -> Plane:
    """Take away the local mean and divide by the local contrast: exposure and response leave no trace."""
    detail = tone - cv2.blur(cv2.blur(tone, (17, 17)), (17, 17))
    contrast = np.sqrt(cv2.blur(detail * detail, (25, 25)) + np.float32(_FLOOR**2))
    return np.asarray(np.clip(np.rint(128 + 42 * detail / contrast), 0, 255), np.uint8)


def first_guess(pair: Pair) -> Matrix:
    """Choose between standing still, a translation by phase correlation, and a model from features."""
    centred = [plane.astype(np.float32) - 128 for plane in (pair.reference, pair.frame)]
    window = cv2.createHanningWindow(pair.reference.shape[::-1], cv2.CV_32F)
    (dx, dy), _ = cv2.phaseCorrelate(centred[0], centred[1], window)
    candidates = [np.eye(3), np.array([[1, 0, dx], [0, 1, dy], [0, 0, 1.0]])]

    sift = cv2.SIFT.create(2000)
    points, descriptors = zip(
        sift.detectAndCompute(pair.reference, pair.reference_valid),
        sift.detectAndCompute(pair.frame, pair.frame_valid),
        strict=True,
    )
    if min(len(points[0]), len(points[1])) >= 4:
        pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(descriptors[0], descriptors[1], k=2)
        matches = [best for best, second in pairs if best.distance < 0.8 * second.distance]
        p = np.array([points[0][m.queryIdx].pt for m in matches], np.float32).reshape(-1, 2)
        q = np.array([points[1][m.trainIdx].pt for m in matches], np.float32).reshape(-1, 2)
        candidates += [m for m, _ in _models(p, q, pair.reference.shape, threshold=3.0)[0][:1]]
    return min(candidates, key=pair.difference)


def _warp(pair: Pair, matrix: Matrix) -> tuple[Plane, Mask]:
    """Lay the frame's structure over the reference's, and say where both can be trusted."""
    valid = laid_over(pair.frame_valid, matrix) > 250
    return laid_over(pair.frame, matrix, cv2.BORDER_REPLICATE), valid & (pair.reference_valid > 0)


def refine(pair: Pair, start: Matrix) -> Motion:
    """Track corners between the reference and the frame laid over it by `start`, fit, and do so again.

    Returns:
        The motion at this size of picture; kind "none" where the corners tell of no reliable motion.
    """
    matrix, size = start, pair.reference.shape
    models: list[tuple[Matrix, Kind]] = []
    why = ""
    for levels, threshold in ((3, 2.0), (1, 1.0)):
        warped, valid = _warp(pair, matrix)
        mask = valid.astype(np.uint8) * 255
        distance = max(4.0, max(size) / 80)
        corners = cv2.goodFeaturesToTrack(pair.reference, 1500, 0.02, distance, mask=mask, blockSize=7)
        few = corners is None or len(corners) < _FEW
        if corners is None:
            return _nothing(few, "")
        track = partial(cv2.calcOpticalFlowPyrLK, nextPts=None, winSize=(31, 31), maxLevel=levels)
        there, found, _ = track(pair.reference, warped, corners)
        back, returned, _ = track(warped, pair.reference, there)
        sound = (found.ravel() > 0) & (returned.ravel() > 0)
        sound &= np.linalg.norm((back - corners).reshape(-1, 2), axis=1) < 0.5
        if not sound.any():
            return _nothing(few, "no corner can be followed from one frame to the other")
        moved = cv2.perspectiveTransform(there[sound], matrix)
        models, why = _models(corners[sound].reshape(-1, 2), moved.reshape(-1, 2), size, threshold)
        if not models:
            return _nothing(few, why)
        matrix = models[0][0]

    models.insert(0, (start, _kind(start)))
    left = [pair.difference(model) for model, _ in models]
    # A richer model has to earn its freedom: a near tie goes to the simpler one, which comes later. The pixels alone
    # cannot decide: interpolation smooths noise, which favours whatever interpolates.
    closest = models[left.index(min(left))][0]
    best = max(
        i
        for i, (value, (model, _)) in enumerate(zip(left, models, strict=True))
        if value <= min(left) * (1 + _TIE) or corner_shift(model, closest, size) < _SAME
    )
    matrix, kind = models[best]
    if best > 1:
        why = why or f"{models[1][1]} fits no better"
    return Motion(kind, matrix, 1 - left[best] / max(pair.difference(np.eye(3)), 1e-6), why)


def _nothing(few: bool, why: str) -> Motion:
    return Motion("none", np.eye(3), 0.0, "too little structure is visible in both frames" if few else why)


def _kind(matrix: Matrix) -> Kind:
    if np.allclose(matrix[:2, :2], np.eye(2), atol=1e-9):
        return "translation"
    return "affine" if np.allclose(matrix[2, :2], 0, atol=1e-12) else "homography"


def _models(p: Points, q: Points, shape: tuple[int, ...], threshold: float) -> tuple[list[tuple[Matrix, Kind]], str]:
    """Fit the models that carry points p to q, richest first, and say why a richer one was left out."""
    models: list[tuple[Matrix, Kind]] = []
    why = ""
    kinds: tuple[Kind, ...] = ("homography", "affine", "translation")
    for kind in kinds:
        inliers = _consensus(p, q, kind, threshold)
        a, b = p[inliers], q[inliers]
        doubt = _doubt(a, b, kind, shape, threshold)
        if len(a) < max(_LEAST_INLIERS[kind], _LEAST_AGREEMENT * len(p)):
            doubt = f"only {len(a)} of {len(p)} points agree on one {kind}"
        if not doubt:
            models.append((_least_squares(a, b, kind), kind))
        elif not models and not why:
            why = doubt
    return models, why


def _doubt(a: Points, b: Points, kind: Kind, shape: tuple[int, ...], threshold: float) -> str:
    """Say what speaks against a model fitted to these points; an empty string if nothing does."""
    if len(a) < _LEAST_INLIERS[kind]:
        return f"too few points agree on one {kind}"
    if not _plausible(_least_squares(a, b, kind), shape):
        return f"the {kind} is not one that a hand-held camera makes"
    even, odd = (_least_squares(a[i::2], b[i::2], kind) for i in (0, 1))
    if not corner_shift(even, odd, shape) < 2.0 * threshold:
        return f"two halves of the points disagree on the {kind}"
    return ""


def _consensus(p: Points, q: Points, kind: Kind, threshold: float) -> Mask:
    nobody = np.zeros(len(p), np.bool_)
    if len(p) < _LEAST_INLIERS[kind]:
        return nobody
    if kind == "translation":
        moved = q - p
        distance = np.linalg.norm(moved[:, None] - moved[None], axis=2) < threshold
        return np.asarray(distance[distance.sum(1).argmax()], np.bool_)
    find = cv2.findHomography if kind == "homography" else cv2.estimateAffine2D
    method = cv2.USAC_MAGSAC if kind == "homography" else cv2.RANSAC
    model, inliers = find(p, q, method=method, ransacReprojThreshold=threshold, maxIters=5000, confidence=0.999)
    return nobody if model is None else inliers.ravel() > 0


def _least_squares(p: Points, q: Points, kind: Kind) -> Matrix:
    matrix = np.eye(3)
    if kind == "homography":
        found, _ = cv2.findHomography(p, q, 0)
        return np.full((3, 3), np.nan) if found is None else np.asarray(found, np.float64)
    if kind == "affine":
        design = np.column_stack([p, np.ones(len(p))])
        matrix[:2] = np.linalg.lstsq(design, q.astype(np.float64), rcond=None)[0].T
    else:
        matrix[:2, 2] = np.mean(q - p, axis=0)
    return matrix


def _plausible(matrix: Matrix, shape: tuple[int, ...]) -> bool:
    """Whether a camera held by hand makes such a motion between two frames, one way and the other."""
    if not np.isfinite(matrix).all():
        return False
    height, width = shape[:2]
    x, y, depth = matrix @ [(width - 1) / 2, (height - 1) / 2, 1]
    middle = (matrix[:2, :2] - np.outer([x / depth, y / depth], matrix[2, :2])) / depth
    scales = np.linalg.svd(middle, compute_uv=False)
    size = max(height, width)
    return bool(
        np.linalg.det(middle) > 0
        and 1 / _MOST_ZOOM < scales[1] <= scales[0] < _MOST_ZOOM
        and np.abs(matrix[2, :2] / depth).sum() * size < _MOST_TILT
        and corner_shift(matrix, np.eye(3), shape) < _MOST_SHIFT * size
    )


def corner_shift(a: Matrix, b: Matrix, shape: tuple[int, ...]) -> float:
    """Largest distance in pixels between where a and b send a corner of the picture."""
    height, width = shape[:2]
    corners = np.array([[0, 0, 1], [width - 1, 0, 1], [0, height - 1, 1], [width - 1, height - 1, 1.0]]).T
    first, second = a @ corners, b @ corners
    return float(np.linalg.norm(first[:2] / first[2] - second[:2] / second[2], axis=0).max())
