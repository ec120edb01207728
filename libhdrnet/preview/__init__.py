"""What a merge will look like, at about a megapixel and soon: a bracket stays open while options are tried.

`session` the open bracket · `stages` what is kept of it between pictures · `marks` what moved, what was guessed.
"""

from libhdrnet.preview.marks import MARKS, marked
from libhdrnet.preview.session import Preview, PreviewFrame, Shown, View

__all__ = ["MARKS", "Preview", "PreviewFrame", "Shown", "View", "marked"]
