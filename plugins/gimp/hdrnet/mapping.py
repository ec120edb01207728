"""Defocus Map: radii of blur as a layer to look at, to paint on, and to deblur with."""

import re

from frames import check_colours
from gimpfu_compat import Failure, host
from gimpfu_compat.words import _
from options import given
from resident import STEPS, ask, server, share
from rows import cut

WHITE = 20
"""The radius in pixels that white stands for where a layer's name does not say it: the largest there is."""
SHARP = 0.5
"""Largest radius in pixels of a picture that is in focus everywhere."""
_WHITE = re.compile(r"=\s*(\d+(?:\.\d+)?)\s*px")


def defocus_map(image, layer, **options):
    """Estimate the defocus of a layer and return the new layer above it."""
    check_colours(image)
    check_layer(layer)
    area = (0, 0, *layer.size)
    with server() as connection:
        host().progress(0, _("Handing over the layer"))
        array = share(connection, layer, "RGB float", area)
        done = ask(connection, "defocus", {"array": array, "linear": True, "scaled": True} | given(options, "settings"))
        radii = connection.fetch(done)
    host().progress(STEPS[1], _("Making the layer"))
    with image.undo_group():
        name = _("{name} defocus (white = {white} px)").format(name=layer.name, white=done["white"])
        shown = image.add_layer(name, *layer.size, offsets=layer.offsets, above=layer)
        shown.fill("Y' float", cut(radii, done["shape"], area))
        image.select(layer)  # it is the picture that will be deblurred
    if done["largest_radius"] < SHARP:
        host().message(_("“{name}” is in focus everywhere: its map is black.").format(name=layer.name))
    return shown


def check_layer(layer):
    """Raise Failure unless it is a layer with pixels of its own."""
    if layer.kind != "layer":
        kind = {"group": _("a group"), "mask": _("a layer mask"), "channel": _("a channel")}[layer.kind]
        text = _("this works on a layer, and “{name}” is {kind}; select a layer.")
        raise Failure(text.format(name=layer.name, kind=kind))


def shows_radii(name):
    """Whether a layer of that name is a defocus map: it tells what white is."""
    return _WHITE.search(name) is not None


def white_of(name):
    """Return the radius in pixels that white stands for in a defocus map of that name."""
    found = _WHITE.search(name)
    return float(found[1]) if found and float(found[1]) > 0 else float(WHITE)
