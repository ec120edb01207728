"""Synthetic brackets with ground truth: what a hand-held camera makes of a scene in which things move.

A sample is the exposures (images, 6, S, S) as `networks.psfnet` takes them and the true radiance (3, S, S) as
the reference sees the scene, 1 = saturation of the shortest exposure. The exposures' tones differ as little as after
calibration; in a share of samples what disagrees is told by the reference, as the merge by agreement has it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from libhdrnet.radiometry import GAMMA, FloatImage
from libhdrnet.training.scenes import Scenes, crop_linear

KNOWN = (0.85, 0.95)
"""Encoded values of the reference's brightest channel between which it ceases to tell the light."""


@dataclass(frozen=True)
class BracketRecipe:
    """How brackets are made; probabilities are shares of all samples."""

    images: int = 3
    """Exposures: 3 (short, reference, long) or 2 (short, reference)."""
    size: int = 64
    """Edge of a patch in pixels."""
    reach: int = 32
    """Largest motion of an object between two exposures, in pixels."""
    static: float = 0.35
    """Share in which nothing moves."""
    steps: tuple[float, float] = (1.0, 3.0)
    """Range of the step between exposures, in EV."""
    exposure_error: float = 0.01
    """Standard deviation of the other exposures' error relative to the reference."""
    told: float = 0.4
    """Share in which the exposures that disagree with the reference hold what it tells of them."""
    dark: float = 0.45
    """Share that shows a shadow of a larger scene, up to seven stops under the reference's saturation."""


def make_bracket(scenes: Scenes, recipe: BracketRecipe, rng: np.random.Generator) -> tuple[FloatImage, FloatImage]:
    """Make one sample: exposures (images, 6, S, S) and truth (3, S, S), float32."""
    step = 2.0 if rng.random() < 0.5 else rng.uniform(*recipe.steps)
    other = step if rng.random() < 0.7 else rng.uniform(*recipe.steps)
    stops = np.array([-step, 0.0, other][: recipe.images])
    times = 2.0**stops
    shots = _shots(scenes, recipe, rng, len(times))
    shots = np.maximum(shots, 0) ** np.float32(rng.uniform(1.0, 2.2))  # a deeper range than a photograph keeps
    shots *= np.float32(_exposure_level(shots[1], step, rng))
    if rng.random() < recipe.dark:
        shots *= np.float32(2.0 ** -rng.uniform(1, 7))
    truth = np.clip(shots[1] * times[0], 0, 1)
    camera = _Camera.random(rng)
    exposures = []
    for shot, time in zip(shots, times, strict=True):
        # The reference sets the scale: what it misjudges cannot be known, so only the others err.
        error = 0.0 if time == 1.0 else rng.normal(0, recipe.exposure_error)
        bend = 0.0 if time == 1.0 else rng.normal(0, 0.004)
        linear = camera.photograph(shot * time * np.float32(np.exp(error)), rng) ** np.float32(1 + bend)
        encoded = linear ** (1 / GAMMA)
        exposures.append(np.concatenate([encoded, linear / (time / times[0])], -1))
    stacked = np.ascontiguousarray(np.stack(exposures).transpose(0, 3, 1, 2), np.float32)
    if rng.random() < recipe.told:
        tell(stacked, list(times), 1, [_agreement(s, shots[1]) for s in shots])
    return stacked, np.ascontiguousarray(truth.transpose(2, 0, 1), np.float32)


