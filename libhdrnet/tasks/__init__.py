"""Merge, defocus and deblur as tasks: plain parameters in, files or pixels out, told through callbacks.

The command line and the resident server both run these: what one does, the other does.
"""

from libhdrnet.tasks.files import Done, Talk, prepare
from libhdrnet.tasks.options import (
    DeblurOptions,
    DefocusOptions,
    MergeOptions,
    ToneOptions,
    read_options,
)

__all__ = ["DeblurOptions", "DefocusOptions", "Done", "MergeOptions", "Talk", "ToneOptions", "prepare", "read_options"]
