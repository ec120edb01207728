"""Render the demo's pictures anew: python -m libhdrnet.evaluation.rendering FOLDER."""

import sys

from libhdrnet.evaluation.rendering import write_bracket

write_bracket(sys.argv[1])
