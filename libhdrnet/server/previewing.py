"""The work of the method `preview`: open a bracket small, and render it into pixels."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from libhdrnet import tasks
from libhdrnet.errors import parts_of
from libhdrnet.io.choices import as_choices
from libhdrnet.options import MethodOptions, shared
from libhdrnet.preview import Preview, View, marked
from libhdrnet.server.pixels import map_array, write_array
from libhdrnet.tonemap import Tone

if TYPE_CHECKING:
    from libhdrnet.server.methods import PreviewPixels


def open_preview(options: "PreviewPixels", folder: Path, talk: tasks.Talk) -> Preview:
    """Open a bracket."""
    images: list[Any] = [*(options.inputs or ()), *(map_array(a, folder, 3) for a in options.arrays or ())]
    return Preview(
        images, response=options.response, names=options.names, settings=options,
        reporter=talk.reporter.part(0, 0.2),
    )  # fmt: skip


def show_preview(
    preview: Preview, options: "PreviewPixels", folder: Path, talk: tasks.Talk, *, opening: bool = False
) -> dict[str, Any]:
    """Render it and write the pixels; `opening`: the thumbnails, too."""
    exposures = options.exposures(len(preview.frames))
    choices = None if options.choices is None else as_choices(map_array(options.choices, folder, 2))
    view = View(
        **shared(MethodOptions, options), reference=options.index, choices=choices, rebuild=options.rebuild,
        exposure_times=None if exposures is None else tuple(exposures), tone=Tone(**options.tone_options()),
    )  # fmt: skip
    shown = preview.render(view, quick=options.quick, reporter=talk.reporter.part(0.2 if opening else 0, 1))
    frames = [
        {"name": frame.name, "exposure": frame.exposure, "stops": round(stops, 3), "warnings": _told(warnings)}
        for frame, stops, warnings in zip(preview.frames, shown.stops, shown.frame_warnings, strict=True)
    ]
    thumbnails = [write_array(frame.thumbnail, folder, "thumbnail") for frame in preview.frames] if opening else None
    return {
        "size": list(preview.size),
        "full_size": list(preview.full_size),
        "picture": write_array(shown.picture, folder, "picture"),
        "marked": write_array(marked(shown.picture, shown.labels), folder, "marked"),
        "reference": shown.reference + 1,
        "frames": frames,
        "warnings": _told(shown.warnings),
        "unknown": round(shown.unknown, 6),
        **({"thumbnails": thumbnails} if thumbnails else {}),
    }


def _told(texts: Sequence[str]) -> list[dict[str, Any]]:
    return [{"text": text, **parts_of(text)} for text in texts]
