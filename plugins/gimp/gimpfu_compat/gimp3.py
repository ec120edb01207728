"""GIMP 3, by GObject introspection. Drawables' pixels are bytes in a named babl format, GEGL converts."""

import contextlib
import sys
import traceback

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("Gegl", "0.4")
from gi.repository import Gegl, Gimp, Gio, GLib, GObject  # noqa: E402

from gimpfu_compat.areas import smaller, strips  # noqa: E402
from gimpfu_compat.declaration import (  # noqa: E402
    PF_BOOL,
    PF_FILES,
    PF_IMAGE,
    PF_INT,
    PF_LAYER,
    PF_RADIO,
    PF_SLIDER,
    Failure,
)
from gimpfu_compat.words import HELP, NAME, _, unexpected  # noqa: E402

_KINDS = {Gimp.ImageBaseType.RGB: "rgb", Gimp.ImageBaseType.GRAY: "grey", Gimp.ImageBaseType.INDEXED: "indexed"}
_state = {"interactive": False, "progress": False}


def interactive():
    """Tell whether a person started the procedure, who wants to see what comes of it."""
    return _state["interactive"]


def images():
    """Return the open images."""
    return [Image(image) for image in Gimp.get_images()]


def new_image(width, height):
    """Make an RGB image of 32-bit linear float, in sRGB's primaries."""
    native = Gimp.Image.new_with_precision(width, height, Gimp.ImageBaseType.RGB, Gimp.Precision.FLOAT_LINEAR)
    native.undo_disable()  # until it is shown: how it was made is nothing to undo
    return Image(native)


def progress(fraction, text):
    """Show how far the work is, from 0 to 1, and at what."""
    if not _state["progress"]:
        _state["progress"] = True
        Gimp.progress_init(text)
    Gimp.progress_set_text(text)
    Gimp.progress_update(fraction)


def message(text):
    """Tell something that is no error."""
    Gimp.message(text)


class Image:
    """An image."""

    def __init__(self, native):
        self.native = native

    def __eq__(self, other):
        return isinstance(other, Image) and self.native.get_id() == other.native.get_id()

    __hash__ = None

    @property
    def kind(self):
        """Either "rgb", "grey" or "indexed"."""
        return _KINDS[self.native.get_base_type()]

    @property
    def path(self):
        """The file it was read from or saved as, None if there is none on this machine."""
        file = self.native.get_imported_file() or self.native.get_file()
        return file.get_path() if file is not None else None

    def set_path(self, path):
        """Name the image after a file, to which it is saved."""
        self.native.set_file(Gio.File.new_for_path(path))

    @property
    def layers(self):
        """The layers and groups, from the top, without what is in the groups."""
        return [Layer(layer) for layer in self.native.get_layers()]

    def add_layer(self, name, width, height, *, offsets=(0, 0), above=None):
        """Add an opaque layer above another one, or on top."""
        layer = Gimp.Layer.new(
            self.native, name, width, height, Gimp.ImageType.RGB_IMAGE, 100.0, self.native.get_default_new_layer_mode()
        )
        self._insert(layer, above)
        layer.set_offsets(*offsets)
        return Layer(layer)

    def select(self, layer):
        """Make a layer the selected one."""
        self.native.set_selected_layers([layer.native])

    def duplicate_layer(self, layer, name):
        """Add a copy of a layer above it."""
        copy = layer.native.copy()
        self._insert(copy, layer)
        copy.set_name(name)
        copy.set_lock_content(False)
        return Layer(copy)

    def _insert(self, native, above):
        parent = above.native.get_parent() if above else None
        self.native.insert_layer(native, parent, self.native.get_item_position(above.native) if above else 0)

    @contextlib.contextmanager
    def undo_group(self):
        """Make what is done inside one step of undo."""
        self.native.undo_group_start()
        try:
            yield
        finally:
            self.native.undo_group_end()

    def load_metadata(self, path):
        """Take the metadata of a file; tell whether it has any."""
        try:
            metadata = Gimp.Metadata.load_from_file(Gio.File.new_for_path(path))
        except GLib.Error:
            return False
        self.native.set_metadata(metadata)
        return True

    def copy_metadata(self, other):
        """Take the metadata of another image."""
        metadata = other.native.get_metadata()
        if metadata is not None:
            self.native.set_metadata(metadata)

    def show(self):
        """Let a new image go its way: with undo, and in a window if a person is there."""
        self.native.undo_enable()
        if interactive():
            Gimp.Display.new(self.native)

    def delete(self):
        """Give it up."""
        self.native.delete()


