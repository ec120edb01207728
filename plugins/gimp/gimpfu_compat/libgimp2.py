"""libgimp-2.0, GEGL, babl and GLib through ctypes: what `gimp2` calls, with its types."""

import ctypes
import sys
from ctypes import POINTER, Structure, Union, c_char_p, c_double, c_int, c_int32, c_void_p

(INT32, FLOAT, STRING, STRINGARRAY, IMAGE, LAYER, DRAWABLE, STATUS) = (0, 3, 4, 9, 13, 14, 16, 21)
"""GimpPDBArgType."""
EXECUTION_ERROR, CALLING_ERROR, SUCCESS, CANCEL = 0, 1, 3, 4
"""GimpPDBStatusType."""
RGB, FLOAT_LINEAR, RGB_IMAGE, PLUGIN, CLAMP = 0, 600, 0, 1, 1
"""GimpImageBaseType, GimpPrecision, GimpImageType, GimpPDBProcType, GeglAbyssPolicy."""


class _Data(Union):
    _fields_ = [
        ("integer", c_int32),
        ("number", c_double),
        ("text", c_char_p),
        ("texts", POINTER(c_char_p)),
        ("colour", c_double * 4),  # unused, but the largest
    ]


class Param(Structure):
    """GimpParam: a value."""

    _fields_ = [("type", c_int), ("data", _Data)]


class ParamDef(Structure):
    """GimpParamDef: what is said of a value."""

    _fields_ = [("type", c_int), ("name", c_char_p), ("description", c_char_p)]


class Rectangle(Structure):
    """GeglRectangle."""

    _fields_ = [("x", c_int), ("y", c_int), ("width", c_int), ("height", c_int)]


QueryProc = ctypes.CFUNCTYPE(None)
RunProc = ctypes.CFUNCTYPE(None, c_char_p, c_int, POINTER(Param), POINTER(c_int), POINTER(c_void_p))


class PlugInInfo(Structure):
    """GimpPlugInInfo."""

    _fields_ = [("init", QueryProc), ("quit", QueryProc), ("query", QueryProc), ("run", RunProc)]


def load(name, number):
    """Load a library of GIMP's platform."""
    files = {"win32": f"lib{name}-{number}.dll", "darwin": f"lib{name}.{number}.dylib"}
    return ctypes.CDLL(files.get(sys.platform, f"lib{name}.so.{number}"))


def declare(library, functions):
    """Declare functions: {name: (result, *arguments)}."""
    for name, (result, *arguments) in functions.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments


