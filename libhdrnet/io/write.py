"""Write radiance, display pictures, pictures like their source, and maps: whole files with metadata."""

from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np

from libhdrnet.errors import HdrnetNote, InputError, OutputError, warn
from libhdrnet.formats import BY_SUFFIX, JPEG, TIFF
from libhdrnet.io import colour
from libhdrnet.io.alpha import unassociated
from libhdrnet.io.camera import Camera
from libhdrnet.io.colour import Array, change_depth
from libhdrnet.io.embed import Record, Target
from libhdrnet.io.formats import gain_map_file, jpeg
from libhdrnet.io.gain import gain_map, headroom_of
from libhdrnet.io.likeness import Likeness, likeness_of
from libhdrnet.io.metadata import Metadata
from libhdrnet.io.outputs import AnyPath, known_suffix
from libhdrnet.io.pq import HIGHEST, OUTSIDE, TOO_BRIGHT
from libhdrnet.io.read import Photo
from libhdrnet.io.store import one_channel, store_coded, store_exr, store_hdr, store_pq, warn_of_loss
from libhdrnet.io.store_dng import store_dng
from libhdrnet.options import ResultOptions

_MAP_QUALITY, _WIDE_MAP_QUALITY = 97, 99
_WIDE = 5.0
"""Of a gain map as a JPEG, and from how many stops of range on it takes the second: its errors are multiplied by the
range. libultrahdr gives the luminance of each of seven merged brackets to 0.014 to 0.0194 stops in the mean (with 97
alone 0.024 to 0.026 in three of range 5 to 8; with 99 alone files are 40 % larger)."""
_PLAIN = "'{path}' is a plain JPEG without a gain map: {why}."


def write_radiance(
    path: AnyPath,
    linear: Array,
    *,
    metadata: Metadata | None = None,
    record: Record | None = None,
    exr_bits: int | None = None,
    exr_compression: str | None = None,
    hdr_bits: int | None = None,
    alpha: Array | None = None,
    camera: Camera | None = None,
    noise: tuple[float, float] | None = None,
) -> None:
    """Write radiance in the format of the suffix.

    - .exr: float32, ZIP, standard attributes.
    - .tif: float32, deflate, linear profile.
    - .hdr: Radiance RGBE, steps of 1 %, negative values become 0, metadata as comments.
    - .avif, .jxl: PQ on BT.2020's primaries, 1.0 = 203 cd/m2; AVIF loses 0.02 stops in the mean, JPEG XL only what
      rounding does (12 bits: 0.001). What is beyond 10000 cd/m2 (49) or BT.2020 is clipped with a HdrnetWarning.
    - .dng: a RAW file of all colours at each pixel; in integers negative values become 0, and lights end at 32 times
      white, with a HdrnetWarning.

    Args:
        path: Of the file, which is replaced if it exists.
        linear: float (H, W, 3), linear Rec.709, 1.0 = white of the reference.
        metadata: What the file inherits; a HdrnetWarning says what the format cannot hold.
        record: JSON-able, how the picture was made; `read_record` reads it.
        exr_bits: 32, or 16 for half: steps of 0.05 to 0.1 %, values beyond 65504 are clipped with a HdrnetWarning. Of a
            DNG, which is written in integers unless it is given.
        exr_compression: "zip", or "dwaa": half, two fifths to a sixth as large, with a loss of 0.005 to 0.02 stops in
            the mean and 0.1 in the darkest places.
        hdr_bits: 10 or 12 (as usual), of JPEG XL also 16.
        alpha: float (H, W) in [0, 1]; associated in OpenEXR, unassociated in TIFF, AVIF and JPEG XL, dropped with a
            HdrnetWarning in Radiance files and DNG.
        camera: Whose sensor's colours a DNG has, without its white balance (`Photo.camera`); None: Rec.709.
        noise: S and O of the variance S x + O of the radiance x, for DNG.

    Raises:
        InputError: an array cannot be written (shape, NaN), or an option fits no such file.
        OutputError: the suffix is unknown, or the disk refuses.
    """
    path = Path(path)
    format = BY_SUFFIX[known_suffix(path, "radiance")]
    target = Target(path, metadata or Metadata(), record)
    ResultOptions(exr_bits=exr_bits, exr_compression=exr_compression)  # refuses what there is not
    linear = _float_image(linear, 3)
    layer = None if alpha is None else np.clip(_float_image(_checked_alpha(alpha, linear), 2), 0, 1)
    bits = exr_bits or (16 if exr_compression == "dwaa" else 32)
    stores = {
        "exr": lambda: store_exr(target, linear, bits, compression=exr_compression or "zip", alpha=layer),
        "hdr": lambda: store_hdr(target, linear, alpha=layer),
        "dng": lambda: store_dng(target, linear, exr_bits, camera=camera, noise=noise, alpha=layer),
        "tiff": lambda: store_coded(target, linear, icc=colour.linear_profile(), srgb=False, alpha=layer),
    }
    stores.get(format.writer, lambda: store_pq(target, linear, hdr_bits, alpha=layer))()


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
    """Write a picture for the eye to .jpg, .png or .tif.

    Args:
        path: Of the file, which is replaced if it exists.
        encoded: (H, W) or (H, W, 3), float in [0, 1], uint8 or uint16, encoded as `icc` says.
        bits: Depth of PNG and TIFF; JPEG always has 8.
        metadata: What the file inherits.
        icc: Profile that is embedded; None: sRGB.
        record: JSON-able, how the picture was made; `read_record` reads it.
        quality: Of a JPEG, 1 to 100.
        alpha: (H, W); JPEG drops it with a HdrnetWarning.

    Raises:
        InputError, OutputError: as `write_radiance`.
    """
    path = Path(path)
    suffix = known_suffix(path, "display")
    target = Target(path, metadata or Metadata(), record)
    if bits not in (8, 16):
        raise InputError(f"A picture of {bits} bits cannot be written: choose 8 or 16.")
    _check_quality(quality)
    dtype = np.uint8 if bits == 8 or suffix in JPEG else np.uint16
    pixels = change_depth(_image(encoded), dtype)
    layer = None if alpha is None else change_depth(_checked_alpha(alpha, pixels), dtype)
    srgb = icc is None or colour.is_srgb_profile(icc)
    if icc is None and pixels.ndim == 3:  # an RGB profile in a grey file is an error to most readers
        icc = colour.srgb_profile()
    store_coded(target, pixels, icc=icc, srgb=srgb, alpha=layer, like=Likeness(quality))


