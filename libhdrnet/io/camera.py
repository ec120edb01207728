"""How a camera's RAW files tell colours: what is needed to go back from Rec.709, and what a linear DNG says of it."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from libhdrnet.io.chromaticities import REC709, rgb_to_xyz

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Camera:
    """The colours of one camera under one white balance."""

    name: str
    """Unique among cameras and ways to develop them."""
    to_rec709: Matrix = field(repr=False)
    """(3, 3): from white-balanced camera RGB to linear Rec.709."""
    neutral: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """What its sensor shows of a neutral surface; the largest is 1."""
    matrices: dict[str, tuple[float, ...]] = field(default_factory=dict)
    """DNG's colour tags by name: ColorMatrix1 (from XYZ, by rows), CalibrationIlluminant1, perhaps further ones."""

    @property
    def from_rec709(self) -> Matrix:
        """(3, 3): from linear Rec.709 to the values of its sensor, which no white balance has touched."""
        return np.asarray(np.diag(self.neutral) @ np.linalg.inv(self.to_rec709))


D65_ILLUMINANT = 21.0
"""EXIF's LightSource."""
REC709_CAMERA = Camera(
    "linear Rec.709", np.eye(3),
    matrices={
        "ColorMatrix1": tuple(np.linalg.inv(rgb_to_xyz(REC709)).ravel().tolist()),
        "CalibrationIlluminant1": (D65_ILLUMINANT,),
    },
)  # fmt: skip
"""What pictures are that no RAW file tells of."""
