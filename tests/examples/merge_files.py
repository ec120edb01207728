"""Merge files: exposures come from EXIF, the results inherit the metadata of the reference."""

from libhdrnet import merge_exposures, tone_map
from libhdrnet.demo import write_bracket
from libhdrnet.io import read_metadata, write_display, write_radiance

dark, middle, bright = write_bracket("bracket")  # or frames of your own
radiance = merge_exposures([dark, middle, bright], reference=1)
write_radiance("merged.exr", radiance, metadata=read_metadata(middle))
write_display("merged.jpg", tone_map(radiance), metadata=read_metadata(middle))