def write_with_gain_map(
    path: AnyPath,
    linear: Array,
    shown: Array,
    *,
    metadata: Metadata | None = None,
    record: Record | None = None,
    quality: int = jpeg.QUALITY,
    alpha: Array | None = None,
) -> None:
    """Write a JPEG that is `shown` on any display and, by its gain map, `linear` on an HDR display.

    The gain map has the full size and three channels, its numbers are in the forms of ISO 21496-1 and of Android and
    Adobe; `linear` comes back to 0.02 stops in the mean. Where it does not rise above white the file is a plain JPEG,
    which a HdrnetNote says.

    Args:
        path: Of the file (.jpg), which is replaced if it exists.
        linear: float (H, W, 3), linear Rec.709, 1.0 = white.
        shown: The same picture tone-mapped, (H, W, 3) in sRGB, float in [0, 1], uint8 or uint16.
        metadata: What the file inherits.
        record: JSON-able, how the picture was made; `read_record` reads it.
        quality: Of the JPEG, 1 to 100.
        alpha: Dropped with a HdrnetWarning.

    Raises:
        InputError: the two differ in size, or as `write_radiance`.
        OutputError: as `write_radiance`.
    """
    path = Path(path)
    if path.suffix.lower() not in JPEG:
        raise OutputError(f"'{path}' cannot hold a gain map: name a .jpg.")
    target = Target(path, metadata or Metadata(), record)
    _check_quality(quality)
    linear, shown = _float_image(linear, 3), change_depth(_image(shown), np.uint8)
    if shown.shape != linear.shape:
        raise InputError(
            f"The picture is {shown.shape} and its radiance {linear.shape}: a gain map takes both of the same size."
        )
    lost = [TOO_BRIGHT] if float(linear.max()) > HIGHEST * (1 + OUTSIDE) else []
    lost += ["colours outside Rec.709"] if float(linear.min()) < -OUTSIDE else []
    lost += ["transparency"] if alpha is not None else []
    warn_of_loss(path, lost, "a JPEG with a gain map")
    linear = np.clip(linear, 0, HIGHEST)
    headroom = headroom_of(linear)

    def completed(data: bytes) -> bytes:
        codes, gain = gain_map(linear, jpeg.pixels_of(data), headroom)
        fine = _WIDE_MAP_QUALITY if gain.most - gain.least > _WIDE else _MAP_QUALITY
        try:
            return gain_map_file.with_gain_map(data, jpeg.encode(codes, quality=fine, icc=None), gain)
        except ValueError:
            warn(_PLAIN.format(path=path, why="its XMP leaves no room for one"))
            return data

    store_coded(
        target, shown, icc=colour.srgb_profile(), srgb=True, like=Likeness(quality),
        completed=completed if headroom else None,
    )  # fmt: skip
    if not headroom:
        warn(_PLAIN.format(path=path, why="nothing in the picture is brighter than white"), HdrnetNote)


