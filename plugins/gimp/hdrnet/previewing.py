"""The preview in the dialog of Merge Exposures: the server keeps small frames while options are tried."""

import contextlib
import os
from dataclasses import dataclass, replace

import hdrnet_client
from frames import files_of, layer_exposures, layers_of, parse
from gimpfu_compat import Failure, Part, Picture
from gimpfu_compat.words import _
from merging import check_count, form_for
from options import given
from resident import told, translated

PIXELS = 1e6
"""Of a layer that is handed over for a preview."""


@dataclass(frozen=True)
class Request:
    """A picture that is asked for."""

    bracket: dict
    """What the server opens: "inputs", or "names" of layers that were read; equal for the same ones."""
    exposures: object
    """A list, or None: the files tell them."""
    opened: list
    """Files that the layers were opened from."""
    options: dict


class MergePreview:
    """What makes the preview (gimpfu_compat.register): `gather` may ask GIMP, `show` runs in a thread of its own."""

    tick = _("Sho_w what moved")
    legend = _(
        "Blue: taken from some of the exposures, since something moved; orange: made by the network; pink: guessed, "
        "no exposure shows it."
    )
    begun = _("Making a preview…")

    def __init__(self, image, _layer):
        self._image = image
        self._pixels = {}
        self._server = self._preview = self._bracket = None
        self._thumbnails = []
        self._exposures = {}

    def gather(self, values):
        """Return the request for these values; layers are read the first time."""
        options = given(values, "merge", "tone")
        bracket, opened = {name: values[name] for name in ("response", "device")}, []
        if values["source"] == "layers":
            layers, area = layers_of(self._image)
            opened, bracket["names"] = files_of(self._image, layers), [layer.name for layer in layers]
            self._read(layers, area, form_for(bracket["response"]))
        else:
            check_count(values["files"])
            bracket["inputs"] = [os.path.abspath(file) for file in values["files"]]
        exposures = parse(values["exposures"], len(bracket.get("inputs") or bracket["names"]))
        return Request(bracket, exposures, opened, options)

    def begin(self):
        """Start the server, if there is none, while the dialog is made."""
        with contextlib.suppress(hdrnet_client.ClientError):  # `show` says it
            self._server = hdrnet_client.connect()

    def show(self, request, outdated):
        """Return the Picture; Failure says why there is none."""
        try:
            return self._shown(request, outdated)
        except hdrnet_client.ClientError as error:
            raise Failure(told(error)) from error

    def choose(self, index):
        """Make an exposure the reference."""
        return {"reference": index + 1}

    def close(self):
        """Let the server forget the bracket."""
        if self._server is not None:
            self._server.close()

    def _read(self, layers, area, form):
        for place, layer in enumerate(layers):
            if (place, form) not in self._pixels:
                self._pixels[place, form] = layer.read_small(form[0], layer.part(area), PIXELS)

    def _shown(self, request, outdated):
        if self._server is None:
            self._server = hdrnet_client.connect()
        if request.bracket != self._bracket:
            self._preview, self._bracket = self._server.preview(self._opened(request.bracket)), request.bracket
        options = dict(request.options, exposure_times=self._exposures_of(request))
        shown = self._preview.show(options, should_cancel=outdated)
        if "thumbnails" in shown:
            self._thumbnails = [self._fetched(thumbnail) for thumbnail in shown["thumbnails"]]
        width, height, pixels = self._fetched(shown["picture"])
        marked = self._fetched(shown["marked"])[2]
        finer = None
        if shown["unknown"] and not options.get("rebuild") and options["model"] == "auto":
            finer = replace(request, options=dict(request.options, rebuild=True))
        return Picture((width, height), pixels, marked, self._parts(shown), _lines(shown["warnings"]), finer)

    def _opened(self, bracket):
        if "inputs" in bracket:
            return bracket
        form = form_for(bracket["response"])
        arrays = []
        for place in range(len(bracket["names"])):
            pixels, width, height = self._pixels[place, form]
            arrays.append(self._server.share(pixels, (height, width, 3), form[1]))
        return {"arrays": arrays, **bracket}

    def _exposures_of(self, request):
        if request.exposures is not None or "inputs" in request.bracket:
            return request.exposures
        names = tuple(request.bracket["names"])
        if names not in self._exposures:
            self._exposures[names] = layer_exposures(self._server, request.opened, names)
        return self._exposures[names]

    def _fetched(self, array):
        height, width, _channels = array["shape"]
        with self._server.fetch(array) as mapped:
            return width, height, bytes(mapped)

    def _parts(self, shown):
        parts = []
        for number, (frame, thumbnail) in enumerate(zip(shown["frames"], self._thumbnails), 1):
            chosen = number == shown["reference"]
            text = f"{frame['stops']:+.1f} EV" if not chosen else _("reference")
            parts.append(Part(frame["name"], text, _lines(frame["warnings"]), chosen, thumbnail))
        return parts


def _lines(warnings):
    return "\n".join(translated(warning) for warning in warnings)
