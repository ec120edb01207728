"""See where and how much a picture is out of focus (thesis, chapter 4).

The network knows blur discs of up to 16 pixels; what is far out of focus looks like an even place to it. So the picture
is also looked at in a half, a quarter... of its size: where the smaller one tells a radius that is large for the larger
one, it is believed; where both see a blur, both are heard. A large picture is not looked at where the smaller one is
enough: in even places, in crisp ones that it tells to be in focus, and in what is far out of it.
"""

import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from libhdrnet.bands import bands, enlarged
from libhdrnet.engine import CancelCallback, ProgressCallback, Report, Reporter, Settings, bounded
from libhdrnet.engine.run import run_tiled
from libhdrnet.io.read import read_photo
from libhdrnet.merge.sources import check_array
from libhdrnet.octaves import octaves
from libhdrnet.options import takes
from libhdrnet.radiometry import FloatImage, encode_srgb
from libhdrnet.ramps import linear_step

MARGIN = 48
"""Pixels around a tile that change its map: with more it stays the same, with 32 it differs by twice as much from the
map of one tile (0.02 pixels in one place of a hundred; eight photographs)."""
LARGER = 3
"""Its tiles may be so much larger than others: it works at a quarter of the resolution."""
LEAST_EDGE = 96
"""Short edge in pixels of the smallest picture that is looked at."""
BELIEVED = (9.0, 14.0)
"""Radius in pixels of the larger picture from which the smaller one begins to be believed, and is alone."""
IN_FOCUS = (0.4, 1.2)
"""Up to the first radius in pixels the larger picture is sure to be in focus and the smaller one not believed, from the
second on it is not sure. (What is soft by nature, a sky or a shadow, looks out of focus in a smaller picture.)"""
HEARD = (1.0, 3.0)
"""Radii in pixels of the larger picture between which the smaller one begins to be heard, too: two guesses are better
than one."""
HEARD_SHARE = 0.35
"""Its share then."""
LARGE = 4e6
"""Pixels of a picture from which it is not looked at everywhere; below, the whole takes seconds only."""
AROUND = 5
"""Edge in cells of the square that has to agree."""
EVEN = 0.7 / 255
"""A cell that differs by less from two to four pixels (root mean square) is even: no blur can be seen in it. This one,
SURELY, ENOUGH and AROUND are estimates; only CRISP was compared with others."""
CRISP = 0.65
"""Share of that difference which remains from one pixel to two, in a place in focus; a slope has 0.5. Nineteen pictures
(photographs and real pairs): 0.65 leaves the map as it is but for 0.12 pixels in 95 of 100 places (1.0 in the pairs,
which are blurred everywhere) and looks at 0.8 of their area; 0.75 for 0.00 (0.85), at 1.2 of it."""
SURELY = 0.25
"""Radius in pixels below which the smaller picture takes a place to be in focus."""
ENOUGH = (0.2, 0.4)
"""Share of the cells around that have to be looked at for one to be so in part, and whole."""
LEAST_WHITE = 4
"""Radius in pixels of white, at least, in a map to look at: what is in focus all over is black."""


@takes(Settings)
def estimate_defocus(
    image: str | Path | npt.NDArray[Any],
    *,
    linear: bool | None = None,
    progress: ProgressCallback | None = None,
    cancel: CancelCallback | None = None,
    **options: Any,
) -> FloatImage:
    """Estimate the defocus map of a picture (thesis, Sec. 4.3.1; radius as in Eq. 1.3).

    Args:
        image: A path, or an array (H, W, 3): uint8, uint16 or float32, display-encoded (sRGB).
        linear: True for a linear image, False for an encoded one; None: a file says so itself, arrays are encoded.
        progress: Called with the fraction done and the stage.
        cancel: Return True to stop; checked between tiles.
        options: Those of `libhdrnet.options.Settings`:

    Returns:
        float32 (H, W): radius of the circle of confusion in pixels, from 0 to 20 for a picture whose short edge is
        below 192 pixels, twice as far for each time that edge is twice as long (to 640 for 24 megapixels).

    Raises:
        InputError: the image or an option cannot be used.
        OutOfMemoryError: not even the smallest tile fits.
        CancelledError: `cancel()` returned True.
        WeightsError: the trained weights are missing or damaged.

    """
    pixels, is_linear = open_image(image, linear)
    radius, _ = defocus_map(pixels, is_linear, Settings(**options), Reporter(progress, cancel))
    return radius


