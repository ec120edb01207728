"""The head of a JPEG XL picture, bit by bit (ISO/IEC 18181-1): size, depth, orientation, colours, kind of alpha."""

import struct
from dataclasses import dataclass
from pathlib import Path

from libhdrnet.io import colour
from libhdrnet.io.cicp import PRIMARIES, CodePoints
from libhdrnet.io.formats.boxes import outer_boxes
from libhdrnet.io.formats.decoded import Header, damaged

_CONTAINER = b"\0\0\0\x0cJXL "
_HEAD = 4096
"""Bytes of a codestream in which its head lies, but for a profile, which is not read here."""
_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
_RGB, _GREY, _XYB = 0, 1, 2
_D65, _CUSTOM, _EQUAL, _DCI = 1, 2, 10, 11
_WHITES = {_D65: colour.D65, _EQUAL: (1 / 3, 1 / 3), _DCI: (0.314, 0.351)}
_POINTS = {(1, _D65): 1, (9, _D65): 9, (11, _D65): 12, (11, _DCI): 11}
"""H.273's numbers of primaries with a white."""
_DCI_TRANSFER, _DCI_GAMMA, _SRGB_TRANSFER = 17, 2.6, 13
_BT2020, _P3, _PQ, _RELATIVE = 9, 11, 16, 1
_ALPHA, _SPOT, _CFA = 0, 2, 5


@dataclass(frozen=True)
class JxlHeader(Header):
    """What the head of a codestream tells."""

    orientation: int = 1
    bits: int = 8
    """Of integers, or 16 or 32 of floats."""
    associated: bool = False
    animated: bool = False
    has_icc: bool = False
    """Its colours are told by a profile within the codestream."""
    xyb: bool = True
    """Its colours are stored as XYB, of which a decoder makes others: of a profile's it makes linear Rec.709."""
    points: CodePoints | None = None
    icc: bytes | None = None
    """A profile made of colours that have no code points."""


def header(path: Path) -> JxlHeader:
    """Read it from a file, a bare codestream or a container; its orientation counts before EXIF's.

    Raises InputError for a damaged one.
    """
    try:
        return _parsed(_Bits(_codestream(path)))
    except (IndexError, struct.error, ValueError) as error:
        raise damaged(path, "its JPEG XL header ends too early or makes no sense") from error


