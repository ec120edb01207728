"""GIMP 2.10, by ctypes on its C libraries (see `gimp3` for what each piece means; the two answer alike)."""

import contextlib
import ctypes
import json
import os
import sys
import traceback
from ctypes import byref, c_char_p, c_int

from gimpfu_compat import libgimp2 as c
from gimpfu_compat.areas import smaller, strips
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
from gimpfu_compat.libgimp2 import babl, gegl, gimp, gimpbase, gio, gobject
from gimpfu_compat.words import HELP, LOCALE, NAME, _, unexpected

_TYPES = {PF_IMAGE: c.IMAGE, PF_DRAWABLE: c.DRAWABLE, PF_LAYER: c.LAYER, PF_BOOL: c.INT32, PF_INT: c.INT32,
          PF_SLIDER: c.FLOAT}  # fmt: skip
_INTERACTIVE, _LAST_VALUES = 0, 2
_state = {"interactive": False, "progress": False}
_kept = []
"""What C code still points to."""


def interactive():
    """Tell whether a person started the procedure."""
    return _state["interactive"]


def images():
    """Return the open images."""
    return [Image(number) for number in c.numbers(gimp.gimp_image_list)]


def new_image(width, height):
    """Make an RGB image of 32-bit linear float, in sRGB's primaries."""
    number = gimp.gimp_image_new_with_precision(width, height, c.RGB, c.FLOAT_LINEAR)
    gimp.gimp_image_undo_disable(number)
    return Image(number)


def progress(fraction, text):
    """Show how far the work is, from 0 to 1, and at what."""
    if not _state["progress"]:
        _state["progress"] = True
        gimp.gimp_progress_init(text.encode())
    gimp.gimp_progress_set_text(text.encode())
    gimp.gimp_progress_update(fraction)


def message(text):
    """Tell something that is no error."""
    gimp.gimp_message(text.encode())


class _Numbered:
    def __init__(self, native):
        self.native = native

    def __eq__(self, other):
        return type(other) is type(self) and self.native == other.native

    __hash__ = None


class Image(_Numbered):
    """An image."""

    @property
    def kind(self):
        """Either "rgb", "grey" or "indexed"."""
        return ("rgb", "grey", "indexed")[gimp.gimp_image_base_type(self.native)]

    @property
    def path(self):
        """The file it was read from or saved as, None if there is none on this machine."""
        uri = c.taken(gimp.gimp_image_get_imported_uri(self.native))
        if not uri:
            return c.taken(gimp.gimp_image_get_filename(self.native)) or None
        file = gio.g_file_new_for_uri(uri.encode())
        path = c.taken(gio.g_file_get_path(file))
        gobject.g_object_unref(file)
        return path

    def set_path(self, path):
        """Name the image after a file, to which it is saved."""
        gimp.gimp_image_set_filename(self.native, path.encode())

    @property
    def layers(self):
        """The layers and groups, from the top, without what is in the groups."""
        return [Layer(number) for number in c.numbers(gimp.gimp_image_get_layers, self.native)]

    def add_layer(self, name, width, height, *, offsets=(0, 0), above=None):
        """Add an opaque layer above another one, or on top."""
        mode = gimp.gimp_image_get_default_new_layer_mode(self.native)
        layer = gimp.gimp_layer_new(self.native, name.encode(), width, height, c.RGB_IMAGE, 100.0, mode)
        self._insert(layer, above)
        gimp.gimp_layer_set_offsets(layer, *offsets)
        return Layer(layer)

    def select(self, layer):
        """Make a layer the selected one."""
        gimp.gimp_image_set_active_layer(self.native, layer.native)

    def duplicate_layer(self, layer, name):
        """Add a copy of a layer above it."""
        copy = gimp.gimp_layer_copy(layer.native)
        self._insert(copy, layer)
        gimp.gimp_item_set_name(copy, name.encode())
        gimp.gimp_item_set_lock_content(copy, False)
        return Layer(copy)

    def _insert(self, native, above):
        parent = max(gimp.gimp_item_get_parent(above.native), 0) if above else 0
        place = gimp.gimp_image_get_item_position(self.native, above.native) if above else 0
        gimp.gimp_image_insert_layer(self.native, native, parent, place)

    @contextlib.contextmanager
    def undo_group(self):
        """Make what is done inside one step of undo."""
        gimp.gimp_image_undo_group_start(self.native)
        try:
            yield
        finally:
            gimp.gimp_image_undo_group_end(self.native)

    def load_metadata(self, path):
        """Take the metadata of a file; tell whether it has any."""
        file, error = gio.g_file_new_for_path(path.encode()), ctypes.c_void_p()
        metadata = gimpbase.gimp_metadata_load_from_file(file, byref(error))
        gobject.g_object_unref(file)
        if not metadata:
            c.glib.g_error_free(error)
            return False
        gimp.gimp_image_set_metadata(self.native, metadata)
        gobject.g_object_unref(metadata)
        return True

    def copy_metadata(self, other):
        """Take the metadata of another image."""
        metadata = gimp.gimp_image_get_metadata(other.native)
        if metadata:
            gimp.gimp_image_set_metadata(self.native, metadata)
            gobject.g_object_unref(metadata)

    def show(self):
        """Let a new image go its way: with undo, and in a window if a person is there."""
        gimp.gimp_image_undo_enable(self.native)
        if interactive():
            gimp.gimp_display_new(self.native)

    def delete(self):
        """Give it up."""
        gimp.gimp_image_delete(self.native)