def open_image(
    image: str | Path | npt.NDArray[Any], linear: bool | None, *, gain_map: bool = False
) -> tuple[npt.NDArray[Any], bool]:
    """Return the pixels (H, W, 3) of a path (`gain_map`: see `read_photo`) or an array, and whether they are linear."""
    if isinstance(image, str | Path):
        photo = read_photo(image, gain_map=gain_map)
        return photo.pixels, photo.encoding == "linear" if linear is None else linear
    return check_array(image), bool(linear)


def defocus_map(
    pixels: npt.NDArray[Any], linear: bool, settings: Settings, reporter: Reporter
) -> tuple[FloatImage, Report]:
    """Estimate the radius (H, W) for pixels (H, W, 3)."""
    height, width = pixels.shape[:2]
    with bounded(settings.threads):
        if min(height, width) // 2 < LEAST_EDGE:
            return _defocus_map(pixels, linear, settings, reporter)
        half = cv2.resize(pixels, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        coarse, _ = defocus_map(half, linear, settings, reporter.part(0, 0.25))
        asked = _asked(pixels, linear, coarse) if height * width > LARGE else np.ones((1, 1), np.float32)
        needed = np.concatenate([enlarged(asked, (height, width), rows) > 0 for rows in bands(height)])
        radius, report = _defocus_map(pixels, linear, settings, reporter.part(0.25, 1), needed)
        for rows in bands(height):
            larger = 2 * enlarged(coarse, (height, width), rows)
            _believe(radius[rows], larger)
            radius[rows] = larger + enlarged(asked, (height, width), rows) * (radius[rows] - larger)
    return radius, report


def _asked(pixels: npt.NDArray[Any], linear: bool, coarse: FloatImage) -> FloatImage:
    """Return from 0 to 1 how far the network is to look at each cell, given the smaller picture's map."""
    fine, less_fine = detail(pixels, linear)
    size = fine.shape[::-1]
    in_focus = 2 * cv2.resize(coarse, size, interpolation=cv2.INTER_AREA) < SURELY
    far = cv2.resize(linear_step(2 * coarse, BELIEVED), size, interpolation=cv2.INTER_AREA) > 0.999
    square = (AROUND, AROUND)
    crisp = cv2.blur(fine, square) > CRISP**2 * cv2.blur(less_fine, square)
    enough = (less_fine < EVEN**2) | (crisp & in_focus) | (far & ~crisp)
    return linear_step(cv2.blur((~enough).astype(np.float32), square), ENOUGH)


def detail(pixels: npt.NDArray[Any], linear: bool, count: int = 2) -> FloatImage:
    """Return so many `octaves` of pixels (H, W, 3), display-encoded."""
    greys = (cv2.cvtColor(display_encoded(pixels[rows], linear), cv2.COLOR_RGB2GRAY) for rows in bands(pixels.shape[0]))
    return np.concatenate([octaves(grey, count) for grey in greys], 1)


def white_radius(radius: FloatImage) -> int:
    """Return the radius in whole pixels that is white in a map to look at."""
    return max(LEAST_WHITE, math.ceil(float(radius.max())))


def _believe(radius: FloatImage, coarse: FloatImage) -> None:
    """Bring `radius` to what the smaller picture tells: all the way where that is large, and else a part of it."""
    believed = linear_step(coarse, BELIEVED) * linear_step(radius, IN_FOCUS)
    radius += np.maximum(believed, HEARD_SHARE * linear_step(radius, HEARD)) * (coarse - radius)


def _defocus_map(
    pixels: npt.NDArray[Any], linear: bool, settings: Settings, reporter: Reporter,
    needed: npt.NDArray[np.bool_] | None = None,
) -> tuple[FloatImage, Report]:  # fmt: skip
    """Estimate the radius as far as the network can see it; 0 where it is not needed."""

    def fetch(rows: slice, columns: slice) -> tuple[FloatImage]:
        return (display_encoded(pixels[rows, columns], linear).transpose(2, 0, 1),)

    radius = np.zeros((*pixels.shape[:2], 1), np.float32)
    report = run_tiled(
        "defocus", fetch, radius, forward=lambda network: network.estimate,  # type: ignore[arg-type, return-value]
        margin=MARGIN, larger=LARGER, needed=needed, settings=settings, reporter=reporter,
        stage="estimating the defocus",
    )  # fmt: skip
    return radius[..., 0], report


def display_encoded(pixels: npt.NDArray[Any], linear: bool) -> FloatImage:
    """Return float32 in [0, 1], sRGB-encoded: what the network was trained on."""
    if pixels.dtype != np.float32:
        pixels = np.asarray(pixels / np.float32(np.iinfo(pixels.dtype).max), np.float32)
        if not linear:
            return pixels
    return np.clip(encode_srgb(pixels) if linear else pixels, 0, 1)
