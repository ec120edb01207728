"""Python-Fu's `register(…)` and `main()` for Python 3: one plug-in source for GIMP 3 and GIMP 2.10.

README.md beside this file has an example. `declaration` what is registered · `areas` strips of rows · `backend` what
every GIMP is to a plug-in, `preview` what every preview does · `gimp3`, `gimp3_dialog` and `gimp3_preview` the rest by
GObject introspection · `gimp2`, `gimp2_dialog` and `gimp2_preview` by ctypes, with `libgimp2` and `gtk2`.
"""

import sys

from gimpfu_compat import declaration
from gimpfu_compat.declaration import *  # noqa: F403 (as of Python-Fu's own gimpfu)

__all__ = ["host", "main", *declaration.__all__]


def main():
    """Answer the GIMP that started this program; the last line of a plug-in."""
    if len(sys.argv) < 6 or sys.argv[1] != "-gimp":
        raise SystemExit(f"{sys.argv[0]}: this is a plug-in for GIMP; put its folder into GIMP's plug-ins folder.")
    raise SystemExit(host().run(declaration.PROCEDURES))


def host():
    """Return the GIMP that started this program: a `backend.Backend`."""
    # GIMP 3 names its protocol before the two pipes, GIMP 2.10 does not
    if len(sys.argv) > 6:
        from gimpfu_compat.gimp3 import HOST
    else:
        from gimpfu_compat.gimp2 import HOST
    return HOST
