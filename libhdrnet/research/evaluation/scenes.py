"""What an evaluation works on: brackets with a truth, if there is one, and defocused pictures with theirs.

A scene names files; its pixels are read where the work is done.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from libhdrnet.errors import InputError
from libhdrnet.io.read import read_photo
from libhdrnet.radiometry import FloatImage


@dataclass(frozen=True)
class BracketScene:
    """A bracket, from short to long; the reference is the middle frame of three or more, the longer one of two."""

    name: str
    images: tuple[Path, ...]
    stops: tuple[float, ...]
    """Exposures in stops relative to each other."""
    truth: Path | None = None
    """Radiance as the reference sees it, 1.0 = saturation of the shortest exposure: .hdr, .exr, float .tif or .npy."""
    masks: dict[str, Path] = field(default_factory=dict)
    """Regions by name (Table 3.2): pictures, white counts."""
    response: str = "gamma2.2"
    """How the files' codes became codes; see `merge_exposures`."""

    @property
    def reference(self) -> int:
        """Index of the reference frame."""
        return len(self.images) // 2

    @property
    def exposures(self) -> list[float]:
        """Relative to the shortest."""
        return [2.0 ** (stop - self.stops[0]) for stop in self.stops]


@dataclass(frozen=True)
class DefocusScene:
    """A picture that is out of focus in places."""

    name: str
    image: Path
    sharp: Path | None = None
    """The same all in focus."""
    radius: Path | None = None
    """True defocus map: a float .tif, .exr, .npy or .mat (radius in pixels times `1 / unit`), or a .png or .jpg
    (0 to white)."""
    unit: float = 1.0
    """Pixels of radius that the value 1 of a float map, or white of a picture, stands for."""
    largest: float = 20.0
    """Radius in pixels that counts as 1 where maps are compared, and above which both are clipped."""


Scene = BracketScene | DefocusScene


def read_float(path: Path) -> FloatImage:
    """Read radiance (H, W, 3) or a map (H, W) as float32; a picture of whole numbers is scaled to [0, 1].

    Raises InputError where the file cannot be read, or holds something else.
    """
    suffix = path.suffix.lower()
    if suffix == ".npy":
        try:
            values: npt.NDArray[Any] = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise InputError(f"{path}: not an array that can be read ({error}).") from error
    elif suffix == ".mat":
        values = _read_mat(path)
    else:
        photo = read_photo(path)
        values = photo.pixels
        if values.dtype.kind != "f":
            values = values / np.float32(np.iinfo(values.dtype).max)
        values = values[..., 0] if photo.grey else values
    values = np.asarray(values, np.float32)
    if not np.isfinite(values).all():
        raise InputError(f"{path}: holds NaN or infinite values.")
    return values


def read_plane(path: Path) -> FloatImage:
    """Read a map (H, W), or the first channel of a picture; see `read_float`."""
    values = read_float(path)
    return values[..., 0] if values.ndim == 3 else values


def _read_mat(path: Path) -> npt.NDArray[Any]:
    try:
        from scipy.io import loadmat
    except ImportError as error:
        raise InputError(f"{path}: MATLAB files are read with scipy; pip install scipy, or save it as .npy.") from error
    try:
        content = loadmat(path)
    except (OSError, ValueError, NotImplementedError) as error:
        raise InputError(f"{path}: not a MATLAB file that can be read ({error}).") from error
    arrays = {name: value for name, value in content.items() if not name.startswith("__") and np.ndim(value) == 2}
    if len(arrays) != 1 and "blurMap" not in arrays:
        raise InputError(f"{path}: holds {', '.join(arrays) or 'no map'}; one map, or one named blurMap, is wanted.")
    return np.asarray(arrays.get("blurMap", next(iter(arrays.values()))))
