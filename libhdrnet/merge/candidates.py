"""Candidates for each place of the result: every frame as it lies over the reference, and as a flow brings it there.

They are compared at a reduced size, in the tones that the calibration gives them. Between it and the full size lies the
compared size, twice the reduced one: large pictures are brought to it first and treated as if they had been taken so.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from libhdrnet.alignment import Flow, dense_flow, fetch
from libhdrnet.bands import bands, enlarged
from libhdrnet.engine.progress import Reporter
from libhdrnet.engine.threads import each
from libhdrnet.keeping import let_go
from libhdrnet.merge.clipping import local_white
from libhdrnet.merge.codes import Codes
from libhdrnet.merge.frames import Frame
from libhdrnet.merge.saturation import SPILL, brightest_shown, saturation
from libhdrnet.photometry import Calibration
from libhdrnet.photometry.sharpness import detail, softer
from libhdrnet.radiometry import FloatImage, brightest, brightness, look_up
from libhdrnet.ramps import linear_step
from libhdrnet.trust import BRIGHT, DARK

MOST_PIXELS = 4e6
"""Of the compared size. Six million are half as slow again and no better (two moving brackets, reduced as 24 megapixels
are)."""
FINE, COARSE = (6.0, 0.08), (3.5, 0.03)
"""Standard deviations of noise, and share of the light beside them, that a pixel and the mean of 5 x 5 pixels of the
reduced size may differ by before a frame is in doubt. Half a step of quantisation, which does not average out, is 3.5
of them. Tuned to be sooner wrong than silent: doubt only costs time."""
BRIGHTER = (0.5, 1.0)
"""Stops above what the reference measures in a channel, though others are saturated, from which a shorter frame begins
to show something else, and surely does. Cameras pale highlights, which only brightens the reference: half a stop is
found in at most .02 % of what is saturated in fourteen of the nineteen brackets (people and waves in three others; 15 %
in templealtar, whose white balances differ)."""
DARKEST = 1e-6
"""Least radiance that noise is told for."""
AROUND = 8
"""Pixels of the reduced size around a doubt that are in doubt, too; over as many more that fades out."""


class Bracket:
    """Aligned and calibrated frames, and their codes at the compared size, of at most `compared_pixels`."""

    def __init__(self, frames: Sequence[Frame], calibration: Calibration, compared_pixels: float = MOST_PIXELS) -> None:
        self.frames = frames
        self.calibration = calibration
        self.reference = calibration.reference
        self.times = calibration.exposures
        self.tables = [np.asfortranarray(table, np.float32) for table in calibration.tables]
        self.compared = [np.asfortranarray(table, np.float32) for table in calibration.compared]
        self.shape = frames[0].codes.shape[:2]
        self.shortest = int(np.argmin(self.times))
        larger = max(1.0, (self.shape[0] * self.shape[1] / compared_pixels) ** 0.5)
        self.size = (-(-round(self.shape[0] / larger) // 2), -(-round(self.shape[1] / larger) // 2))
        """Height and width of the reduced size."""
        twice = (2 * self.size[0], 2 * self.size[1])
        self.extent = self.shape if larger > 1 else twice
        """What the reduced size covers at full size: a row or column more where the picture's is odd."""
        self.factor = self.extent[1] / self.size[1]
        """Pixels of the full size to one of the reduced size."""
        self.codes = [_compared(frame.codes, twice, larger > 1) for frame in frames]
        """Of the compared size, (2 h, 2 w, 3)."""
        self.whites = [local_white(codes, self._deviation(index)) for index, codes in enumerate(self.codes)]
        """Codes in [0, 1] at which each frame is clipped, (h, w); None: at white."""

    def order(self) -> list[int]:
        """Return the frames, the reference first, then by how near their exposure is to it."""
        return sorted(range(len(self.frames)), key=lambda i: (i != self.reference, abs(np.log(self.times[i]))))

    def noise(self, index: int, light: FloatImage) -> FloatImage:
        """Return the variance of a frame's radiance where the radiance is `light`."""
        time = np.float32(self.times[index])
        return np.asarray(self.calibration.noise.variance(index, light * time) / time**2, np.float32)

    @cached_property
    def soft(self) -> tuple[int, ...]:
        """Longer frames that are shaken or out of focus beside the reference."""
        longer = [i for i, time in enumerate(self.times) if time > self.times[self.reference]]
        if not longer:
            return ()
        own = detail(self.codes[self.reference])
        return tuple(i for i in longer if softer(detail(self.codes[i]), own))

    def _deviation(self, index: int) -> FloatImage:
        """Return the deviation of the noise, in codes of the compared size, at 256 codes."""
        light = brightness(self.tables[index][::257])
        slope = np.maximum(np.gradient(light, np.float32(1 / 255)), np.float32(DARKEST))
        return np.asarray(np.sqrt(self.noise(index, light)) / slope * np.float32(2 / self.factor), np.float32)

    def enlarged(self, plane: FloatImage, rows: slice, columns: slice = slice(None)) -> FloatImage:
        """Return a rectangle of a map of the reduced size at full size."""
        top, bottom, _ = rows.indices(self.shape[0])
        left, right, _ = columns.indices(self.shape[1])
        return enlarged(plane, self.extent, slice(top, bottom), slice(left, right))