class Layer:
    """A layer; or another drawable, where `kind` says so."""

    def __init__(self, native):
        self.native = native

    def __eq__(self, other):
        return isinstance(other, Layer) and self.native.get_id() == other.native.get_id()

    __hash__ = None

    @property
    def kind(self):
        """Either "layer", "group", "mask" or "channel"."""
        if self.native.is_group():
            return "group"
        if self.native.is_layer_mask():
            return "mask"
        return "layer" if self.native.is_layer() else "channel"

    @property
    def name(self):
        """Its name."""
        return self.native.get_name()

    @property
    def size(self):
        """Width and height."""
        return self.native.get_width(), self.native.get_height()

    @property
    def offsets(self):
        """Where its upper left corner lies in the image."""
        return tuple(self.native.get_offsets()[1:])

    @property
    def has_alpha(self):
        """It has an alpha channel."""
        return self.native.has_alpha()

    @property
    def locked(self):
        """Its pixels are locked."""
        return self.native.get_lock_content()

    @property
    def visible(self):
        """It is shown."""
        return self.native.get_visible()

    @visible.setter
    def visible(self, shown):
        self.native.set_visible(shown)

    def selected(self):
        """Return the area that the selection touches; the whole without a selection, None beside it."""
        touched, *area = self.native.mask_intersect()
        return tuple(area) if touched else None

    def read(self, form, area):
        """Give an area's pixels in strips of bytes, in a babl format such as "RGB float" (linear sRGB)."""
        buffer = self.native.get_buffer()
        for strip in strips(area):
            yield buffer.get(Gegl.Rectangle.new(*strip), 1.0, form, Gegl.AbyssPolicy.NONE)

    def read_small(self, form, area, pixels):
        """Return an area averaged down to about so many pixels: its bytes, width and height."""
        reduced, factor = smaller(area, pixels)
        part = Gegl.Rectangle.new(*reduced)
        small = self.native.get_buffer().get(part, factor, form, Gegl.AbyssPolicy.CLAMP)
        return small, part.width, part.height

    def fill(self, form, pixels):
        """Set all pixels of a layer that is new, from strips of bytes."""
        self._set(self.native.get_buffer(), form, (0, 0, *self.size), pixels)
        self.native.update(0, 0, *self.size)

    def edit(self, form, area, pixels):
        """Change an area within the selection, undoable."""
        self._set(self.native.get_shadow_buffer(), form, area, pixels)
        if not self.native.merge_shadow(True):
            raise Failure(_("the layer “{name}” cannot be changed.").format(name=self.name))
        self.native.update(*area)

    @staticmethod
    def _set(buffer, form, area, pixels):
        for strip, block in zip(strips(area), pixels):
            buffer.set(Gegl.Rectangle.new(*strip), form, bytes(block))
        buffer.flush()


def run(procedures):
    """Answer GIMP until it has had enough; returns the exit code."""

    class Plugin(Gimp.PlugIn):
        def do_set_i18n(self, _name):
            return False  # the words come translated

        def do_query_procedures(self):
            if HELP.is_dir():
                self.set_help_domain(NAME, Gio.File.new_for_path(str(HELP)))
            return list(procedures)

        def do_create_procedure(self, name):
            return _create(self, procedures[name])

    return Gimp.main(Plugin.__gtype__, sys.argv)


