"""The frames of a bracket: files, or the visible layers of an image, and their exposures."""

import re
from math import inf
from pathlib import Path

from gimpfu_compat import Failure
from gimpfu_compat.areas import common
from gimpfu_compat.words import _

_TIME = re.compile(r"(?<![\w.])(?:(\d+)\s*/\s*(\d+)(?:\s*s(?:ec)?)?|(\d+(?:\.\d+)?)\s*s(?:ec)?)(?![\w/])")
_STOPS = re.compile(r"(?:(?<![\w.])ev\s*([+-]?\d+(?:\.\d+)?)|([+-]?\d+(?:\.\d+)?)\s*ev)(?![\w.])", re.IGNORECASE)
_COPY = re.compile(r" (?:#\d+|\((?:imported|exported)\))$")


def parse(text, count):
    """Read what was typed: "-2, 0, +2" are stops, "1/60, 1/15, 1/4" or "0.5 s, 2 s" times. Relative exposures, or None.

    Raises:
        Failure: it is no list of that many numbers.
    """
    parts = [part.strip() for part in text.replace(";", ",").split(",") if part.strip()]
    if not parts:
        return None
    if len(parts) != count:
        text = _("{given} exposures are given for {count} pictures; give one for each, like -2, 0, +2.")
        raise Failure(text.format(given=len(parts), count=count))
    try:
        times = any("/" in part or part.endswith("s") for part in parts)
        exposures = [_seconds(part) if times else 2.0 ** float(part) for part in parts]
    except (ValueError, ArithmeticError):
        exposures = []
    if not exposures or not all(0 < exposure < inf for exposure in exposures):
        text = _("“{text}” is no list of exposures; write stops like -2, 0, +2, or times like 1/60, 1/15, 1/4.")
        raise Failure(text.format(text=", ".join(parts)))
    return exposures


def _seconds(part):
    numerator, slash, denominator = part.rstrip("s ").partition("/")
    return float(numerator) / float(denominator) if slash else float(numerator)


def from_names(names):
    """Read exposures off names such as "+2 EV" or "1/60 s", all of one kind; None if a name has none."""
    stops = [_STOPS.search(name) for name in names]
    if all(stops):
        return [2.0 ** float(found[1] or found[2]) for found in stops]
    times = [_TIME.search(name) for name in names]
    if all(times):
        return [float(found[1]) / max(float(found[2]), 1) if found[1] else float(found[3]) for found in times]
    return None


def layers_of(image):
    """Return the layers to merge, from the lowest, and the area of the image that all of them cover.

    Raises:
        Failure: there are not enough, or they lie beside each other.
    """
    if image is None:
        raise Failure(_("there is no image whose layers could be merged; choose files."))
    check_colours(image)
    layers = [layer for layer in reversed(image.layers) if layer.visible and layer.kind == "layer"]
    if len(layers) < 2:
        text = _("the image has {count} visible layers; show two or more exposures, or choose files.")
        raise Failure(text.format(count=len(layers)))
    area = common([(*layer.offsets, *layer.size) for layer in layers])
    if area is None:
        raise Failure(_("the layers do not overlap; move them over each other."))
    return layers, area


def check_colours(image):
    """Raise Failure unless the image is RGB."""
    if image.kind != "rgb":
        name = {"grey": _("greyscale"), "indexed": _("indexed")}[image.kind]
        text = _("this works on colours, and the image is {kind}; convert it first with Image → Mode → RGB.")
        raise Failure(text.format(kind=name))


def files_of(image, layers):
    """Return the files that the layers were opened from: beside the image's file, under the layers' names.

    Empty if not all are known.
    """
    if not image.path:
        return []
    opened = Path(image.path)
    files = []
    for layer in layers:
        path = opened.parent / Path(_COPY.sub("", layer.name)).name
        files.append(str(path) if path.suffix and path.is_file() else None)
    if files[0] is None and str(opened) not in files and opened.is_file():
        files[0] = str(opened)  # the lowest layer of an opened image has no name of its own
    return [] if None in files else files


def layer_exposures(connection, files, names):
    """Find the exposures of layers: from the EXIF of their files (if all are known), else from their names.

    Raises:
        Failure: neither says them.
    """
    if files:
        exposures = connection.call("exposures", {"inputs": files})["exposures"]
        if None not in exposures:
            return exposures
    exposures = from_names(names)
    if exposures is None:
        text = _(
            "the exposures of the layers are not known, neither from their files nor from their names ({names}); "
            "type them into Exposures, like -2, 0, +2, from the lowest layer to the topmost."
        )
        raise Failure(text.format(names=", ".join(f"“{name}”" for name in names)))
    return exposures
