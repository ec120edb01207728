"""How a preview is shown in a dialog of GIMP 3."""

from gi.repository import Gdk, GdkPixbuf, GLib, Gtk, Pango  # of the versions that gimp3_dialog asked for

from gimpfu_compat import preview as shared
from gimpfu_compat.preview import LOOK, SPACE, THUMBNAIL, described, fitted

LIST = 210
"""Pixels of the list's height."""


class Pane(shared.Pane):
    """The preview's part of a dialog; `choose(values)` sets some of the dialog's."""

    def __init__(self, preview, values, choose):
        screen = Gdk.Display.get_default().get_monitor(0).get_workarea()
        super().__init__(preview, values, (screen.width, screen.height))
        self._image = Gtk.Image()
        self._image.set_size_request(*self._edges)
        self._spinner = Gtk.Spinner()
        self._tick = Gtk.CheckButton.new_with_mnemonic(preview.tick)
        self._tick.set_tooltip_text(preview.legend)
        self._tick.connect("toggled", self.draw)
        self._legend = Gtk.Label(label=preview.legend, xalign=0, wrap=True, max_width_chars=60)
        self._legend.set_no_show_all(True)
        self._note = Gtk.Label(label=preview.begun, xalign=0, wrap=True, max_width_chars=60, selectable=True)
        self._note.set_can_focus(False)
        self._parts = Gtk.ListBox(selection_mode=Gtk.SelectionMode.NONE)
        self._parts.connect("row-activated", lambda _list, row: choose(preview.choose(row.get_index())))
        scrolled = Gtk.ScrolledWindow(shadow_type=Gtk.ShadowType.IN, min_content_height=LIST)
        scrolled.add(self._parts)
        line = Gtk.Box(spacing=SPACE)
        line.pack_start(self._tick, False, False, 0)
        line.pack_end(self._spinner, False, False, 0)
        self.widget = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=SPACE)
        for part in (self._image, line, self._legend, self._note):
            self.widget.pack_start(part, False, False, 0)
        self.widget.pack_start(scrolled, True, True, 0)
        self._timer = GLib.timeout_add(LOOK, self.look)

    def end(self):
        """Stop; what is being made is not waited for, beyond a moment."""
        GLib.source_remove(self._timer)
        super().end()

    def _marks(self):
        return self._tick.get_active()

    def _busy(self, is_busy):
        self._spinner.set_property("active", is_busy)

    def _say(self, text):
        self._note.set_text(text)
        self._note.set_visible(bool(text))

    def _show_legend(self, is_shown):
        self._legend.set_visible(is_shown)

    def _show_picture(self, width, height, pixels):
        self._image.set_from_pixbuf(_pixbuf(width, height, pixels, *self._edges))

    def _list(self, parts):
        for row in self._parts.get_children():
            row.destroy()
        for part in parts:
            self._parts.add(_row(part))
        self._parts.show_all()


def _row(part):
    row = Gtk.Box(spacing=SPACE, margin=SPACE // 2)
    if part.picture:
        row.pack_start(Gtk.Image.new_from_pixbuf(_pixbuf(*part.picture, THUMBNAIL, THUMBNAIL)), False, False, 0)
    texts = Gtk.Grid(valign=Gtk.Align.CENTER)  # a vertical box would have a background of its own in GIMP's theme
    line, warning = described(part, GLib.markup_escape_text)
    name = Gtk.Label(label=line, use_markup=True, xalign=0, ellipsize=Pango.EllipsizeMode.MIDDLE, hexpand=True)
    texts.attach(name, 0, 0, 1, 1)
    if warning:
        texts.attach(Gtk.Label(label=warning, use_markup=True, xalign=0, wrap=True, max_width_chars=50), 0, 1, 1, 1)
    row.pack_start(texts, True, True, 0)
    row.set_tooltip_text(part.name)
    return row


def _pixbuf(width, height, pixels, across, down):
    """Return R'G'B' u8 as large as it fits."""
    whole = GdkPixbuf.Pixbuf.new_from_bytes(
        GLib.Bytes.new(pixels), GdkPixbuf.Colorspace.RGB, False, 8, width, height, 3 * width
    )
    return whole.scale_simple(*fitted(width, height, across, down), GdkPixbuf.InterpType.BILINEAR)
