"""Display renderings of a radiance image: previews, and JPEGs and PNGs to keep.

Input is linear Rec.709, float32 (H, W, 3), 1.0 = white of the reference exposure, highlights above it;
output is sRGB-encoded float32 (H, W, 3) in [0, 1].

`metering` chooses the exposure · `adaptation` eases the large-scale contrast, on a reduced picture ·
`curve` brings what is left into the range of a display, in colour.
"""

from libhdrnet.options import STYLES
from libhdrnet.tonemap.render import Adaptation, Tone, tone_map

__all__ = ["STYLES", "Adaptation", "Tone", "tone_map"]
