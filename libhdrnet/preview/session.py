"""An open bracket, of which pictures are made as options change."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from libhdrnet.engine import Reporter, Settings, bounded, check_settings
from libhdrnet.engine.threads import count, each
from libhdrnet.errors import sizes_differ
from libhdrnet.hearing import heard, told
from libhdrnet.io.read import Photo
from libhdrnet.io.reduced import PIXELS, SmallBracket, area_reduced, read_small_bracket
from libhdrnet.merge.candidates import Candidate
from libhdrnet.merge.findings import Decision, decide
from libhdrnet.merge.frames import Frame, check_differ, check_images, load_frames
from libhdrnet.merge.fusion import Believed, believed, fuse
from libhdrnet.merge.mask import Choices, fitted_choices
from libhdrnet.merge.pipeline import check_bracket, convert, method_of, rounded
from libhdrnet.merge.reconstruction import reconstruct
from libhdrnet.merge.reference import pick_reference, validate_exposures
from libhdrnet.merge.sources import ImageLike, check_array
from libhdrnet.merge.strangers import tell_strangers
from libhdrnet.options import DEGHOST, NETWORKS, MethodOptions
from libhdrnet.preview.marks import labels_of
from libhdrnet.preview.stages import Cache, Found, concerned, find_out, lay_over
from libhdrnet.radiometry import FloatImage, encode_srgb
from libhdrnet.tonemap import Adaptation, Tone

THUMBNAIL = 160
"""Pixels of a thumbnail's long edge."""
Picture = npt.NDArray[np.uint8]
Box = tuple[slice, slice]
"""Rows and columns."""
_ADAPTED_EDGE = 512
"""Pixels of the long edge at which a picture is adapted: a third of the time, and within a level of 255 in the mean."""
_CHANGED = 1e-3
"""Share by which a candidate's weight has to change for its place to be merged anew."""


@dataclass(frozen=True, kw_only=True)
class View(MethodOptions):
    """How a bracket is to be shown; of "psfnet" and "msffnet" what the network is given is shown."""

    reference: int | None = None
    """Index; None: chosen."""
    exposure_times: tuple[float, ...] | None = None
    """None: as the files tell."""
    choices: Choices | None = None
    """Of the preview's size, or any of its aspect ratio."""
    tone: Tone = field(default_factory=Tone)
    rebuild: bool = False
    """Run the network where no frame shows the scene; without, such places are only marked."""


@dataclass(frozen=True)
class PreviewFrame:
    """A frame of the bracket."""

    name: str
    """Its path, or "image 1" for an array."""
    exposure: float | None
    """Relative exposure t that its file tells; None: it does not."""
    thumbnail: Picture
    """(h, w, 3), sRGB."""


@dataclass(frozen=True)
class Shown:
    """A picture of the merge, and what is to be known of it."""

    picture: Picture
    """(h, w, 3), sRGB."""
    labels: Picture
    """(h, w): an index of MARKS for each pixel."""
    box: Box
    """What may differ from the last picture."""
    reference: int
    stops: tuple[float, ...]
    """Calibrated exposure of each frame, EV relative to the reference."""
    frame_warnings: tuple[tuple[str, ...], ...]
    """For each frame what concerns it."""
    warnings: tuple[str, ...]
    """What concerns the bracket."""
    unknown: float
    """Share of the picture, in [0, 1], that the network makes, or would make."""


@dataclass
class _Last:
    """The last picture, as far as the next one may begin with it."""

    key: Any
    found: Found
    candidates: list[Candidate]
    decision: Decision
    captured: FloatImage
    """What is fused, in the frames' colours."""
    chosen: bytes | None
    """What was decided by hand."""
    toned: tuple[Adaptation, Picture] | None = None
    """How it was tone-mapped, and what came of it."""


