"""Camera RAW through LibRaw: linear, 16 bits, sRGB primaries, nothing adjusted to the picture's content."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from libhdrnet.errors import InputError
from libhdrnet.io.camera import Matrices
from libhdrnet.io.formats import raw_levels
from libhdrnet.io.formats.decoded import Decoded, Header, damaged, split
from libhdrnet.io.orientation import upright_size

WhiteBalance = tuple[float, float, float, float]
_ORIENTATIONS = {0: 1, 1: 2, 2: 4, 3: 3, 4: 5, 5: 8, 6: 6, 7: 7}
"""EXIF orientations of LibRaw's flip codes: bit 0 mirrors columns, bit 1 rows, bit 2 swaps them."""
_CUT_OFF = 0.5
"""What LibRaw cuts off each value on average at white balance, and again for colour: fractions of 1/65535."""
_LEAST_DETERMINANT = 1e-6
"""Of a matrix that says something; LibRaw has zeros where it knows none."""


class NotRawError(Exception):
    """LibRaw does not know the file: it may be an ordinary TIFF under a RAW's name."""


def header(path: Path) -> Header:
    """Size after LibRaw's rotation."""
    import rawpy

    try:
        with rawpy.imread(str(path)) as raw:
            sizes = raw.sizes
    except rawpy.LibRawFileUnsupportedError as error:
        raise NotRawError(*error.args) from error
    turned = _ORIENTATIONS.get(sizes.flip, 1)
    return Header(*upright_size(int(sizes.height), int(sizes.width), turned), orientation=1, turned=turned)


def read_matrices(path: Path) -> Matrices | None:
    """Do for a file what `matrices_of` does; raises InputError for a damaged one."""
    with _opened(path) as raw:
        return matrices_of(raw)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    import rawpy

    try:
        with rawpy.imread(str(path)) as raw:
            yield raw
    except rawpy.LibRawError as error:  # of a damaged file it may say here that it does not know the kind after all
        raise damaged(path, error) from error


def matrices_of(raw: Any) -> Matrices | None:
    """Return what LibRaw knows of the colours of an opened RAW; None: nothing, or it has not three of them."""
    if raw.num_colors != 3 or raw.color_desc[:3] != b"RGB":
        return None
    to_rec709, from_xyz = (np.asarray(m, np.float64) for m in (raw.color_matrix[:, :3], raw.rgb_xyz_matrix[:3]))
    told = [matrix if abs(np.linalg.det(matrix)) > _LEAST_DETERMINANT else None for matrix in (to_rec709, from_xyz)]
    return Matrices(*told) if any(matrix is not None for matrix in told) else None


def shared_levels(paths: Iterable[Path]) -> tuple[WhiteBalance | None, int | None, Matrices | None]:
    """Return what the files of a bracket are developed with: the first's white balance, one white, and their matrices.

    White is the level at which they clip, all taken together, or else what they declare; a dark frame shows none.
    The matrices are None where a file has none or others. Files that cannot be read are passed over: `decode` says
    what is wrong with them.
    """
    balance: WhiteBalance | None = None
    counts, black, white = np.zeros((4, 65536), np.int64), [0] * 4, 0
    matrices: list[Matrices | None] = []
    for path in paths:
        try:
            with _opened(path) as raw:
                balance = balance or camera_white_balance(raw)
                matrices.append(matrices_of(raw))
                black, white = raw.black_level_per_channel, max(white, raw.white_level)
                counts += raw_levels.histograms(raw)
        except Exception:  # noqa: BLE001, S112 (as undocumented as whatever a damaged file does to `decode`)
            continue
    first = matrices[0] if matrices else None
    alike = first is not None and all(first.are_those_of(other) for other in matrices)
    return balance, raw_levels.clip_level(counts, black, white) or white or None, first if alike else None


def decode(
    path: Path,
    white_balance: WhiteBalance | None = None,
    white_level: int | None = None,
    *,
    signed: bool = False,
    matrices: Matrices | None = None,
    half: bool = False,
) -> Decoded:
    """Develop with the camera's white balance or the multipliers given (red, green, blue, green), to linear Rec.709.

    With its `matrices`, which `shared_levels` finds, it is left in white-balanced camera RGB.

    White is where the least sensitive channel saturates after white balance, at `white_level` or where the file itself
    shows it: all channels clip there together. uint16, 65535 = white, black clipped; with `signed` float32, 1.0 =
    white, in which noise around black stays with its negative values. `half`: at half the size, quickly.
    """
    import rawpy

    with _opened(path) as raw:
        used = white_balance or camera_white_balance(raw)
        if white_level is None:
            with suppress(NotImplementedError):  # of a colour pattern that rawpy does not know
                counts = raw_levels.histograms(raw)
                white_level = raw_levels.clip_level(counts, raw.black_level_per_channel, raw.white_level)
        white = min(white_level or raw.white_level, raw.white_level)
        black, multipliers, zero = raw.black_level_per_channel, list(used), 0.0
        share = (white - min(black)) / max(raw.white_level - min(black), 1)
        lowered = signed and min(black) > 0
        if lowered:
            # Data of up to 12 bits are spread over 16, so that their levels can be lowered finely.
            finer = 1 if raw.raw_image.max() > 4095 else 16
            raw.raw_image[:] *= np.uint16(finer)
            white *= finer
            black, multipliers, zero = raw_levels.lowered_black([finer * b for b in black], white, multipliers)
        pixels = raw.postprocess(
            user_wb=multipliers,
            user_black=0 if lowered else None,
            user_cblack=black if lowered else None,
            user_sat=white - min(black),  # LibRaw takes it for the level above black
            half_size=half,
            gamma=(1, 1),
            output_bps=16,
            output_color=rawpy.ColorSpace.raw if matrices else rawpy.ColorSpace.sRGB,
            highlight_mode=rawpy.HighlightMode.Clip,
            no_auto_bright=True,
            # By default LibRaw moves the white level with the content: frames of a bracket would differ.
            adjust_maximum_thr=0.0,
        )
    if pixels.ndim == 3 and pixels.shape[2] not in (1, 3):
        raise InputError(f"'{path}' has {pixels.shape[2]} colours, which are not read: convert it to DNG or TIFF.")
    if signed:
        pixels = _signed_table(zero, _CUT_OFF if matrices else 2 * _CUT_OFF)[pixels]
    return Decoded(*split(pixels), linear=True, white_balance=used, matrices=matrices, white=share)


def _signed_table(zero: float, cut_off: float) -> npt.NDArray[np.float32]:
    """Return the light of each developed value, where black lies at `zero` (0 to 1)."""
    values = np.arange(65536) + cut_off * (zero > 0)
    values[-1] = 65535
    return ((values / 65535 - zero) / (1 - zero)).astype(np.float32)


def camera_white_balance(raw: object) -> WhiteBalance:
    """Multipliers the camera chose, green = 1; LibRaw's daylight ones where the file has none."""
    for name in ("camera_whitebalance", "daylight_whitebalance"):
        values = [float(value) for value in getattr(raw, name)]
        red, green, blue, second = (*values, 0.0, 0.0, 0.0, 0.0)[:4]
        if min(red, green, blue) > 0 and bool(np.isfinite(values).all()):
            return red / green, 1.0, blue / green, (second if second > 0 else green) / green
    return 1.0, 1.0, 1.0, 1.0
