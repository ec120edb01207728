"""Camera RAW through LibRaw: linear, 16 bits, sRGB primaries, nothing adjusted to the picture's content."""

from pathlib import Path

import numpy as np

from libhdrnet.errors import InputError
from libhdrnet.io.formats.decoded import Decoded, Header, damaged

WhiteBalance = tuple[float, float, float, float]
_QUARTER_TURNS = (5, 6)
"""LibRaw's flip codes that swap height and width."""


class NotRawError(Exception):
    """LibRaw does not know the file: it may be an ordinary TIFF under a RAW's name."""


def header(path: Path) -> Header:
    """Size after LibRaw's rotation."""
    import rawpy

    try:
        with rawpy.imread(str(path)) as raw:
            sizes = raw.sizes
    except rawpy.LibRawFileUnsupportedError as error:
        raise NotRawError(str(error)) from error
    except rawpy.LibRawError as error:
        raise damaged(path, _reason(error)) from error
    height, width = int(sizes.height), int(sizes.width)
    return Header(*((width, height) if sizes.flip in _QUARTER_TURNS else (height, width)), orientation=1)


def decode(path: Path, white_balance: WhiteBalance | None = None) -> Decoded:
    """Develop with the camera's white balance or the multipliers given (red, green, blue, green).

    65535 is where the least sensitive channel saturates after white balance: all clip there together.
    """
    import rawpy

    try:
        with rawpy.imread(str(path)) as raw:
            used = white_balance or camera_white_balance(raw)
            pixels = raw.postprocess(
                user_wb=list(used),
                gamma=(1, 1),
                output_bps=16,
                output_color=rawpy.ColorSpace.sRGB,
                highlight_mode=rawpy.HighlightMode.Clip,
                no_auto_bright=True,
                # By default LibRaw moves the white level with the content: frames of a bracket would differ.
                adjust_maximum_thr=0.0,
            )
    except rawpy.LibRawFileUnsupportedError as error:
        raise NotRawError(str(error)) from error
    except rawpy.LibRawError as error:
        raise damaged(path, _reason(error)) from error
    if pixels.ndim == 2 or pixels.shape[2] == 1:
        grey = pixels.reshape(*pixels.shape[:2], 1)
        return Decoded(np.repeat(grey, 3, axis=2), None, grey=True, linear=True, icc_is_final=True, white_balance=used)
    if pixels.shape[2] != 3:
        raise InputError(f"'{path}' has {pixels.shape[2]} colours, which are not read: convert it to DNG or TIFF.")
    return Decoded(pixels, None, grey=False, linear=True, icc_is_final=True, white_balance=used)


def camera_white_balance(raw: object) -> WhiteBalance:
    """Multipliers the camera chose, green = 1; LibRaw's daylight ones where the file has none."""
    for name in ("camera_whitebalance", "daylight_whitebalance"):
        values = [float(value) for value in getattr(raw, name)]
        red, green, blue, second = (*values, 0.0, 0.0, 0.0, 0.0)[:4]
        if min(red, green, blue) > 0 and bool(np.isfinite(values).all()):
            return red / green, 1.0, blue / green, (second if second > 0 else green) / green
    return 1.0, 1.0, 1.0, 1.0


def _reason(error: Exception) -> str:
    text = error.args[0] if error.args else error
    return text.decode("ascii", "replace") if isinstance(text, bytes) else str(text)
