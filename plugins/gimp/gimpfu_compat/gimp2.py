"""GIMP 2.10, by ctypes on its C libraries."""

import ctypes
import json
import os
import sys
from ctypes import byref, c_char_p
from functools import partial

from gimpfu_compat import backend
from gimpfu_compat import libgimp2 as c
from gimpfu_compat.declaration import (
    PF_BOOL,
    PF_DRAWABLE,
    PF_FILES,
    PF_IMAGE,
    PF_INT,
    PF_LAYER,
    PF_RADIO,
    PF_SLIDER,
    Failure,
)
from gimpfu_compat.libgimp2 import babl, gegl, gimp, gimpbase, gio
from gimpfu_compat.words import HELP, LOCALE, NAME, _

_TYPES = {PF_IMAGE: c.IMAGE, PF_DRAWABLE: c.DRAWABLE, PF_LAYER: c.LAYER, PF_BOOL: c.INT32, PF_INT: c.INT32,
          PF_SLIDER: c.FLOAT}  # fmt: skip
_INTERACTIVE, _LAST_VALUES = 0, 2
_kept = []
"""What C code still points to."""


class Image(backend.Image):
    """An image."""

    def __init__(self, number):
        super().__init__(c.Number(number, "image_"))

    @property
    def path(self):
        """The file it was read from or saved as, None if there is none on this machine."""
        uri = gimp.gimp_image_get_imported_uri(self.native)
        if not uri:
            return gimp.gimp_image_get_filename(self.native) or None
        return gio.g_file_get_path(gio.g_file_new_for_uri(uri.encode()))

    def set_path(self, path):
        """Name the image after a file, to which it is saved."""
        self.native.set_filename(path)

    @property
    def layers(self):
        """The layers and groups, from the top, without what is in the groups."""
        return [Layer(number) for number in c.numbers(gimp.gimp_image_get_layers, self.native)]

    def select(self, layer):
        """Make a layer the selected one."""
        self.native.set_active_layer(layer.native)

    def load_metadata(self, path):
        """Take the metadata of a file, if it has any."""
        metadata = gimpbase.gimp_metadata_load_from_file(gio.g_file_new_for_path(path.encode()), None)
        if metadata is not None:
            self.native.set_metadata(metadata)

    def show(self):
        """Let a new image go its way: with undo, and in a window if a person is there."""
        self.native.undo_enable()
        if HOST.interactive:
            gimp.gimp_display_new(self.native)

    @staticmethod
    def _new_layer(*about):
        return Layer(HOST.gimp.layer_new(*about))


class Layer(backend.Layer):
    """A layer, or another drawable."""

    def __init__(self, number):
        super().__init__(c.Number(number, "item_", "drawable_", "layer_"))

    @property
    def parent(self):
        """The number of the group that it is in, 0 for none."""
        return max(self.native.get_parent(), 0)

    @property
    def offsets(self):
        """Where its upper left corner lies in the image."""
        return c.places(gimp.gimp_drawable_offsets, self.native, 2)[1]

    def selected(self):
        """Return the area that the selection touches; the whole without a selection, None beside it."""
        touched, area = c.places(gimp.gimp_drawable_mask_intersect, self.native, 4)
        return area if touched else None

    @staticmethod
    def _get(buffer, form, area, factor=1.0, clamp=False):
        layout = babl.babl_format(form.encode())
        block = ctypes.create_string_buffer(area[2] * area[3] * babl.babl_format_get_bytes_per_pixel(layout))
        gegl.gegl_buffer_get(buffer, byref(c.Rectangle(*area)), factor, layout, block, 0, clamp)
        return block.raw

    @staticmethod
    def _set(buffer, form, area, pixels):
        gegl.gegl_buffer_set(buffer, byref(c.Rectangle(*area)), 0, babl.babl_format(form.encode()), pixels, 0)

    @staticmethod
    def _flush(buffer):
        gegl.gegl_buffer_flush(buffer)


class Backend(backend.Backend):
    """GIMP 2.10."""

    gimp = c.Functions(("",))
    Image, Layer = Image, Layer

    def images(self):
        """Return the open images."""
        return [Image(number) for number in c.numbers(gimp.gimp_image_list)]

    def new_image(self, width, height):
        """Make an RGB image of 32-bit linear float, in sRGB's primaries."""
        image = Image(gimp.gimp_image_new_with_precision(width, height, c.RGB, c.FLOAT_LINEAR))
        image.native.undo_disable()
        return image

    def run(self, procedures):
        """Answer GIMP until it has had enough; returns the exit code."""

        def query():
            self.gimp.plugin_domain_register(NAME, os.fsencode(LOCALE))
            if HELP.is_dir():
                self.gimp.plugin_help_register(NAME, HELP.as_uri())
            for declared in procedures.values():
                _install(declared)

        def started(name, count, given, result_count, results):
            values = _perform(procedures[name.decode()], [given[place] for place in range(count)])
            answer = (c.Param * len(values))()
            for place, (kind, value) in enumerate(values):
                _store(answer[place], kind, value)
            _kept.append(answer)
            result_count[0], results[0] = len(values), ctypes.addressof(answer)

        info = c.PlugInInfo(c.QueryProc(0), c.QueryProc(0), c.QueryProc(query), c.RunProc(started))
        words = (c_char_p * len(sys.argv))(*map(str.encode, sys.argv))
        return gimp.gimp_main(byref(info), len(sys.argv), words)


