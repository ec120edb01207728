"""A preview in the dialog of GIMP 2.10: a picture that follows the settings, and below it the list of what is in it.

GTK 2 is looked after by a timer in the dialog's own thread: it sees changed settings, and takes the pictures made.
"""

import os
import queue
import time

from gimpfu_compat.declaration import Failure
from gimpfu_compat.gtk2 import Clicked, Timed, gdk, gtk, pixbuf
from gimpfu_compat.libgimp2 import glib, gobject, taken
from gimpfu_compat.painter import Painter, fitted

SPACE = 6
LOOK, REST = 100, 0.25
"""Milliseconds between looks at the settings; seconds without a change after which a picture is asked for."""
EDGES, THUMBNAIL = (600, 400), 64
"""Most pixels of the picture across and down, on a screen that is large enough, and of a part's."""
LIST = 190
"""Pixels of the list's height."""
_RGB, _BILINEAR, _NEVER, _AUTOMATIC = 0, 2, 2, 1


class Pane:
    """The preview's part of a dialog."""

    def __init__(self, preview, values):
        """`preview` is what `register` describes; `values()` are the dialog's."""
        self._preview, self._values = preview, values
        self._made = queue.SimpleQueue()
        self._seen, self._since, self._asked = None, 0.0, None
        self._shown = None
        self._painter = Painter(preview, self._made.put)
        self._build()
        self._look_again = Timed(self._look)
        self._timer = glib.g_timeout_add(LOOK, self._look_again, None)

    def end(self):
        """Stop; what is being made is not waited for, beyond a moment."""
        glib.g_source_remove(self._timer)
        self._painter.end()

    def _build(self):
        self._edges = min(EDGES[0], gdk.gdk_screen_width() // 2), min(EDGES[1], gdk.gdk_screen_height() // 2)
        self._image = gtk.gtk_image_new()
        gtk.gtk_widget_set_size_request(self._image, *self._edges)
        self._tick = gtk.gtk_check_button_new_with_mnemonic(self._preview.tick.encode())
        gtk.gtk_widget_set_tooltip_text(self._tick, self._preview.legend.encode())
        self._toggled = Clicked(lambda _widget, _data: self._draw())
        gobject.g_signal_connect_data(self._tick, b"toggled", self._toggled, None, None, 0)
        self._legend = _label("", self._edges[0])
        self._note = _label(self._preview.begun, self._edges[0])
        gtk.gtk_label_set_selectable(self._note, True)
        self._list = gtk.gtk_vbox_new(False, SPACE)
        scrolled = gtk.gtk_scrolled_window_new(None, None)
        gtk.gtk_scrolled_window_set_policy(scrolled, _NEVER, _AUTOMATIC)
        gtk.gtk_scrolled_window_add_with_viewport(scrolled, self._list)
        gtk.gtk_widget_set_size_request(scrolled, self._edges[0], LIST)
        self.widget = gtk.gtk_vbox_new(False, SPACE)
        gtk.gtk_container_set_border_width(self.widget, 2 * SPACE)
        for part in (self._image, self._tick, self._legend, self._note):
            gtk.gtk_box_pack_start(self.widget, part, False, False, 0)
        gtk.gtk_box_pack_start(self.widget, scrolled, True, True, 0)

    def _look(self, _data):
        values, now = self._values(), time.monotonic()
        if values != self._seen:
            self._seen, self._since = values, now
        elif values != self._asked and now - self._since >= REST:
            self._asked = values
            self._gather(values)
        while not self._made.empty():
            shown = self._made.get()
            if not self._painter.outdated():
                self._say(shown) if isinstance(shown, str) else self._show(shown)
        return True

    def _gather(self, values):
        try:
            self._painter.ask(self._preview.gather(values))
        except Failure as failure:
            self._say(str(failure))

    def _say(self, text):
        gtk.gtk_label_set_text(self._note, text.encode())

    def _show(self, picture):
        self._shown = picture
        self._draw()
        self._say(picture.note)
        gtk.gtk_container_foreach(self._list, _DESTROY, None)
        for part in picture.parts:
            gtk.gtk_box_pack_start(self._list, _row(part, self._edges[0] - THUMBNAIL - 40), False, False, 0)
        gtk.gtk_widget_show_all(self._list)
        if picture.finer is not None and self._seen == self._asked:
            self._painter.ask(picture.finer)

    def _draw(self):
        marks = gtk.gtk_toggle_button_get_active(self._tick)
        gtk.gtk_label_set_text(self._legend, self._preview.legend.encode() if marks else b"")
        if self._shown is not None:
            pixels = self._shown.marked if marks else self._shown.pixels
            small = _pixbuf(*self._shown.size, pixels, *self._edges)
            gtk.gtk_image_set_from_pixbuf(self._image, small)
            gobject.g_object_unref(small)


_DESTROY = Clicked(lambda widget, _data: gtk.gtk_widget_destroy(widget))


def _label(text, width):
    label = gtk.gtk_label_new(text.encode())
    gtk.gtk_misc_set_alignment(label, 0.0, 0.5)
    gtk.gtk_label_set_line_wrap(label, True)
    gtk.gtk_widget_set_size_request(label, width, -1)
    return label


def _row(part, width):
    row, texts = gtk.gtk_hbox_new(False, SPACE), gtk.gtk_vbox_new(False, 0)
    if part.picture:
        small = _pixbuf(*part.picture, THUMBNAIL, THUMBNAIL)
        gtk.gtk_box_pack_start(row, gtk.gtk_image_new_from_pixbuf(small), False, False, SPACE)
        gobject.g_object_unref(small)
    name = _label("", width)
    line = _escaped(f"{os.path.basename(part.name)}   {part.text}")
    gtk.gtk_label_set_markup(name, (f"<b>{line}</b>" if part.chosen else line).encode())
    gtk.gtk_box_pack_start(texts, name, False, False, 0)
    if part.warning:
        warning = _label("", width)
        gtk.gtk_label_set_markup(warning, f"<small>⚠ {_escaped(part.warning)}</small>".encode())
        gtk.gtk_box_pack_start(texts, warning, False, False, 0)
    gtk.gtk_box_pack_start(row, texts, True, True, 0)
    return row


def _escaped(text):
    return taken(glib.g_markup_escape_text(text.encode(), -1))


def _pixbuf(width, height, pixels, across, down):
    """Return R'G'B' u8 as large as it fits."""
    whole = pixbuf.gdk_pixbuf_new_from_data(pixels, _RGB, False, 8, width, height, 3 * width, None, None)
    small = pixbuf.gdk_pixbuf_scale_simple(whole, *fitted(width, height, across, down), _BILINEAR)
    gobject.g_object_unref(whole)
    return small
