"""Reading and writing of photographs: pixels as the file has them, as linear Rec.709, and their metadata.

Third-party decoders are imported when the first file needs them; nothing here knows of torch.
"""

from libhdrnet.io.brackets import Bracket, find_brackets, group_brackets
from libhdrnet.io.colour import (
    from_linear,
    is_linear_profile,
    is_srgb_profile,
    linear_profile,
    srgb_profile,
    to_linear,
)
from libhdrnet.io.embed import read_record
from libhdrnet.io.metadata import Metadata, exposure_of, exposure_values, read_metadata
from libhdrnet.io.outputs import check_output
from libhdrnet.io.read import MAX_PIXELS, Photo, image_size, linear_rec709, read_photo, read_photos
from libhdrnet.io.write import write_display, write_like, write_map, write_radiance, write_with_gain_map

__all__ = [
    "MAX_PIXELS",
    "Bracket",
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
