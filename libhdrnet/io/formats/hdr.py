"""Radiance RGBE (.hdr): linear values with a common exponent, about 1 % steps."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from libhdrnet.errors import InputError
from libhdrnet.io.formats.decoded import Array, Decoded, Header, damaged

MAX_SIDE = 2**31 - 1
_MARK = b"#hdrnet "
_LINE = 80
"""Characters of a record on one header line: several readers stop at 128."""


def header(path: Path) -> Header:
    """Size from the resolution line."""
    with path.open("rb") as file:
        head = file.read(1 << 16)
    match = re.search(rb"\n\n([+-][XY]) (\d+) ([+-][XY]) (\d+)\n", head)
    if match is None:
        raise damaged(path, "no resolution line in the Radiance header")
    if (match[1], match[3]) != (b"-Y", b"+X"):
        order = f"{match[1].decode()} {match[3].decode()}"
        raise InputError(f"'{path}' stores its rows as '{order}', which is not read: save it again as '-Y +X'.")
    if b"32-bit_rle_xyze" in head[: match.start()]:
        raise InputError(f"'{path}' holds XYZ colours, which are not read: convert it with ra_xyze -r.")
    return Header(int(match[2]), int(match[4]), orientation=1)


def decode(path: Path) -> Decoded:
    """Decode to float32."""
    import imagecodecs

    data = path.read_bytes()
    start = data.find(b"\n\n") + 2
    # The decoder's own header parser gives up on long comment lines; it needs only the resolution.
    bare = b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n" + data[start:]
    try:
        array = imagecodecs.rgbe_decode(bare)
    except Exception as error:
        raise damaged(path, error) from error
    return Decoded(np.asarray(array, np.float32), None, grey=False, linear=True, icc_is_final=True)


def encode(linear: Array, record: dict[str, Any] | None, comments: bytes = b"") -> bytes:
    """(H, W, 3) float32 to a Radiance file; the record and `comments` (whole lines) go into its header."""
    import imagecodecs

    data = bytes(imagecodecs.rgbe_encode(np.ascontiguousarray(linear, np.float32)))
    if record is not None:
        text = json.dumps(record).encode("ascii")
        comments += b"".join(_MARK + text[start : start + _LINE] + b"\n" for start in range(0, len(text), _LINE))
    first, rest = data.split(b"\n", 1)
    return first + b"\n" + comments + rest


def read_record(path: Path) -> str | None:
    """Read the record's JSON text, None if there is none."""
    with path.open("rb") as file:
        head = file.read(1 << 20).split(b"\n\n", 1)[0]
    parts = [line[len(_MARK) :] for line in head.split(b"\n") if line.startswith(_MARK)]
    return b"".join(parts).decode("ascii", "replace") or None
