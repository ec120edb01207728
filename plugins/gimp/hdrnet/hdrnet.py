#!/usr/bin/env python3
"""hdrnet for GIMP: Filters → HDR Merge (Merge Exposures, Deblur Defocus, Defocus Map).

Installed, this folder also holds `gimpfu_compat/` and `hdrnet_client.py`; in a checkout they are found where they are.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
if not (HERE / "hdrnet_client.py").exists():
    sys.path += [str(HERE.parent), str(HERE.parents[2] / "libhdrnet/client")]

from deblurring import deblur
from gimpfu_compat import PF_BOOL, PF_DRAWABLE, PF_FILES, PF_IMAGE, PF_LAYER, PF_RADIO, PF_STRING, main, register
from gimpfu_compat.words import _
from mapping import defocus_map
from merging import merge, suggestions
from options import rows
from previewing import MergePreview
from resident import device_in_use

MENU = _("<Image>/Filters/HDR Merge")  # but for its last part as it is
CREDITS = ("the libhdrnet project", "GPL-3.0-or-later", "2026")
ON_IMAGE = [(PF_IMAGE, "image", _("Image")), (PF_DRAWABLE, "drawable", _("Layer"))]

register(
    "hdrnet-merge", _("Merge a bracket of exposures into one HDR picture without ghosts"),
    _("Merges two or more exposures of a scene, files or the visible layers of the image, into a new image of 32-bit "
      "linear float. What moved between them is taken from the reference exposure."),
    *CREDITS, _("_Merge Exposures..."), "",
    [
        *ON_IMAGE,
        (PF_RADIO, "source", _("_Pictures"), "files", ((_("Files"), "files"), (_("Visible layers"), "layers")),
         _("What to merge: the files in the list, or the visible layers of the image")),
        (PF_FILES, "files", _("_Files"), None, ("source", "files"),
         _("Two or more exposures: RAW, TIFF, PNG, JPEG, OpenEXR or Radiance files")),
        (PF_STRING, "exposures", _("E_xposures"), "", "files",
         _("In stops, like -2, 0, +2, or as times, like 1/60, 1/15, 1/4; for layers from the lowest to the topmost. "
           "Empty: from the files' EXIF or the layers' names")),
        *rows("merge"),
        (PF_BOOL, "tone-mapped", _("Add a _tone-mapped layer"), True, None,
         _("A layer above the HDR layer that shows its whole range on a screen")),
        *rows("tone"),
        (PF_BOOL, "mask", _("Add a layer with the mas_k"), False, None,
         _("White: measured; grey: made by the network; black: guessed")),
        *rows("settings"),
    ],
    [(PF_IMAGE, "merged", _("The merged image"))],
    merge, MENU, prepare=suggestions, note=device_in_use, preview=MergePreview, action=_("M_erge"),
)  # fmt: skip

register(
    "hdrnet-deblur", _("Sharpen what is out of focus, guided by a defocus map"),
    _("Deblurs the selected layer, within the selection. The defocus map is estimated, or a layer that you painted: "
      "black is in focus, white is as many pixels of blur as the layer's name says (else 20)."),
    *CREDITS, _("_Deblur Defocus..."), "RGB*",
    [
        *ON_IMAGE,
        *rows("deblur"),
        (PF_LAYER, "map", _("Defocus _map"), None, _("Estimate it"),
         _("A layer as Defocus Map makes it: paint lighter where more has to be done, black where nothing")),
        (PF_BOOL, "new-layer", _("As a _new layer"), False, None,
         _("Leave the layer as it is, and put a copy above it")),
        (PF_BOOL, "mask", _("Add a layer with the recovered _detail"), False, None,
         _("White: detail that gives the picture back when it is blurred again; grey: detail that does not; "
           "black: left alone")),
        *rows("settings"),
    ],
    [(PF_LAYER, "deblurred", _("The deblurred layer"))],
    deblur, MENU, note=device_in_use,
)  # fmt: skip

register(
    "hdrnet-defocus-map", _("Show where and how much the layer is out of focus, as a new layer"),
    _("Estimates the radius of the circle of confusion for each pixel of the selected layer. The new layer shows it: "
      "black is in focus, and the layer's name tells how many pixels white stands for."),
    *CREDITS, _("Defocus Ma_p..."), "RGB*",
    [*ON_IMAGE, *rows("settings")],
    [(PF_LAYER, "map", _("The defocus map"))],
    defocus_map, MENU, note=device_in_use,
)  # fmt: skip

main()