def write_like(photo: Photo, path: AnyPath, pixels: Array, *, record: Record | None = None) -> None:
    """Write changed pixels of a photo as the photo was: with its profile, alpha and metadata.

    The file keeps the resolution, the whole XMP and, from JPEG to JPEG, quality and subsampling. What the format of the
    suffix cannot hold is converted, and a HdrnetWarning says what was lost: 16 bits and alpha in JPEG, floats in PNG
    and JPEG, alpha and negative values in Radiance files. OpenEXR and Radiance files get linear Rec.709, and linear
    photos become sRGB in PNG and JPEG. But a PNG of a PNG in PQ, HLG or narrow range is coded as that is, with 16 bits.
    Associated alpha stays so in OpenEXR and TIFF, is divided out for PNG, and what has no alpha shows the picture
    before black.

    Args:
        photo: What was read.
        path: Of the file, which is replaced if it exists.
        pixels: (H, W, 3) of the photo's dtype and encoding.
        record: JSON-able, how the picture was made; `read_record` reads it.

    Raises:
        InputError, OutputError: as `write_radiance`.
    """
    path = Path(path)
    suffix = known_suffix(path, "any")
    target = Target(path, photo.metadata, record)
    pixels = _image(pixels)
    if pixels.shape != photo.pixels.shape or pixels.dtype != photo.pixels.dtype:
        raise InputError(
            f"The pixels are {pixels.shape} {pixels.dtype}, those of '{photo.path}' {photo.pixels.shape} "
            f"{photo.pixels.dtype}: give the same."
        )
    icc, alpha = photo.metadata.icc, photo.alpha
    if suffix in (".exr", ".hdr"):
        write = _write_exr_like if suffix == ".exr" else _write_hdr_like
        write(photo, target, pixels)
        return
    like = likeness_of(photo.path)
    if suffix == ".png" and photo.encoding == "linear" and like.code_points is not None:
        layer = None if alpha is None else change_depth(alpha, np.uint16)
        coded = like.code_points.from_linear(pixels, grey=photo.grey)
        coded = one_channel(coded) if photo.grey else coded
        store_coded(target, coded, icc=None, srgb=False, alpha=layer, like=like)
        return
    srgb = photo.encoding == "srgb"
    dtype = pixels.dtype
    lost: list[str] = []
    hidden = False
    if alpha is not None and photo.associated and suffix == ".png":
        pixels, hidden = unassociated(pixels, alpha)
    if photo.encoding == "linear":
        icc = colour.linear_profile()
        if suffix not in TIFF:
            dtype = np.dtype(np.uint16)
            pixels = colour.from_linear(colour.to_linear(pixels, encoding="linear"), encoding="srgb", dtype=dtype)
            icc, srgb = colour.srgb_profile(), True
            lost = ["values above white"] if photo.pixels.dtype.kind == "f" else []
    elif dtype.kind == "f" and suffix not in TIFF:
        dtype, lost = np.dtype(np.uint16), ["values outside [0, 1]"]
    lost += ["light in transparent places"] if hidden else []
    if suffix in JPEG:
        lost += ["all but 8 bits"] if photo.pixels.dtype != np.uint8 else []
        lost += ["transparency"] if alpha is not None else []
        dtype = np.dtype(np.uint8)
    warn_of_loss(path, lost, "JPEG" if suffix in JPEG else "PNG")
    if icc is None and srgb and dtype.kind == "f":
        icc = colour.srgb_profile()  # without it the float file would be read as linear
    pixels = change_depth(pixels, dtype)
    if photo.grey:
        pixels, icc = _grey(pixels, icc, default=srgb if dtype.kind != "f" else photo.encoding == "linear")
    layer = None if alpha is None or suffix in JPEG else change_depth(alpha, dtype)
    store_coded(target, pixels, icc=icc, srgb=srgb, alpha=layer, associated=photo.associated, like=like)


