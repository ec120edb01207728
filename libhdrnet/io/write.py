"""Write radiance, display pictures, pictures like their source, and maps: whole files with metadata."""

import os
import warnings
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from libhdrnet.errors import HdrnetWarning, InputError, OutputError
from libhdrnet.files import whole_file, write_whole
from libhdrnet.io import colour
from libhdrnet.io.embed import SOFTWARE, check_record, embed, exr_attributes
from libhdrnet.io.formats import exr, hdr, jpeg, png, tiff
from libhdrnet.io.likeness import Likeness, likeness_of
from libhdrnet.io.metadata import Metadata
from libhdrnet.io.read import Photo

AnyPath = str | PathLike[str]
Array = npt.NDArray[Any]
Record = Mapping[str, Any]
Kinds = Literal["radiance", "display", "map", "any"]

_RADIANCE = (".exr", ".tif", ".tiff", ".hdr")
_DISPLAY = (".jpg", ".jpeg", ".png", ".tif", ".tiff")
_MAP = (".exr", ".tif", ".tiff", ".png", ".jpg", ".jpeg")
_SUFFIXES = {
    "radiance": _RADIANCE,
    "display": _DISPLAY,
    "map": _MAP,
    "any": tuple(dict.fromkeys(_RADIANCE + _DISPLAY)),
}
_TIFF, _JPEG = (".tif", ".tiff"), (".jpg", ".jpeg")
_JPEG_XMP = 60_000
"""Bytes of XMP that surely fit into the one segment of a JPEG, with the record."""
_NEW = Likeness()


