"""GIMP 3, by GObject introspection."""

import contextlib
import sys
from functools import partial

import gi

gi.require_versions({"Gimp": "3.0", "Gegl": "0.4"})
from gi.repository import Gegl, Gimp, Gio, GLib, GObject

from gimpfu_compat import backend
from gimpfu_compat.declaration import PF_BOOL, PF_FILES, PF_IMAGE, PF_INT, PF_LAYER, PF_RADIO, PF_SLIDER, Failure
from gimpfu_compat.words import HELP, NAME


class Image(backend.Image):
    """An image."""

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

    def select(self, layer):
        """Make a layer the selected one."""
        self.native.set_selected_layers([layer.native])

    def load_metadata(self, path):
        """Take the metadata of a file, if it has any."""
        with contextlib.suppress(GLib.Error):
            self.native.set_metadata(Gimp.Metadata.load_from_file(Gio.File.new_for_path(path)))

    def show(self):
        """Let a new image go its way: with undo, and in a window if a person is there."""
        self.native.undo_enable()
        if HOST.interactive:
            Gimp.Display.new(self.native)

    @staticmethod
    def _new_layer(*about):
        return Layer(Gimp.Layer.new(*about))


class Layer(backend.Layer):
    """A layer, or another drawable."""

    @property
    def offsets(self):
        """Where its upper left corner lies in the image."""
        return tuple(self.native.get_offsets()[1:])

    def selected(self):
        """Return the area that the selection touches; the whole without a selection, None beside it."""
        touched, *area = self.native.mask_intersect()
        return tuple(area) if touched else None

    @staticmethod
    def _get(buffer, form, area, factor=1.0, clamp=False):
        abyss = Gegl.AbyssPolicy.CLAMP if clamp else Gegl.AbyssPolicy.NONE
        return buffer.get(Gegl.Rectangle.new(*area), factor, form, abyss)

    @staticmethod
    def _set(buffer, form, area, pixels):
        buffer.set(Gegl.Rectangle.new(*area), form, pixels)

    @staticmethod
    def _flush(buffer):
        buffer.flush()


class Backend(backend.Backend):
    """GIMP 3."""

    gimp = Gimp
    Image, Layer = Image, Layer

    def images(self):
        """Return the open images."""
        return [Image(image) for image in Gimp.get_images()]

    def new_image(self, width, height):
        """Make an RGB image of 32-bit linear float, in sRGB's primaries."""
        native = Gimp.Image.new_with_precision(width, height, Gimp.ImageBaseType.RGB, Gimp.Precision.FLOAT_LINEAR)
        native.undo_disable()  # until it is shown: how it was made is nothing to undo
        return Image(native)

    def run(self, procedures):
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


HOST = Backend()


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
    given = [Image(native) if native is not None else None, Layer(drawables[0]) if len(drawables) == 1 else None]
    ask = partial(_ask, procedure, declared, config) if mode == Gimp.RunMode.INTERACTIVE else None
    try:
        done = HOST.perform(declared, given, lambda _on: _values(config, declared), ask)
    except Failure as failure:
        return procedure.new_return_values(status.EXECUTION_ERROR, GLib.Error(str(failure)))
    if done is None:
        return procedure.new_return_values(status.CANCEL, GLib.Error())
    answer = procedure.new_return_values(status.SUCCESS, GLib.Error())
    for place, ((kind, _name, _label), result) in enumerate(zip(declared.results, done), 1):
        answer.remove(place)
        kept = GObject.Value(Gimp.Image if kind == PF_IMAGE else Gimp.Layer, result.native if result else None)
        answer.insert(place, kept)
    return answer


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
