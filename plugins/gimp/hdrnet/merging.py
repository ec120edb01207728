"""Merge Exposures: a bracket of files or layers becomes a new image."""

import os

from frames import layer_exposures, layers_of, parse
from gimpfu_compat import Failure, host
from resident import STEPS, ask, server, share
from rows import cut
from words import _


def suggestions(image, _layer):
    """Say what to merge, before the dialog: layers if there are several, else the files of all open images."""
    layers = [layer for layer in image.layers if layer.visible] if image else []
    if len(layers) > 1:
        return {"source": "layers"}
    files = sorted({open_.path for open_ in host().images() if open_.path})
    return {"source": "files", **({"files": files} if len(files) > 1 else {})}


def merge(
    image, _layer, source, files, exposures, reference, model, deghost, align, tone_mapped, with_mask, device
):  # fmt: skip
    """Merge and return the new image."""
    params = {"model": model, "deghost": deghost, "align": align, "mask": with_mask, "device": device}
    if reference:
        params["reference"] = reference
    if tone_mapped:
        params["tone_map"] = "natural"
    with server() as connection:
        if source == "layers":
            params.update(_from_layers(connection, image, exposures))
        else:
            params.update(_from_files(files, exposures))
        done = ask(connection, "merge", params)
        if source == "layers":
            connection.release(*params["arrays"])
        return _new_image(connection, done, image if source == "layers" else None)


def _from_files(files, exposures):
    if not 2 <= len(files) <= 9:
        raise Failure(_("choose two to nine files, the exposures of a bracket; these are {count}.").format(count=len(files)))
    return {"inputs": [os.path.abspath(file) for file in files], "exposure_times": parse(exposures, len(files))}


def _from_layers(connection, image, exposures):
    layers, (x, y, width, height) = layers_of(image)
    times = parse(exposures, len(layers)) or layer_exposures(connection, image, layers)
    arrays = []
    for number, layer in enumerate(layers):
        host().progress(STEPS[0] * number / len(layers), _("Handing over the layers"))
        left, top = layer.offsets
        arrays.append(share(connection, layer, "RGB float", (x - left, y - top, width, height)))
    return {"arrays": arrays, "exposure_times": times}


def _new_image(connection, done, parent):
    """Make the image of what the server gave: HDR, above it the tone-mapped picture and, hidden, the mask."""
    height, width, _channels = done["shape"]
    host().progress(STEPS[1], _("Making the image"))
    merged = host().new_image(width, height)
    try:
        for name, form, array in (
            (_("HDR"), "RGB float", done),
            (_("HDR tone-mapped"), "R'G'B' float", done.get("preview")),
            (_("HDR mask (white: measured, grey: repaired, black: guessed)"), "Y' float", done.get("mask")),
        ):
            if array is not None:
                layer = merged.add_layer(name, width, height)
                layer.fill(form, cut(connection.fetch(array), array["shape"], (0, 0, width, height)))
                layer.visible = array is not done.get("mask")
        if done.get("metadata"):
            merged.load_metadata(done["metadata"])
        elif parent is not None:
            merged.copy_metadata(parent)
    except BaseException:
        merged.delete()
        raise
    merged.show()
    return merged
