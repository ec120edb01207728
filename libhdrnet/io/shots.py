"""What is known of a picture in a folder before its pixels are read: camera, exposure, time, number.

Own results and edited copies of other pictures are no shots.
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from libhdrnet.errors import InputError
from libhdrnet.files import natural
from libhdrnet.formats import BY_SUFFIX
from libhdrnet.io.embed import read_record
from libhdrnet.io.exposures import bias_of, told_exposures
from libhdrnet.io.metadata import Metadata, exposure_values, read_metadata
from libhdrnet.io.read import image_size

_MERGERS = re.compile(r"libhdrnet|photomatix|luminance hdr|enfuse|hugin|aurora hdr|picturenaut|hdrmerge", re.IGNORECASE)
"""Programs whose pictures are made of several."""
_CAMERA = ("Exif.Image.Make", "Exif.Image.Model", "Exif.Photo.BodySerialNumber")


@dataclass(frozen=True)
class Shot:
    """One picture that a camera took, as far as its metadata tell."""

    path: Path
    exposure: float | None = None
    """Relative, time * ISO / N^2; None: it does not tell."""
    duration: float = 0.0
    """Exposure time in seconds."""
    bias: float | None = None
    """Stops."""
    mode: str = ""
    """EXIF's ExposureMode: "0" automatic, "1" manual, "2" auto bracket."""
    seconds: float | None = None
    """Time of capture."""
    camera: tuple[object, ...] = ()
    """Camera, size and format: shots of one bracket have the same."""

    @property
    def stops(self) -> float:
        """log2 of the exposure; NaN: it does not tell."""
        return math.log2(self.exposure) if self.exposure else math.nan

    @property
    def number(self) -> int | None:
        """The last number in the file's name."""
        digits = re.findall(r"\d+", self.path.stem)
        return int(digits[-1]) if digits else None

    @property
    def order(self) -> tuple[object, ...]:
        """Sorts names as people do: numbers by value."""
        return str(self.path.parent), *natural(self.path.name)


def read_shots(paths: Iterable[Path]) -> tuple[list[list[Shot]], dict[Path, str]]:
    """Read what pictures tell, camera by camera, and say which of them are no shots, and why.

    A file that cannot be read is a shot of its own camera that tells nothing.
    """
    shots: list[Shot] = []
    others: dict[Path, str] = {}
    told: dict[Path, Metadata] = {}
    for path in dict.fromkeys(paths):
        try:
            told[path] = metadata = read_metadata(path)
            size = image_size(path)
            made = _made_by(path, metadata)
        except InputError:
            shots.append(Shot(path, camera=(str(path),)))
            continue
        if made:
            others[path] = f"made by {made}"
        else:
            shots.append(_shot(path, metadata, size))
    for copy, original in _copies(shots):
        others[copy.path] = f"a copy of {original.path.name}"
    rows: dict[tuple[object, ...], list[Shot]] = {}
    for shot in shots:
        if shot.path not in others:
            rows.setdefault(shot.camera, []).append(shot)
    return [_completed(row, told) for row in rows.values()], others


def _made_by(path: Path, metadata: Metadata) -> str:
    software = str(metadata.exif.get("Exif.Image.Software", ""))
    return "libhdrnet" if read_record(path) else software if _MERGERS.search(software) else ""


def _shot(path: Path, metadata: Metadata, size: tuple[int, int]) -> Shot:
    exif, suffix = metadata.exif, path.suffix.lower()
    return Shot(
        path,
        duration=exposure_values(metadata)[0] or 0.0,
        bias=bias_of(exif),
        mode=str(exif.get("Exif.Photo.ExposureMode", "")),
        seconds=_capture_time(metadata),
        camera=(*(str(exif.get(key, "")) for key in _CAMERA), *sorted(size), BY_SUFFIX.get(suffix, suffix)),
    )


def _capture_time(metadata: Metadata) -> float | None:
    exif = metadata.exif
    for name, part in (("Photo.DateTimeOriginal", "Original"), ("Photo.DateTimeDigitized", "Digitized")):
        text = str(exif.get(f"Exif.{name}", "")).strip()
        try:
            moment = datetime.strptime(text[:19], "%Y:%m:%d %H:%M:%S")
        except ValueError:
            continue
        digits = re.match(r"\d+", str(exif.get(f"Exif.Photo.SubSecTime{part}", "")).strip())
        return (moment - datetime(1970, 1, 1)).total_seconds() + (float(f"0.{digits[0]}") if digits else 0.0)
    return None


def _copies(shots: Sequence[Shot]) -> Iterator[tuple[Shot, Shot]]:
    """Find pictures of one moment and exposure whose name is another's and a suffix: "IMG_1-edited", "IMG_1 (2)"."""
    moments: dict[tuple[float, float], list[Shot]] = {}
    for shot in sorted(shots, key=lambda shot: (len(shot.path.stem), shot.order)):
        if shot.seconds is not None:
            moments.setdefault((shot.seconds, shot.duration), []).append(shot)
    for alike in moments.values():
        for index, shot in enumerate(alike):
            original = next((other for other in alike[:index] if _is_copy(shot, other)), None)
            if original is not None:
                yield shot, original


def _is_copy(shot: Shot, other: Shot) -> bool:
    stem, name = shot.path.stem.lower(), other.path.stem.lower()
    return stem.startswith(name) and stem != name and not stem[len(name)].isalnum()


def _completed(row: list[Shot], told: dict[Path, Metadata]) -> list[Shot]:
    """Give the shots of one camera their exposures; what one lacks is what the others agree on."""
    exposures = told_exposures([told.get(shot.path) for shot in row]).exposures
    return [replace(shot, exposure=exposure) for shot, exposure in zip(row, exposures, strict=True)]