HOST = Backend()


def _install(declared):
    given = [(c.INT32, "run-mode", "The run mode { RUN-INTERACTIVE (0), RUN-NONINTERACTIVE (1) }")]
    for parameter in declared.parameters:
        words = parameter.help or parameter.label.replace("_", "")
        if parameter.kind == PF_FILES:
            given.append((c.INT32, f"num-{parameter.name}", "How many follow"))
            given.append((c.STRINGARRAY, parameter.name, words))
        else:
            given.append((_TYPES.get(parameter.kind, c.STRING), parameter.name, words))
    results = [(_TYPES[kind], name, label) for kind, name, label in declared.results]
    # GIMP 2.10 starts nothing that takes an image while none is open
    types = declared.image_types or ("*" if declared.on_image else "")
    texts = (declared.name, declared.blurb, declared.help, declared.author, declared.copyright, declared.date)
    HOST.gimp.install_procedure(
        *texts, declared.label if declared.menu else None, types, c.PLUGIN, len(given), len(results),
        _definitions(given), _definitions(results),
    )  # fmt: skip
    if declared.menu:
        HOST.gimp.plugin_menu_register(declared.name, declared.menu)


def _definitions(values):
    made = [c.ParamDef(kind, name.encode(), words.encode()) for kind, name, words in values]
    return (c.ParamDef * len(made))(*made) if made else None  # GIMP wants no empty list


def _perform(declared, given):
    """Run a procedure; returns its results as (type, value), the status first."""
    gegl.gegl_init(None, None)
    mode, on = given[0].data.integer, [None, None]
    if declared.on_image:
        image, layer = (value.data.integer for value in given[1:3])
        on = [Image(image) if image > 0 else None, Layer(layer) if layer > 0 else None]
    again = mode in (_INTERACTIVE, _LAST_VALUES)
    values = _last_values(declared) if again else {}

    def read(on):
        return values if again else _read(declared.options, given[1 + len(on) :])

    try:
        done = HOST.perform(declared, on, read, partial(_ask, declared, values) if mode == _INTERACTIVE else None)
    except Failure as failure:
        return [(c.STATUS, c.EXECUTION_ERROR), (c.STRING, str(failure))]
    if done is None:
        return [(c.STATUS, c.CANCEL)]
    if mode == _INTERACTIVE:
        _remember(declared, values)
    return [
        (c.STATUS, c.SUCCESS),
        *((_TYPES[kind], result.native if result else -1) for (kind, _, _), result in zip(declared.results, done)),
    ]


def _ask(declared, values, on):
    from gimpfu_compat.gimp2_dialog import ask

    values.update(declared.prepare(*on, values) if declared.prepare else {})
    return ask(declared, values, on)


def _read(options, given):
    values, rest = {}, iter(given)
    for option in options:
        data = next(rest).data
        if option.kind == PF_FILES:
            files = next(rest).data.texts
            values[option.name] = [files[place].decode() for place in range(data.integer)]
        elif option.kind == PF_LAYER:
            values[option.name] = Layer(data.integer) if data.integer > 0 else None
        elif option.kind == PF_SLIDER:
            values[option.name] = data.number
        elif option.kind in (PF_BOOL, PF_INT):
            values[option.name] = bool(data.integer) if option.kind == PF_BOOL else data.integer
        else:
            values[option.name] = (data.text or b"").decode()
        _check(option, values[option.name])
    return values


def _check(option, value):
    """Raise Failure for what GIMP 3 checks itself."""
    if option.kind in (PF_SLIDER, PF_INT) and not option.extra[0] <= value <= option.extra[1]:
        text = _("{name} is {value}; give {lowest} to {highest}.")
        raise Failure(text.format(name=option.name, value=value, lowest=option.extra[0], highest=option.extra[1]))
    if option.kind == PF_RADIO and value not in option.choices():
        text = _("{name} is “{value}”; give one of {known}.")
        raise Failure(text.format(name=option.name, value=value, known=", ".join(option.choices())))


def _store(param, kind, value):
    param.type = kind
    if kind == c.STRING:
        _kept.append(value.encode())
        param.data.text = _kept[-1]
    else:
        param.data.integer = value


def _last_values(declared):
    """Return the values of the last time in this session, else the defaults."""
    values = {option.name: [] if option.kind == PF_FILES else option.default for option in declared.options}
    size = HOST.gimp.procedural_db_get_data_size(declared.name)
    if size > 0:
        kept = ctypes.create_string_buffer(size)
        HOST.gimp.procedural_db_get_data(declared.name, kept)
        values.update(json.loads(kept.raw))
    return values


def _remember(declared, values):
    layers = {option.name for option in declared.options if option.kind == PF_LAYER}
    data = json.dumps({name: value for name, value in values.items() if name not in layers}).encode()
    HOST.gimp.procedural_db_set_data(declared.name, data, len(data))
