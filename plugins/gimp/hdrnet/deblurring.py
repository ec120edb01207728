"""Deblur Defocus: the selected layer, within the selection, in place or as a new layer."""

from frames import check_colours
from gimpfu_compat import Failure, host
from gimpfu_compat.areas import grown, strips
from gimpfu_compat.words import _
from mapping import check_layer, shows_radii, white_of
from options import given
from resident import STEPS, ask, server, share
from rows import FLOAT, cut, with_alpha

BORDER = 192
"""Pixels around the selection that the network sees: its reach for the map (96) and for the colours (48), and more."""
GRID = 16
"""The network folds pixels: what it sees of a picture has to begin where it would fold the whole picture's."""


def deblur(image, layer, map, new_layer, mask, **options):  # noqa: A002 (as in the PDB)
    """Deblur and return the layer that was changed or made."""
    check_colours(image)
    check_layer(layer)
    if shows_radii(layer.name):
        raise Failure(_("“{name}” is a defocus map; select the layer of the picture.").format(name=layer.name))
    if layer.locked and not new_layer:
        raise Failure(
            _("the pixels of “{name}” are locked; unlock them or choose a new layer.").format(name=layer.name)
        )
    chosen = layer.selected()
    if chosen is None:
        raise Failure(_("the selection does not touch the layer “{name}”.").format(name=layer.name))
    seen = grown(chosen, BORDER, *layer.size, GRID)
    with server() as connection:
        host().progress(0, _("Handing over the layer"))
        params = {"array": share(connection, layer, "RGB float", seen), "linear": True, "mask": mask,
                  **given(options, "deblur", "settings")}  # fmt: skip
        if map is not None:
            left, top = layer.offsets
            area = map.part((seen[0] + left, seen[1] + top, *seen[2:]))  # beside the map all is black: in focus
            given_map = share(connection, map, "Y' u16", area, "uint16", ())
            params |= {"map": given_map, "map_white": white_of(map.name)}
        done = ask(connection, "deblur", params)
        pixels = connection.fetch(done)
        recovered = connection.fetch(done["mask"]) if mask else None
    host().progress(STEPS[1], _("Changing the layer"))
    part = (chosen[0] - seen[0], chosen[1] - seen[1], *chosen[2:])
    colours = cut(pixels, done["shape"], part)
    with image.undo_group():
        if new_layer:
            layer = image.duplicate_layer(layer, _("{name} deblurred").format(name=layer.name))
        if layer.has_alpha:
            layer.edit("RGBA float", chosen, with_alpha(colours, layer.read("RGBA float", chosen)))
        else:
            layer.edit("RGB float", chosen, colours)
        if mask:
            _show_recovered(image, layer, chosen, cut(recovered, done["mask"]["shape"], part))
    return layer


def _show_recovered(image, layer, chosen, pixels):
    """Add the mask above the layer, hidden: black but for what was chosen."""
    name = _("Recovered detail (white: confirmed, grey: not confirmed, black: left alone)")
    mask = image.add_layer(name, *layer.size, offsets=layer.offsets, above=layer)
    mask.fill("Y' float", (bytes(FLOAT * width * rows) for _x, _y, width, rows in strips((0, 0, *layer.size))))
    mask.edit("Y' float", chosen, pixels)
    mask.visible = False
    image.select(layer)
