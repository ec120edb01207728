"""BMP, GIF, WebP, PBM, PGM, PPM and JPEG 2000 through imageio, by its Pillow plug-in.

Pillow has no RGB of more than 8 bits: imagecodecs unpacks such JPEG 2000 files, and in PPM the samples lie open.
"""

import math
import re
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from libhdrnet.errors import HdrnetWarning, InputError, warn
from libhdrnet.io.formats.decoded import Array, Decoded, Header, damaged, full_scale, split

_CODESTREAM = b"\xff\x4f\xff\x51"
_BOX_COLOUR = b"colr\1\0\0"
_YCC = 18
_HEAD = 1 << 20
_PNM = re.compile(rb"P[56]" + 3 * rb"(?:\s|#[^\n]*\n)+(\d+)" + rb"(?:#[^\n]*\n)?\s")
_MODES = {"1": "L", "P": "RGB", "PA": "RGBA", "YCbCr": "RGB", "La": "LA", "RGBa": "RGBA"}
"""Pillow's kinds of pixels that are not the ones they are read as."""
_READ_AS = frozenset({"L", "LA", "RGB", "RGBA"})


def header(path: Path) -> Header:
    """Size of the first frame."""
    with _opened(path) as file:
        height, width = file.properties(index=0).shape[:2]
    return Header(height, width)


def decode(path: Path) -> Decoded:
    """Decode the first frame; a HdrnetWarning tells of others. Palettes are expanded."""
    with _opened(path) as file:
        about = file.metadata(index=0)
        frames = file.properties(index=...).n_images or 1
        array = _deep(path)
        if array is None:
            mode = str(about["mode"])
            wanted = _MODES.get(mode, mode)
            if "transparency" in about:
                wanted = {"L": "LA", "RGB": "RGBA"}.get(wanted, wanted)
            if wanted not in _READ_AS:
                raise InputError(f"'{path}' holds pixels of the kind '{mode}', which are not read: save it as TIFF.")
            array = file.read(index=0, mode=wanted)
    if frames > 1:
        warn(f"'{path}' is an animation of {frames} pictures: only the first is read.")
    return Decoded(*split(array), icc=about.get("icc_profile") or _bmp_profile(path))


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    import imageio.v3 as iio
    from PIL import Image

    # As a stream: in a path, imageio would take a folder "a.zip" for an archive.
    with path.open("rb") as stream, warnings.catch_warnings():
        # Pillow's remarks on odd tags help nobody here, and a large photograph is no attack: Pillow refuses what is
        # twice as large, and the reader has a limit, too.
        warnings.simplefilter("ignore")
        # The filters are other threads', too, which may have something to say.
        warnings.simplefilter("always", HdrnetWarning)
        try:
            file = iio.imopen(stream, "r", plugin="pillow")
        except Exception as error:
            if not isinstance(error.__cause__, Image.DecompressionBombError):
                raise damaged(path, error.__cause__ or error) from error
            most = 2 * (Image.MAX_IMAGE_PIXELS or 0) / 1e6
            raise InputError(
                f"'{path}' has more than {most:.0f} megapixels, the most for its kind of file: save it as TIFF."
            ) from error
        with file:
            yield file


def _bmp_profile(path: Path) -> bytes | None:
    """Read the profile of a BMP, which Pillow passes over; None for other files."""
    with path.open("rb") as file:
        head = file.read(138)
        if len(head) < 138 or not head.startswith(b"BM") or head[14] != 124 or head[70:74] != b"DEBM":
            return None
        start, length = struct.unpack_from("<2I", head, 126)
        file.seek(14 + start)
        return file.read(length)


def _deep(path: Path) -> Array | None:
    """Decode samples of more than 8 bits to full-scale uint16; None where there are none."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head.startswith((b"P5", b"P6")):
        return _deep_pnm(path, head)
    start = head.find(_CODESTREAM)
    if start < 0 or not head.startswith((_CODESTREAM, b"\0\0\0\x0cjP")):
        return None
    return _deep_jpeg2000(path, head, start)


def _deep_pnm(path: Path, head: bytes) -> Array | None:
    found = _PNM.match(head)
    if found is None:
        raise damaged(path, "no size in its header")
    width, height, top = (int(number) for number in found.groups())
    if top < 256:
        return None
    shape = (height, width, 3) if head.startswith(b"P6") else (height, width)
    samples = np.fromfile(path, ">u2", math.prod(shape), offset=found.end())
    if samples.size < math.prod(shape):
        raise damaged(path, "its pixels end too early")
    return full_scale(samples.reshape(shape).astype(np.uint16), top)


def _deep_jpeg2000(path: Path, head: bytes, start: int) -> Array | None:
    import imagecodecs

    (components,) = struct.unpack_from(">H", head, start + 40)
    depths = {head[start + 42 + 3 * index] for index in range(components)}
    if max(depths) < 8:  # one less than the number of bits
        return None
    place = head.find(_BOX_COLOUR)
    if len(depths) > 1 or max(depths) > 15 or components > 4 or (place >= 0 and head[place + 10] == _YCC):
        raise InputError(f"'{path}' is a JPEG 2000 file of an unusual depth or colour: save it as TIFF.")
    return full_scale(np.asarray(imagecodecs.jpeg2k_decode(path.read_bytes())), (2 << max(depths)) - 1)
