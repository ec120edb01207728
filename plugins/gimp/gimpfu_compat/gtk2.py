"""GTK 2 through ctypes: what the dialog of GIMP 2.10 and its preview call, with its types."""

import ctypes
import sys
from ctypes import POINTER, Structure, c_char_p, c_double, c_int, c_void_p

from gimpfu_compat.libgimp2 import declare, glib, gobject, load

OK, CANCEL, HELP = -5, -6, -11
_BOX = (c_void_p, c_void_p, c_int, c_int, c_int)
Clicked = ctypes.CFUNCTYPE(None, c_void_p, c_void_p)
Timed = ctypes.CFUNCTYPE(c_int, c_void_p)


class Names(Structure):
    """GSList of texts."""


Names._fields_ = [("data", c_void_p), ("next", POINTER(Names))]

ui = load("gimpui-2.0", 0)
declare(ui, {"gimp_ui_init": (None, c_char_p, c_int)})
gtk = load({"win32": "gtk-win32-2.0", "darwin": "gtk-quartz-2.0"}.get(sys.platform, "gtk-x11-2.0"), 0)
declare(gtk, {
    "gtk_box_pack_end": (None, *_BOX),
    "gtk_box_pack_start": (None, *_BOX),
    "gtk_button_new_from_stock": (c_void_p, c_char_p),
    "gtk_check_button_new_with_mnemonic": (c_void_p, c_char_p),
    "gtk_combo_box_get_active": (c_int, c_void_p),
    "gtk_combo_box_set_active": (None, c_void_p, c_int),
    "gtk_combo_box_text_append_text": (None, c_void_p, c_char_p),
    "gtk_combo_box_text_new": (c_void_p,),
    "gtk_container_add": (None, c_void_p, c_void_p),
    "gtk_container_foreach": (None, c_void_p, Clicked, c_void_p),
    "gtk_container_set_border_width": (None, c_void_p, c_int),
    "gtk_dialog_add_button": (c_void_p, c_void_p, c_char_p, c_int),
    "gtk_dialog_get_content_area": (c_void_p, c_void_p),
    "gtk_dialog_new": (c_void_p,),
    "gtk_dialog_run": (c_int, c_void_p),
    "gtk_dialog_set_default_response": (None, c_void_p, c_int),
    "gtk_entry_get_text": (c_char_p, c_void_p),
    "gtk_entry_new": (c_void_p,),
    "gtk_entry_set_activates_default": (None, c_void_p, c_int),
    "gtk_entry_set_text": (None, c_void_p, c_char_p),
    "gtk_events_pending": (c_int,),
    "gtk_file_chooser_get_filenames": (POINTER(Names), c_void_p),
    "gtk_file_chooser_set_current_folder": (c_int, c_void_p, c_char_p),
    "gtk_file_chooser_set_select_multiple": (None, c_void_p, c_int),
    "gtk_file_chooser_widget_new": (c_void_p, c_int),
    "gtk_hbox_new": (c_void_p, c_int, c_int),
    "gtk_hscale_new_with_range": (c_void_p, c_double, c_double, c_double),
    "gtk_image_new": (c_void_p,),
    "gtk_image_new_from_pixbuf": (c_void_p, c_void_p),
    "gtk_image_set_from_pixbuf": (None, c_void_p, c_void_p),
    "gtk_label_new": (c_void_p, c_char_p),
    "gtk_label_new_with_mnemonic": (c_void_p, c_char_p),
    "gtk_label_set_line_wrap": (None, c_void_p, c_int),
    "gtk_label_set_markup": (None, c_void_p, c_char_p),
    "gtk_label_set_mnemonic_widget": (None, c_void_p, c_void_p),
    "gtk_label_set_selectable": (None, c_void_p, c_int),
    "gtk_label_set_text": (None, c_void_p, c_char_p),
    "gtk_main_iteration": (c_int,),
    "gtk_misc_set_alignment": (None, c_void_p, ctypes.c_float, ctypes.c_float),
    "gtk_range_get_value": (c_double, c_void_p),
    "gtk_range_set_value": (None, c_void_p, c_double),
    "gtk_scrolled_window_add_with_viewport": (None, c_void_p, c_void_p),
    "gtk_scrolled_window_new": (c_void_p, c_void_p, c_void_p),
    "gtk_scrolled_window_set_policy": (None, c_void_p, c_int, c_int),
    "gtk_spin_button_get_value": (c_double, c_void_p),
    "gtk_spin_button_new_with_range": (c_void_p, c_double, c_double, c_double),
    "gtk_spin_button_set_value": (None, c_void_p, c_double),
    "gtk_table_attach_defaults": (None, c_void_p, c_void_p, c_int, c_int, c_int, c_int),
    "gtk_table_new": (c_void_p, c_int, c_int, c_int),
    "gtk_table_set_col_spacings": (None, c_void_p, c_int),
    "gtk_table_set_row_spacings": (None, c_void_p, c_int),
    "gtk_text_buffer_get_bounds": (None, c_void_p, c_void_p, c_void_p),
    "gtk_text_buffer_get_text": (c_void_p, c_void_p, c_void_p, c_void_p, c_int),
    "gtk_text_buffer_set_text": (None, c_void_p, c_char_p, c_int),
    "gtk_text_view_get_buffer": (c_void_p, c_void_p),
    "gtk_text_view_new": (c_void_p,),
    "gtk_toggle_button_get_active": (c_int, c_void_p),
    "gtk_toggle_button_set_active": (None, c_void_p, c_int),
    "gtk_vbox_new": (c_void_p, c_int, c_int),
    "gtk_widget_destroy": (None, c_void_p),
    "gtk_widget_grab_focus": (None, c_void_p),
    "gtk_widget_set_sensitive": (None, c_void_p, c_int),
    "gtk_widget_set_size_request": (None, c_void_p, c_int, c_int),
    "gtk_widget_set_tooltip_text": (None, c_void_p, c_char_p),
    "gtk_widget_show_all": (None, c_void_p),
    "gtk_window_set_default_size": (None, c_void_p, c_int, c_int),
    "gtk_window_set_title": (None, c_void_p, c_char_p),
})  # fmt: skip
gdk = load({"win32": "gdk-win32-2.0", "darwin": "gdk-quartz-2.0"}.get(sys.platform, "gdk-x11-2.0"), 0)
declare(gdk, {"gdk_screen_width": (c_int,), "gdk_screen_height": (c_int,)})
pixbuf = load("gdk_pixbuf-2.0", 0)
declare(pixbuf, {
    "gdk_pixbuf_new_from_data": (c_void_p, c_char_p, *(c_int,) * 6, c_void_p, c_void_p),
    "gdk_pixbuf_scale_simple": (c_void_p, c_void_p, c_int, c_int, c_int),
})  # fmt: skip
declare(glib, {
    "g_markup_escape_text": (c_void_p, c_char_p, ctypes.c_ssize_t),
    "g_slist_free": (None, c_void_p),
    "g_source_remove": (c_int, ctypes.c_uint),
    "g_timeout_add": (ctypes.c_uint, ctypes.c_uint, Timed, c_void_p),
})  # fmt: skip
declare(gobject, {
    "g_signal_connect_data": (ctypes.c_ulong, c_void_p, c_char_p, Clicked, c_void_p, c_void_p, c_int),
})  # fmt: skip
