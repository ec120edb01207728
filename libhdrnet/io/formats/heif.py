"""HEIF: HEIC and HIF of cameras through pillow-heif, which is optional, and AVIF through imagecodecs."""

from pathlib import Path

import numpy as np

from libhdrnet.errors import InputError
from libhdrnet.io.formats.decoded import Array, Decoded, Header, decoded_by_points, full_scale
from libhdrnet.io.formats.heif_boxes import MainPicture, main_picture
from libhdrnet.io.orientation import applied, upright_size


def header(path: Path) -> Header:
    """Size of the main picture upright; EXIF's orientation does not count (ISO 23008-12)."""
    picture = main_picture(path)
    size = upright_size(picture.height, picture.width, picture.orientation)
    return Header(*size, orientation=1, turned=picture.orientation)


def decode(path: Path) -> Decoded:
    """Decode the main picture upright: 8 bits, or more as full-scale uint16.

    PQ and HLG become linear Rec.709 whatever profile stands beside them; else a profile counts before code points.
    Raises InputError for HEIC where pillow-heif is not installed.
    """
    picture = main_picture(path)
    array = _av1(path, picture) if picture.codec == "av1" else _hevc(path)
    points = picture.points
    if picture.icc is not None and points is not None and points.is_bounded:
        points = None
    return decoded_by_points(array, points, picture.icc)


def _av1(path: Path, picture: MainPicture) -> Array:
    import imagecodecs

    array = np.asarray(imagecodecs.avif_decode(path.read_bytes(), 0))
    array = array[picture.top : picture.top + picture.height, picture.left : picture.left + picture.width]
    return applied(full_scale(array, (1 << picture.bits) - 1), picture.orientation)


def _hevc(path: Path) -> Array:
    try:
        import pillow_heif
    except ImportError as error:
        raise InputError(
            f"'{path}' is a HEIC file, which needs pillow-heif: pip install 'libhdrnet[heic]', or export it as TIFF."
        ) from error
    image = pillow_heif.open_heif(path, convert_hdr_to_8bit=False)
    array, bits = np.asarray(image), int(image.info["bit_depth"])
    # Deeper samples come shifted to the upper bits.
    return full_scale(array >> np.uint16(16 - bits), (1 << bits) - 1) if array.dtype == np.uint16 else array
