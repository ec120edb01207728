"""What a person decided of a merge, place by place: a grey 8-bit PNG, as an editor of pictures can make it, too.

0 decides nothing, 1 to 254 takes the place from that frame, 255 from the network.
"""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from libhdrnet.errors import InputError
from libhdrnet.io.kinds import kind_of
from libhdrnet.io.outputs import AnyPath
from libhdrnet.io.read import read_photo
from libhdrnet.io.write import write_display

NETWORK = 255
"""Of the file; -1 in an array."""


def read_choices(path: AnyPath) -> npt.NDArray[np.int16]:
    """Read a map of choices, (h, w) of any size: 0 nothing, k > 0 frame k, -1 the network.

    What is transparent decides nothing. Raises InputError for what is no grey PNG of 8 bits.
    """
    path = Path(path)
    wanted = "choices are a grey PNG of 8 bits: 0 nothing, 1 to 254 a frame, 255 the network"
    if kind_of(path) != "png":
        raise InputError(f"{path} is no PNG; {wanted}.")
    photo = read_photo(path)
    pixels = photo.pixels
    if pixels.dtype != np.uint8:
        raise InputError(f"{path} has {8 * pixels.dtype.itemsize} bits a channel; {wanted}.")
    if bool((pixels != pixels[..., :1]).any()):
        raise InputError(f"{path} holds colours; {wanted}.")
    choices = as_choices(pixels[..., 0])
    if photo.alpha is not None:
        choices[photo.alpha < 128] = 0
    return choices


def as_choices(labels: npt.NDArray[np.uint8]) -> npt.NDArray[np.int16]:
    """Return the numbers of such a file as choices: the network is -1."""
    return np.where(labels == NETWORK, np.int16(-1), labels).astype(np.int16)


def write_choices(path: AnyPath, choices: npt.NDArray[np.integer[Any]]) -> None:
    """Write a map of choices, whole numbers (h, w) from -1 to 254; raises OutputError if the disk refuses."""
    write_display(path, np.where(choices == -1, NETWORK, choices).astype(np.uint8))
