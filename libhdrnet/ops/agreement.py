"""Where the frames of a bracket tell one story, and where something moved.

Each frame is compared with the reference: the darker of the two is told from the brighter one by the brightness
transfer function (`ops.transfer`), and what is found must lie within its spread and what edges that are half a
pixel off explain. Where the brighter one is saturated the darker may not fall below what saturation means.
All is done at a reduced size, where noise is small; the maps are spread to full size when they are used.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from libhdrnet.bands import bands, enlarged
from libhdrnet.engine.progress import Reporter
from libhdrnet.ops.frames import Frame
from libhdrnet.ops.transfer import predict, spread_of
from libhdrnet.radiometry import FloatImage

Codes = npt.NDArray[np.uint16]
Map = npt.NDArray[np.uint8]

SATURATED = 0.85
"""Encoded value from which a pixel says no more than "at least"."""
SMOOTHING = 1.2
"""Standard deviation in compared pixels of what takes the noise from the differences."""
TOLERANCE = (0.004, 0.015)
"""Least and largest standard deviation granted to a smoothed difference of encoded values."""
EDGE = 1.5
"""Pixels of misalignment that are granted at edges."""
SUSPICION, CERTAINTY = 5.0, 12.0
"""Tolerances of difference that belong to an object once it is found, and that a part of it must reach."""
DOUBT = 8.0
"""Tolerances of difference that belie what a flow fetched: there specks and streaks are errors, not noise."""
OBJECT = (1 / 500, 2, 5)
"""Radius of the smallest disc that must fit into what counts as an object: share of the long edge, least, largest."""
TOGETHER = 4
"""Compared pixels around its parts in which an object is still one: edges, which are granted, come between them."""
LARGEST_HOLE = 100
"""Area of the largest hole in an object that is filled, in squares of that radius."""
MOST_PIXELS = 3e6
"""Size at which the frames are compared."""
MEASURED, REPAIRED, GUESSED = 1.0, 0.5, 0.0
"""Grades of the mask."""


@dataclass(frozen=True)
class Agreement:
    """Maps of one bracket, at reduced size; 255 = agrees."""

    maps: tuple[Map | None, ...]
    """For each frame (h, w) uint8, or None for the reference."""
    lost: Map
    """(h, w) uint8: 255 where the reference is saturated."""
    covered: tuple[Map | None, ...]
    """For each frame (h, w) uint8: 255 where it has data; None: everywhere. Where it has none it agrees."""
    shape: tuple[int, int]
    """Height and width at full size."""
    shorter: tuple[int, ...]
    """Indices of the frames with less exposure than the reference."""

    def of(self, index: int, rows: slice) -> FloatImage:
        """Return agreement of frame `index` with the reference for some rows at full size, (h, W) in [0, 1]."""
        plane = self.maps[index]
        height = len(range(*rows.indices(self.shape[0])))
        return np.ones((height, self.shape[1]), np.float32) if plane is None else self._share(plane, rows)

    def of_all(self, rows: slice) -> FloatImage:
        """Return the agreement of all frames, (h, W) in [0, 1]."""
        return self._share(self.weakest, rows)

    @cached_property
    def weakest(self) -> Map:
        """The least agreement of any frame, (h, w) uint8."""
        planes = [plane for plane in self.maps if plane is not None]
        return np.minimum.reduce(planes) if planes else np.full_like(self.lost, 255)

    @cached_property
    def bare(self) -> npt.NDArray[np.bool_]:
        """Where some frame has no data, or not in full, (h, w)."""
        planes = [plane < 255 for plane in self.covered if plane is not None]
        return np.logical_or.reduce(planes) if planes else np.zeros(self.lost.shape, np.bool_)

    def grades(self) -> FloatImage:
        """Return (H, W) float32: 1 measured, 0.5 repaired, 0 guessed.

        Guessed is where the reference is saturated and no shorter frame shows the same: there it is something else, or
        beyond the frame's border.
        """
        best, seen = np.zeros_like(self.lost), np.zeros_like(self.lost)
        for index in self.shorter:
            plane, covered = self.maps[index], self.covered[index]
            if plane is not None:
                best = np.maximum(best, plane if covered is None else np.minimum(plane, covered))
                seen = np.maximum(seen, 255 if covered is None else covered)
        hidden = (best <= 127) & ((self.weakest <= 127) | ((seen <= 127) & bool(self.shorter)))
        guessed = ((self.lost > 127) & hidden).astype(np.uint8) * 255
        out = np.empty(self.shape, np.float32)
        for rows in bands(self.shape[0]):
            moved = self.of_all(rows) < 0.5
            nothing = self._share(guessed, rows) >= 0.5
            out[rows] = np.where(nothing, GUESSED, np.where(moved, REPAIRED, MEASURED))
        return out

    def _share(self, plane: Map, rows: slice) -> FloatImage:
        return enlarged(plane, self.shape, rows) * np.float32(1 / 255)


def find_agreement(
    frames: Sequence[Frame],
    reference: int,
    *,
    deghost: float = 0.5,
    fetched: Sequence[Map | None] | None = None,
    reporter: Reporter = Reporter(),  # noqa: B008 (frozen)
) -> Agreement:
    """Compare aligned frames with frame `reference`.

    `deghost` scales what counts as motion: 0 nothing, 1 anything in doubt. `fetched` are maps of these frames that
    are 255 where their pixels are their own, not fetched from elsewhere (`ops.follow`).
    """
    shape = frames[reference].codes.shape[:2]
    own = frames[reference]
    factor = max(1.0, (shape[0] * shape[1] / MOST_PIXELS) ** 0.5)
    small = reduced(own.codes, factor)
    lost = (small.max(-1) >= SATURATED * 65535).astype(np.uint8) * 255
    shorter = tuple(i for i, frame in enumerate(frames) if frame.exposure < own.exposure)
    covered = tuple(_covered(frame, factor) for frame in frames)
    maps: list[Map | None] = [None] * len(frames)
    # From the reference outwards, so that a frame's neighbour on the way has been judged when it is asked.
    order = sorted(range(len(frames)), key=lambda i: abs(np.log(frames[i].exposure / own.exposure)))
    planes = {reference: small}
    for done, index in enumerate(order[1:]):
        reporter(done / (len(frames) - 1), "looking for motion")
        planes[index] = reduced(frames[index].codes, factor)
        if deghost == 0:
            maps[index] = np.full(small.shape[:2], 255, np.uint8)
            continue
        own_place = None if fetched is None else fetched[index]
        elsewhere = None if own_place is None else own_place < 255
        excess = _excess(small, planes[index], own.exposure / frames[index].exposure, elsewhere)
        neighbour = _neighbour(index, order[: done + 1], frames, own.exposure)
        if neighbour != reference:
            # Where the brighter of the two is saturated, the exposure between them knows more.
            between = _excess(planes[neighbour], planes[index], frames[neighbour].exposure / frames[index].exposure)
            bright = small if own.exposure > frames[index].exposure else planes[index]
            blind = bright.max(-1) >= SATURATED * 65535
            excess = np.where(blind, np.maximum(excess, between), excess)
        for place in (covered[reference], covered[index]):
            if place is not None:
                excess[place == 0] = 0
        strictness = 4.0 ** (1 - 2 * deghost)
        doubted = None if elsewhere is None else elsewhere & (excess > DOUBT * strictness)
        maps[index] = _objects(excess, strictness, doubted)
    return Agreement(tuple(maps), lost, covered, (shape[0], shape[1]), shorter)


def _covered(frame: Frame, factor: float) -> Map | None:
    if frame.coverage is None:
        return None
    return np.asarray(reduced(frame.coverage, factor) >> 8, np.uint8)


def reduced(codes: Codes, factor: float) -> Codes:
    """Return codes (h, w, 3) or (h, w) at a size smaller by `factor`."""
    import cv2

    if factor == 1.0:
        return codes
    size = (max(1, round(codes.shape[1] / factor)), max(1, round(codes.shape[0] / factor)))
    return np.asarray(cv2.resize(codes, size, interpolation=cv2.INTER_AREA))


def _neighbour(index: int, judged: Sequence[int], frames: Sequence[Frame], reference_exposure: float) -> int:
    """Return the judged frame that lies nearest to `index` on its side of the reference."""
    exposure = frames[index].exposure
    side = [i for i in judged if (frames[i].exposure - reference_exposure) * (exposure - reference_exposure) >= 0]
    return min(side, key=lambda i: abs(np.log(frames[i].exposure / exposure)))


def _excess(
    reference: Codes, frame: Codes, ratio: float, fetched: npt.NDArray[np.bool_] | None = None
) -> npt.NDArray[np.float32]:
    """Largest channel difference in tolerances; ratio = t_reference / t_frame.

    Where a flow `fetched` the frame's pixels an edge explains no more than the reference has an edge for, too.
    """
    import cv2

    bright, dark = (reference, frame) if ratio > 1 else (frame, reference)
    predicted, floor = predict(bright, dark, max(ratio, 1 / ratio), SATURATED)
    cross = np.ones((3, 3), np.uint8)
    excess = np.zeros(reference.shape[:2], np.float32)
    for channel in range(3):
        code, told = bright[..., channel], np.ascontiguousarray(predicted[..., channel])
        gap = dark[..., channel] * np.float32(1 / 65535) - told
        saturated = code >= SATURATED * 65535
        gap[saturated] = np.minimum(dark[..., channel][saturated] * np.float32(1 / 65535) - floor[channel], 0)
        gap = np.abs(cv2.GaussianBlur(gap, (0, 0), SMOOTHING))
        tolerance = np.clip(spread_of(code[::2, ::2], gap[::2, ::2], SATURATED), *TOLERANCE).astype(np.float32)
        edges = cv2.morphologyEx(told, cv2.MORPH_GRADIENT, cross)
        if fetched is not None:
            others = cv2.GaussianBlur(dark[..., channel] * np.float32(1 / 65535), (0, 0), SMOOTHING)
            np.minimum(edges, cv2.morphologyEx(others, cv2.MORPH_GRADIENT, cross), out=edges, where=fetched)
        gap -= np.float32(EDGE / 2) * edges
        gap /= tolerance[code >> 8]
        np.maximum(excess, gap, out=excess)
    return excess


def _objects(excess: npt.NDArray[np.float32], strictness: float, doubted: npt.NDArray[np.bool_] | None) -> Map:
    """Keep what is wide and sure enough to be an object, or doubted, fill it, give it a rim; 0 inside, 255 outside."""
    import cv2

    share, least, largest = OBJECT
    radius = int(np.clip(round(max(excess.shape) * share), least, largest))
    suspect = (excess > SUSPICION * strictness).astype(np.uint8)
    suspect = cv2.morphologyEx(suspect, cv2.MORPH_CLOSE, _disc(1))
    core = cv2.morphologyEx(suspect, cv2.MORPH_OPEN, _disc(radius))
    count, labels = cv2.connectedComponents(cv2.dilate(core, _disc(TOGETHER)))
    sure = core.astype(bool) & (excess > CERTAINTY * strictness)
    keep = np.bincount(labels[sure], minlength=count) >= 1.25 * radius**2
    keep[0] = False
    objects = keep[labels].astype(np.uint8) & core
    objects |= cv2.dilate(objects, _disc(radius)) & suspect
    if doubted is not None:
        objects |= doubted.astype(np.uint8)
    objects = _filled(cv2.morphologyEx(objects, cv2.MORPH_CLOSE, _disc(4)), LARGEST_HOLE * radius**2)
    objects = cv2.dilate(objects, _disc(3))
    return np.asarray(cv2.GaussianBlur((1 - objects) * np.uint8(255), (0, 0), 1.5), np.uint8)


def _filled(objects: Map, area: float) -> Map:
    """Close holes of up to `area` pixels."""
    import cv2

    count, labels, facts, _ = cv2.connectedComponentsWithStats(1 - objects, connectivity=4)
    holes = facts[:, cv2.CC_STAT_AREA] <= area
    holes[0] = False
    return np.asarray(objects | holes[labels].astype(np.uint8), np.uint8)


def _disc(radius: int) -> npt.NDArray[np.uint8]:
    import cv2

    size = 2 * radius + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), np.uint8)