@dataclass(frozen=True)
class Candidate:
    """One frame as it lies, or as a flow brings it; maps are (h, w) float32 of the reduced size."""

    frame: int
    """Its index."""
    radiance: FloatImage
    """(h, w, 3), 1 = white of the reference."""
    saturation: FloatImage
    """In [0, 1]."""
    coverage: FloatImage
    """In [0, 1]: how far it shows the scene."""
    doubt: FloatImage
    """In [0, 1]: where the frame as it lies differs from the reference by more than noise, and around."""
    flow: Flow | None = None
    """In pixels of the reduced size; None: as it lies."""
    white: FloatImage | None = None
    """Code in [0, 1] at which it is clipped; None: at white."""
    tone: FloatImage | None = None
    """(3, h, w), what its values are multiplied by, as `radiance` is already; None: 1."""

    @property
    def confidence(self) -> FloatImage:
        """How far the place can be believed before the content is looked at, in [0, 1]."""
        return self.coverage if self.flow is None else self.coverage * self.flow.confidence

    @property
    def moved(self) -> FloatImage | np.float32:
        """How far it is another measurement than the frame as it lies, in [0, 1]: not where nothing moves."""
        return np.float32(1) if self.flow is None else self.doubt * np.minimum(self.flow.length, 1)


def fetch_codes(
    bracket: Bracket, candidate: Candidate, rows: slice, columns: slice, *, compared: bool = False
) -> tuple[Codes, npt.NDArray[np.uint16]]:
    """Return codes (h, w, 3) and `brightest_shown` (h, w) of a rectangle of the full size, or of the compared one."""
    frame, height, width = bracket.frames[candidate.frame], *bracket.size
    picture = bracket.codes[candidate.frame] if compared else frame.codes
    (top, bottom), (left, right) = (
        (max(part.start - SPILL, 0), min(part.stop + SPILL, size))
        for part, size in zip((rows, columns), picture.shape, strict=False)
    )
    around = slice(top, bottom), slice(left, right)
    if candidate.flow is None:
        codes = picture[around]
    else:
        extent = (2 * height, 2 * width) if compared else bracket.extent
        field = enlarged(candidate.flow.field, extent, *around) * np.float32(extent[1] / width)
        codes = fetch(picture, field, origin=(top, left))
    inside = np.s_[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    return codes[inside], brightest_shown(codes, halved=frame.halved)[inside]


def find_candidates(
    bracket: Bracket,
    *,
    deghost: bool = True,
    thrifty: bool = True,
    reporter: Reporter = Reporter(),  # noqa: B008 (frozen)
) -> list[Candidate]:
    """Return the reference, the other frames, nearest exposure first, and then as flows bring them what is in doubt.

    Args:
        bracket: the frames.
        deghost: look for what moved; without, nothing is in doubt.
        thrifty: one frame after the other, not several at a time.
        reporter: told of each frame.
    """
    order = bracket.order()
    reference = _as_it_lies(bracket, order[0])

    def compare(place: int) -> Candidate:
        reporter(0.3 * place / len(order), "comparing the exposures")
        candidate = _as_it_lies(bracket, order[place])
        return replace(candidate, doubt=_doubt(bracket, reference, candidate)) if deghost else candidate

    spread = map if thrifty else each
    still = [reference, *spread(compare, range(1, len(order)))]
    doubtful = [candidate for candidate in still if candidate.doubt.any()]

    def bring(place: int) -> Candidate | None:
        reporter(0.3 + 0.7 * place / len(doubtful), "following what moved")
        return _as_it_flows(bracket, reference, doubtful[place])

    return still + [candidate for candidate in spread(bring, range(len(doubtful))) if candidate is not None]


def _as_it_lies(bracket: Bracket, index: int) -> Candidate:
    radiance = np.empty((*bracket.size, 3), np.float32)
    saturated, covered = np.empty(bracket.size, np.float32), np.ones(bracket.size, np.float32)
    white, twice = bracket.whites[index], (2 * bracket.size[0], 2 * bracket.size[1])
    import cv2

    codes = bracket.codes[index]
    bright = brightest_shown(codes, halved=bracket.frames[index].halved)
    for rows in bands(bracket.size[0]):
        where = slice(2 * rows.start, 2 * rows.stop)
        size = (bracket.size[1], rows.stop - rows.start)
        radiance[rows] = cv2.resize(look_up(codes[where], bracket.compared[index]), size, interpolation=cv2.INTER_AREA)
        below = None if white is None else enlarged(white, twice, where)
        saturated[rows] = cv2.resize(saturation(bright[where], below), size, interpolation=cv2.INTER_AREA)
    coverage = bracket.frames[index].coverage
    if coverage is not None:
        covered = cv2.resize(coverage, bracket.size[::-1], interpolation=cv2.INTER_AREA) * np.float32(1 / 65535)
        let_go(coverage)
    return Candidate(index, radiance, saturated, covered, np.zeros(bracket.size, np.float32), white=white)


def _doubt(bracket: Bracket, reference: Candidate, other: Candidate) -> FloatImage:
    import cv2

    own, gap, noise = _difference(bracket, reference, other)
    light = brightness(own)
    differs = np.zeros(light.shape, np.bool_)
    for (deviations, share), seen in ((FINE, gap), (COARSE, cv2.blur(gap, (5, 5)))):
        differs |= brightest(np.abs(seen)) > np.float32(deviations) * noise + np.float32(share) * light
    if not differs.any():
        return np.zeros_like(light)
    size = 3 * AROUND + 1
    around = cv2.dilate(differs.view(np.uint8), np.ones((size, size), np.uint8)).astype(np.float32)
    return np.asarray(cv2.blur(around, (AROUND + 1, AROUND + 1)), np.float32)


def contradiction(bracket: Bracket, reference: Candidate, shorter: Candidate) -> FloatImage:
    """Return how surely a shorter frame shows something else than a saturated reference, (h, w) in [0, 1].

    It is brighter there than a channel of the reference that is not saturated. The darkest of 3 x 3 pixels is compared
    with the reference's brightest: a texture may lie a little off.
    """
    import cv2

    around = np.ones((3, 3), np.uint8)
    at = bracket.calibration.at
    low, high = np.maximum(at(shorter.frame, DARK), np.float32(DARKEST)), at(reference.frame, BRIGHT)
    most, least = cv2.dilate(reference.radiance, around), cv2.erode(shorter.radiance, around)
    stops = np.log2(np.maximum(least, low) / np.maximum(most, low))
    sure = linear_step(stops, BRIGHTER) * np.clip(10 * (1 - most / high), 0, 1)
    return np.asarray(reference.saturation * brightest(sure), np.float32)


def _difference(bracket: Bracket, reference: Candidate, other: Candidate) -> tuple[FloatImage, FloatImage, FloatImage]:
    """Return the reference (h, w, 3), what the other differs by, both as both can show, and that one's noise (h, w).

    The noise is that of 2 x 2 pixels: with more, errors of quantisation and JPEG do not average out.
    """
    low, high = _both_show(bracket, reference, other)
    own = np.clip(reference.radiance, low, high)
    light = brightness(own)
    variance = bracket.noise(reference.frame, light) + bracket.noise(other.frame, light)
    return own, np.clip(other.radiance, low, high) - own, np.sqrt(variance) / 2


def _as_it_flows(bracket: Bracket, reference: Candidate, still: Candidate) -> Candidate | None:
    low, high = _both_show(bracket, reference, still)
    flow = dense_flow(reference.radiance, still.radiance, low, high, scale=2)
    if not flow.length.any():
        return None
    height, width = bracket.size
    x = flow.field[..., 0] + np.arange(width, dtype=np.float32)
    y = flow.field[..., 1] + np.arange(height, dtype=np.float32)[:, None]
    inside = (x > -0.5) & (y > -0.5) & (x < width - 0.5) & (y < height - 0.5)
    return Candidate(
        still.frame, fetch(still.radiance, flow.field), np.clip(fetch(still.saturation, flow.field), 0, 1),
        inside * fetch(still.coverage, flow.field, cubic=False), still.doubt, flow,
        None if still.white is None else fetch(still.white, flow.field, cubic=False),
    )  # fmt: skip


def _both_show(bracket: Bracket, one: Candidate, other: Candidate) -> tuple[FloatImage, FloatImage]:
    """Return the radiances, (3,), between which both frames show differences."""
    at = bracket.calibration.at
    low = np.maximum(at(one.frame, DARK), at(other.frame, DARK))
    return low, np.maximum(np.minimum(at(one.frame, BRIGHT), at(other.frame, BRIGHT)), low)


def _compared(codes: Codes, size: tuple[int, int], reduce: bool) -> Codes:
    """Bring codes to the compared size: their mean is the same share of the light in every frame."""
    import cv2

    if reduce:
        reduced = np.asarray(cv2.resize(codes, size[::-1], interpolation=cv2.INTER_AREA), np.uint16)
        let_go(codes)
        return reduced
    below, right = size[0] - codes.shape[0], size[1] - codes.shape[1]
    if not below and not right:
        return codes
    return np.asarray(cv2.copyMakeBorder(codes, 0, below, 0, right, cv2.BORDER_REPLICATE), np.uint16)
