"""Merge, defocus and deblur as tasks: plain parameters in, files or pixels out, told through callbacks.

The command line and the resident server both run these: what one does, the other does.
"""

from libhdrnet.tasks.files import Done, Talk, prepare
from libhdrnet.tasks.params import read_options

__all__ = ["Done", "Talk", "prepare", "read_options"]