class Preview:
    """A bracket that is open for previews; one call at a time.

    Args:
        images: paths, or arrays, as for `merge_exposures`.
        exposure_times: as for `merge_exposures`; a View may replace them.
        response: as for `merge_exposures`.
        names: what the images are called; None: by their paths, and by their numbers.
        settings: how the networks run.
        reporter: told of the stages.

    Raises:
        InputError: a file or an array cannot be used, or they are no bracket; the message says why.
    """

    def __init__(
        self,
        images: Sequence[ImageLike],
        exposure_times: Sequence[float] | None = None,
        *,
        response: str = "auto",
        names: Sequence[str] | None = None,
        settings: Settings = Settings(),  # noqa: B008 (frozen)
        reporter: Reporter = Reporter(),  # noqa: B008 (frozen)
    ) -> None:
        check_images(images)
        check_settings(settings)
        self._settings, self._response = settings, response
        self._given = exposure_times is not None
        with bounded(settings.threads), told() as texts:
            reporter(0, "reading the bracket")
            read, self.full_size, of_files = _small(images)
            """Height and width of the frames as they are."""
            self._frames = load_frames(read, exposure_times, response=response)
            if names is not None:
                self._frames = [replace(f, name=name) for f, name in zip(self._frames, names, strict=True)]
            texts += of_files
            check_differ(self._frames)
            tell_strangers(self._frames)
        self._warnings = tuple(texts)
        self.frames = tuple(
            PreviewFrame(frame.name, None if frame.measured else frame.exposure, _thumbnail(frame))
            for frame in self._frames
        )
        self.size: tuple[int, int] = self._frames[0].codes.shape[:2]
        """Height and width of the preview."""
        self._whole: Box = (slice(0, self.size[0]), slice(0, self.size[1]))
        self._picked, self._aligned, self._found = Cache(1), Cache(3), Cache(3)
        self._believed, self._rebuilt = Cache(2), Cache(1)
        self._last: _Last | None = None

    @property
    def nbytes(self) -> int:
        """Memory that is taken, roughly: the frames once more for each reference that was tried, and for pictures."""
        return (3 + len(self._aligned)) * sum(frame.codes.nbytes for frame in self._frames)

    def render(
        self,
        view: View,
        *,
        quick: bool = False,
        reporter: Reporter = Reporter(),  # noqa: B008 (frozen)
    ) -> Shown:
        """Make a picture of the merge.

        With `quick` only that is merged and tone-mapped anew which other choices than in the last picture change; its
        tone mapping stays. For a brush: let a picture without it follow.

        Raises:
            InputError: an option cannot be used.
            CancelledError: the reporter's `cancel()` returned True.
        """
        check_bracket(len(self.frames), view, view.reference, view.choices is not None)
        if view.choices is not None:
            view = replace(view, choices=fitted_choices(view.choices, self.size, len(self.frames)))
        with bounded(self._settings.threads):
            return self._render(view, quick, reporter)

    def _render(self, view: View, quick: bool, reporter: Reporter) -> Shown:
        exposures = [frame.exposure for frame in self._frames]
        if view.exposure_times is not None:
            exposures = validate_exposures(view.exposure_times, len(self.frames))
        reference, told_of = view.reference, list[str]()
        if reference is None:
            reference, told_of = self._picked.get(tuple(exposures), lambda: self._pick(exposures))
        method_of(view.model, exposures, reference)
        key, found, notes = self._find(view, reference, reporter.part(0, 0.6))
        repair = view.selects
        key = (*key, view.deghost if repair else 0.0)
        count = None if repair else len(self.frames)
        candidates = found.findings.candidates[:count]
        logits = found.findings.scaled(view.deghost / DEGHOST) if repair else 0.0
        belief = self._believed.get(key, lambda: believed(found.bracket, candidates, logits))
        last, box = self._merged(key, found, candidates, belief, view.choices, repair)
        scene = last.captured
        if view.rebuild and not quick and last.decision.network.any():
            method = method_of("auto", rounded(found.bracket.calibration), reference)
            scene = self._rebuilt.get((key, last.chosen), lambda: self._made(last, *method, reporter.part(0.6, 1)))
        if quick and last.toned is not None:
            adaptation, picture = last.toned
            if box[0].stop > box[0].start:  # a part anew, as the whole was
                picture = picture.copy()
                picture[box] = _eight_bits(adaptation.show(self._finished(found, scene, box, reference), box))
        else:
            box = self._whole
            light = self._finished(found, scene, box, reference)
            adaptation = Adaptation.of(light, view.tone, edge=_ADAPTED_EDGE)
            picture = _toned(light, adaptation)
        last.toned = adaptation, picture
        return self._shown(last, picture, box, view, notes, told_of)

    def _pick(self, exposures: Sequence[float]) -> tuple[int, list[str]]:
        """Pick the reference; return it and what is to be known of it."""
        frames, notes = self._frames, list[str]()
        with heard(notes.append, notes.append):
            return pick_reference([f.codes for f in frames], exposures, [f.name for f in frames]), notes

    def _find(
        self, view: View, reference: int, reporter: Reporter
    ) -> tuple[tuple[Any, ...], Found, tuple[str | None, ...]]:
        """Return what is found in the bracket, what that depends on, and notes on the frames' alignment."""
        frames = self._frames
        notes: tuple[str | None, ...] = (None,) * len(frames)
        if view.align:
            reporter(0, "aligning")
            frames, notes = self._aligned.get(reference, lambda: lay_over(self._frames, reference))
        given = self._given
        if view.exposure_times is not None:
            given, times = True, view.exposure_times
            frames = [
                replace(frame, exposure=t, measured=False, exact=None)
                for frame, t in zip(frames, times, strict=True)
            ]  # fmt: skip
        key = reference, view.align, view.exposure_times
        part = reporter.part(0.2, 1)
        found = self._found.get(
            key, lambda: find_out(frames, reference, self._response, given, self._settings, part)
        )  # fmt: skip
        return key, found, notes

    def _merged(
        self,
        key: Any,
        found: Found,
        candidates: list[Candidate],
        belief: Believed,
        choices: Choices | None,
        repair: bool,
    ) -> tuple[_Last, Box]:
        """Merge, beginning with the last picture where only the choices differ; return it and what is new."""
        bracket, last = found.bracket, self._last
        chosen = None if choices is None else choices.tobytes()
        if last is not None and last.key == key and last.chosen == chosen:
            return last, (slice(0, 0), slice(0, 0))
        decision = decide(bracket, candidates, belief, choices, repair=repair)
        if last is not None and last.key == key:
            box = _changed(bracket.factor, last.decision, decision, self.size)
            fuse(bracket, candidates, decision.weights, merged=last.captured, box=box)
            last.decision, last.chosen = decision, chosen
            return last, box
        merged = fuse(bracket, candidates, decision.weights)
        self._last = last = _Last(key, found, candidates, decision, merged, chosen)
        return last, self._whole

    def _made(self, last: _Last, network: str, used: tuple[int, ...], reporter: Reporter) -> FloatImage:
        """Return a copy of what is fused with what the network makes of the rest."""
        scene = last.captured.copy()
        reconstruct(scene, last.found.bracket, last.decision.network, network, used, self._settings, reporter)
        return scene

    def _finished(self, found: Found, scene: FloatImage, box: Box, reference: int) -> FloatImage:
        """Return a part of a scene in Rec.709, black where nothing is shown."""
        camera, peak = self._frames[reference].camera, self._frames[reference].peak
        light = scene[box] if camera is None and found.alpha is None and peak == 1 else scene[box].copy()
        if peak != 1:
            light *= np.float32(peak)
        if camera is not None:
            convert(light, camera.to_rec709)
        if found.alpha is not None:
            light[found.alpha[box] == 0] = 0
        return light

    def _shown(
        self, last: _Last, picture: Picture, box: Box, view: View, notes: Sequence[str | None], warnings: Sequence[str]
    ) -> Shown:
        found = last.found
        names = [frame.name for frame in self.frames]
        of_frames: list[list[str]] = [[] if note is None else [note] for note in notes]
        of_bracket = []
        for text in (*self._warnings, *warnings, *found.warnings):
            places = concerned(text, names)
            for place in places:
                of_frames[place].append(text)
            if not places:
                of_bracket.append(text)
        calibration = found.bracket.calibration
        unknown = 1.0 if view.model in NETWORKS else float(last.decision.network.mean())
        labels = labels_of(found.bracket, last.candidates, last.decision, found.still)
        return Shown(
            picture, labels, box, calibration.reference,
            tuple(float(np.log2(t)) for t in calibration.exposures), tuple(map(tuple, of_frames)), tuple(of_bracket),
            unknown,
        )  # fmt: skip


