"""Write one merge in each format: radiance as it is, for HDR displays, as a RAW file, and for any display."""

from libhdrnet import merge_exposures, tone_map
from libhdrnet.demo import write_bracket
from libhdrnet.io import write_display, write_radiance, write_with_gain_map

radiance = merge_exposures(write_bracket("bracket"))
for suffix in (".exr", ".tif", ".hdr", ".avif", ".jxl", ".dng"):
    write_radiance(f"merged{suffix}", radiance)
write_with_gain_map("merged.uhdr.jpg", radiance, tone_map(radiance))
write_display("merged.png", tone_map(radiance, style="fusion"), bits=16)