def with_pq(codestream: bytes, brightest: float) -> bytes:
    """Say of a codestream, lossless and of linear Rec.709 by its head, that it is PQ on BT.2020's primaries.

    `brightest`: cd/m2 that no colour exceeds. Raises ValueError where the head is another.
    """
    bits = _Bits(codestream[:_HEAD])
    is_xyb = _parsed(bits).xyb
    begins, until = bits.flags, bits.colours
    bits.enum()  # what it is to be rendered for
    known = not is_xyb and bits.u(2) == 0 and bits.u(1) == 1
    rest = -(-bits.position // 8)
    whole = int.from_bytes(codestream[:rest], "little")
    if not known or whole >> begins & 0b11:
        raise ValueError("a JPEG XL head in a form that is not known")
    target = int.from_bytes(struct.pack("<e", brightest), "little")
    parts = [
        (whole & ((1 << begins) - 1), begins),
        (0b10, 8),  # further fields come: upright, no other size, no preview, no animation
        (whole >> (begins + 2) & ((1 << (until - begins - 2)) - 1), until - begins - 2),
        (0, 2), (_RGB, 2), (_D65, 2), (2 | (_BT2020 - 2) << 2, 6), (0, 1), (2 | (_PQ - 2) << 2, 6), (_RELATIVE, 2),
        (target << 1, 17), (0, 33),  # the brightest; black is 0 cd/m2, nothing relative to the display
        (0b100, 3),
    ]  # fmt: skip
    head = length = 0
    for value, count in parts:
        head |= value << length
        length += count
    return head.to_bytes(-(-length // 8), "little") + codestream[rest:]


def _codestream(path: Path) -> bytes:
    """Return the first bytes of the codestream."""
    with path.open("rb") as file:
        if not file.read(12).startswith(_CONTAINER):
            file.seek(0)
            return file.read(_HEAD)
        for name, begins, _ in outer_boxes(file):
            if name in (b"jxlc", b"jxlp"):
                file.seek(begins + (4 if name == b"jxlp" else 0))
                return file.read(_HEAD)
    return b""


class _Bits:
    """Numbers of a codestream, least significant bits first."""

    def __init__(self, data: bytes) -> None:
        self._value, self._size = int.from_bytes(data, "little"), 8 * len(data)
        self.position = self.flags = self.colours = 0
        """What is read next; where the first flags and the colours were."""

    def u(self, count: int) -> int:
        begins, self.position = self.position, self.position + count
        if self.position > self._size:
            raise ValueError("no more bits")
        return self._value >> begins & ((1 << count) - 1)

    def choice(self, *options: tuple[int, int]) -> int:
        """Read the standard's U32: one of four (offset, bits)."""
        offset, bits = options[self.u(2)]
        return offset + self.u(bits)

    def enum(self) -> int:
        return self.choice((0, 0), (1, 0), (2, 4), (18, 6))

    def xy(self) -> tuple[float, float]:
        codes = [self.choice((0, 19), (524288, 19), (1048576, 20), (2097152, 21)) for _ in range(2)]
        x, y = ((-(code + 1) // 2 if code & 1 else code // 2) * 1e-6 for code in codes)
        return x, y


def _parsed(bits: _Bits) -> JxlHeader:
    if bits.u(16) != 0x0AFF:
        raise ValueError("no codestream")
    height, width = _size(bits)
    bits.flags = bits.position
    if bits.u(1):  # everything as usual
        return JxlHeader(height, width)
    orientation, animated = 1, False
    if bits.u(1):
        orientation = 1 + bits.u(3)
        if bits.u(1):
            _size(bits)  # that it is to be shown in
        if bits.u(1):
            _preview(bits)
        animated = bool(bits.u(1))
        if animated:
            _animation(bits)
    depth = _depth(bits)
    bits.u(1)
    extra = bits.choice((0, 0), (1, 0), (2, 4), (1, 12))
    associated = True in [_is_associated(bits) for _ in range(extra)]  # all have to be read
    xyb = bool(bits.u(1))
    bits.colours = bits.position
    has_icc, points, icc = _colours(bits)
    return JxlHeader(
        height, width, orientation, bits=depth, associated=associated, animated=animated, has_icc=has_icc, xyb=xyb,
        points=points, icc=icc,
    )  # fmt: skip


def _size(bits: _Bits) -> tuple[int, int]:
    small = bits.u(1)
    sides = ((1, 9), (1, 13), (1, 18), (1, 30))
    height = 8 * (1 + bits.u(5)) if small else bits.choice(*sides)
    ratio = bits.u(3)
    if ratio:
        across, down = _RATIOS[ratio - 1]
        return height, height * across // down
    return height, 8 * (1 + bits.u(5)) if small else bits.choice(*sides)


def _preview(bits: _Bits) -> None:
    by_eights = bits.u(1)
    sides = ((16, 0), (32, 0), (1, 5), (33, 9)) if by_eights else ((1, 6), (65, 8), (321, 10), (1345, 12))
    bits.choice(*sides)
    if bits.u(3) == 0:
        bits.choice(*sides)


def _animation(bits: _Bits) -> None:
    bits.choice((100, 0), (1000, 0), (1, 10), (1, 30))
    bits.choice((1, 0), (1001, 0), (1, 8), (1, 10))
    bits.choice((0, 0), (0, 3), (0, 16), (0, 32))
    bits.u(1)


def _depth(bits: _Bits) -> int:
    if bits.u(1):
        depth = bits.choice((32, 0), (16, 0), (24, 0), (1, 6))
        bits.u(4)
        return depth
    return bits.choice((8, 0), (10, 0), (12, 0), (1, 6))


def _is_associated(bits: _Bits) -> bool:
    """Read the description of an extra channel; say whether it is alpha that colours are multiplied by."""
    if bits.u(1):
        return False
    kind = bits.enum()
    _depth(bits)
    bits.choice((0, 0), (3, 0), (4, 0), (1, 3))
    bits.u(8 * bits.choice((0, 0), (0, 4), (16, 5), (48, 10)))
    if kind == _SPOT:
        bits.u(64)
    if kind == _CFA:
        bits.choice((1, 0), (0, 2), (3, 4), (19, 8))
    return kind == _ALPHA and bool(bits.u(1))


def _colours(bits: _Bits) -> tuple[bool, CodePoints | None, bytes | None]:
    """Return whether a profile follows, else code points, or a profile of what these cannot tell."""
    if bits.u(1):
        return False, None, None
    if bits.u(1):
        return True, None, None
    space = bits.enum()
    if space == _XYB:
        return False, None, None
    white = bits.enum()
    place = bits.xy() if white == _CUSTOM else _WHITES.get(white, colour.D65)
    number = 1
    primaries: tuple[float, ...] = colour.REC709[:6]
    if space != _GREY:
        number = bits.enum()
        own = number == _CUSTOM
        if own or number in (_BT2020, _P3):
            primaries = tuple(v for _ in range(3) for v in bits.xy()) if own else PRIMARIES[number][:6]
    gamma: float | None = None
    transfer = 0
    if bits.u(1):
        gamma = 1e7 / max(bits.u(24), 1)
    else:
        transfer = bits.enum()
        gamma = _DCI_GAMMA if transfer == _DCI_TRANSFER else None
    known = _POINTS.get((number, white)) if space != _GREY else 1
    if gamma is None and (known is not None or transfer != _SRGB_TRANSFER):
        return False, CodePoints.known(known or 1, transfer), None
    return False, None, colour.make_profile((*primaries, *place), gamma)