class Layer(_Numbered):
    """A layer; or another drawable, where `kind` says so."""

    @property
    def kind(self):
        """Either "layer", "group", "mask" or "channel"."""
        if gimp.gimp_item_is_group(self.native):
            return "group"
        if gimp.gimp_item_is_layer_mask(self.native):
            return "mask"
        return "layer" if gimp.gimp_item_is_layer(self.native) else "channel"

    @property
    def name(self):
        """Its name."""
        return c.taken(gimp.gimp_item_get_name(self.native))

    @property
    def size(self):
        """Width and height."""
        return gimp.gimp_drawable_width(self.native), gimp.gimp_drawable_height(self.native)

    @property
    def offsets(self):
        """Where its upper left corner lies in the image."""
        x, y = c_int(), c_int()
        gimp.gimp_drawable_offsets(self.native, byref(x), byref(y))
        return x.value, y.value

    @property
    def has_alpha(self):
        """It has an alpha channel."""
        return bool(gimp.gimp_drawable_has_alpha(self.native))

    @property
    def locked(self):
        """Its pixels are locked."""
        return bool(gimp.gimp_item_get_lock_content(self.native))

    @property
    def visible(self):
        """It is shown."""
        return bool(gimp.gimp_item_get_visible(self.native))

    @visible.setter
    def visible(self, shown):
        gimp.gimp_item_set_visible(self.native, shown)

    def selected(self):
        """Return the area that the selection touches; the whole without a selection, None beside it."""
        places = [c_int() for _ in range(4)]
        touched = gimp.gimp_drawable_mask_intersect(self.native, *map(byref, places))
        return tuple(place.value for place in places) if touched else None

    def read(self, form, area):
        """Give an area's pixels in strips of bytes, in a babl format such as "RGB float" (linear sRGB)."""
        layout = babl.babl_format(form.encode())
        pixel = babl.babl_format_get_bytes_per_pixel(layout)
        buffer = gimp.gimp_drawable_get_buffer(self.native)
        try:
            for strip in strips(area):
                block = ctypes.create_string_buffer(strip[2] * strip[3] * pixel)
                gegl.gegl_buffer_get(buffer, c.Rectangle(*strip), 1.0, layout, block, 0, 0)
                yield block.raw
        finally:
            gobject.g_object_unref(buffer)

    def read_small(self, form, area, pixels):
        """Return an area averaged down to about so many pixels: its bytes, width and height."""
        layout = babl.babl_format(form.encode())
        part, factor = smaller(area, pixels)
        small = ctypes.create_string_buffer(part[2] * part[3] * babl.babl_format_get_bytes_per_pixel(layout))
        buffer = gimp.gimp_drawable_get_buffer(self.native)
        gegl.gegl_buffer_get(buffer, c.Rectangle(*part), factor, layout, small, 0, c.CLAMP)
        gobject.g_object_unref(buffer)
        return small.raw, part[2], part[3]

    def fill(self, form, pixels):
        """Set all pixels of a layer that is new, from strips of bytes."""
        self._set(gimp.gimp_drawable_get_buffer(self.native), form, (0, 0, *self.size), pixels)
        gimp.gimp_drawable_update(self.native, 0, 0, *self.size)

    def edit(self, form, area, pixels):
        """Change an area within the selection, undoable."""
        self._set(gimp.gimp_drawable_get_shadow_buffer(self.native), form, area, pixels)
        if not gimp.gimp_drawable_merge_shadow(self.native, True):
            raise Failure(_("the layer “{name}” cannot be changed.").format(name=self.name))
        gimp.gimp_drawable_update(self.native, *area)

    @staticmethod
    def _set(buffer, form, area, pixels):
        layout = babl.babl_format(form.encode())
        for strip, block in zip(strips(area), pixels):
            gegl.gegl_buffer_set(buffer, c.Rectangle(*strip), 0, layout, bytes(block), 0)
        gegl.gegl_buffer_flush(buffer)
        gobject.g_object_unref(buffer)


