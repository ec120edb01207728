"""Frames of a bracket, brought to one form: uint16 codes, gamma 2.2, Rec.709, 65535 = saturation.

Sixteen bits keep what any camera delivers at a third of the memory that float32 takes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from libhdrnet.bands import bands
from libhdrnet.errors import InputError
from libhdrnet.exposure import validate_exposures
from libhdrnet.radiometry import GAMMA, FloatImage, Floats, decode_gamma, decode_srgb

if TYPE_CHECKING:
    from libhdrnet.io.metadata import Metadata

Codes = npt.NDArray[np.uint16]
ImageLike = str | Path | npt.NDArray[Any]
RESPONSES = ("auto", "srgb", "gamma2.2", "linear", "estimate")
MAX_FRAMES = 9

DECODE = decode_gamma(np.arange(65536, dtype=np.float32) / 65535)
"""Linear value of each code."""


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
    coverage: Codes | None = None
    """(H, W) uint16: 65535 where the frame shows the scene, less where its file is transparent, 0 where it has no data
    (beyond its border once it is aligned: what lies there is filled in and no measurement); None: data everywhere."""
    transparent: bool = False
    """Its file has an alpha channel."""

    def covered(self, rows: slice) -> FloatImage | np.float32:
        """Return how far some rows are data, (h, W, 1) in [0, 1], or 1."""
        if self.coverage is None:
            return np.float32(1)
        return np.asarray(self.coverage[rows, :, None] * np.float32(1 / 65535))


@dataclass(frozen=True)
class _Source:
    name: str
    pixels: npt.NDArray[Any]
    encoding: str
    icc: bytes | None
    exposure: float | None
    metadata: "Metadata | None"
    alpha: npt.NDArray[Any] | None = None


def load_frames(
    images: Sequence[ImageLike], exposure_times: Sequence[float] | None = None, *, response: str = "auto"
) -> list[Frame]:
    """Read and linearise a bracket; see `merge_exposures` for the arguments.

    Raises:
        InputError: anything wrong with a file, an array, the exposures or the response.
    """
    if response not in RESPONSES:
        raise InputError(f"response {response!r} is unknown; choose one of {', '.join(RESPONSES)}.")
    if isinstance(images, str | Path | np.ndarray):
        raise InputError("one image is no bracket; give a list of two to nine exposures of the scene.")
    if not 2 <= len(images) <= MAX_FRAMES:
        raise InputError(f"{len(images)} image(s) given; give two to nine exposures of the scene.")
    if exposure_times is not None:
        exposure_times = validate_exposures(exposure_times, len(images))
    sources = _sources(images)
    _check_sizes(sources)
    exposures = _exposures(sources, exposure_times)
    convert = _converter(sources, exposures, response)
    frames = []
    for index, exposure in enumerate(exposures):
        source, sources[index] = sources[index], _released(sources[index])
        frames.append(
            Frame(
                source.name, convert(source), exposure, source.metadata, _coverage(source.alpha),
                transparent=source.alpha is not None,
            )
        )  # fmt: skip
    return frames


def _coverage(alpha: npt.NDArray[Any] | None) -> Codes | None:
    """Return an alpha channel (H, W) of any depth as 16 bits; None where it is opaque all over."""
    if alpha is None:
        return None
    levels = np.iinfo(alpha.dtype).max if alpha.dtype.kind == "u" else 1
    coverage = np.round(np.clip(alpha / np.float32(levels), 0, 1) * 65535).astype(np.uint16)
    return None if bool((coverage == 65535).all()) else coverage


def _sources(images: Sequence[ImageLike]) -> list[_Source]:
    from libhdrnet.io.read import read_photos, straight

    paths = [image for image in images if isinstance(image, str | Path)]
    photos = iter(read_photos(paths)) if paths else iter(())
    sources = []
    for index, image in enumerate(images):
        if isinstance(image, str | Path):
            photo = straight(next(photos))
            sources.append(
                _Source(
                    str(image),
                    photo.pixels,
                    photo.encoding,
                    photo.metadata.icc,
                    photo.exposure,
                    photo.metadata,
                    photo.alpha,
                )
            )
        else:
            name = f"image {index + 1}"
            pixels = check_array(image, name)
            encoding = "linear" if pixels.dtype == np.float32 else "srgb"
            sources.append(_Source(name, pixels, encoding, None, None, None))
    return sources


def check_array(image: Any, name: str = "image") -> npt.NDArray[Any]:
    """Return `image` if it is (H, W, 3) uint8, uint16 or finite float; float64 becomes float32.

    Raises:
        InputError: it is something else.
    """
    if not isinstance(image, np.ndarray):
        raise InputError(f"{name} is a {type(image).__name__}; give a path or a numpy array (height, width, 3).")
    if image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
        raise InputError(f"{name} has shape {image.shape}; give an array (height, width, 3).")
    if image.dtype in (np.float64, np.float16):
        image = image.astype(np.float32)
    if image.dtype not in (np.uint8, np.uint16, np.float32):
        raise InputError(f"{name} has dtype {image.dtype}; give uint8, uint16 or float32.")
    if image.dtype == np.float32 and not np.isfinite(image).all():
        raise InputError(f"{name} contains NaN or infinite values; replace them first (numpy.nan_to_num).")
    return np.asarray(image)


def _check_sizes(sources: Sequence[_Source]) -> None:
    first = sources[0]
    for other in sources[1:]:
        if other.pixels.shape != first.pixels.shape:
            sizes = [f"{s.pixels.shape[1]}x{s.pixels.shape[0]}" for s in (first, other)]
            raise InputError(
                f"{other.name} is {sizes[1]} pixels and {first.name} is {sizes[0]}; "
                "give exposures of one size from one camera."
            )


def _exposures(sources: Sequence[_Source], given: Sequence[float] | None) -> list[float]:
    if given is not None:
        return list(given)
    missing = [source.name for source in sources if source.exposure is None]
    if missing:
        raise InputError(
            f"{missing[0]}: no exposure time found in its metadata; "
            "give the exposures (--times 1/60,1/15,1/4 or --ev -2,0,2; exposure_times=[...] in Python)."
        )
    exposures = [source.exposure for source in sources if source.exposure is not None]
    try:
        return validate_exposures(exposures, len(sources))
    except InputError as error:
        raise InputError(f"{sources[0].name} and its bracket, from EXIF: {error}") from error


def _converter(sources: Sequence[_Source], exposures: Sequence[float], response: str) -> Callable[[_Source], Codes]:
    if response == "estimate":
        from libhdrnet.response import apply_response, estimate_response

        if any(source.pixels.dtype == np.float32 for source in sources):
            raise InputError("response 'estimate' needs 8- or 16-bit pictures; use 'linear' for float ones.")
        curve = estimate_response([source.pixels for source in sources], exposures)
        return lambda source: _in_bands(source.pixels, lambda band: apply_response(band, curve))
    decode = {"srgb": decode_srgb, "gamma2.2": decode_gamma, "linear": _identity}.get(response)
    return lambda source: _by_encoding(source, decode)


def _by_encoding(source: _Source, decode: Callable[[Floats], FloatImage] | None) -> Codes:
    if decode is None and source.encoding == "icc":
        from libhdrnet.io.colour import to_linear

        return _in_bands(source.pixels, lambda band: to_linear(band, encoding="icc", icc=source.icc))
    curve = decode or (decode_srgb if source.encoding == "srgb" else _identity)
    if source.pixels.dtype == np.float32:
        return _in_bands(source.pixels, curve)
    levels = int(np.iinfo(source.pixels.dtype).max)
    table = _encode(curve(np.arange(levels + 1, dtype=np.float32) / levels))
    return np.asarray(table[source.pixels], np.uint16)


def _in_bands(pixels: npt.NDArray[Any], to_linear: Callable[[npt.NDArray[Any]], FloatImage]) -> Codes:
    codes = np.empty(pixels.shape, np.uint16)
    for rows in bands(pixels.shape[0]):
        codes[rows] = _encode(to_linear(pixels[rows]))
    return codes


def _encode(linear: FloatImage) -> Codes:
    return np.round(np.clip(linear, 0, 1) ** (1 / GAMMA) * 65535).astype(np.uint16)


def _identity(linear: Floats) -> FloatImage:
    return np.asarray(linear, np.float32)


def _released(source: _Source) -> _Source:
    return _Source(source.name, np.empty((0, 0, 3), source.pixels.dtype), source.encoding, None, None, None)
