"""What moved is looked for in the other frames, and laid where the reference shows it.

Where a frame disagrees with the reference a dense flow (DIS; Kroeger et al. 2016) says where each place of the
reference lies in it. Both are brought to the same tones first. A flow is only a proposal: what it fetched has to
agree with the reference as everything else, or the network rebuilds the place.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from libhdrnet.bands import bands, enlarged
from libhdrnet.engine.progress import Reporter
from libhdrnet.ops.agreement import SATURATED, Agreement, Codes, Map, find_agreement, reduced
from libhdrnet.ops.frames import Frame
from libhdrnet.ops.transfer import predict
from libhdrnet.radiometry import FloatImage

REACH = 1 / 12
"""How far from where it was a thing is looked for, at least: share of the long edge."""
AROUND = 1 / 50
"""How far around what moved frames are followed, too: share of the long edge."""
SMALLEST = 32
"""Pixels of the shorter edge below which nothing is looked for."""
_TONES = 0.7
_AGREES = 255


def follow(
    frames: Sequence[Frame],
    reference: int,
    agreement: Agreement,
    *,
    deghost: float = 0.5,
    reporter: Reporter = Reporter(),  # noqa: B008 (frozen)
) -> tuple[list[Frame], Agreement]:
    """Return the frames with what moved laid where frame `reference` shows it, and how they agree then.

    Only places that disagree in `agreement`, which is that of `frames`, and what lies around them are changed.
    """
    followed = list(frames)
    around: list[Map | None] = [None] * len(frames)
    for index, plane in enumerate(agreement.maps):
        if plane is None or plane.min() == _AGREES or min(plane.shape) < SMALLEST:
            continue
        reporter(0.8 * index / len(frames), "following what moved")
        around[index] = wide = _widened(plane, agreement.lost)
        followed[index] = _followed(frames[index], frames[reference], wide)
    if all(plane is None for plane in around):
        return followed, agreement
    second = find_agreement(followed, reference, deghost=deghost, fetched=around, reporter=reporter.part(0.8, 1))
    maps = list(agreement.maps)
    for index, (before, reached, now) in enumerate(zip(agreement.maps, around, second.maps, strict=True)):
        if before is None or reached is None or now is None:
            continue
        spoiled = (before == _AGREES) & (now < _AGREES) & (reached < _AGREES)
        followed[index] = _restored(followed[index], frames[index], spoiled)
        maps[index] = np.where(spoiled | (reached == _AGREES), before, now)
    return followed, replace(second, maps=tuple(maps))


def _widened(plane: Map, lost: Map) -> Map:
    """Return a map that is below 255 in what moved and around it, as far as the reference can tell.

    The rest of a thing that moved agrees by chance, and would be seen where it was beside what is followed.
    """
    import cv2

    size = 2 * round(max(plane.shape) * AROUND) + 1
    wide = cv2.erode(plane, np.ones((size, size), np.uint8))
    return np.where(lost > 0, plane, wide)


def _restored(followed: Frame, frame: Frame, spoiled: npt.NDArray[np.bool_]) -> Frame:
    """Give a frame its own pixels back where it agreed with the reference before it was followed, and not after."""
    if not spoiled.any():
        return followed
    codes = followed.codes
    plane = spoiled.astype(np.uint8) * np.uint8(255)
    for rows in bands(codes.shape[0]):
        back = enlarged(plane, codes.shape[:2], rows) > 0
        np.copyto(codes[rows], frame.codes[rows], where=back[..., None])
        if followed.coverage is not None and frame.coverage is not None:
            np.copyto(followed.coverage[rows], frame.coverage[rows], where=back)
    return followed


def _followed(frame: Frame, reference: Frame, wide: Map) -> Frame:
    import cv2

    height, width = frame.codes.shape[:2]
    rows, columns = _around(wide < _AGREES)
    factor = max(height, width) / max(wide.shape)
    tones = _same_tones(
        reduced(reference.codes, factor), reduced(frame.codes, factor), reference.exposure / frame.exposure
    )
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    search.setFinestScale(0)
    before, after = (np.ascontiguousarray(image[rows, columns]) for image in tones)
    flow = search.calc(before, after, None)  # a first flow of zeros would find less
    scale = np.array([width / wide.shape[1], height / wide.shape[0]], np.float32)
    codes = frame.codes.copy()
    coverage = None if frame.coverage is None else frame.coverage.copy()
    left, top = columns.start, rows.start
    last = round(rows.stop * scale[1])
    for band in bands(last, round(top * scale[1])):
        moved = enlarged(wide, (height, width), band) < _AGREES
        if not moved.any():
            continue
        ys, xs = np.indices(moved.shape, np.float32)
        ys += np.float32(band.start)
        small = ((xs + 0.5) / scale[0] - 0.5 - left, (ys + 0.5) / scale[1] - 0.5 - top)
        shift = cv2.remap(flow, *small, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) * scale
        found = cv2.remap(
            frame.codes, xs + shift[..., 0], ys + shift[..., 1], cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REPLICATE
        )
        np.copyto(codes[band], found, where=moved[..., None])
        if coverage is not None and frame.coverage is not None:
            shown = cv2.remap(frame.coverage, xs + shift[..., 0], ys + shift[..., 1], cv2.INTER_LINEAR)
            np.copyto(coverage[band], shown, where=moved)
    return replace(frame, codes=codes, coverage=coverage)


def _around(moved: npt.NDArray[np.bool_]) -> tuple[slice, slice]:
    """Return the rows and columns of what moved, with the reach of the search around."""
    reach = round(max(moved.shape) * REACH)
    spans = []
    for axis, size in ((1, moved.shape[0]), (0, moved.shape[1])):
        where = np.flatnonzero(moved.any(axis))
        spans.append(slice(max(0, int(where[0]) - reach), min(size, int(where[-1]) + 1 + reach)))
    return spans[0], spans[1]


def _same_tones(reference: Codes, frame: Codes, ratio: float) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Bring both to grey in the tones of the darker one, uint8 (h, w); ratio = t_reference / t_frame."""
    import cv2

    bright, dark = (reference, frame) if ratio > 1 else (frame, reference)
    told, _ = predict(bright, dark, max(ratio, 1 / ratio), SATURATED)
    # what the brighter one cannot show the darker one may not show either
    seen = np.minimum(dark * np.float32(1 / 65535), told.reshape(-1, 3).max(0))
    white = max(float(np.percentile(seen, 99.5)), 1e-3)

    def grey(image: FloatImage) -> npt.NDArray[np.uint8]:
        scaled = (np.clip(image / white, 0, 1) ** _TONES * 255).astype(np.uint8)
        return np.asarray(cv2.cvtColor(scaled, cv2.COLOR_RGB2GRAY), np.uint8)

    return (grey(told), grey(seen)) if ratio > 1 else (grey(seen), grey(told))