def _create(plugin, declared):
    # not Gimp.Procedure, even where no image is needed: this one has the dialog's arguments in the right order
    procedure = Gimp.ImageProcedure.new(plugin, declared.name, Gimp.PDBProcType.PLUGIN, _run, declared)
    procedure.set_image_types(declared.image_types or "*")
    sensitivity = Gimp.ProcedureSensitivityMask
    procedure.set_sensitivity_mask(sensitivity.DRAWABLE if declared.wants_image else sensitivity.ALWAYS)
    procedure.set_documentation(declared.blurb, declared.help, declared.name)
    procedure.set_attribution(declared.author, declared.copyright, declared.date)
    if declared.menu:
        procedure.set_menu_label(declared.label)
        procedure.add_menu_path(declared.menu)
    for parameter in declared.options:
        _add_argument(procedure, parameter)
    for kind, name, label in declared.results:
        add = procedure.add_image_return_value if kind == PF_IMAGE else procedure.add_layer_return_value
        add(name, label, label, True, GObject.ParamFlags.READWRITE)
    return procedure


def _add_argument(procedure, parameter):
    words = (parameter.name, parameter.label, parameter.help or parameter.label)
    flags = GObject.ParamFlags.READWRITE
    if parameter.kind == PF_BOOL:
        procedure.add_boolean_argument(*words, parameter.default, flags)
    elif parameter.kind in (PF_INT, PF_SLIDER):
        add = procedure.add_int_argument if parameter.kind == PF_INT else procedure.add_double_argument
        add(*words, *parameter.extra[:2], parameter.default, flags)
    elif parameter.kind == PF_RADIO:
        choice = Gimp.Choice.new()
        for number, (label, value) in enumerate(parameter.extra):
            choice.add(value, number, label, "")
        procedure.add_choice_argument(*words, choice, parameter.default, flags)
    elif parameter.kind == PF_FILES:
        procedure.add_string_array_argument(*words, flags)
    elif parameter.kind == PF_LAYER:
        procedure.add_layer_argument(*words, True, flags)
    else:
        procedure.add_string_argument(*words, parameter.default, flags)


def _run(procedure, mode, native, drawables, config, declared):
    status = Gimp.PDBStatusType
    _state["interactive"] = mode == Gimp.RunMode.INTERACTIVE
    try:
        given = _given(declared, native, drawables)
        if interactive() and not _ask(procedure, declared, config, given):
            return procedure.new_return_values(status.CANCEL, GLib.Error())
        done = declared.run(given, _values(config, declared))
    except Failure as failure:
        return procedure.new_return_values(status.EXECUTION_ERROR, GLib.Error(str(failure)))
    except Exception as bug:
        traceback.print_exc()
        return procedure.new_return_values(status.EXECUTION_ERROR, GLib.Error(unexpected(bug)))
    finally:
        if _state["progress"]:
            Gimp.progress_end()
    Gimp.displays_flush()
    answer = procedure.new_return_values(status.SUCCESS, GLib.Error())
    results = done if isinstance(done, tuple) else (done,)
    for place, ((kind, _name, _label), result) in enumerate(zip(declared.results, results), 1):
        answer.remove(place)
        kept = GObject.Value(Gimp.Image if kind == PF_IMAGE else Gimp.Layer, result.native if result else None)
        answer.insert(place, kept)
    return answer


def _given(declared, native, drawables):
    if not declared.on_image:
        return []
    image = Image(native) if native is not None else None
    if declared.wants_image and (image is None or len(drawables) != 1):
        raise Failure(_("select one layer first."))
    return [image, Layer(drawables[0]) if len(drawables) == 1 else None]


def _ask(procedure, declared, config, given):
    from gimpfu_compat.gimp3_dialog import ask

    if declared.prepare:
        for name, value in declared.prepare(*given, _values(config, declared)).items():
            config.set_property(name, value)
    return ask(procedure, declared, config, given, lambda: _values(config, declared))


def _values(config, declared):
    return {option.name: _value(config.get_property(option.name), option) for option in declared.options}


def _value(native, parameter):
    if parameter.kind == PF_LAYER:
        return Layer(native) if native is not None else None
    if parameter.kind == PF_FILES:
        return list(native or ())
    return parameter.default if native is None else native  # an empty text arrives as None
