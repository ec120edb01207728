"""Frames of a bracket, brought to one form: uint16 codes, gamma 2.2 (`merge.codes`), 65535 = saturation.

They are Rec.709, or the RGB of the camera that took them all. Sixteen bits keep what any camera delivers at a third of
the memory that float32 takes. Files are decoded one after the other, each once, and what does not fit into memory lies
in mapped files (`keeping`): their number has no limit.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from libhdrnet.errors import InputError, sentence, sizes_differ
from libhdrnet.keeping import keep, let_go
from libhdrnet.merge.codes import DECODE, Codes, decode_table, encode, knee_for
from libhdrnet.merge.reference import validate_exposures
from libhdrnet.merge.sources import ImageLike, Unreadable, codes_of, coverage_of, has_eight_bits, least, sources
from libhdrnet.merge.upright import Turned, lay_alike
from libhdrnet.merge.white import common_white
from libhdrnet.photometry import measured_exposures, sample_frame
from libhdrnet.radiometry import FloatImage

if TYPE_CHECKING:
    from libhdrnet.io.camera import Camera
    from libhdrnet.io.metadata import Metadata
    from libhdrnet.io.read import Photo

_SAID = ("srgb", "gamma2.2", "linear")
"""Responses that the person says are the true ones: nothing about them is estimated."""
LEAST_FRAMES = 2
"""The one limit to the number of frames."""


@dataclass(frozen=True)
class Frame:
    """One exposure of a bracket."""

    name: str
    """Its file, or "image 1" for an array."""
    codes: Codes
    """(H, W, 3) uint16, gamma 2.2, 65535 = saturation."""
    exposure: float
    """Relative exposure t; only ratios matter."""
    metadata: "Metadata | None" = None
    """Of the file it came from."""
    decode: FloatImage = field(default_factory=lambda: DECODE, repr=False)
    """Linear value of each code, (65536,), rising: RAW has room for negative noise at the lowest codes."""
    coverage: Codes | None = None
    """(H, W) uint16: 65535 where the frame shows the scene, less where its file is transparent, 0 where it has no data
    (beyond its border once it is aligned: there its edge is continued); None: data everywhere."""
    transparent: bool = False
    """Its file has an alpha channel."""
    known: bool = False
    """Its response is known: its codes are linear light, encoded."""
    halved: bool = False
    """Its file may hold colours at half of the size: it has 8 bits, as JPEG has."""
    measured: bool = False
    """Nobody tells the exposure: it is measured from the pixels, roughly, before alignment."""
    exact: float | None = None
    """t if the file's numbers are rounded ones (`io.exposures.Told`); None: there is no other reading."""
    camera: "Camera | None" = None
    """The codes are this camera's white-balanced RGB, in all frames of a bracket alike; None: Rec.709."""
    peak: float = 1.0
    """The light that saturation is, 1.0 = its file's white: more with a gain map, less where all files end below that.
    The exposure is divided by it."""

    def linear(self, rows: slice) -> FloatImage:
        """Return the linear values of some rows, (h, W, 3), 1.0 = saturation."""
        return np.asarray(self.decode[self.codes[rows]])


def load_frames(
    images: "Sequence[ImageLike | Photo]",
    exposure_times: Sequence[float] | None = None,
    *,
    response: str = "auto",
    unreadable: Unreadable | None = None,
    read_gain_map: bool = False,
) -> list[Frame]:
    """Read and linearise a bracket; see `merge_exposures` and `sources` for the arguments. Photos are read already.

    Raises:
        InputError: anything wrong with a file, an array or the exposures.
    """
    check_images(images)
    if exposure_times is not None:
        exposure_times = validate_exposures(exposure_times, len(images))
    frames: list[Frame] = []
    orientations: list[int] = []
    places: list[int] = []
    deepest = 0.0
    for place, source in sources(images, unreadable, read_gain_map=read_gain_map):
        codes = codes_of(source, response)
        if frames and sorted(codes.shape) != sorted(frames[0].codes.shape):
            raise _sizes_differ(frames[0].name, frames[0].codes, source.name, codes)
        deepest = min(deepest, least(source))
        # Float arrays may be a camera's picture that a host has decoded: its response is not what it was decoded by.
        # So is what a gain map makes of a rendering.
        known = (source.linear and source.peak == 1) or response in _SAID
        frames.append(
            Frame(
                source.name, keep(codes, len(images)), 0.0, source.metadata, decode_table(source.knee),
                coverage_of(source), source.alpha is not None, known, has_eight_bits(source.pixels),
                camera=source.camera, peak=source.peak,
            )
        )  # fmt: skip
        orientations.append(source.orientation)
        places.append(place)
    if len(frames) < LEAST_FRAMES:
        raise InputError(
            sentence(
                "only {count} of {all} images can be read; a merge takes two or more.",
                count=len(frames), all=len(images),
            )
        )  # fmt: skip
    if exposure_times is not None:
        exposure_times = [exposure_times[place] for place in places]
    frames = _laid_alike(frames, orientations)
    knee = knee_for(deepest)
    frames = _to_full_scale([_with_knee(frame, knee, len(frames)) for frame in frames], knee)
    exposed = _exposed(frames, exposure_times)
    validate_exposures([frame.exposure for frame in exposed], len(exposed))
    return exposed