def _grey(pixels: Array, icc: bytes | None, *, default: bool) -> tuple[Array, bytes | None]:
    """Make one channel of a grey picture where its file can say how it is encoded: by a grey profile, or by none."""
    if icc is not None and colour.profile_space(icc) == "GRAY":
        return one_channel(pixels), icc
    # An RGB profile does not belong into a one-channel file: it goes where the default says the same.
    return (one_channel(pixels), None) if default else (pixels, icc)


def _write_hdr_like(photo: Photo, target: Target, pixels: Array) -> None:
    linear = colour.to_linear(pixels, encoding=photo.encoding, icc=photo.metadata.icc)
    warn_of_loss(target.path, ["colours outside Rec.709"] if float(linear.min()) < -OUTSIDE else [], "Radiance files")
    store_hdr(target, linear, alpha=photo.alpha)


def _write_exr_like(photo: Photo, target: Target, pixels: Array) -> None:
    light = partial(colour.to_linear, encoding=photo.encoding, icc=photo.metadata.icc)
    layer = None if photo.alpha is None else np.asarray(change_depth(photo.alpha, np.float32))
    if layer is not None and photo.associated and photo.encoding != "linear":
        # A colour up to white is divided out, decoded and multiplied again. What the pixels hold beyond alpha shines
        # by itself: divided by a small alpha it would decode to any brightness, so it adds what it shows before black.
        pixels, share = change_depth(pixels, np.float32), layer[..., None]
        covered = np.minimum(pixels, share)
        straight, _ = unassociated(covered, layer)
        linear = light(straight) * share + (light(pixels) - light(covered))
    else:
        linear = light(pixels)
    store_exr(target, linear, 32, alpha=layer, associated=photo.associated, grey=photo.grey)


def write_map(path: AnyPath, values: Array, *, scale: float | None, record: Record | None = None) -> None:
    """Write a map, float (H, W).

    .tif (float32) and .exr (float, channel Y) hold the values as they are; .png (16 bits) and .jpg hold
    values / `scale`, clipped to [0, 1], with `scale=None` meaning the map's own maximum.
    Raises as `write_radiance` does.
    """
    path = Path(path)
    suffix = known_suffix(path, "map")
    target = Target(path, record=record)
    values = _float_image(values, 2)
    if scale is not None and not (np.isfinite(scale) and scale > 0):
        raise InputError(f"The scale {scale} of the map is unusable: give a positive number or None.")
    if suffix == ".exr":
        store_exr(target, values, 32)
        return
    if suffix not in TIFF:
        top = float(values.max()) if scale is None else scale
        scaled = values / np.float32(top) if top > 0 else np.zeros_like(values)
        values = colour.change_depth(scaled, np.uint8 if suffix in JPEG else np.uint16)
    store_coded(target, values, icc=None, srgb=False)


def _check_quality(quality: int) -> None:
    if not 1 <= quality <= 100:
        raise InputError(f"The JPEG quality {quality} is out of range: choose 1 to 100.")


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
    with np.errstate(over="ignore"):
        return _image(array.astype(np.float32, copy=False))


def _checked_alpha(alpha: Array, pixels: Array) -> Array:
    alpha = np.asarray(alpha)
    if alpha.shape != pixels.shape[:2]:
        raise InputError(f"The alpha channel is {alpha.shape}: it has to be {pixels.shape[:2]} as the picture.")
    return alpha
