"""Frames that show another scene than the rest of their bracket."""

from collections.abc import Sequence

from libhdrnet.alignment import Alignment, estimate_alignment
from libhdrnet.errors import sentence, warn
from libhdrnet.merge.codes import Codes
from libhdrnet.merge.frames import Frame
from libhdrnet.merge.upright import likenesses

_EDGE = 400
"""Pixels of the long edge at which their structure is compared."""
_ALIKE, _UNLIKE = 0.7, 0.2
"""Rank correlation with any other frame from which a frame is one of them, and below which it shows another scene;
between them it does if its structure fits none. With a frame of another bracket beside three of each of 28 real ones,
three times, 74 of 84 are found (five others are nearly black), and no other; in the 28 as they are nothing is told."""
_NOISE = 0.001
"""Standard deviation below which a picture shows noise alone: a dark RAW's is 0.0003."""
_BLACK, _LAMPS = 0.1, 0.005
"""Mean code below which a picture is nearly black, and the standard deviation below which it shows too little, then:
noise and some lamps (four nights' darkest frames have 0.002 to 0.005)."""


def tell_strangers(frames: Sequence[Frame]) -> None:
    """Warn of frames, of one size, that show another scene than all others."""
    from libhdrnet.io.thumbnails import small_grey

    small = [small_grey(frame.codes) for frame in frames]
    least = [_LAMPS if grey.mean() < _BLACK else _NOISE for grey in small]
    shown = [frame for frame, grey, deviation in zip(frames, small, least, strict=True) if grey.std() > deviation]
    pictures = [frame.codes for frame in shown]
    if len(shown) < 2:
        return
    for place, like in enumerate(likenesses(pictures)):
        if like < _UNLIKE or (like < _ALIKE and _fits_none(pictures, place)):
            warn(sentence("{name} shows another scene than the other frames; leave it out.", name=shown[place].name))


def unlike(alignment: Alignment) -> bool:
    """Whether two pictures could not be laid over each other, although both show enough."""
    return alignment.kind == "none" and alignment.note.startswith("No reliable motion") and not _too_dark(alignment)


def _fits_none(pictures: Sequence[Codes], index: int) -> bool:
    """Whether a picture shows structure that others could, too, and do not."""
    others = [*pictures[:index], *pictures[index + 1 :]]
    found = [estimate_alignment(other, pictures[index], long_edge=_EDGE) for other in others]
    seen = [unlike(alignment) for alignment in found if not _too_dark(alignment)]
    return bool(seen) and all(seen)


def _too_dark(alignment: Alignment) -> bool:
    return "too little" in alignment.note.lower()
