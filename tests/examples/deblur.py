"""Map where a picture is out of focus, and sharpen it there."""

from libhdrnet import deblur, estimate_defocus
from libhdrnet.demo import write_bracket
from libhdrnet.io import read_photo, write_like, write_map

photo = read_photo(write_bracket("bracket")[1])  # or read_photo("portrait.jpg")
radius = estimate_defocus(photo.pixels)  # float32 (H, W), pixels
sharp = deblur(photo.pixels, radius, strength=0.8)
write_map("radius.tif", radius, scale=None)
write_like(photo, "sharp.png", sharp)  # with the profile and the metadata of the photo
