"""GTK 2 through ctypes: what the dialog of GIMP 2.10 and its preview call (see `libgimp2` for what is declared)."""

import ctypes
import sys
from ctypes import POINTER, Structure, c_char_p, c_double, c_int, c_void_p

from gimpfu_compat.libgimp2 import TEXT, Owned, Pointer, declare, glib, gobject, load

OK, CANCEL, HELP = -5, -6, -11
Clicked = ctypes.CFUNCTYPE(None, c_void_p, c_void_p)
Timed = ctypes.CFUNCTYPE(c_int, c_void_p)
_kept = []
"""Functions that widgets call."""


class Names(Structure):
    """GSList of texts."""


Names._fields_ = [("data", Pointer), ("next", POINTER(Names))]

ui, pixbuf = load("gimpui-2.0"), load("gdk_pixbuf-2.0")
gtk, gdk = (
    load({"win32": f"{name}-win32-2.0", "darwin": f"{name}-quartz-2.0"}.get(sys.platform, f"{name}-x11-2.0"))
    for name in ("gtk", "gdk")
)
declare(
    gtk, Pointer, "gtk_button_new_from_stock", "gtk_check_button_new_with_mnemonic", "gtk_combo_box_text_new",
    "gtk_dialog_add_button", "gtk_dialog_get_content_area", "gtk_dialog_new", "gtk_entry_new",
    "gtk_file_chooser_widget_new", "gtk_hbox_new", "gtk_hscale_new_with_range", "gtk_image_new",
    "gtk_image_new_from_pixbuf", "gtk_label_new", "gtk_label_new_with_mnemonic", "gtk_scrolled_window_new",
    "gtk_spin_button_new_with_range", "gtk_table_new", "gtk_text_view_get_buffer", "gtk_text_view_new", "gtk_vbox_new",
)  # fmt: skip
declare(gtk, c_char_p, "gtk_entry_get_text")
declare(gtk, TEXT, "gtk_text_buffer_get_text")
declare(gtk, POINTER(Names), "gtk_file_chooser_get_filenames")
declare(gtk, c_double, "gtk_range_get_value", "gtk_spin_button_get_value")
declare(pixbuf, Owned, "gdk_pixbuf_new_from_data", "gdk_pixbuf_scale_simple")
declare(glib, TEXT, "g_markup_escape_text")
for new in (gtk.gtk_hscale_new_with_range, gtk.gtk_spin_button_new_with_range):
    new.argtypes = [c_double] * 3
for change in (gtk.gtk_range_set_value, gtk.gtk_spin_button_set_value):
    change.argtypes = [c_void_p, c_double]
gtk.gtk_misc_set_alignment.argtypes = [c_void_p, ctypes.c_float, ctypes.c_float]
glib.g_markup_escape_text.argtypes = [c_char_p, ctypes.c_ssize_t]


def connect(widget, signal, act):
    """Call `act()` whenever a widget sends a signal."""
    _kept.append(Clicked(lambda _widget, _data: act()))
    gobject.g_signal_connect_data(widget, signal, _kept[-1], None, None, 0)


def labelled(text, width=-1):
    """Make a label that begins at the left, and wraps its text at a width in pixels."""
    label = gtk.gtk_label_new(text.encode())
    gtk.gtk_misc_set_alignment(label, 0.0, 0.5)
    gtk.gtk_label_set_line_wrap(label, width >= 0)
    gtk.gtk_widget_set_size_request(label, width, -1)
    return label