def run(procedures):
    """Answer GIMP until it has had enough; returns the exit code."""

    def query():
        gimp.gimp_plugin_domain_register(NAME.encode(), os.fsencode(LOCALE))
        if HELP.is_dir():
            gimp.gimp_plugin_help_register(NAME.encode(), HELP.as_uri().encode())
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
    gimp.gimp_install_procedure(
        *map(str.encode, texts), declared.label.encode() if declared.menu else None, types.encode(), c.PLUGIN,
        len(given), len(results), _definitions(given), _definitions(results),
    )  # fmt: skip
    if declared.menu:
        gimp.gimp_plugin_menu_register(declared.name.encode(), declared.menu.encode())


def _definitions(values):
    if not values:
        return None
    return (c.ParamDef * len(values))(
        *[c.ParamDef(kind, name.encode(), words.encode()) for kind, name, words in values]
    )


def _perform(declared, given):
    """Run a procedure; returns its results as (type, value), the status first."""
    gegl.gegl_init(None, None)
    mode = given[0].data.integer
    _state["interactive"] = mode == _INTERACTIVE
    try:
        on = _given(declared, given)
        if mode in (_INTERACTIVE, _LAST_VALUES):
            values = _last_values(declared)
            if interactive() and not _ask(declared, values, on):
                return [(c.STATUS, c.CANCEL)]
        else:
            values = _read(declared.options, given[1 + len(on) :])
        done = declared.run(on, values)
        if interactive():
            _remember(declared, values)
    except Failure as failure:
        return [(c.STATUS, c.EXECUTION_ERROR), (c.STRING, str(failure))]
    except Exception as bug:
        traceback.print_exc()
        return [(c.STATUS, c.EXECUTION_ERROR), (c.STRING, unexpected(bug))]
    finally:
        if _state["progress"]:
            gimp.gimp_progress_end()
    gimp.gimp_displays_flush()
    results = done if isinstance(done, tuple) else (done,)
    return [
        (c.STATUS, c.SUCCESS),
        *((_TYPES[kind], result.native if result else -1) for (kind, _, _), result in zip(declared.results, results)),
    ]


def _ask(declared, values, on):
    from gimpfu_compat.gimp2_dialog import ask

    values.update(declared.prepare(*on, values) if declared.prepare else {})
    return ask(declared, values, on)


def _given(declared, given):
    if not declared.on_image:
        return []
    image, layer = (value.data.integer for value in given[1:3])
    if declared.wants_image and (image <= 0 or layer <= 0):
        raise Failure(_("select one layer first."))
    return [Image(image) if image > 0 else None, Layer(layer) if layer > 0 else None]


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
    size = gimp.gimp_procedural_db_get_data_size(declared.name.encode())
    if size > 0:
        kept = ctypes.create_string_buffer(size)
        gimp.gimp_procedural_db_get_data(declared.name.encode(), kept)
        values.update(json.loads(kept.raw))
    return values


def _remember(declared, values):
    layers = {option.name for option in declared.options if option.kind == PF_LAYER}
    data = json.dumps({name: value for name, value in values.items() if name not in layers}).encode()
    gimp.gimp_procedural_db_set_data(declared.name.encode(), data, len(data))