def tell(exposures: FloatImage, times: Sequence[float], reference: int, agreement: Sequence[FloatImage]) -> None:
    """Let the network's input (images, 6, h, w), where an exposure disagrees, hold what the reference tells of it.

    What is known to be wrong the network must not weigh. Only ratios of `times` matter. Where the reference is
    saturated it tells a least light: what is above stays, as all that a guess has.
    """
    saturated = np.clip((exposures[reference, :3].max(0) - KNOWN[0]) / np.float32(KNOWN[1] - KNOWN[0]), 0, 1)
    told = exposures[reference, 3:].copy()
    for index, (exposure, agrees) in enumerate(zip(exposures, agreement, strict=True)):
        wrong = 1 - agrees
        if index == reference or not wrong.any():
            continue
        radiance = told + saturated * (np.maximum(exposure[3:], told) - told)
        exposure[3:] += wrong * (radiance - exposure[3:])
        code = np.clip(radiance * np.float32(times[index] / min(times)), 0, 1) ** np.float32(1 / GAMMA)
        exposure[:3] += wrong * (code - exposure[:3])


def _agreement(shot: FloatImage, reference: FloatImage) -> FloatImage:
    """Tell where a shot shows what the reference does, (S, S) in [0, 1], with a soft rim."""
    import cv2

    gap = np.abs(shot - reference).max(-1) > 0.08 * reference.mean(-1) + 1e-4
    moved = cv2.dilate(gap.astype(np.float32), np.ones((5, 5), np.uint8))
    return np.asarray(1 - cv2.GaussianBlur(moved, (0, 0), 1.5), np.float32)


def _exposure_level(reference: FloatImage, step: float, rng: np.random.Generator) -> float:
    """Factor that saturates a random share of the reference, and not too much of the short exposure."""
    share = 0.0 if rng.random() < 0.3 else rng.uniform(0, 0.4)
    peak = reference.max(-1)
    level = float(np.quantile(peak, 1 - share))
    if share == 0:
        level /= rng.uniform(0.1, 1.0)
    brightest = float(np.quantile(peak, 0.98))
    level = max(level, brightest * 2.0**-step * rng.uniform(0.5, 1.5))
    return float(1.0 / max(level, 1e-6))


def _shots(scenes: Scenes, recipe: BracketRecipe, rng: np.random.Generator, count: int) -> FloatImage:
    """Scene radiance at the moment of each exposure, (count, S, S, 3)."""
    margin = recipe.reach + 8
    canvas = recipe.size + 2 * margin
    background = crop_linear(scenes, rng, canvas)
    moves = rng.random() >= recipe.static
    shake = rng.choice([0.0, 0.4, 1.5, 6.0], p=[0.4, 0.3, 0.2, 0.1]) if moves else rng.choice([0.0, 0.3])
    drift = rng.normal(0, 1, (count, 2)) * shake
    drift[1] = 0
    frames = np.stack([_shift(background, dx, dy) for dx, dy in drift])
    for _ in range(int(rng.integers(1, 4)) if moves else 0):
        _paste_moving_object(frames, scenes, recipe, rng)
    inner = slice(margin, margin + recipe.size)
    return np.ascontiguousarray(frames[:, inner, inner])


def _paste_moving_object(frames: FloatImage, scenes: Scenes, recipe: BracketRecipe, rng: np.random.Generator) -> None:
    import cv2

    canvas = frames.shape[1]
    texture = crop_linear(scenes, rng, canvas) * np.float32(np.exp(rng.normal(0, 0.7)))
    matte = irregular_matte(canvas, rng, radius=rng.uniform(0.08, 0.5) * recipe.size)
    velocity = _direction(rng) * rng.uniform(2, recipe.reach)
    bend = rng.normal(0, 0.15 * recipe.reach, 2)
    for index, frame in enumerate(frames):
        at = velocity * (index - 1) + bend * (index == 2)
        turn = rng.normal(0, 4) * abs(index - 1)
        centre = (canvas / 2, canvas / 2)
        place = cv2.getRotationMatrix2D(centre, turn, float(np.exp(rng.normal(0, 0.03) * abs(index - 1))))
        place[:, 2] += at
        moved = cv2.warpAffine(texture, place, (canvas, canvas), borderMode=cv2.BORDER_REFLECT)
        alpha = cv2.warpAffine(matte, place, (canvas, canvas))[..., None]
        frame[:] = frame * (1 - alpha) + moved * alpha


