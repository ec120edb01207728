"""Radiance RGBE and XYZE (.hdr, .pic): linear values with a common exponent, about 1 % steps.

What a header says is applied as "Radiance File Formats" (G. Ward) has it: pixels are divided by all EXPOSURE and
COLORCORR lines, so that they are radiance in W/sr/m2 again, where 1.0 means white of 179 cd/m2; the Y of XYZE is in
cd/m2 and so divided by 179. XYZE's white is that of equal energy, and it becomes Rec.709's, as in `ra_xyze`.
PRIMARIES are converted to Rec.709; a file without them is Rec.709 and not Radiance's own primaries (green 0.29, 0.60),
since that is what other programs mean. GAMMA, which other programs write, is undone: the exponent of decoding, or below
1, as ImageMagick means it, that of encoding.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from libhdrnet.errors import HdrnetNote, InputError, readable, warn
from libhdrnet.io import colour
from libhdrnet.io.chromaticities import rec709_matrix
from libhdrnet.io.formats import rgbe
from libhdrnet.io.formats.decoded import Array, Decoded, Header, damaged, heads

_MOST_HEADER = 1 << 24
_RESOLUTION = re.compile(rb"\n\r?\n([+-][XY]) +(\d{1,10}) +([+-][XY]) +(\d{1,10})\r?\n")
_ORIENTATIONS = {
    (b"-Y", b"+X"): 1, (b"-Y", b"-X"): 2, (b"+Y", b"-X"): 3, (b"+Y", b"+X"): 4,
    (b"+X", b"-Y"): 5, (b"-X", b"-Y"): 6, (b"-X", b"+Y"): 7, (b"+X", b"+Y"): 8,
}  # fmt: skip
"""EXIF's number for the order of scanlines and of the pixels in them; Y goes up, X to the right."""
_RGBE, _XYZE = "32-bit_rle_rgbe", "32-bit_rle_xyze"
_EQUAL_ENERGY_XYZ = (1, 0, 0, 1, 0, 0, 1 / 3, 1 / 3)
_LEAST_FACTOR = 1e-30
_MOST_GAMMA = 16
_ROOM = 4096
"""Bytes for the encoder's header."""
_WHITE_EFFICACY = 179.0
"""lm/W of equal-energy white, as Radiance has it."""


@dataclass(frozen=True)
class _Head:
    """What stands before the scanlines."""

    lines: list[str]
    size: Header
    start: int
    """Where the scanlines begin."""

    def values(self, name: str) -> list[str]:
        """Texts after `name=` at the beginning of a line: what is indented is from the header of another file."""
        return [line[len(name) + 1 :].strip() for line in self.lines if line.startswith(f"{name}=")]


def header(path: Path) -> Header:
    """Size and orientation from the resolution line."""
    return _read_head(path).size


def decode(path: Path) -> Decoded:
    """Decode to linear Rec.709 float32, as the module's docstring says.

    A HdrnetNote names lines of the header that make no sense, a HdrnetWarning pixels that are not square.
    """
    head = _read_head(path)
    pixels = rgbe.decode(path.read_bytes()[head.start :], head.size.height, head.size.width)
    gamma = _product(head, "GAMMA", 1, path)[0]
    if not 1 / _MOST_GAMMA <= gamma <= _MOST_GAMMA:
        _warn_of_line(path, f"GAMMA={gamma:g}")
        gamma = 1.0
    matrix = _to_rec709(head, path)
    with np.errstate(over="ignore", invalid="ignore"):  # what becomes infinite is refused later
        if gamma != 1:
            np.power(pixels, np.float32(max(gamma, 1 / gamma)), out=pixels)
        if not np.allclose(matrix, np.eye(3), rtol=0, atol=1e-6):
            transposed = matrix.T.astype(np.float32)
            pixels = colour.by_bands(pixels, lambda band: band @ transposed)
    aspect = _product(head, "PIXASPECT", 1, path)[0]
    if abs(aspect - 1) > 0.01:
        warn(f"'{path}' has pixels {aspect:g} times as high as wide, which are read as square: scale it.")
    return Decoded(pixels, None, grey=False, linear=True)


def encode(linear: Array, comments: bytes) -> bytes:
    """(H, W, 3) float32 to a Radiance file; `comments` (whole lines) go into its header."""
    import imagecodecs

    height, width = linear.shape[:2]
    # Its own guess is too small where nothing repeats: run lengths then add a byte to each 128.
    room = _ROOM + height * (4 + 4 * (width + width // 64 + 4))
    data = bytes(imagecodecs.rgbe_encode(np.ascontiguousarray(linear, np.float32), out=room))
    first, rest = data.split(b"\n", 1)
    return first + b"\n" + comments + rest


def read_lines(path: Path) -> list[str]:
    """Read the lines of the header."""
    return _read_head(path).lines


def _read_head(path: Path) -> _Head:
    match = next(filter(None, map(_RESOLUTION.search, heads(path, _MOST_HEADER))), None)
    orientation = None if match is None else _ORIENTATIONS.get((match[1], match[3]))
    if match is None or orientation is None:
        raise damaged(path, "no resolution line in the Radiance header")
    lines = [line.rstrip("\r") for line in match.string[: match.start()].decode("latin-1").split("\n")]
    head = _Head(lines, Header(int(match[2]), int(match[4]), orientation), match.end())
    for kind in head.values("FORMAT"):
        if kind not in (_RGBE, _XYZE):
            raise InputError(
                f"'{path}' is a Radiance file of the format {readable(kind, 40)}, which cannot be read: convert it."
            )
    return head


def _to_rec709(head: _Head, path: Path) -> Array:
    """Compute the (3, 3) matrix that undoes exposure and colour correction and converts to Rec.709."""
    matrix = np.eye(3)
    if _XYZE in head.values("FORMAT"):
        matrix = rec709_matrix(_EQUAL_ENERGY_XYZ) / _WHITE_EFFICACY
    else:
        for text in head.values("PRIMARIES")[-1:]:
            try:
                numbers = [float(word) for word in text.split()]
                if numbers != [0] * 8:  # Photoshop's way not to name any
                    matrix = rec709_matrix(numbers)
            except ValueError:
                _warn_of_line(path, f"PRIMARIES={text}")
    return np.asarray(matrix / (_product(head, "EXPOSURE", 1, path) * _product(head, "COLORCORR", 3, path)))


def _product(head: _Head, name: str, size: int, path: Path) -> Array:
    """Multiply all values of a cumulative variable: (size,), ones without any."""
    product = np.ones(size)
    for text in head.values(name):
        try:
            numbers = np.array([float(word) for word in text.split()])
        except ValueError:
            numbers = np.empty(0)
        following = product * numbers if len(numbers) == size else product * np.nan
        if ((following > _LEAST_FACTOR) & (following < 1 / _LEAST_FACTOR)).all():
            product = following
        else:
            _warn_of_line(path, f"{name}={text}")
    return product


def _warn_of_line(path: Path, line: str) -> None:
    warn(f"'{path}' has a line in its header that makes no sense and is left out ({readable(line, 80)}).", HdrnetNote)
