"""TIFF and BigTIFF: integers of 1 to 32 bits and floats, grey, RGB, palette and CMYK."""

import logging
from pathlib import Path
from typing import Any

import numpy as np

from libhdrnet.errors import InputError, warn
from libhdrnet.io import colour
from libhdrnet.io.alpha import unassociated
from libhdrnet.io.formats.decoded import Array, Decoded, Header, check_finite, damaged, full_scale, split

_ASSOCIATED, _UNASSOCIATED = 1, 2
_ICC, _ORIENTATION, _COLOR_MAP = 34675, 274, 320
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE, _CMYK, _YCBCR = 0, 1, 2, 3, 5, 6
_COLOURS = {_WHITE_IS_ZERO: 1, _BLACK_IS_ZERO: 1, _RGB: 3, _PALETTE: 1, _CMYK: 4, _YCBCR: 3}
_JPEG_COMPRESSIONS = (6, 7)


def header(path: Path) -> Header:
    """Size and orientation of the main picture."""
    with opened(path) as file:
        page = _main_page(file, path)
        tag = page.tags.get(_ORIENTATION)
        orientation = tag.value if tag is not None and tag.value in range(1, 9) else 1
        return Header(int(page.imagelength), int(page.imagewidth), int(orientation))


def decode(path: Path) -> Decoded:
    """Decode the main picture; float pixels without a profile count as linear.

    Alpha that the file calls associated stays in the pixels of RGB and grey, in the encoding of the pixels.
    """
    with opened(path) as file:
        page = _main_page(file, path)
        photometric = int(page.photometric)
        if photometric not in _COLOURS:
            name = getattr(page.photometric, "name", photometric)
            raise InputError(f"'{path}' is a TIFF of the kind {name}, which cannot be read: save it as RGB.")
        if photometric == _YCBCR and int(page.compression) not in _JPEG_COMPRESSIONS:
            raise InputError(f"'{path}' is a TIFF in YCbCr without JPEG, which cannot be read: save it as RGB.")
        _check_whole(page, file.filehandle.size, path)
        array = page.asarray(squeeze=False)
        tag = page.tags.get(_ICC)
        icc = bytes(tag.value) if tag is not None and isinstance(tag.value, bytes) else None
        array = np.moveaxis(array[..., 0], 0, -1)[0] if array.shape[0] > 1 else array[0, 0]
        colours = _COLOURS[photometric]
        if colours == 1 and array.shape[2] in (3, 4) and photometric == _BLACK_IS_ZERO:
            colours = 3  # written by scientific software that names no photometric kind
        if array.shape[2] < colours:
            raise damaged(path, f"{array.shape[2]} channels where {colours} belong")
        values = _full_scale(array, int(page.bitspersample), path, palette=photometric == _PALETTE)
        values, alpha, associated = _alpha(values, colours, [int(kind) for kind in page.extrasamples], path)
        if photometric == _PALETTE:
            table = np.asarray(page.tags[_COLOR_MAP].value, np.uint16).reshape(3, -1).T
            pixels = _small_palette(table)[np.minimum(values[..., 0], len(table) - 1)]
            return Decoded(pixels, None, grey=False, icc=icc, icc_is_final=True)
    if photometric in (_CMYK, _WHITE_IS_ZERO):  # what is computed from ink would hide NaN, or stumble over it
        check_finite(path, values, alpha)
    if associated and alpha is not None and photometric in (_CMYK, _WHITE_IS_ZERO):
        (values, _), associated = unassociated(values, alpha), False  # its ink is multiplied, not its light
    if photometric == _CMYK:
        if values.dtype.kind == "f":
            values = colour.change_depth(values, np.uint16)
            alpha = None if alpha is None else colour.change_depth(alpha, np.uint16)
        return Decoded(colour.cmyk_to_srgb(values, icc), alpha, grey=False, icc_is_final=True)
    if photometric == _WHITE_IS_ZERO:
        values = 1 - values if values.dtype.kind == "f" else ~values
    pixels, _, grey = split(values)
    linear = pixels.dtype.kind == "f" and icc is None
    return Decoded(pixels, alpha, grey, associated=associated, icc=icc, icc_is_final=True, linear=linear)


