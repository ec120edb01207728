"""Frames of a bracket, brought to one form: uint16 codes, gamma 2.2 (`merge.codes`), Rec.709, 65535 = saturation.

Sixteen bits keep what any camera delivers at a third of the memory that float32 takes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from libhdrnet.bands import bands
from libhdrnet.errors import InputError
from libhdrnet.merge.codes import DECODE, Codes, decode_table, encode, knee_for
from libhdrnet.merge.reference import validate_exposures
from libhdrnet.radiometry import FloatImage, Floats, decode_gamma, decode_srgb, look_up

if TYPE_CHECKING:
    from libhdrnet.io.metadata import Metadata

ImageLike = str | Path | npt.NDArray[Any]
RESPONSES = ("auto", "srgb", "gamma2.2", "linear", "estimate")
_SAID = RESPONSES[1:4]
"""Responses that the person says are the true ones: nothing about them is estimated."""
MAX_FRAMES = 9

Decode = Callable[[npt.NDArray[Any]], FloatImage]
"""Gives the linear values of a file's or an array's own, in the primaries that these have."""
_DEEPEST = 1e-3
"""Share of a RAW frame's values below which what is most negative is left out, and the room beyond that, in times."""
_ROOM = 2.0


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

    def linear(self, rows: slice) -> FloatImage:
        """Return the linear values of some rows, (h, W, 3), 1.0 = saturation."""
        return np.asarray(self.decode[self.codes[rows]])


@dataclass(frozen=True)
class _Source:
    name: str
    pixels: npt.NDArray[Any]
    encoding: str
    icc: bytes | None
    exposure: float | None
    metadata: "Metadata | None"
    linear: bool = False
    """The file itself says that its values are proportional to light."""
    is_raw: bool = False
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
    decode = _response(sources, response)
    knee = knee_for(min(_least(source) for source in sources))
    table = decode_table(knee)
    frames = []
    for index, exposure in enumerate(exposures):
        source, sources[index] = sources[index], _released(sources[index])
        codes = _codes(source, None if source.linear else decode, knee)
        coverage, transparent = _coverage(source.alpha), source.alpha is not None
        # Float arrays may be a camera's picture that a host has decoded: its response is not what it was decoded by.
        known = source.linear or response in _SAID
        frames.append(Frame(source.name, codes, exposure, source.metadata, table, coverage, transparent, known))
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
                    photo.is_linear,
                    photo.white_balance is not None,
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


def _response(sources: Sequence[_Source], response: str) -> Decode | None:
    """Return what linearises all that is not linear already; None: each as it says itself."""
    if response == "estimate" and any(source.pixels.dtype == np.float32 and not source.linear for source in sources):
        raise InputError("response 'estimate' needs 8- or 16-bit pictures; use 'linear' for float ones.")
    curves: dict[str, Callable[[Floats], FloatImage]] = {
        "srgb": decode_srgb, "gamma2.2": decode_gamma, "linear": _identity
    }  # fmt: skip
    return partial(_curved, curve=curves[response]) if response in curves else None


def _codes(source: _Source, decode: Decode | None, knee: float) -> Codes:
    """Convert by `decode` instead of the source's own tone curve if given; its primaries count in any case."""
    own = _identity if source.encoding == "linear" else decode_srgb
    linearise = decode or partial(_curved, curve=own)
    if source.encoding == "icc" and source.icc is not None:
        linearise = partial(_by_profile, icc=source.icc, decode=decode)
    elif source.pixels.dtype != np.float32:
        ramp = np.arange(int(np.iinfo(source.pixels.dtype).max) + 1, dtype=source.pixels.dtype)
        table = encode(linearise(ramp[None, :, None].repeat(3, 2)), knee)[0]
        return np.asarray(look_up(source.pixels, table), np.uint16)
    codes = np.empty(source.pixels.shape, np.uint16)
    for rows in bands(len(codes)):
        codes[rows] = encode(linearise(source.pixels[rows]), knee)
    return codes


def _by_profile(pixels: npt.NDArray[Any], icc: bytes, decode: Decode | None) -> FloatImage:
    from libhdrnet.io.colour import primaries_of, to_linear

    if decode is None:
        return to_linear(pixels, encoding="icc", icc=icc)
    return np.asarray(decode(pixels) @ primaries_of(icc).T, np.float32)


def _curved(pixels: npt.NDArray[Any], curve: Callable[[Floats], FloatImage]) -> FloatImage:
    if pixels.dtype == np.float32:
        return curve(pixels)
    levels = int(np.iinfo(pixels.dtype).max)
    return np.asarray(curve(np.arange(levels + 1, dtype=np.float32) / levels)[pixels])


def _identity(linear: Floats) -> FloatImage:
    return np.asarray(linear, np.float32)


def _least(source: _Source) -> float:
    """Return the most negative linear value of a RAW frame that its codes are to hold, and some room; 0 of others."""
    if not source.is_raw:
        return 0.0
    step = max(1, max(source.pixels.shape[:2]) // 1000)
    sample = source.pixels[::step, ::step].ravel()
    rank = int(_DEEPEST * len(sample))
    return min(_ROOM * float(np.partition(sample, rank)[rank]), 0.0)


def _released(source: _Source) -> _Source:
    return replace(source, pixels=np.empty((0, 0, 3), source.pixels.dtype), metadata=None)


def gains_of(frames: Sequence[Frame]) -> tuple[float, ...]:
    """Return each frame's ISO speed over the lowest of all; 1 for all where one does not tell."""
    from libhdrnet.io.metadata import exposure_values

    speeds = [None if frame.metadata is None else exposure_values(frame.metadata)[1] for frame in frames]
    known = [speed for speed in speeds if speed is not None]
    return tuple(speed / min(known) for speed in known) if len(known) == len(speeds) else (1.0,) * len(speeds)