def _small(images: Sequence[ImageLike]) -> tuple[Sequence[ImageLike | Photo], tuple[int, int], Sequence[str]]:
    """Read or reduce what is to be previewed; return it, its size as it was, and warnings."""
    paths = [image for image in images if isinstance(image, str | Path)]
    arrays = {
        place: check_array(image, f"image {place + 1}")
        for place, image in enumerate(images)
        if not isinstance(image, str | Path)
    }
    small = read_small_bracket(paths, count()) if paths else SmallBracket([], arrays[0].shape[:2], ())
    size = small.full_size
    for array in arrays.values():
        if sorted(array.shape[:2]) != sorted(size):
            raise sizes_differ("one image", size, "another", array.shape[:2])
    factor, photos = max(1.0, (size[0] * size[1] / PIXELS) ** 0.5), iter(small.photos)
    both = [_reduced(arrays[place], factor) if place in arrays else next(photos) for place in range(len(images))]
    return both, size, small.warnings


def _reduced(array: npt.NDArray[Any], factor: float) -> npt.NDArray[Any]:
    """Return an array reduced by a factor, a copy if that is 1: it may be mapped."""
    return area_reduced(array, (max(1, round(array.shape[0] / factor)), max(1, round(array.shape[1] / factor))))


def _thumbnail(frame: Frame) -> Picture:
    light = frame.decode[_reduced(frame.codes, max(1.0, max(frame.codes.shape[:2]) / THUMBNAIL))]
    if frame.camera is not None:
        convert(light, frame.camera.to_rec709)
    return _eight_bits(encode_srgb(np.clip(light, 0, 1)))


def _eight_bits(shown: FloatImage) -> Picture:
    return np.asarray(shown * 255 + np.float32(0.5), np.uint8)


def _toned(light: FloatImage, adaptation: Adaptation) -> Picture:
    """Tone-map a whole picture, a part of it in each thread."""
    parts = [slice(int(rows[0]), int(rows[-1]) + 1) for rows in np.array_split(np.arange(len(light)), count())]
    shown = each(lambda rows: _eight_bits(adaptation.show(light[rows], (rows, slice(None)))), parts)
    return np.concatenate(shown)


def _changed(factor: float, before: Decision, after: Decision, size: tuple[int, int]) -> Box:
    """Return the rows and columns of the full size in which weights differ, and some around."""
    differs = (np.abs(before.weights.shares - after.weights.shares) > _CHANGED).any(0)
    box = []
    for axis, most in ((1, size[0]), (0, size[1])):
        places = np.flatnonzero(differs.any(axis))
        first, last = (int(places[0]), int(places[-1])) if len(places) else (0, -3)
        box.append(slice(max(0, int((first - 1) * factor)), max(0, min(most, int((last + 3) * factor)))))
    return box[0], box[1]
