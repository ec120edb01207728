"""libgimp-2.0, GEGL, babl and GLib through ctypes, by the names that GIMP 3 has for what they do.

Declared is only what ctypes cannot tell from a call: results that are no whole numbers, and arguments that are
fractions.
"""

import ctypes
import sys
from ctypes import POINTER, Structure, Union, c_char_p, c_double, c_int, c_int32, c_void_p

(INT32, FLOAT, STRING, STRINGARRAY, IMAGE, LAYER, DRAWABLE, STATUS) = (0, 3, 4, 9, 13, 14, 16, 21)
"""GimpPDBArgType."""
EXECUTION_ERROR, SUCCESS, CANCEL = 0, 3, 4
"""GimpPDBStatusType."""
RGB, FLOAT_LINEAR, PLUGIN = 0, 600, 1
"""GimpImageBaseType, GimpPrecision, GimpPDBProcType."""


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


def load(name):
    """Load a library of GIMP's platform."""
    files = {"win32": f"lib{name}-0.dll", "darwin": f"lib{name}.0.dylib"}
    return ctypes.CDLL(files.get(sys.platform, f"lib{name}.so.0"))


class Pointer(c_void_p):
    """Something that a library points to; as c_void_p, it would become a number that is cut short when handed on."""


glib, gobject, gio = load("glib-2.0"), load("gobject-2.0"), load("gio-2.0")
babl, gegl = load("babl-0.1"), load("gegl-0.4")
gimp, gimpbase = load("gimp-2.0"), load("gimpbase-2.0")


class Owned(Pointer):
    """An object of GLib that was given away, and is let go with this."""

    def __del__(self, unref=gobject.g_object_unref):
        if self:
            unref(self)


def declare(library, result, *names):
    """Say what functions return; TEXT: a text that is given away. NULL is None for TEXT and Owned."""
    for name in names:
        function = getattr(library, name)
        function.restype = Pointer if result is TEXT else result
        if result is TEXT:
            function.errcheck = lambda given, _function, _arguments: taken(given)
        elif result is Owned:
            function.errcheck = lambda given, _function, _arguments: given or None


def taken(address):
    """Return the text that a function gave away, and free it; None for NULL."""
    if not address:
        return None
    text = ctypes.cast(address, c_char_p).value.decode()
    glib.g_free(address)
    return text


TEXT = object()
declare(gimp, TEXT, "gimp_image_get_imported_uri", "gimp_image_get_filename", "gimp_item_get_name")
declare(gio, TEXT, "g_file_get_path")
declare(gimp, Owned, "gimp_image_get_metadata", "gimp_drawable_get_buffer", "gimp_drawable_get_shadow_buffer")
declare(gimpbase, Owned, "gimp_metadata_load_from_file")
declare(gio, Owned, "g_file_new_for_path", "g_file_new_for_uri")
declare(gimp, POINTER(c_int32), "gimp_image_list", "gimp_image_get_layers")
declare(babl, Pointer, "babl_format")
gimp.gimp_progress_update.argtypes = [c_double]
gimp.gimp_layer_new.argtypes = [c_int32, c_char_p, c_int, c_int, c_int, c_double, c_int]
gegl.gegl_buffer_get.argtypes = [c_void_p, c_void_p, c_double, c_void_p, c_void_p, c_int, c_int]


def numbers(function, *arguments):
    """Return the list of numbers that a function gives away."""
    count = c_int()
    given = function(*arguments, ctypes.byref(count))
    found = list(given[: count.value])
    glib.g_free(given)
    return found


def places(function, native, count):
    """Return what a function answers, and the whole numbers that it writes behind its argument."""
    found = [c_int() for _ in range(count)]
    answer = function(native, *map(ctypes.byref, found))
    return answer, tuple(place.value for place in found)


class Functions:
    """Functions of libgimp-2.0 by GIMP 3's names, which has "get_" before some that have nothing here."""

    def __init__(self, kinds, *first):
        self._kinds, self._first = kinds, first

    def __getattr__(self, name):
        names = (f"gimp_{kind}{word}" for kind in self._kinds for word in (name, name.replace("get_", "", 1)))
        function = next(filter(None, (getattr(gimp, one, None) for one in names)), None)
        if function is None:
            raise AttributeError(name)

        def call(*arguments):
            words = (value.encode() if isinstance(value, str) else value for value in arguments)
            return function(*self._first, *words)

        return call


class Number(int):
    """An image, or an item of one: GIMP 2.10 knows it by its number."""

    def __new__(cls, number, *kinds):
        """Take the number, and what the names of its functions begin with."""
        made = super().__new__(cls, number)
        made.kinds = kinds
        return made

    def get_id(self):
        """Return it."""
        return int(self)

    def __getattr__(self, name):
        return getattr(Functions(self.kinds, int(self)), name)