def check_output(path: AnyPath, *, inputs: Sequence[AnyPath] = (), kinds: Kinds = "any") -> None:
    """Raise OutputError now if `path` could not be written after the work.

    That is: a suffix that is not known for `kinds`, a folder that is missing or not writable, a path that is
    a folder or no plain file, or one of `inputs` (also through links).
    """
    path = Path(path)
    if kinds not in _SUFFIXES:
        raise InputError(f"The kind of output {kinds!r} is unknown: choose 'radiance', 'display', 'map' or 'any'.")
    if path.is_dir():
        raise OutputError(f"'{path}' is a folder: name a file in it.")
    _suffix(path, _SUFFIXES[kinds])
    folder = Path(os.path.realpath(path)).parent
    if not folder.is_dir():
        raise OutputError(f"'{path}' cannot be written (there is no folder '{folder}'): create it first.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"'{path}' cannot be written (no permission in '{folder}'): choose another folder.")
    if path.exists():
        if not path.is_file():
            raise OutputError(f"'{path}' is not an ordinary file: choose another name.")
        if not os.access(path, os.W_OK):
            raise OutputError(f"'{path}' is write-protected: choose another name.")
        for name in inputs:
            if Path(name).exists() and path.samefile(name):
                raise OutputError(f"'{path}' is the input '{name}': choose another name, inputs are never overwritten.")


def write_radiance(
    path: AnyPath,
    linear: Array,
    *,
    metadata: Metadata | None = None,
    record: Record | None = None,
    exr_bits: Literal[16, 32] = 16,
) -> None:
    """Write linear Rec.709 radiance, float (H, W, 3), 1.0 = white of the reference.

    .exr: half (or float with `exr_bits=32`), ZIP, standard attributes. .tif: float32, deflate, linear
    profile. .hdr: Radiance RGBE, 1 % steps, negative values become 0, no metadata but the record in comments.
    Values beyond half's 65504 are clipped with a HdrnetWarning. Raises InputError for arrays that cannot be
    written (shape, NaN), OutputError for an unknown suffix and whatever the disk refuses.
    """
    path = Path(path)
    suffix = _suffix(path, _RADIANCE)
    check_record(record)
    linear = _float_image(linear, 3)
    if suffix == ".exr":
        _write_exr(path, linear, metadata, record, exr_bits)
    elif suffix == ".hdr":
        write_whole(path, hdr.encode(np.maximum(linear, 0), None if record is None else dict(record)))
    else:
        _write_coded(path, linear, metadata, record, icc=colour.linear_profile(), srgb=False)


def write_display(
    path: AnyPath,
    encoded: Array,
    *,
    bits: Literal[8, 16] = 8,
    metadata: Metadata | None = None,
    icc: bytes | None = None,
    record: Record | None = None,
    quality: int = jpeg.QUALITY,
    alpha: Array | None = None,
) -> None:
    """Write a picture for the eye: (H, W) or (H, W, 3) float in [0, 1], uint8 or uint16.

    The values are encoded as `icc` says, without it as sRGB, and the profile is embedded. `bits` is the depth
    of PNG and TIFF; JPEG always has 8. `alpha`: (H, W); JPEG drops it with a HdrnetWarning.
    Raises as `write_radiance` does.
    """
    path = Path(path)
    suffix = _suffix(path, _DISPLAY)
    check_record(record)
    if bits not in (8, 16):
        raise InputError(f"A picture of {bits} bits cannot be written: choose 8 or 16.")
    if not 1 <= quality <= 100:
        raise InputError(f"The JPEG quality {quality} is out of range: choose 1 to 100.")
    dtype = np.uint8 if bits == 8 or suffix in _JPEG else np.uint16
    pixels = _depth(_image(encoded), dtype)
    layer = None if alpha is None else _depth(_checked_alpha(alpha, pixels), dtype)
    grey = pixels.ndim == 2
    srgb = icc is None or colour.is_srgb_profile(icc)
    if icc is None and not grey:  # an RGB profile in a grey file is an error to most readers
        icc = colour.srgb_profile()
    _write_coded(path, pixels, metadata, record, icc=icc, srgb=srgb, alpha=layer, like=Likeness(quality))


def write_like(photo: Photo, path: AnyPath, pixels: Array, *, record: Record | None = None) -> None:
    """Write `pixels`, (H, W, 3) of the photo's dtype and encoding, with its profile, alpha and metadata.

    The file keeps the resolution, the whole XMP and, from JPEG to JPEG, quality and subsampling.

    The format is that of the suffix. What it cannot hold is converted, and a HdrnetWarning says what was
    lost: 16 bits and alpha in JPEG, floats in PNG and JPEG, alpha in Radiance files. OpenEXR and Radiance
    files get linear Rec.709, and linear photos become sRGB in PNG and JPEG. Raises as `write_radiance` does.
    """
    path = Path(path)
    suffix = _suffix(path, _SUFFIXES["any"])
    check_record(record)
    pixels = _image(pixels)
    if pixels.shape != photo.pixels.shape or pixels.dtype != photo.pixels.dtype:
        raise InputError(
            f"The pixels are {pixels.shape} {pixels.dtype}, those of '{photo.path}' {photo.pixels.shape} "
            f"{photo.pixels.dtype}: give the same."
        )
    icc, alpha = photo.metadata.icc, photo.alpha
    if suffix in (".exr", ".hdr"):
        linear = colour.to_linear(pixels, encoding=photo.encoding, icc=icc)
        if suffix == ".hdr":
            _warn_of_loss(path, ["transparency"] if alpha is not None else [], "Radiance files")
            write_radiance(path, linear, record=record)
            return
        layer = None if alpha is None else np.asarray(colour.change_depth(alpha, np.float32))
        bits: Literal[16, 32] = 16 if pixels.dtype == np.uint8 else 32
        _write_exr(path, linear, photo.metadata, record, bits, alpha=layer, grey=photo.grey)
        return
    srgb = photo.encoding == "srgb"
    dtype = pixels.dtype
    lost = []
    if photo.encoding == "linear":
        icc = colour.linear_profile()
        if suffix not in _TIFF:
            dtype = np.dtype(np.uint16)
            pixels = colour.from_linear(colour.to_linear(pixels, encoding="linear"), encoding="srgb", dtype=dtype)
            icc, srgb = colour.srgb_profile(), True
            lost = ["values above white"] if photo.pixels.dtype.kind == "f" else []
    elif dtype.kind == "f" and suffix not in _TIFF:
        dtype, lost = np.dtype(np.uint16), ["values outside [0, 1]"]
    if suffix in _JPEG:
        lost += ["all but 8 bits"] if photo.pixels.dtype != np.uint8 else []
        lost += ["transparency"] if alpha is not None else []
        dtype = np.dtype(np.uint8)
    _warn_of_loss(path, lost, "JPEG" if suffix in _JPEG else "PNG")
    if icc is None and srgb and dtype.kind == "f":
        icc = colour.srgb_profile()  # without it the float file would be read as linear
    pixels = _depth(pixels, dtype)
    if photo.grey:
        # An RGB profile does not belong into a one-channel file: it goes where the default says the same.
        default = srgb if dtype.kind != "f" else photo.encoding == "linear"
        if icc is not None and colour.profile_space(icc) == "GRAY":
            pixels = _one_channel(pixels)
        elif default:
            pixels, icc = _one_channel(pixels), None
    layer = None if alpha is None or suffix in _JPEG else _depth(alpha, dtype)
    _write_coded(path, pixels, photo.metadata, record, icc=icc, srgb=srgb, alpha=layer, like=likeness_of(photo.path))


def write_map(path: AnyPath, values: Array, *, scale: float | None, record: Record | None = None) -> None:
    """Write a map, float (H, W).

    .tif (float32) and .exr (float, channel Y) hold the values as they are; .png (16 bits) and .jpg hold
    values / `scale`, clipped to [0, 1], with `scale=None` meaning the map's own maximum.
    Raises as `write_radiance` does.
    """
    path = Path(path)
    suffix = _suffix(path, _MAP)
    check_record(record)
    values = _float_image(values, 2)
    if scale is not None and not (np.isfinite(scale) and scale > 0):
        raise InputError(f"The scale {scale} of the map is unusable: give a positive number or None.")
    if suffix == ".exr":
        _write_exr(path, values, None, record, 32)
        return
    if suffix not in _TIFF:
        top = float(values.max()) if scale is None else scale
        scaled = values / np.float32(top) if top > 0 else np.zeros_like(values)
        values = colour.quantise(scaled, np.uint8 if suffix in _JPEG else np.uint16)
    _write_coded(path, values, None, record, icc=None, srgb=False)


def _write_exr(
    path: Path,
    linear: Array,
    metadata: Metadata | None,
    record: Record | None,
    bits: int,
    *,
    alpha: Array | None = None,
    grey: bool = False,
) -> None:
    if bits not in (16, 32):
        raise InputError(f"OpenEXR with {bits} bits cannot be written: choose 16 or 32.")
    if bits == 16:
        if float(np.abs(linear).max()) > exr.HALF_MAX:
            _warn_of_loss(path, [f"values above {exr.HALF_MAX:.0f}"], "16-bit OpenEXR")
            linear = np.clip(linear, -exr.HALF_MAX, exr.HALF_MAX)
        linear = linear.astype(np.float16)
    attributes = exr_attributes(metadata, record, path)
    with whole_file(path) as temporary:
        try:
            exr.write(temporary, _one_channel(linear) if grey and alpha is None else linear, attributes, alpha=alpha)
        except (RuntimeError, ValueError) as error:
            raise OutputError(f"'{path}' cannot be written ({error}): free some space or choose another.") from error


def _write_coded(
    path: Path,
    pixels: Array,
    metadata: Metadata | None,
    record: Record | None,
    *,
    icc: bytes | None,
    srgb: bool,
    alpha: Array | None = None,
    like: Likeness = _NEW,
) -> None:
    suffix = path.suffix.lower()
    module = jpeg if suffix in _JPEG else png if suffix == ".png" else tiff
    if max(pixels.shape[:2]) > module.MAX_SIDE:
        raise OutputError(f"'{path}' cannot hold {max(pixels.shape[:2])} pixels a side: write a TIFF.")
    if alpha is not None:
        if suffix in _JPEG:
            _warn_of_loss(path, ["transparency"], "JPEG")
            alpha = None
        else:
            pixels = np.dstack([pixels, alpha])

    def store(file: Path) -> None:
        if suffix in _JPEG:
            data = jpeg.encode(
                pixels, quality=like.quality, icc=icc, subsampling=like.subsampling, density=like.density
            )
            file.write_bytes(data)
        elif suffix == ".png":
            file.write_bytes(png.encode(pixels, icc=icc))
        else:
            tiff.write(file, pixels, icc=icc, software=SOFTWARE, alpha=alpha is not None, resolution=like.resolution)

    packet = "" if suffix in _JPEG and len(like.packet.encode()) > _JPEG_XMP else like.packet
    with whole_file(path) as temporary:
        store(temporary)
        if not embed(temporary, path, metadata, record, srgb=srgb, packet=packet):
            store(temporary)


def _suffix(path: Path, known: tuple[str, ...]) -> str:
    suffix = path.suffix.lower()
    if suffix not in known:
        raise OutputError(f"'{path}' has no suffix that can be written here: choose one of {', '.join(known)}.")
    return suffix


def _image(array: Array) -> Array:
    array = np.asarray(array)
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] != 3) or 0 in array.shape:
        raise InputError(f"A picture of the shape {array.shape} cannot be written: it has to be (height, width, 3).")
    if array.dtype not in (np.uint8, np.uint16) and array.dtype.kind != "f":
        raise InputError(f"A picture of the type {array.dtype} cannot be written: give uint8, uint16 or float32.")
    if array.dtype.kind == "f" and not bool(np.isfinite(array).all()):
        raise InputError("The picture holds NaN or infinite values: replace them before writing.")
    return array