def irregular_matte(size: int, rng: np.random.Generator, *, radius: float) -> FloatImage:
    """Soft, irregular blob (size, size) in [0, 1] near the middle."""
    import cv2

    noise = cv2.resize(rng.standard_normal((6, 6)).astype(np.float32), (size, size), interpolation=cv2.INTER_CUBIC)
    yy, xx = np.mgrid[:size, :size].astype(np.float32)
    cx, cy = size / 2 + rng.uniform(-0.25, 0.25, 2) * size
    angle, stretch = rng.uniform(0, np.pi), np.exp(rng.uniform(0, 0.8))
    u = (xx - cx) * np.cos(angle) + (yy - cy) * np.sin(angle)
    v = (yy - cy) * np.cos(angle) - (xx - cx) * np.sin(angle)
    inside = np.hypot(u / stretch, v * stretch) / max(radius, 2.0) + 0.3 * noise < 1
    return np.asarray(cv2.GaussianBlur(inside.astype(np.float32), (0, 0), rng.uniform(0.5, 1.5)), np.float32)


def _direction(rng: np.random.Generator) -> npt.NDArray[np.float64]:
    angle = rng.uniform(0, 2 * np.pi)
    return np.array([np.cos(angle), np.sin(angle)])


def _shift(image: FloatImage, dx: float, dy: float) -> FloatImage:
    import cv2

    if dx == 0 and dy == 0:
        return image
    matrix = np.array([[1, 0, dx], [0, 1, dy]], np.float32)
    moved = cv2.warpAffine(image, matrix, image.shape[1::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(moved, np.float32)


@dataclass(frozen=True)
class _Camera:
    """One camera for a bracket: noise, response curve, black level, bits and JPEG."""

    shot: float
    read: float
    power: float
    toe: float
    black: float
    levels: int
    quality: int | None

    @staticmethod
    def random(rng: np.random.Generator) -> "_Camera":
        iso = np.exp(rng.uniform(np.log(1.0), np.log(40.0)))
        eight_bit = rng.random() < 0.7
        return _Camera(
            shot=2e-5 * iso,
            read=2e-4 * float(iso) ** 0.8,
            power=rng.uniform(1.8, 2.6),
            toe=rng.uniform(0, 0.35),
            black=rng.normal(0, 0.001),
            levels=255 if eight_bit else 65535,
            quality=int(rng.integers(75, 99)) if eight_bit and rng.random() < 0.8 else None,
        )

    def photograph(self, exposed: FloatImage, rng: np.random.Generator) -> FloatImage:
        """Expose, develop, save, read back and linearise: what the merge gets to see, in [0, 1]."""
        import cv2

        sigma = np.sqrt(self.shot * np.clip(exposed, 0, 1.5) + self.read**2)
        noisy = np.clip(exposed + sigma * rng.standard_normal(exposed.shape), 0, 1)
        code = self._curve(noisy)
        code = np.round(np.clip(code + self.black * (1 - code), 0, 1) * self.levels)
        if self.quality is not None:
            options = [cv2.IMWRITE_JPEG_QUALITY, self.quality]
            file = cv2.imencode(".jpg", code.astype(np.uint8)[..., ::-1], options)[1]
            code = np.asarray(cv2.imdecode(file, cv2.IMREAD_COLOR), np.float64)[..., ::-1]
        read = np.asarray(code, np.float64) / self.levels
        return np.asarray(np.clip(self._inverse(read), 0, 1), np.float32)

    def _curve(self, linear: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        encoded = linear ** (1 / self.power)
        return np.asarray(encoded + self.toe * encoded * (1 - encoded) * (encoded - 0.5))

    def _inverse(self, code: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        grid = np.linspace(0, 1, 1025)
        return np.asarray(np.interp(code, self._curve(grid), grid))
