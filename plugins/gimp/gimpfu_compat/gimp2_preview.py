"""How a preview is shown in the dialog of GIMP 2.10."""

from gimpfu_compat import preview as shared
from gimpfu_compat.gtk2 import Timed, connect, gdk, gtk, labelled, pixbuf
from gimpfu_compat.libgimp2 import glib
from gimpfu_compat.preview import LOOK, SPACE, THUMBNAIL, described, fitted

LIST = 190
"""Pixels of the list's height."""
_RGB, _BILINEAR, _NEVER, _AUTOMATIC = 0, 2, 2, 1


class Pane(shared.Pane):
    """The preview's part of a dialog."""

    def __init__(self, preview, values):
        super().__init__(preview, values, (gdk.gdk_screen_width(), gdk.gdk_screen_height()))
        width = self._edges[0]
        self._image = gtk.gtk_image_new()
        gtk.gtk_widget_set_size_request(self._image, *self._edges)
        self._tick = gtk.gtk_check_button_new_with_mnemonic(preview.tick.encode())
        gtk.gtk_widget_set_tooltip_text(self._tick, preview.legend.encode())
        connect(self._tick, b"toggled", self.draw)
        self._legend, self._note = labelled("", width), labelled(preview.begun, width)
        gtk.gtk_label_set_selectable(self._note, True)
        self._rows, self._parts = [], gtk.gtk_vbox_new(False, SPACE)
        scrolled = gtk.gtk_scrolled_window_new(None, None)
        gtk.gtk_scrolled_window_set_policy(scrolled, _NEVER, _AUTOMATIC)
        gtk.gtk_scrolled_window_add_with_viewport(scrolled, self._parts)
        gtk.gtk_widget_set_size_request(scrolled, width, LIST)
        self.widget = gtk.gtk_vbox_new(False, SPACE)
        gtk.gtk_container_set_border_width(self.widget, 2 * SPACE)
        for part in (self._image, self._tick, self._legend, self._note):
            gtk.gtk_box_pack_start(self.widget, part, False, False, 0)
        gtk.gtk_box_pack_start(self.widget, scrolled, True, True, 0)
        self._look = Timed(self.look)
        self._timer = glib.g_timeout_add(LOOK, self._look, None)

    def end(self):
        """Stop; what is being made is not waited for, beyond a moment."""
        glib.g_source_remove(self._timer)
        super().end()

    def _marks(self):
        return gtk.gtk_toggle_button_get_active(self._tick)

    def _say(self, text):
        gtk.gtk_label_set_text(self._note, text.encode())

    def _show_legend(self, is_shown):
        gtk.gtk_label_set_text(self._legend, self._preview.legend.encode() if is_shown else b"")

    def _show_picture(self, width, height, pixels):
        gtk.gtk_image_set_from_pixbuf(self._image, _pixbuf(width, height, pixels, *self._edges))

    def _list(self, parts):
        for row in self._rows:
            gtk.gtk_widget_destroy(row)
        self._rows = [_row(part, self._edges[0] - THUMBNAIL - 40) for part in parts]
        for row in self._rows:
            gtk.gtk_box_pack_start(self._parts, row, False, False, 0)
        gtk.gtk_widget_show_all(self._parts)


def _row(part, width):
    row, texts = gtk.gtk_hbox_new(False, SPACE), gtk.gtk_vbox_new(False, 0)
    if part.picture:
        small = gtk.gtk_image_new_from_pixbuf(_pixbuf(*part.picture, THUMBNAIL, THUMBNAIL))
        gtk.gtk_box_pack_start(row, small, False, False, SPACE)
    for line in filter(None, described(part, lambda text: glib.g_markup_escape_text(text.encode(), -1))):
        label = labelled("", width)
        gtk.gtk_label_set_markup(label, line.encode())
        gtk.gtk_box_pack_start(texts, label, False, False, 0)
    gtk.gtk_box_pack_start(row, texts, True, True, 0)
    return row


def _pixbuf(width, height, pixels, across, down):
    """Return R'G'B' u8 as large as it fits."""
    whole = pixbuf.gdk_pixbuf_new_from_data(pixels, _RGB, False, 8, width, height, 3 * width, None, None)
    return pixbuf.gdk_pixbuf_scale_simple(whole, *fitted(width, height, across, down), _BILINEAR)
