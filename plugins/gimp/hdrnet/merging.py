"""Merge Exposures: a bracket of files or layers becomes a new image."""

import os

from frames import files_of, layer_exposures, layers_of, parse
from gimpfu_compat import Failure, host
from gimpfu_compat.words import _
from options import given
from resident import STEPS, ask, server, share
from rows import cut


def suggestions(image, _layer, last):
    """Say what to merge, before the dialog: layers if there are several, else the files of the open images.

    Of the last time what belongs to a bracket, its files and exposures, stays only if it is the same one: no file is
    open that was not among them.
    """
    layers = [layer for layer in image.layers if layer.visible] if image else []
    if len(layers) > 1:
        return {"source": "layers", "exposures": ""}
    files = sorted({open_.path for open_ in host().images() if open_.path and os.path.exists(open_.path)})
    if set(files) <= set(last["files"]):
        return {"source": "files"}
    return {"source": "files", "files": files, "exposures": ""}


def merge(image, _layer, source, files, exposures, tone_mapped, mask, **options):
    """Merge and return the new image."""
    params = {"mask": mask, **given(options, "merge", "settings", *(["tone"] if tone_mapped else []))}
    if source == "layers":
        layers, area = layers_of(image)
        params["exposure_times"] = parse(exposures, len(layers))
        with server() as connection:
            opened = files_of(image, layers)
            names = [layer.name for layer in layers]
            params["exposure_times"] = params["exposure_times"] or layer_exposures(connection, opened, names)
            params["sources"] = opened or None
            params["arrays"] = _shared(connection, layers, area, form_for(params["response"]))
            done = ask(connection, "merge", params)
            connection.release(*params["arrays"])
            return _new_image(connection, done, image, image.path)
    check_count(files)
    params["exposure_times"] = parse(exposures, len(files))
    params["inputs"] = [os.path.abspath(file) for file in files]
    with server() as connection:
        return _new_image(connection, ask(connection, "merge", params), None, params["inputs"][0])


def _free_name(stem):
    """Return the path of an XCF file that is not there: saving does not ask."""
    path, number = f"{stem}-hdr.xcf", 1
    while os.path.exists(path):
        number += 1
        path = f"{stem}-hdr-{number}.xcf"
    return path


def check_count(files):
    """Raise Failure for files that are too few."""
    if len(files) < 2:
        raise Failure(
            _("choose two or more files, the exposures of a bracket; these are {count}.").format(count=len(files))
        )


def form_for(response):
    """Return the format and the type of layers' pixels: linear light, or numbers that still have a tone curve."""
    return ("RGB float", "float32") if response in ("auto", "linear") else ("R'G'B' u16", "uint16")


def _shared(connection, layers, area, form):
    """Hand over what layers have in an area of the image."""
    arrays = []
    for number, layer in enumerate(layers):
        host().progress(STEPS[0] * number / len(layers), _("Handing over the layers"))
        arrays.append(share(connection, layer, form[0], layer.part(area), form[1]))
    return arrays


def _new_image(connection, done, parent, first):
    """Make the image of what the server gave: HDR, above it the tone-mapped picture and, hidden, the mask.

    It is named after the file `first` (a path or None), and its first save goes beside it.
    """
    height, width, _channels = done["shape"]
    host().progress(STEPS[1], _("Making the image"))
    merged = host().new_image(width, height)
    try:
        for name, form, array in (
            (_("HDR"), "RGB float", done),
            (_("HDR tone-mapped"), "R'G'B' float", done.get("preview")),
            (_("HDR mask (white: measured, grey: made by the network, black: guessed)"), "Y' float", done.get("mask")),
        ):
            if array is not None:
                layer = merged.add_layer(name, width, height)
                layer.fill(form, cut(connection.fetch(array), array["shape"], (0, 0, width, height)))
                layer.visible = array is not done.get("mask")
        if first:
            merged.set_path(_free_name(os.path.splitext(first)[0]))
        merged.select(next(layer for layer in merged.layers if layer.visible))  # not the hidden mask
        if done.get("metadata"):
            merged.load_metadata(done["metadata"])
        elif parent is not None:
            merged.copy_metadata(parent)
    except BaseException:
        merged.delete()
        raise
    merged.show()
    return merged
