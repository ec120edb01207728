"""Reading and writing of photographs: pixels as the file has them, as linear Rec.709, and their metadata.

What can be read and written is listed in `libhdrnet.formats`, HEIF (.heic, .hif) only with
`pip install "libhdrnet[heic]"`. The first bytes of a file tell its format, not its name. Written are, by the suffix,
radiance (`write_radiance`), pictures for the eye (`write_display`), both in one (`write_with_gain_map`), a picture like
its source (`write_like`) and maps (`write_map`).

    >>> from libhdrnet.io import read_photo, write_radiance
    >>> photo = read_photo("a.jpg")  # upright; .pixels uint8, uint16 or float32 (H, W, 3), .metadata, .exposure
    >>> write_radiance("out.exr", radiance, metadata=photo.metadata)

RAW was tested with synthetic Bayer, X-Trans and monochrome files and three real ones (Canon CRW, Kodak KDC, linear
DNG); sRAW and the makers' lossy codes were not. Noise below black is kept where the file has room for it: not where the
camera cut it off (black level 0, linear DNG), and only down to 0.8 % of white, which the highest ISO speeds exceed.

Where what is: `read` opens a file by `kinds` and a module of `formats`, `write` by `store` and `embed`; `metadata` is
read through `exiv2`, and `inherit` says what of it stays true; `colour` is encodings and profiles, `cicp`
code points; `brackets` sorts a folder by its `shots`, their `exposures` and `thumbnails`.
Third-party decoders are imported when the first file needs them; nothing here knows of torch.
"""

from libhdrnet.io.brackets import Bracket, Found, find_brackets, group_brackets
from libhdrnet.io.camera import Camera
from libhdrnet.io.colour import from_linear, is_linear_profile, is_srgb_profile, linear_profile, srgb_profile, to_linear
from libhdrnet.io.embed import read_record
from libhdrnet.io.metadata import Metadata, exposure_of, exposure_values, read_metadata
from libhdrnet.io.outputs import check_output
from libhdrnet.io.read import MAX_PIXELS, Photo, image_size, linear_rec709, read_photo, read_photos
from libhdrnet.io.write import write_display, write_like, write_map, write_radiance, write_with_gain_map

__all__ = [
    "MAX_PIXELS",
    "Bracket",
    "Camera",
    "Found",
    "Metadata",
    "Photo",
    "check_output",
    "exposure_of",
    "exposure_values",
    "find_brackets",
    "from_linear",
    "group_brackets",
    "image_size",
    "is_linear_profile",
    "is_srgb_profile",
    "linear_profile",
    "linear_rec709",
    "read_metadata",
    "read_photo",
    "read_photos",
    "read_record",
    "srgb_profile",
    "to_linear",
    "write_display",
    "write_like",
    "write_map",
    "write_radiance",
    "write_with_gain_map",
]