def _float_image(array: Array, dimensions: int) -> Array:
    array = _image(array)
    if array.ndim != dimensions or array.dtype.kind != "f":
        wanted = "(height, width, 3)" if dimensions == 3 else "(height, width)"
        raise InputError(f"The array is {array.shape} {array.dtype}: it has to be {wanted} float32.")
    return array.astype(np.float32, copy=False)


def _checked_alpha(alpha: Array, pixels: Array) -> Array:
    if alpha.shape != pixels.shape[:2]:
        raise InputError(f"The alpha channel is {alpha.shape}: it has to be {pixels.shape[:2]} as the picture.")
    return alpha


def _depth(pixels: Array, dtype: npt.DTypeLike) -> Array:
    return colour.change_depth(pixels, dtype)


def _one_channel(pixels: Array) -> Array:
    if pixels.ndim == 2:
        return pixels
    first = pixels[..., 0]
    if np.array_equal(first, pixels[..., 1]) and np.array_equal(first, pixels[..., 2]):
        return first
    mean = pixels.mean(axis=2, dtype=np.float32)
    return np.asarray(mean if pixels.dtype.kind == "f" else np.rint(mean), pixels.dtype)


def _warn_of_loss(path: Path, lost: list[str], kind: str) -> None:
    if lost:
        message = f"'{path}' loses {' and '.join(lost)}, which {kind} cannot hold: write a TIFF to keep them."
        warnings.warn(message, HdrnetWarning, stacklevel=3)