_PARAMS = (c_int, c_int, POINTER(ParamDef), POINTER(ParamDef))
_PLACES = (POINTER(c_int),) * 4
gimp = load("gimp-2.0", 0)
declare(gimp, {
    "gimp_main": (c_int, POINTER(PlugInInfo), c_int, POINTER(c_char_p)),
    "gimp_install_procedure": (None, *(c_char_p,) * 8, c_int, *_PARAMS),
    "gimp_plugin_menu_register": (c_int, c_char_p, c_char_p),
    "gimp_plugin_domain_register": (c_int, c_char_p, c_char_p),
    "gimp_plugin_help_register": (c_int, c_char_p, c_char_p),
    "gimp_help": (c_int, c_char_p, c_char_p),
    "gimp_progress_init": (c_int, c_char_p),
    "gimp_progress_set_text": (c_int, c_char_p),
    "gimp_progress_update": (c_int, c_double),
    "gimp_progress_end": (c_int,),
    "gimp_message": (c_int, c_char_p),
    "gimp_displays_flush": (None,),
    "gimp_display_new": (c_int32, c_int32),
    "gimp_procedural_db_get_data_size": (c_int, c_char_p),
    "gimp_procedural_db_get_data": (c_int, c_char_p, c_void_p),
    "gimp_procedural_db_set_data": (c_int, c_char_p, c_void_p, c_int),
    "gimp_image_list": (POINTER(c_int32), POINTER(c_int)),
    "gimp_image_new_with_precision": (c_int32, c_int, c_int, c_int, c_int),
    "gimp_image_delete": (c_int, c_int32),
    "gimp_image_base_type": (c_int, c_int32),
    "gimp_image_get_imported_uri": (c_void_p, c_int32),
    "gimp_image_get_filename": (c_void_p, c_int32),
    "gimp_image_set_filename": (c_int32, c_int32, c_char_p),
    "gimp_image_get_layers": (POINTER(c_int32), c_int32, POINTER(c_int)),
    "gimp_image_get_item_position": (c_int, c_int32, c_int32),
    "gimp_image_get_default_new_layer_mode": (c_int, c_int32),
    "gimp_image_insert_layer": (c_int, c_int32, c_int32, c_int32, c_int),
    "gimp_image_set_active_layer": (c_int, c_int32, c_int32),
    "gimp_image_undo_group_start": (c_int, c_int32),
    "gimp_image_undo_group_end": (c_int, c_int32),
    "gimp_image_undo_disable": (c_int, c_int32),
    "gimp_image_undo_enable": (c_int, c_int32),
    "gimp_image_get_metadata": (c_void_p, c_int32),
    "gimp_image_set_metadata": (c_int, c_int32, c_void_p),
    "gimp_layer_new": (c_int32, c_int32, c_char_p, c_int, c_int, c_int, c_double, c_int),
    "gimp_layer_copy": (c_int32, c_int32),
    "gimp_layer_set_offsets": (c_int, c_int32, c_int, c_int),
    "gimp_item_get_name": (c_void_p, c_int32),
    "gimp_item_set_name": (c_int, c_int32, c_char_p),
    "gimp_item_get_parent": (c_int32, c_int32),
    "gimp_item_is_group": (c_int, c_int32),
    "gimp_item_is_layer": (c_int, c_int32),
    "gimp_item_is_layer_mask": (c_int, c_int32),
    "gimp_item_get_visible": (c_int, c_int32),
    "gimp_item_set_visible": (c_int, c_int32, c_int),
    "gimp_item_get_lock_content": (c_int, c_int32),
    "gimp_item_set_lock_content": (c_int, c_int32, c_int),
    "gimp_drawable_width": (c_int, c_int32),
    "gimp_drawable_height": (c_int, c_int32),
    "gimp_drawable_has_alpha": (c_int, c_int32),
    "gimp_drawable_offsets": (c_int, c_int32, POINTER(c_int), POINTER(c_int)),
    "gimp_drawable_mask_intersect": (c_int, c_int32, *_PLACES),
    "gimp_drawable_get_buffer": (c_void_p, c_int32),
    "gimp_drawable_get_shadow_buffer": (c_void_p, c_int32),
    "gimp_drawable_merge_shadow": (c_int, c_int32, c_int),
    "gimp_drawable_update": (c_int, c_int32, c_int, c_int, c_int, c_int),
})  # fmt: skip
gimpbase = load("gimpbase-2.0", 0)
declare(gimpbase, {"gimp_metadata_load_from_file": (c_void_p, c_void_p, POINTER(c_void_p))})

_PIXELS = (c_void_p, POINTER(Rectangle))
gegl = load("gegl-0.4", 0)
declare(gegl, {
    "gegl_init": (None, c_void_p, c_void_p),
    "gegl_buffer_get": (None, *_PIXELS, c_double, c_void_p, c_void_p, c_int, c_int),
    "gegl_buffer_set": (None, *_PIXELS, c_int, c_void_p, c_void_p, c_int),
    "gegl_buffer_flush": (None, c_void_p),
})  # fmt: skip

babl = load("babl-0.1", 0)
declare(babl, {"babl_format": (c_void_p, c_char_p), "babl_format_get_bytes_per_pixel": (c_int, c_void_p)})

glib = load("glib-2.0", 0)
declare(glib, {"g_free": (None, c_void_p), "g_error_free": (None, c_void_p)})
gio = load("gio-2.0", 0)
declare(gio, {
    "g_file_new_for_path": (c_void_p, c_char_p),
    "g_file_new_for_uri": (c_void_p, c_char_p),
    "g_file_get_path": (c_void_p, c_void_p),
})  # fmt: skip
gobject = load("gobject-2.0", 0)
declare(gobject, {"g_object_unref": (None, c_void_p)})


def taken(address):
    """Return the text that a function gave away, and free it; None for NULL."""
    if not address:
        return None
    text = ctypes.string_at(address).decode()
    glib.g_free(address)
    return text


def numbers(function, *arguments):
    """Return the list of numbers that a function gives away."""
    count = c_int()
    given = function(*arguments, ctypes.byref(count))
    found = list(given[: count.value])
    glib.g_free(given)
    return found
