"""A JPEG with a gain map (ISO 21496-1, Android's Ultra HDR 1.1): a picture for any display, and what makes it HDR.

Two JPEGs lie after each other, told of by an index (CIPA DC-007) and a directory in the first one's XMP. The second
one's codes say by how many stops each channel of the first, linear, is to be multiplied:
(picture + offset) * 2^(least + (most - least) * (code / 255)^(1 / gamma)) - offset. That is written twice, as ISO has
it and as XMP, since some programs read but one of them. libultrahdr reads it.
"""

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from libhdrnet.io import colour
from libhdrnet.io.formats.decoded import Decoded
from libhdrnet.io.formats.jpeg_segments import APP0, APP1, APP2, GAIN_MAP, XMP, profile_of, segment, segments

GAMMA = 0.5
OFFSET = 0.0005
"""Share of white that is added to both pictures, so that black has a quotient; both are the same in all files."""
_DESCRIBING = frozenset({*range(0xE0, 0xF0), 0xFE})
"""Codes of the segments with metadata and comments, which come first."""
_MPF = b"MPF\0"
_ISO_VERSION = struct.pack(">HH", 0, 0)
"""Of the readers that it takes, and of the writer."""
_SAME_COLOURS = 0x40
"""Flag of ISO's: the gain is that of the picture's own primaries."""
_UNIT = 1_000_000
"""Denominator of all numbers."""
_MPF_SIZE = 82
_PRIMARY = 0x030000
"""Kind of a picture: the one that all programs show."""
_END = b"</rdf:RDF>"
_PACKET = (
    b"<?xpacket begin='\xef\xbb\xbf' id='W5M0MpCehiHzreSzNTczkc9d'?>\n<x:xmpmeta xmlns:x='adobe:ns:meta/'>\n"
    b"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>\n</rdf:RDF>\n</x:xmpmeta>\n<?xpacket end='w'?>"
)
_HDRGM = 'xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"'


@dataclass(frozen=True)
class Gain:
    """What the codes of a gain map mean."""

    least: float
    """Stops of code 0, in all channels."""
    most: float
    """Stops of code 255."""
    headroom: float
    """Stops above white that a display needs to show all of it."""


def decode(path: Path) -> Decoded:
    """Decode to linear Rec.709, float32, 1.0 = white of the plain picture, highlights up to the map's largest gain.

    Values come in half precision (steps of 0.05 to 0.1 %).
    """
    import imagecodecs

    data = path.read_bytes()
    light = np.asarray(imagecodecs.ultrahdr_decode(data, dtype=np.float16))[..., :3].astype(np.float32)
    second = data.rfind(b"\xff\xd8\xff")
    icc = profile_of(data[second:]) or profile_of(data)  # the light has the primaries of the gain map's own profile
    if icc is not None and colour.is_usable_profile(icc):
        matrix = colour.primaries_of(icc).T
        light = colour.by_bands(light, lambda band: band @ matrix)
    return Decoded(light, None, grey=False, linear=True)


def with_gain_map(picture: bytes, gain_map: bytes, gain: Gain) -> bytes:
    """Join the JPEG of a picture, with its metadata, and that of a gain map, to one file.

    Raises ValueError where the picture's XMP has no room left for the directory.
    """
    told = [(APP1, XMP + _packet(_gain_as_xmp(gain))), (APP2, GAIN_MAP + _gain_as_iso(gain))]
    head, rest = _apart(gain_map)
    second = _joined([*head, *told], rest)
    head, rest = _apart(picture)
    head = _with_xmp(head, _directory(len(second)))
    head.append((APP2, GAIN_MAP + _ISO_VERSION))
    index = (APP2, _MPF + bytes(_MPF_SIZE))  # of the size that it will have
    size = len(_joined([*head, index], rest))
    # Places are counted from the index's own header, the last of the segments before `rest`.
    index = (APP2, _MPF + _index(size, len(second), len(rest) + _MPF_SIZE))
    return _joined([*head, index], rest) + second


def _apart(jpeg: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """Split a JPEG into the segments that describe it and what comes after them."""
    head: list[tuple[int, bytes]] = []
    for code, position, body in segments(jpeg):
        if code not in _DESCRIBING:
            return head, jpeg[position - 4 :]
        head.append((code, body))
    raise ValueError("a JPEG without a picture")


def _joined(head: list[tuple[int, bytes]], rest: bytes) -> bytes:
    return b"\xff\xd8" + b"".join(segment(code, body) for code, body in head) + rest


def _with_xmp(head: list[tuple[int, bytes]], description: bytes) -> list[tuple[int, bytes]]:
    for place, (_, body) in enumerate(head):
        if body.startswith(XMP):
            return [*head[:place], (APP1, XMP + _packet(description, body[len(XMP) :])), *head[place + 1 :]]
    first = 1 if head and head[0][0] == APP0 else 0
    return [*head[:first], (APP1, XMP + _packet(description)), *head[first:]]


def _packet(description: bytes, packet: bytes = _PACKET) -> bytes:
    before, end, after = packet.rpartition(_END)
    return before + description + end + after


def _directory(size: int) -> bytes:
    """Describe the two pictures, the second one `size` bytes long (Android's GContainer)."""
    item = '<rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="{}" Item:Mime="image/jpeg"{}/></rdf:li>'
    listed = item.format("Primary", "") + item.format("GainMap", f' Item:Length="{size}"')
    return (
        f'<rdf:Description rdf:about="" {_HDRGM} xmlns:Container="http://ns.google.com/photos/1.0/container/" '
        'xmlns:Item="http://ns.google.com/photos/1.0/container/item/"><Container:Directory><rdf:Seq>'
        f"{listed}</rdf:Seq></Container:Directory></rdf:Description>"
    ).encode()


def _gain_as_xmp(gain: Gain) -> bytes:
    # As attributes of one element: libultrahdr finds no numbers elsewhere, so they are the same for all channels.
    numbers = {
        "GainMapMin": gain.least, "GainMapMax": gain.most, "Gamma": GAMMA, "OffsetSDR": OFFSET, "OffsetHDR": OFFSET,
        "HDRCapacityMin": 0, "HDRCapacityMax": gain.headroom,
    }  # fmt: skip
    listed = " ".join(f'hdrgm:{name}="{value:.6f}"' for name, value in numbers.items())
    return f'<rdf:Description rdf:about="" {_HDRGM} {listed} hdrgm:BaseRenditionIsHDR="False"/>'.encode()


def _gain_as_iso(gain: Gain) -> bytes:
    # The picture's own headroom comes first.
    numbers = (0, gain.headroom, gain.least, gain.most, GAMMA, OFFSET, OFFSET)
    rationals = b"".join(struct.pack(">iI", round(number * _UNIT), _UNIT) for number in numbers)
    return _ISO_VERSION + bytes([_SAME_COLOURS]) + rationals


def _index(first: int, second: int, place: int) -> bytes:
    """Say where the pictures are: their sizes, and the place of the second one (MP entries of CIPA DC-007)."""
    entries = struct.pack(">IIIHH", _PRIMARY, first, 0, 0, 0) + struct.pack(">IIIHH", 0, second, place, 0, 0)
    fields = [(0xB000, 7, 4, b"0100"), (0xB001, 4, 1, struct.pack(">I", 2)), (0xB002, 7, 32, struct.pack(">I", 50))]
    listed = b"".join(struct.pack(">HHI", *field[:3]) + field[3] for field in fields)
    return b"MM\0*" + struct.pack(">IH", 8, len(fields)) + listed + bytes(4) + entries