def check_images(images: "Sequence[ImageLike | Photo]") -> None:
    """Raise InputError if there are too few images."""
    if isinstance(images, str | Path | np.ndarray):
        raise InputError("one image is no bracket; give a list of two or more exposures of the scene.")
    if len(images) < LEAST_FRAMES:
        raise InputError(f"{len(images)} image(s) given; give two or more exposures of the scene.")


def _laid_alike(frames: list[Frame], orientations: Sequence[int]) -> list[Frame]:
    """Turn frames whose tags contradict their pixels.

    Raises:
        InputError: sizes differ.
    """
    turned = lay_alike([Turned(f.name, f.codes, f.coverage, tag) for f, tag in zip(frames, orientations, strict=True)])
    for frame in turned[1:]:
        if frame.codes.shape != turned[0].codes.shape:
            raise _sizes_differ(turned[0].name, turned[0].codes, frame.name, frame.codes)
    return [
        frame if other.codes is frame.codes
        else replace(frame, codes=keep(other.codes, len(frames)), coverage=other.coverage)
        for frame, other in zip(frames, turned, strict=True)
    ]  # fmt: skip


def _with_knee(frame: Frame, knee: float, frames: int) -> Frame:
    """Give a frame the codes with the knee that all have in common."""
    decode = decode_table(knee)
    if np.array_equal(decode, frame.decode):
        return replace(frame, decode=decode)
    codes = np.take(encode(frame.decode, knee), frame.codes)
    let_go(frame.codes)
    return replace(frame, codes=keep(codes, frames), decode=decode)


def _to_full_scale(frames: list[Frame], knee: float) -> list[Frame]:
    """Bring files that all end below full scale to it: their end is saturation."""
    white = common_white([frame.codes for frame in frames])
    if white == 1:
        return frames
    peak = float(frames[0].decode[round(white * 65535)])
    table = encode(frames[0].decode / np.float32(peak), knee)
    scaled = []
    for frame in frames:
        scaled.append(replace(frame, codes=keep(np.take(table, frame.codes), len(frames)), peak=frame.peak * peak))
        let_go(frame.codes)
    return scaled


def _sizes_differ(first: str, codes: Codes, name: str, others: Codes) -> InputError:
    return sizes_differ(first, codes.shape[:2], name, others.shape[:2])


def _exposed(frames: list[Frame], given: Sequence[float] | None) -> list[Frame]:
    """Give frames the exposures that the person says, else those that the files tell; what is missing is measured."""
    if given is not None:
        return [replace(frame, exposure=t / frame.peak) for frame, t in zip(frames, given, strict=True)]

    from libhdrnet.io.exposures import told_exposures

    told = told_exposures([frame.metadata for frame in frames])
    claims, exact = (
        [None if t is None else t / frame.peak for frame, t in zip(frames, values, strict=True)]
        for values in (told.exposures, told.exact)
    )
    measured: Sequence[float] = (1.0,) * len(frames)
    if None in claims:
        measured = measured_exposures(
            [sample_frame(frame.codes, frame.coverage) for frame in frames], claims, frames[0].decode
        )
    return [
        replace(frame, exposure=measure if claim is None else claim, measured=claim is None, exact=other)
        for frame, measure, claim, other in zip(frames, measured, claims, exact, strict=True)
    ]


def check_differ(frames: Sequence[Frame]) -> None:
    """Raise InputError for files that all hold one and the same picture: copies of one exposure are no bracket."""
    first = frames[0].codes
    if all(frame.metadata is not None for frame in frames) and all(
        np.array_equal(frame.codes[::16, ::16], first[::16, ::16]) and np.array_equal(frame.codes, first)
        for frame in frames[1:]
    ):
        raise InputError(
            sentence(
                "all {count} files, {name} among them, hold one and the same picture; give different exposures of the "
                "scene.",
                count=len(frames), name=frames[0].name,
            )
        )  # fmt: skip


def gains_of(frames: Sequence[Frame]) -> tuple[float, ...]:
    """Return each frame's ISO speed over the lowest of all; 1 for all where one does not tell."""
    from libhdrnet.io.metadata import exposure_values

    speeds = [None if frame.metadata is None else exposure_values(frame.metadata)[1] for frame in frames]
    known = [speed for speed in speeds if speed is not None]
    return tuple(speed / min(known) for speed in known) if len(known) == len(speeds) else (1.0,) * len(speeds)
