"""Read photographs of any common kind into arrays, as they are and as linear Rec.709."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from libhdrnet.bands import bands
from libhdrnet.errors import HdrnetError, HdrnetWarning, InputError, readable, warn
from libhdrnet.formats import codec
from libhdrnet.io import colour
from libhdrnet.io.alpha import unassociated
from libhdrnet.io.camera import Camera, Matrices, camera_of
from libhdrnet.io.colour import Encoding
from libhdrnet.io.formats import gain_map_file, raw, tiff
from libhdrnet.io.formats.decoded import Decoded, Header, check_finite, damaged
from libhdrnet.io.formats.raw import WhiteBalance
from libhdrnet.io.kinds import kind_of
from libhdrnet.io.metadata import Metadata, exposure_of, first_number, read_metadata
from libhdrnet.io.orientation import applied, upright_size
from libhdrnet.io.outputs import AnyPath
from libhdrnet.io.passengers import GAIN_MAP, passengers
from libhdrnet.radiometry import FloatImage, decode_gamma

Response = Literal["auto", "srgb", "gamma2.2", "linear"]

MAX_PIXELS = 400_000_000
"""Larger pictures are refused before they are decoded: they are nearly always damaged headers or bombs."""


@dataclass(frozen=True)
class Photo:
    """A picture as its file has it, upright."""

    path: Path
    pixels: npt.NDArray[Any]
    """(H, W, 3) uint8, uint16 or float32, RGB in the file's own encoding; grey is three equal channels.

    RAW is linear: uint16, or of a bracket float32, in which noise around black is negative, too.
    """
    alpha: npt.NDArray[Any] | None
    """(H, W) of the same dtype."""
    grey: bool
    """The file had one channel of colour."""
    encoding: Encoding
    """"srgb", "icc" (see `metadata.icc`) or "linear" Rec.709."""
    metadata: Metadata
    white_balance: WhiteBalance | None
    """RAW only: the multipliers that were used (red, green, blue, second green)."""
    associated: bool = False
    """The pixels are already multiplied by alpha, as in OpenEXR and some TIFFs; `straight` divides it out."""
    orientation: int = 1
    """EXIF orientation (1 to 8) by which the stored pixels were turned upright."""
    gain_map: bool = False
    """A JPEG that was read with its gain map: 1.0 is the white of the plain picture."""
    camera: Camera | None = None
    """RAW only, of a bracket's frames: the pixels are this camera's linear RGB, white-balanced; None: Rec.709."""

    @property
    def is_linear(self) -> bool:
        """Whether the file says that its values are proportional to light: RAW, OpenEXR, Radiance, a linear profile."""
        icc = self.metadata.icc
        return self.encoding == "linear" or (self.encoding == "icc" and icc is not None and colour.is_linear(icc))

    @property
    def exposure(self) -> float | None:
        """Relative exposure time * ISO / N^2, None if the file does not say."""
        return exposure_of(self.metadata)


def read_photo(path: AnyPath, *, white_balance: WhiteBalance | None = None, gain_map: bool = False) -> Photo:
    """Read a picture of any known format, whatever its suffix.

    OpenEXR with other chromaticities is converted to Rec.709, CMYK to sRGB. Associated alpha stays in the pixels, which
    is told by `Photo.associated`. What a file holds beyond one picture is left out with a HdrnetWarning. A profile that
    says nothing but sRGB gives "srgb"; one that cannot be used is left out with a HdrnetWarning.

    Args:
        path: Of the file.
        white_balance: Multipliers for RAW (red, green, blue, second green); None: the camera's.
        gain_map: Read an Ultra HDR JPEG with its gain map: linear Rec.709, float32, 1.0 = white of the plain picture.

    Raises:
        InputError: the file is missing, empty, damaged, no known picture, larger than 400 megapixels (WebP, JPEG 2000,
            BMP, GIF, PPM: 179) or holds NaN or infinity.
    """
    given = (1.0,) * 4 if white_balance is None else white_balance
    if len(given) != 4 or not all(np.isfinite(value) and value > 0 for value in given):
        raise InputError(f"The white balance {white_balance} is unusable: give four positive multipliers.")
    return _read(Path(path), gain_map=gain_map, white_balance=white_balance)


def read_photos(paths: Iterable[AnyPath]) -> list[Photo]:
    """Read the frames of a bracket; its RAW files are developed alike.

    They get the first one's white balance and one white, are float32 and keep the noise around black with its negative
    values. Raises InputError as `read_photo` does.
    """
    files = [*paths]
    return [*map(bracket_reader(files), files)]


def bracket_reader(
    paths: Iterable[AnyPath],
    *,
    in_camera_rgb: bool = False,
    gain_map: bool = False,
    tolerant: bool = False,
    reduction: int = 1,
) -> Callable[[AnyPath], Photo]:
    """Return what reads a frame of the bracket when it is asked for; RAW files of one are developed alike.

    All get the first RAW's white balance and one white: the level at which any of them shows that the sensor clips.
    They are float32 and keep the noise around black with its negative values, so that its mean stays black.
    `in_camera_rgb`: RAW stays in its camera's colours where all files are RAW of one whose colours are known; then
    `Photo.camera` tells of them. `gain_map`: as in `read_photo`. Raises InputError as `read_photo` does, at once for a
    file that is no picture; with `tolerant` only what is returned does so. `reduction`: pictures come at least so many
    times smaller an edge where that is quicker than reading them whole: JPEGs 1, 2, 4 or 8 times, RAW files at half
    their size, all others as they are.
    """
    kinds = dict(_kinds(map(Path, paths), tolerant))
    taken = [path for path, kind in kinds.items() if kind == "raw"]
    balance, level, matrices = raw.shared_levels(taken)
    if not in_camera_rgb or len(taken) < len(kinds):
        matrices = None

    return lambda path: _read(
        Path(path), gain_map=gain_map, reduction=reduction,
        white_balance=balance, white_level=level, signed=True, matrices=matrices,
    )  # fmt: skip


def check_one_camera(paths: Iterable[AnyPath]) -> None:
    """Raise InputError where there are RAW files of different cameras, by their colour matrices.

    Files that cannot be read are passed over.
    """
    first: tuple[Path, Matrices | None] | None = None
    for path in (path for path, kind in _kinds(map(Path, paths), tolerant=True) if kind == "raw"):
        try:
            matrices = raw.read_matrices(path)
        except InputError:
            continue
        first = first or (path, matrices)
        if not (matrices is None if first[1] is None else first[1].are_those_of(matrices)):
            raise InputError(
                f"'{path}' has other colour matrices than '{first[0]}', and a DNG tells the colours of one camera: "
                "write .exr or .tif."
            )


def _kinds(paths: Iterable[Path], tolerant: bool) -> Iterator[tuple[Path, str]]:
    for path in paths:
        try:
            yield path, read_header(path)[0]
        except InputError:
            if not tolerant:
                raise


def _read(path: Path, *, gain_map: bool = False, reduction: int = 1, **development: Any) -> Photo:
    """Read any picture; `development` are arguments of `raw.decode`."""
    kind, header = read_header(path)
    metadata = read_metadata(path)
    with_map = gain_map and kind == "jpeg" and GAIN_MAP in passengers(path)
    try:
        with _naming(path):
            decoded = gain_map_file.decode(path) if with_map else _decode(path, kind, reduction, development)
    except MemoryError as error:
        megapixels = header.height * header.width / 1e6
        raise InputError(
            "'{path}' ({megapixels} megapixels) does not fit into memory: scale it down.",
            path=path, megapixels=f"{megapixels:.0f}",
        ) from error  # fmt: skip
    check_finite(path, decoded.pixels, decoded.alpha)
    encoding, icc = _encoding(decoded, metadata, path)
    camera = None
    if decoded.matrices is not None and decoded.white_balance is not None:
        camera = camera_of(decoded.matrices, decoded.white_balance, decoded.white, metadata.exif)
    orientation = header.orientation or _exif_orientation(metadata)
    return Photo(
        path=path,
        pixels=applied(decoded.pixels, orientation),
        alpha=None if decoded.alpha is None else applied(decoded.alpha, orientation),
        grey=decoded.grey,
        encoding=encoding,
        metadata=replace(metadata, icc=icc),
        white_balance=decoded.white_balance,
        associated=decoded.associated,
        orientation=header.turned if orientation == 1 else orientation,
        gain_map=with_map,
        camera=camera,
    )


def straight(photo: Photo) -> Photo:
    """Return the photo with its colours as they are without transparency: associated alpha is divided out.

    Light at an alpha of 0 is kept as it is.
    """
    if not photo.associated or photo.alpha is None:
        return photo
    return replace(photo, pixels=unassociated(photo.pixels, photo.alpha)[0], associated=False)


def linear_rec709(photo: Photo | npt.NDArray[Any], response: Response = "auto") -> FloatImage:
    """Linearise a photo or (H, W, 3) pixels. Associated alpha is divided out.

    Args:
        photo: Of `read_photo`, or pixels (H, W, 3).
        response: "auto" takes the photo's own encoding (arrays: integers are sRGB, floats linear); "srgb", "gamma2.2"
            and "linear" take the place of its tone curve, not of its profile's primaries. Photos that are linear (RAW,
            OpenEXR, Radiance, a linear profile) stay so.

    Returns:
        float32 (H, W, 3), Rec.709 primaries, 1.0 = white; values outside [0, 1] are possible, see `to_linear`.

    Raises:
        InputError: an unknown response, shape or dtype.
    """
    if response not in ("auto", "srgb", "gamma2.2", "linear"):
        raise InputError(f"The response {response!r} is unknown: choose 'auto', 'srgb', 'gamma2.2' or 'linear'.")
    encoding: Encoding
    if isinstance(photo, Photo):
        photo = straight(photo)
        pixels, encoding, icc = photo.pixels, photo.encoding, photo.metadata.icc
        response = "auto" if photo.is_linear else response
    else:
        pixels, icc = photo, None
        encoding = "linear" if pixels.dtype.kind == "f" else "srgb"
    if response == "auto":
        return colour.to_linear(pixels, encoding=encoding, icc=icc)
    linear = colour.to_linear(pixels, encoding="srgb" if response == "srgb" else "linear")
    matrix = colour.primaries_of(icc).T if encoding == "icc" and icc is not None else None
    for rows in bands(len(linear)):
        band = decode_gamma(linear[rows]) if response == "gamma2.2" else linear[rows]
        linear[rows] = band if matrix is None else band @ matrix
    return linear


def image_size(path: AnyPath) -> tuple[int, int]:
    """Return height and width after orientation, from the file's header alone.

    Raises InputError for a file that is no readable picture; large sizes are returned, not refused.
    """
    path = Path(path)
    _, header = _header(path)
    orientation = header.orientation or _exif_orientation(read_metadata(path))
    return upright_size(header.height, header.width, orientation)


def read_header(path: Path) -> tuple[str, Header]:
    """Return the kind of a picture and its size as stored; raises InputError as `read_photo` does."""
    kind, header = _header(path)
    if header.height * header.width > MAX_PIXELS:
        raise InputError(
            f"'{path}' has {header.height * header.width / 1e6:.0f} megapixels ({header.width} x {header.height}): "
            f"scale it down to at most {MAX_PIXELS / 1e6:.0f}."
        )
    return kind, header


def _header(path: Path) -> tuple[str, Header]:
    kind = kind_of(path)
    try:
        with _naming(path):
            header: Header = codec(kind).header(path)
    except raw.NotRawError as error:
        kind = "tiff"  # an ordinary TIFF under a RAW's name, or a RAW that LibRaw does not know
        try:
            with _naming(path):
                header = tiff.header(path)
        except InputError:
            raise InputError(
                "'{path}' is a RAW file that LibRaw cannot read ({reason}): convert it to DNG or TIFF.",
                path=path, reason=readable(error),
            ) from error  # fmt: skip
    if header.height <= 0 or header.width <= 0:
        raise InputError(f"'{path}' has no pixels ({header.width} x {header.height}): save it again.")
    return kind, header


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    # Damaged headers make the format libraries fail in ways that none of them documents.
    try:
        yield
    except (HdrnetError, HdrnetWarning, MemoryError, ImportError, raw.NotRawError):
        raise
    except Exception as error:
        raise damaged(path, error) from error


def _decode(path: Path, kind: str, reduction: int, development: Mapping[str, Any]) -> Decoded:
    options = {"raw": {"half": reduction > 1, **development}, "jpeg": {"reduction": reduction}}
    decoded: Decoded = codec(kind).decode(path, **options.get(kind, {}))
    return decoded


def _encoding(decoded: Decoded, metadata: Metadata, path: Path) -> tuple[Encoding, bytes | None]:
    icc = decoded.icc if decoded.icc is not None or decoded.icc_is_final else metadata.icc
    if decoded.linear:
        return "linear", None
    mark = str(metadata.exif.get("Exif.Iop.InteroperabilityIndex", "")).strip()
    if icc is None and not decoded.icc_is_final and mark == "R03":
        icc = colour.adobe_rgb_profile()
    if icc is None or colour.is_srgb_profile(icc):
        return "srgb", icc
    if decoded.pixels.dtype.kind == "f" and colour.is_linear_profile(icc):
        return "linear", icc
    if not colour.is_usable_profile(icc):
        space = readable(colour.profile_space(icc)) or "an unknown space"
        warn(
            "'{path}' has a profile for {space} that cannot be used: its colours are taken as sRGB.",
            path=path, space=space,
        )  # fmt: skip
        return "srgb", None
    return "icc", icc


def _exif_orientation(metadata: Metadata) -> int:
    value = first_number(metadata.exif, "Exif.Image.Orientation")
    return int(value) if value is not None and value in range(1, 9) else 1
