"""How a camera's RAW files tell colours: what is needed to go back from Rec.709, and what a linear DNG says of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from libhdrnet.io.chromaticities import rgb_to_xyz
from libhdrnet.io.colour import REC709

Matrix = npt.NDArray[np.float64]
_XYZ_TO_REC709 = np.linalg.inv(rgb_to_xyz(REC709))
_DNG_COLOURS = {
    "ColorMatrix1": 9, "ColorMatrix2": 9, "CameraCalibration1": 9, "CameraCalibration2": 9, "AnalogBalance": 3,
    "CalibrationIlluminant1": 1, "CalibrationIlluminant2": 1, "ForwardMatrix1": 9, "ForwardMatrix2": 9,
}  # fmt: skip
"""The tags by which a DNG tells its colours, and how many numbers each has."""


@dataclass(frozen=True)
class Matrices:
    """What LibRaw knows of a camera with three colours; one of them at least."""

    to_rec709: Matrix | None
    """(3, 3): from white-balanced camera RGB, by the file itself."""
    from_xyz: Matrix | None
    """(3, 3): to camera RGB, by the camera's name."""

    def are_those_of(self, other: "Matrices | None") -> bool:
        """Whether both describe one camera."""
        return other is not None and all(
            (a is None) == (b is None) and (a is None or b is None or np.allclose(a, b, atol=1e-4))
            for a, b in ((self.to_rec709, other.to_rec709), (self.from_xyz, other.from_xyz))
        )


@dataclass(frozen=True)
class Camera:
    """The colours of one camera under one white balance."""

    name: str
    """Unique among cameras and ways to develop them."""
    to_rec709: Matrix = field(repr=False)
    """(3, 3): from white-balanced camera RGB to linear Rec.709."""
    neutral: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """What its sensor shows of a neutral surface; the largest is 1."""
    white: float = 1.0
    """Where it clips, as a share of what its files declare as white."""
    matrices: dict[str, tuple[float, ...]] = field(default_factory=dict)
    """DNG's colour tags by name: ColorMatrix1 (from XYZ, by rows), CalibrationIlluminant1, perhaps further ones."""

    @property
    def shown(self) -> tuple[float, float, float]:
        """What its sensor shows of white, which no white balance has touched; 1 = declared white."""
        red, green, blue = self.neutral
        return red * self.white, green * self.white, blue * self.white

    @property
    def from_rec709(self) -> Matrix:
        """(3, 3): from linear Rec.709, 1 = where it clips, to the values of its sensor, 1 = declared white."""
        return np.asarray(np.diag(self.shown) @ np.linalg.inv(self.to_rec709))


def _in_daylight(from_xyz: Matrix) -> dict[str, tuple[float, ...]]:
    """Express the matrix of a camera as DNG's tags: under D65, which is 21 of EXIF's LightSource."""
    return {"ColorMatrix1": tuple(from_xyz.ravel().tolist()), "CalibrationIlluminant1": (21.0,)}


REC709_CAMERA = Camera("linear Rec.709", np.eye(3), matrices=_in_daylight(_XYZ_TO_REC709))
"""What pictures are that no RAW file tells of."""


def camera_of(
    known: Matrices, white_balance: tuple[float, float, float, float], white: float, exif: Mapping[str, Any]
) -> Camera:
    """Put together what LibRaw knows of a RAW file and what its tags (under Exiv2's names) tell.

    `white_balance`: multipliers of red, green, blue and the second green. `white`: see `Camera`. A DNG's own matrices
    go before those that belong to the camera's name, as they do in LibRaw.
    """
    from_dng = "Exif.Image.DNGVersion" in exif
    if known.from_xyz is None or (from_dng and known.to_rec709 is not None):
        to_rec709 = np.asarray(known.to_rec709)
    else:
        of_rec709 = known.from_xyz @ rgb_to_xyz(REC709)
        to_rec709 = np.linalg.inv(of_rec709 / of_rec709.sum(1, keepdims=True))
    told = {name: _numbers(exif.get(f"Exif.Image.{name}", "")) for name in _DNG_COLOURS}
    told = {name: numbers for name, numbers in told.items() if len(numbers) == _DNG_COLOURS[name]}
    if not from_dng or "ColorMatrix1" not in told:
        from_xyz = np.linalg.inv(to_rec709) @ _XYZ_TO_REC709 if known.from_xyz is None else known.from_xyz
        told = _in_daylight(from_xyz)
    gains = np.asarray(white_balance[:3])
    red, green, blue = (gains.min() / gains).tolist()
    unique, make, model = (
        str(exif.get(f"Exif.Image.{name}", "")).strip() for name in ("UniqueCameraModel", "Make", "Model")
    )
    name = unique or (model if model.startswith(make) else f"{make} {model}")
    return Camera(name or "unknown camera", to_rec709, (red, green, blue), white, told)


def _numbers(value: Any) -> tuple[float, ...]:
    try:
        return tuple(float(Fraction(word)) for word in str(value).split())
    except (ValueError, ZeroDivisionError):
        return ()
