"""Python-Fu's `register(…)` and `main()` for Python 3: one plug-in source for GIMP 3 and GIMP 2.10.

README.md beside this file has an example. `declaration` what is registered · `areas` strips of rows · `painter` the
thread of a preview · `gimp3`, `gimp3_dialog` and `gimp3_preview` the back end by GObject introspection · `gimp2`,
`gimp2_dialog` and `gimp2_preview` the one by ctypes on what `libgimp2` and `gtk2` declare.
"""

import sys

from gimpfu_compat.declaration import (
    PF_BOOL,
    PF_DRAWABLE,
    PF_FILES,
    PF_IMAGE,
    PF_INT,
    PF_LAYER,
    PF_RADIO,
    PF_SLIDER,
    PF_STRING,
    PROCEDURES,
    Failure,
    Part,
    Picture,
    register,
)

__all__ = [
    "PF_BOOL",
    "PF_DRAWABLE",
    "PF_FILES",
    "PF_IMAGE",
    "PF_INT",
    "PF_LAYER",
    "PF_RADIO",
    "PF_SLIDER",
    "PF_STRING",
    "Failure",
    "Part",
    "Picture",
    "host",
    "main",
    "register",
]


def main():
    """Answer the GIMP that started this program; the last line of a plug-in."""
    if len(sys.argv) < 6 or sys.argv[1] != "-gimp":
        raise SystemExit(f"{sys.argv[0]}: this is a plug-in for GIMP; put its folder into GIMP's plug-ins folder.")
    raise SystemExit(host().run(PROCEDURES))


def host():
    """Return the back end of the GIMP that started this program: images(), new_image(…), progress(…), message(…)."""
    # GIMP 3 names its protocol before the two pipes, GIMP 2.10 does not
    if len(sys.argv) > 6:
        from gimpfu_compat import gimp3

        return gimp3
    from gimpfu_compat import gimp2

    return gimp2
