"""Render the demo's pictures anew: python -m libhdrnet.research.rendering FOLDER."""

import sys

from libhdrnet.research.rendering import write_bracket

write_bracket(sys.argv[1])