def write(
    path: Path,
    pixels: Array,
    *,
    icc: bytes | None,
    software: str,
    associated: bool,
    resolution: tuple[float, float, int] | None = None,
) -> None:
    """Write (H, W) or (H, W, 2..4) with deflate and a predictor; of 2 or 4 channels the last is alpha.

    `associated`: it is multiplied in already. `resolution`: pixels a unit across and down, and the unit (1 none,
    2 inch, 3 centimetre).
    """
    import tifffile

    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    row_bytes = max(1, pixels.nbytes // pixels.shape[0])
    tifffile.imwrite(
        path, np.ascontiguousarray(pixels),
        photometric="minisblack" if channels < 3 else "rgb", planarconfig="contig",
        compression="adobe_deflate", compressionargs={"level": 4}, predictor=True, iccprofile=icc,
        rowsperstrip=min(pixels.shape[0], max(1, (1 << 20) // row_bytes)),
        metadata=None, software=software,
        extrasamples=None if channels % 2 else ["assocalpha" if associated else "unassalpha"],
        resolution=None if resolution is None else resolution[:2],
        resolutionunit=None if resolution is None else resolution[2],
    )  # fmt: skip


def opened(path: Path) -> Any:
    """Return tifffile's view of a file, which has to be closed."""
    import tifffile

    logger = logging.getLogger("tifffile")
    if not logger.handlers:
        # Without any handler Python prints its remarks on odd tags to stderr.
        logger.addHandler(logging.NullHandler())
    return tifffile.TiffFile(path)


def _main_page(file: Any, path: Path) -> Any:
    # The first picture that is neither a preview nor a mask.
    pages = list(file.pages)
    if not pages:
        raise damaged(path, "no picture in the TIFF")
    for page in pages:
        subfile_type = int(page.subfiletype)
        if not subfile_type & 0b101 and page.imagewidth and page.imagelength:
            return page
    return pages[0]


def _check_whole(page: Any, size: int, path: Path) -> None:
    # A missing strip would come out as black or grey.
    offsets, counts = page.dataoffsets, page.databytecounts
    if not offsets or len(offsets) != len(counts):
        raise damaged(path, "no picture data")
    if any(count == 0 or offset + count > size for offset, count in zip(offsets, counts, strict=True)):
        raise damaged(path, "the picture data end too early")


def _alpha(values: Array, colours: int, kinds: list[int], path: Path) -> tuple[Array, Array | None, bool]:
    """Take (H, W, C) apart into colours, alpha and whether that is associated; an unnamed channel counts as alpha."""
    extra = values.shape[2] - colours
    if not extra:
        return values, None, False
    kinds = (kinds + [0] * extra)[:extra]
    place = next((index for index, kind in enumerate(kinds) if kind in (_ASSOCIATED, _UNASSOCIATED)), 0)
    if extra > 1:
        warn(
            "'{path}' has {count} channels beside its colours: one is read as alpha, the others are left out.",
            path=path, count=extra,
        )  # fmt: skip
    alpha = np.ascontiguousarray(values[..., colours + place])
    return values[..., :colours], alpha, kinds[place] == _ASSOCIATED


def _full_scale(array: Array, bits: int, path: Path, *, palette: bool) -> Array:
    """Scale samples of any depth to uint8, uint16 or float32; palette indices stay as they are."""
    if array.dtype.kind == "f":
        with np.errstate(over="ignore", invalid="ignore"):  # NaN and what becomes infinite are refused later
            return array.astype(np.float32, copy=False)
    if array.dtype.kind == "b":
        array, bits = array.astype(np.uint8), 1
    if array.dtype.kind != "u":
        raise InputError(f"'{path}' holds samples of the type {array.dtype}, which cannot be read: save it as uint16.")
    if palette or bits in (8, 16):
        return array if array.dtype.itemsize < 4 else (array >> (bits - 16)).astype(np.uint16)
    if bits < 8:
        return array * np.uint8(255 // ((1 << bits) - 1))
    if bits < 16:
        return full_scale(array, (1 << bits) - 1)
    upper, rest = array >> (bits - 16), array & ((1 << (bits - 16)) - 1)
    if rest.any() and not np.array_equal(rest, upper >> max(0, 32 - bits)):
        warn(f"'{path}' has {bits} bits a sample, of which the upper 16 are read: save it as float to keep more.")
    return upper.astype(np.uint16)


def _small_palette(table: Array) -> Array:
    """8 bits where the table says no more than that: nearly always."""
    high = (table >> 8).astype(np.uint8)
    if np.array_equal(table, high.astype(np.uint16) * 257) or np.array_equal(table, high.astype(np.uint16) << 8):
        return high
    return table
