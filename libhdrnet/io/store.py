"""Store pixels that are ready for their format, with metadata, as whole files."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from libhdrnet.errors import OutputError, readable, warn
from libhdrnet.files import whole_file, write_whole
from libhdrnet.formats import BY_SUFFIX, JPEG, Format, check_depth, codec
from libhdrnet.io.alpha import associated as multiplied
from libhdrnet.io.colour import Array
from libhdrnet.io.embed import SOFTWARE, Target, embed, exif_and_xmp, exr_attributes, hdr_tags, xmp_losses
from libhdrnet.io.formats import exr, hdr, hdr_comments, jpeg, png, tiff
from libhdrnet.io.likeness import Likeness
from libhdrnet.io.pq import PQ, light_of

_JPEG_XMP = 60_000
"""Bytes of XMP that surely fit into the one segment of a JPEG, with the record."""
_NEW = Likeness()


def store_exr(
    target: Target, linear: Array, bits: int, *, compression: str = "zip", alpha: Array | None = None,
    associated: bool = False, grey: bool = False,
) -> None:  # fmt: skip
    """Write linear pixels (H, W) or (H, W, 3), float32, to OpenEXR in half (16 bits) or float, by "zip" or "dwaa".

    `alpha`, (H, W) float32, is multiplied in, unless `associated` says that it is already.
    """
    if grey:
        linear = one_channel(linear)
    lost: list[str] = []
    if alpha is not None and not associated:
        linear, hides = multiplied(linear, alpha)
        lost += ["colours of transparent places"] if hides else []
    if bits == 16:
        planes = [linear] if alpha is None else [linear, alpha]
        if any(max(-float(plane.min()), float(plane.max())) > exr.HALF_MAX for plane in planes):
            lost.append(f"values above {exr.HALF_MAX:.0f}")
        linear, *layers = (np.clip(plane, -exr.HALF_MAX, exr.HALF_MAX).astype(np.float16) for plane in planes)
        alpha = layers[0] if layers else None
    path = target.path
    warn_of_loss(path, lost, f"{bits}-bit OpenEXR")
    warn_of_loss(path, xmp_losses(target.metadata), "OpenEXR")
    attributes = exr_attributes(target)
    with whole_file(path) as temporary:
        try:
            exr.write(temporary, linear, attributes, alpha=alpha, compression=compression)
        except (RuntimeError, ValueError) as error:
            reason = readable(str(error).replace(str(temporary), path.name))
            raise OutputError(f"'{path}' cannot be written ({reason}): free some space or choose another.") from error


def store_hdr(target: Target, linear: Array, *, alpha: Array | None = None) -> None:
    """Write linear pixels (H, W, 3), float32, to Radiance RGBE; transparency is lost with a HdrnetWarning."""
    tags, lost = hdr_tags(target.metadata)
    warn_of_loss(target.path, [*lost, *(["transparency"] if alpha is not None else [])], "Radiance files")
    write_whole(target.path, hdr.encode(np.maximum(linear, 0), hdr_comments.lines_of(tags, target.record, SOFTWARE)))


def store_pq(target: Target, linear: Array, bits: int | None, *, alpha: Array | None = None) -> None:
    """Write linear pixels (H, W, 3), float32, to a format for HDR displays: PQ, BT.2020, 1.0 = 203 cd/m2.

    `bits`: 12 unless it is given. `alpha`: (H, W) float32 in [0, 1].
    """
    path = target.path
    check_depth(path, bits)
    bits = int(bits or 12)  # 12.0, too
    format = BY_SUFFIX[path.suffix.lower()]
    module = codec(format.writer)
    _check_side(path, linear, format)
    light, lost = light_of(linear)
    warn_of_loss(path, lost, "PQ")
    warn_of_loss(path, xmp_losses(target.metadata), format.name)
    codes = PQ.from_linear(linear, bits=bits)
    if alpha is not None:
        layer = (alpha * np.float32((1 << bits) - 1) + np.float32(0.5)).astype(np.uint16)
        codes = np.dstack([codes, layer])
    exif, xmp = exif_and_xmp(target)
    try:
        data = module.encode(codes, bits, light=light, exif=exif, xmp=xmp)
    except (RuntimeError, ValueError) as error:  # of the encoder, or it wrote what cannot be completed
        raise OutputError(f"'{path}' cannot be written ({readable(error)}): write a TIFF or OpenEXR.") from error
    write_whole(path, data)


def store_coded(
    target: Target, pixels: Array, *, icc: bytes | None, srgb: bool, alpha: Array | None = None,
    associated: bool = False, like: Likeness = _NEW, completed: Callable[[bytes], bytes] | None = None,
) -> None:  # fmt: skip
    """Write encoded pixels to JPEG, PNG or TIFF, by the suffix; what else `like` tells is kept.

    `associated`: `alpha` is multiplied in already; only TIFF can say so. `completed` makes the contents of the file
    of those with all metadata.
    """
    path, suffix = target.path, target.path.suffix.lower()
    _check_side(path, pixels, BY_SUFFIX[suffix])
    if alpha is not None and suffix in JPEG:
        warn_of_loss(path, ["transparency"], "JPEG")
    elif alpha is not None:
        pixels = np.dstack([pixels, alpha])
    packet = like.packet
    if suffix in JPEG and len(packet.encode()) > _JPEG_XMP:
        warn_of_loss(path, ["the history of edits in its XMP"], "JPEG")
        packet = ""
    with whole_file(path) as temporary:
        if suffix in JPEG:
            temporary.write_bytes(
                jpeg.encode(pixels, quality=like.quality, icc=icc, subsampling=like.subsampling, density=like.density)
            )
        elif suffix == ".png":
            temporary.write_bytes(png.encode(pixels, icc=icc, code_points=like.code_points, per_metre=like.per_metre))
        else:
            tiff.write(temporary, pixels, icc=icc, software=SOFTWARE, associated=associated, resolution=like.resolution)
        embed(temporary, target, srgb=srgb, packet=packet)
        if completed is not None:
            temporary.write_bytes(completed(temporary.read_bytes()))


def one_channel(pixels: Array) -> Array:
    """Return grey pixels (H, W) of (H, W) or (H, W, 3)."""
    if pixels.ndim == 2:
        return pixels
    first = pixels[..., 0]
    if np.array_equal(first, pixels[..., 1]) and np.array_equal(first, pixels[..., 2]):
        return first
    mean = pixels.mean(axis=2, dtype=np.float32)
    return np.asarray(mean if pixels.dtype.kind == "f" else np.rint(mean), pixels.dtype)


def _check_side(path: Path, pixels: Array, format: Format) -> None:
    if max(pixels.shape[:2]) > format.longest:
        raise OutputError(f"'{path}' cannot hold {max(pixels.shape[:2])} pixels a side: write a TIFF.")


def warn_of_loss(path: Path, lost: list[str], kind: str) -> None:
    """Warn of what a file of that kind cannot hold, if there is something."""
    if lost:
        warn(
            "'{path}' loses {lost}, which {kind} cannot hold: write a TIFF to keep them.",
            path=path, lost=" and ".join(lost), kind=kind,
        )  # fmt: skip
