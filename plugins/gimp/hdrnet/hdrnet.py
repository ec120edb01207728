#!/usr/bin/env python3
"""hdrnet for GIMP: Filters → HDR Merge (Merge Exposures, Deblur Defocus, Defocus Map).

Installed, this folder also holds `gimpfu_compat/` and `hdrnet_client.py`; in a checkout they are found where they are.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
if not (HERE / "hdrnet_client.py").exists():
    sys.path += [str(HERE.parent), str(HERE.parents[2] / "libhdrnet/client")]

from deblurring import deblur  # noqa: E402
from gimpfu_compat import (  # noqa: E402
    PF_BOOL,
    PF_DRAWABLE,
    PF_FILES,
    PF_IMAGE,
    PF_INT,
    PF_LAYER,
    PF_RADIO,
    PF_SLIDER,
    PF_STRING,
    main,
    register,
)
from gimpfu_compat.words import _  # noqa: E402
from mapping import defocus_map  # noqa: E402
from merging import merge, suggestions  # noqa: E402
from previewing import MergePreview  # noqa: E402
from resident import device_in_use  # noqa: E402

MENU = _("<Image>/Filters/HDR Merge")  # but for its last part as it is
CREDITS = ("the libhdrnet project", "GPL-3.0-or-later", "2026")
ON_IMAGE = [(PF_IMAGE, "image", _("Image")), (PF_DRAWABLE, "drawable", _("Layer"))]
DEVICE = (
    PF_RADIO, "device", _("De_vice"), "auto",
    ((_("Automatic"), "auto"), (_("Processor"), "cpu"), ("CUDA", "cuda"), ("MPS", "mps")),
    _("Where the networks run"),
)  # fmt: skip

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
        (PF_INT, "reference", _("Refere_nce"), 0, (0, 999, 1),
         _("Number of the exposure that says where things that moved belong; 0 picks the best one")),
        (PF_RADIO, "model", _("_Method"), "auto",
         ((_("Automatic"), "auto"), (_("Network, three exposures (PSFNet)"), "psfnet"),
          (_("Network, two exposures (MSFFNet)"), "msffnet"), (_("Classical, nothing moves"), "classical")),
         _("Automatic: measured where the exposures agree, rebuilt by a network where something moved")),
        (PF_RADIO, "response", _("Tone c_urve"), "auto",
         ((_("As the pictures say"), "auto"), (_("Estimate it"), "estimate"), ("sRGB", "srgb"),
          (_("Gamma 2.2"), "gamma2.2"), (_("Linear"), "linear")),
         _("How light became numbers in the camera. Estimate it where a message says that the exposures contradict the "
           "pixels")),
        (PF_SLIDER, "deghost", _("De_ghosting"), 0.5, (0.0, 1.0, 0.05),
         _("How much doubt counts as motion: 0 none, 1 any (for Automatic)")),
        (PF_BOOL, "align", _("_Align the exposures"), True, None, _("For a bracket that was not taken from a tripod")),
        (PF_BOOL, "tone-mapped", _("Add a _tone-mapped layer"), True, None,
         _("A layer above the HDR layer that shows its whole range on a screen")),
        (PF_RADIO, "tone", _("St_yle"), "natural", ((_("Natural"), "natural"), (_("Fusion"), "fusion")),
         _("Of the tone-mapped layer. Fusion: each place as one of several exposures shows it best, as for interiors")),
        (PF_SLIDER, "exposure", _("_Brightness"), 0.0, (-4.0, 4.0, 0.1),
         _("Stops that the tone-mapped layer is brighter than what is chosen")),
        (PF_SLIDER, "local", _("Local a_daptation"), 0.5, (0.0, 1.0, 0.05),
         _("How far bright and dark areas are brought together in the tone-mapped layer")),
        (PF_SLIDER, "saturation", _("Saturat_ion"), 1.0, (0.0, 2.0, 0.05), _("Of the tone-mapped layer; 0 is grey")),
        (PF_BOOL, "mask", _("Add a layer with the mas_k"), False, None,
         _("White: measured in all exposures; grey: repaired where something moved; black: guessed")),
        DEVICE,
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
        (PF_SLIDER, "strength", _("S_trength"), 1.0, (0.0, 1.0, 0.05), _("Share of the correction that is applied")),
        (PF_LAYER, "map", _("Defocus _map"), None, _("Estimate it"),
         _("A layer as Defocus Map makes it: paint lighter where more has to be done, black where nothing")),
        (PF_BOOL, "new-layer", _("As a _new layer"), False, None,
         _("Leave the layer as it is, and put a copy above it")),
        (PF_BOOL, "mask", _("Add a layer with the recovered _detail"), False, None,
         _("White: detail that gives the picture back when it is blurred again; grey: detail that does not; "
           "black: left alone")),
        DEVICE,
    ],
    [(PF_LAYER, "deblurred", _("The deblurred layer"))],
    deblur, MENU, note=device_in_use,
)  # fmt: skip

register(
    "hdrnet-defocus-map", _("Show where and how much the layer is out of focus, as a new layer"),
    _("Estimates the radius of the circle of confusion for each pixel of the selected layer. The new layer shows it: "
      "black is in focus, and the layer's name tells how many pixels white stands for."),
    *CREDITS, _("Defocus Ma_p..."), "RGB*",
    [*ON_IMAGE, DEVICE],
    [(PF_LAYER, "map", _("The defocus map"))],
    defocus_map, MENU, note=device_in_use,
)  # fmt: skip

main()
