import numpy as np
import pytest

from libhdrnet.io import Metadata


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture
def scene():
    """A smooth (24, 36, 3) uint8 picture without symmetry: turned or swapped channels are noticed."""
    y, x = np.mgrid[0:24, 0:36]
    return np.dstack([x * 7, y * 10, (x + y) * 2 + 40]).astype(np.uint8)


@pytest.fixture
def camera_metadata():
    return Metadata(
        exif={
            "Exif.Image.Make": "Nikon",
            "Exif.Image.Model": "D750",
            "Exif.Image.Orientation": "6",
            "Exif.Image.ImageWidth": "6016",
            "Exif.Image.StripOffsets": "123",
            "Exif.Photo.ExposureTime": "1/60",
            "Exif.Photo.ISOSpeedRatings": "200",
            "Exif.Photo.FNumber": "28/10",
            "Exif.Photo.DateTimeOriginal": "2024:05:06 07:08:09",
            "Exif.Photo.MakerNote": "1 2 3",
            "Exif.Photo.PixelXDimension": "6016",
            "Exif.GPSInfo.GPSLatitude": "1/1 2/1 3/1",
            "Exif.GPSInfo.GPSLatitudeRef": "S",
            "Exif.Nikon3.ShutterCount": "17",
        },
        xmp={
            "Xmp.dc.subject": ["sea", "stone"],
            "Xmp.xmp.Rating": "4",
            "Xmp.crs.Exposure2012": "+1.0",
        },
    )
