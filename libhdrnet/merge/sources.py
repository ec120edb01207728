"""One exposure as it comes, a file or an array, and its codes: whatever its encoding, linear light.

In Rec.709, or where all are RAW files of one camera, in its white-balanced RGB.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from libhdrnet.bands import bands
from libhdrnet.errors import InputError
from libhdrnet.merge.codes import LARGEST_KNEE, Codes, encode
from libhdrnet.radiometry import FloatImage, Floats, brightest, decode_gamma, decode_srgb, look_up

if TYPE_CHECKING:
    from libhdrnet.io.camera import Camera
    from libhdrnet.io.metadata import Metadata
    from libhdrnet.io.read import Photo

ImageLike = str | Path | npt.NDArray[Any]

Decode = Callable[[npt.NDArray[Any]], FloatImage]
"""Gives the linear values of a file's or an array's own, in the primaries that these have."""
Unreadable = Callable[[int, InputError], None]
"""Is told of an image that cannot be read: its place, from 0, and why."""
_DEEPEST = 1e-3
"""Share of a RAW frame's values below which what is most negative is left out, and the room beyond that, in times."""
_ROOM = 2.0
_OVERSHOOT = 0.9
"""Share of the highest light from which on pixels are saturated ones: JPEG bends it up by 5 % at edges."""


@dataclass(frozen=True)
class Source:
    """A decoded file, or an array."""

    name: str
    pixels: npt.NDArray[Any]
    """(H, W, 3), upright."""
    encoding: str
    icc: bytes | None = None
    metadata: "Metadata | None" = None
    linear: bool = False
    """The file itself says that its values are proportional to light."""
    is_raw: bool = False
    alpha: npt.NDArray[Any] | None = None
    """(H, W)."""
    orientation: int = 1
    """EXIF orientation by which the file was turned upright."""
    camera: "Camera | None" = None
    """The pixels are this camera's white-balanced RGB."""
    peak: float = 1.0
    """What was divided out so that 1.0 is saturation: the highest light of a picture that goes beyond its white."""

    @property
    def knee(self) -> float:
        """The knee of its codes: of RAW the largest, for what is below black is not known yet of the other frames."""
        return LARGEST_KNEE if self.is_raw else 0.0


def sources(
    images: "Sequence[ImageLike | Photo]", unreadable: Unreadable | None = None, *, read_gain_map: bool = False
) -> Iterator[tuple[int, Source]]:
    """Read a bracket's images, those that are not read already, one after the other: no more than one is held.

    Args:
        images: the bracket.
        unreadable: is told of each file that cannot be read, which is left out then.
        read_gain_map: read Ultra HDR JPEGs with theirs.

    Raises:
        InputError: a file or an array cannot be used; when it is its turn.
    """
    from libhdrnet.io.read import Photo, bracket_reader

    paths = [image for image in images if isinstance(image, str | Path)]
    alone, tolerant = len(paths) == len(images), unreadable is not None
    read = bracket_reader(paths, in_camera_rgb=alone, gain_map=read_gain_map, tolerant=tolerant)
    for index, image in enumerate(images):
        if isinstance(image, Photo):
            yield index, _of_photo(str(image.path), image)
            continue
        if not isinstance(image, str | Path):
            name = f"image {index + 1}"
            pixels = check_array(image, name)
            yield index, Source(name, pixels, "linear" if pixels.dtype == np.float32 else "srgb")
            continue
        try:
            photo = read(image)
        except InputError as error:
            if unreadable is None:
                raise
            unreadable(index, error)
        else:
            yield index, _of_photo(str(image), photo)


def _of_photo(name: str, photo: "Photo") -> Source:
    from libhdrnet.io.read import straight

    photo = straight(photo)
    peak = _peak(photo.pixels) if photo.gain_map else 1.0
    pixels = photo.pixels if peak == 1 else photo.pixels / np.float32(peak)
    return Source(
        name, pixels, photo.encoding, photo.metadata.icc, photo.metadata, photo.is_linear,
        photo.white_balance is not None, photo.alpha, photo.orientation, photo.camera, peak,
    )  # fmt: skip


def _peak(pixels: FloatImage) -> float:
    """Return the light (at least 1) at which a picture that goes beyond its white ends, JPEG's overshoots aside."""
    light = brightest(pixels)
    return max(1.0, float(np.median(light[light >= _OVERSHOOT * light.max()])))


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


def codes_of(source: Source, response: str) -> Codes:
    """Return the codes of a source, (H, W, 3), below its knee the tangent.

    Raises:
        InputError: `response` is "estimate" and there is no response, for the values are floats.
    """
    decode = None if source.linear else _response(source, response)
    own = _identity if source.encoding == "linear" else decode_srgb
    linearise = decode or partial(_curved, curve=own)
    if source.encoding == "icc" and source.icc is not None:
        linearise = partial(_by_profile, icc=source.icc, decode=decode)
    elif source.pixels.dtype != np.float32:
        ramp = np.arange(int(np.iinfo(source.pixels.dtype).max) + 1, dtype=source.pixels.dtype)
        table = encode(linearise(ramp[None, :, None].repeat(3, 2)), source.knee)[0]
        return np.asarray(look_up(source.pixels, table), np.uint16)
    codes = np.empty(source.pixels.shape, np.uint16)
    for rows in bands(len(codes)):
        codes[rows] = encode(linearise(source.pixels[rows]), source.knee)
    return codes


def coverage_of(source: Source) -> Codes | None:
    """Return its alpha channel (H, W), of any depth, as 16 bits; None where it is opaque all over."""
    alpha = source.alpha
    if alpha is None:
        return None
    levels = np.iinfo(alpha.dtype).max if alpha.dtype.kind == "u" else 1
    coverage = np.round(np.clip(alpha / np.float32(levels), 0, 1) * 65535).astype(np.uint16)
    return None if bool((coverage == 65535).all()) else coverage


def has_eight_bits(pixels: npt.NDArray[Any]) -> bool:
    """Whether pixels, (H, W, 3), have 8 bits, or 16 that were made of 8."""
    return pixels.dtype == np.uint8 or (pixels.dtype == np.uint16 and not (pixels[::16, ::16] % 257).any())


def least(source: Source) -> float:
    """Return the most negative linear value of a RAW frame that its codes are to hold, and some room; 0 of others."""
    if not source.is_raw:
        return 0.0
    step = max(1, max(source.pixels.shape[:2]) // 1000)
    sample = source.pixels[::step, ::step].ravel()
    rank = int(_DEEPEST * len(sample))
    return min(_ROOM * float(np.partition(sample, rank)[rank]), 0.0)


def _response(source: Source, response: str) -> Decode | None:
    """Return what linearises a source that is not linear already; None: as it says itself."""
    if response == "estimate" and source.pixels.dtype == np.float32:
        raise InputError("response 'estimate' needs 8- or 16-bit pictures; use 'linear' for float ones.")
    curves: dict[str, Callable[[Floats], FloatImage]] = {
        "srgb": decode_srgb, "gamma2.2": decode_gamma, "linear": _identity
    }  # fmt: skip
    return partial(_curved, curve=curves[response]) if response in curves else None


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
