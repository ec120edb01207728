"""Store radiance as a linear DNG: back in the camera's colours, in integers where they hold it, as a whole file."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from libhdrnet.bands import bands
from libhdrnet.errors import OutputError, warn
from libhdrnet.files import whole_file
from libhdrnet.io import colour
from libhdrnet.io.camera import REC709_CAMERA, Camera
from libhdrnet.io.colour import Array
from libhdrnet.io.embed import SOFTWARE, Target, embed
from libhdrnet.io.formats import dng, exr
from libhdrnet.io.store import warn_of_loss

_MOST_ABOVE = 32.0
"""Times white that integers are to hold: 11 bits are left below it, whose rounding is as large as the noise in a merged
room's shadows (static-livingroom1; with 64 coloured grain was seen there at +5 stops)."""
_FINE = 4096
"""Steps below white, as few as cameras deliver: if there are fewer, rounding is random, so that no gradient has any."""
_INTEGERS = 65535
_PREVIEW_EDGE = 1024
_MAKE, _MODEL = "Exif.Image.Make", "Exif.Image.Model"


def store_dng(
    target: Target, linear: Array, bits: int | None, *, camera: Camera | None = None,
    noise: tuple[float, float] | None = None, alpha: Array | None = None,
) -> None:  # fmt: skip
    """Write linear Rec.709 radiance (H, W, 3), float32, as `camera`'s sensor saw it, or in Rec.709.

    `bits`: None for integers, which all readers open and in which negative values become 0 and lights end at 32 times
    white, with a HdrnetWarning; 16 half, 32 float. `noise`: S and O of the variance S x + O of the radiance x.
    Transparency is lost with a HdrnetWarning.
    """
    path, seen = target.path, camera or REC709_CAMERA
    matrix = seen.from_rec709.T.astype(np.float32)
    peak = max(1.0, *(float((linear[rows] @ matrix).max()) for rows in bands(len(linear))))
    warn_of_loss(path, ["transparency"] if alpha is not None else [], "DNG")
    if bits is None and peak > _MOST_ABOVE:
        warn(
            "'{path}' shows lights of {peak} times white as {most} times, the most that integers hold: half "
            "floats, which darktable opens and RawTherapee does not, or OpenEXR keep them.",
            path=path, peak=f"{peak:.0f}", most=f"{_MOST_ABOVE:.0f}",
        )  # fmt: skip
    white = 1 if bits else int(_INTEGERS / min(peak, _MOST_ABOVE))
    pixels = _stored(linear, matrix, bits, white)
    if pixels.nbytes > dng.LARGEST:
        raise OutputError(f"'{path}' would have {pixels.nbytes / 1e9:.1f} GB, too many for a DNG: write a TIFF.")
    if bits == 16 and peak > exr.HALF_MAX:
        warn_of_loss(path, [f"values above {exr.HALF_MAX:.0f}"], "16-bit DNG")
    exif = dict(target.metadata.exif)
    make, model = (str(exif.get(key, "")).strip() for key in (_MAKE, _MODEL))
    if camera is None:  # under the camera's own name RawTherapee would take its colours for what these are not
        make, model = make or "libhdrnet", f"{model}, {seen.name}" if model else seen.name
    told = replace(target.metadata, exif={**exif, _MAKE: make, _MODEL: model})
    with whole_file(path) as temporary:
        dng.write(
            temporary, pixels, white=white, camera=seen, make=make, model=model, preview=_preview(linear),
            noise=None if noise is None else [(noise[0] * n, noise[1] * n * n) for n in seen.shown],
            software=SOFTWARE,
        )  # fmt: skip
        embed(temporary, replace(target, metadata=told), srgb=False)


def _stored(linear: Array, matrix: npt.NDArray[np.float32], bits: int | None, white: int) -> Array:
    dtype = np.uint16 if bits is None else np.float16 if bits == 16 else np.float32
    pixels, chance = np.empty(linear.shape, dtype), np.random.default_rng(0)
    for rows in bands(len(linear)):
        band = linear[rows] @ matrix
        if bits is None:
            band *= np.float32(white)
            if white < _FINE:
                band += chance.random(band.shape, np.float32) - np.float32(0.5)
            band = np.rint(np.clip(band, 0, _INTEGERS))
        elif bits == 16:
            band = np.clip(band, -exr.HALF_MAX, exr.HALF_MAX)
        pixels[rows] = band
    return pixels


def _preview(linear: Array) -> Array:
    """Return what the reference shows of it, reduced by a whole factor, as uint8 sRGB."""
    step = -(-max(linear.shape[:2]) // _PREVIEW_EDGE)
    height, width = (max(1, size // step) for size in linear.shape[:2])
    if step > 1:
        whole = linear[: height * step, : width * step].reshape(height, -1, width, min(step, linear.shape[1]), 3)
        linear = whole.mean((1, 3), dtype=np.float32)
    return np.asarray(colour.from_linear(linear, encoding="srgb", dtype=np.uint8))
