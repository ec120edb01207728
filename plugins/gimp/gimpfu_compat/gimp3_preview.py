"""A preview in a dialog of GIMP 3: a picture that follows the settings, made in a thread of its own.

The dialog never waits for it: what fails is said in its place, and what was asked for last is what is shown.
"""

import os

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("GdkPixbuf", "2.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GdkPixbuf, GLib, Gtk, Pango  # noqa: E402

from gimpfu_compat.declaration import Failure  # noqa: E402
from gimpfu_compat.painter import Painter, fitted  # noqa: E402

SPACE = 6
WAIT = 250
"""Milliseconds without a change after which a picture is asked for."""
EDGES = (600, 400)
"""Most pixels of the picture across and down, on a screen that is large enough; THUMBNAIL: of a part's."""
THUMBNAIL = 64
LIST = 210
"""Pixels of the list's height."""


class Pane:
    """The preview's part of a dialog."""

    def __init__(self, preview, values, choose):
        """`preview` is what `register` describes; `values()` are the dialog's, `choose(values)` sets some of them."""
        self._preview, self._values, self._choose = preview, values, choose
        self._timer = 0
        self._shown = None
        self._painter = Painter(preview, lambda shown: GLib.idle_add(self._receive, shown))
        self._build()
        self.ask()

    def ask(self, *_):
        """Ask for a picture of the settings, as soon as they rest."""
        if self._timer:
            GLib.source_remove(self._timer)
        self._timer = GLib.timeout_add(WAIT, self._gather)

    def end(self):
        """Stop; what is being made is not waited for, beyond a moment."""
        if self._timer:
            GLib.source_remove(self._timer)
        self._painter.end()

    def _build(self):
        screen = Gdk.Display.get_default().get_monitor(0).get_workarea()
        self._edges = (min(EDGES[0], screen.width // 2), min(EDGES[1], screen.height // 2))
        self._image = Gtk.Image()
        self._image.set_size_request(*self._edges)
        self._spinner = Gtk.Spinner()
        self._tick = Gtk.CheckButton.new_with_mnemonic(self._preview.tick)
        self._tick.set_tooltip_text(self._preview.legend)
        self._tick.connect("toggled", self._draw)
        self._legend = Gtk.Label(label=self._preview.legend, xalign=0, wrap=True, max_width_chars=60)
        self._legend.set_no_show_all(True)
        self._note = Gtk.Label(label=self._preview.begun, xalign=0, wrap=True, max_width_chars=60, selectable=True)
        self._note.set_can_focus(False)
        self._parts = Gtk.ListBox(selection_mode=Gtk.SelectionMode.NONE)
        self._parts.connect("row-activated", lambda _list, row: self._choose(self._preview.choose(row.get_index())))
        scrolled = Gtk.ScrolledWindow(shadow_type=Gtk.ShadowType.IN, min_content_height=LIST)
        scrolled.add(self._parts)
        line = Gtk.Box(spacing=SPACE)
        line.pack_start(self._tick, False, False, 0)
        line.pack_end(self._spinner, False, False, 0)
        self.widget = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=SPACE)
        for part in (self._image, line, self._legend, self._note):
            self.widget.pack_start(part, False, False, 0)
        self.widget.pack_start(scrolled, True, True, 0)

    def _gather(self):
        self._timer = 0
        try:
            request = self._preview.gather(self._values())
        except Failure as failure:
            self._say(str(failure))
        else:
            self._put(request)
        return GLib.SOURCE_REMOVE

    def _put(self, request):
        self._spinner.start()
        self._painter.ask(request)

    def _receive(self, shown):
        if not self._painter.outdated():
            self._spinner.stop()
            if isinstance(shown, str):
                self._say(shown)
            else:
                self._show(shown)
        return GLib.SOURCE_REMOVE

    def _say(self, text):
        self._spinner.stop()
        self._note.set_text(text)
        self._note.show()

    def _show(self, picture):
        self._shown = picture
        self._draw()
        self._note.set_text(picture.note)
        self._note.set_visible(bool(picture.note))
        for row in self._parts.get_children():
            row.destroy()
        for part in picture.parts:
            self._parts.add(_row(part))
        self._parts.show_all()
        if picture.finer is not None and not self._timer:
            self._put(picture.finer)

    def _draw(self, *_):
        marks = self._tick.get_active()
        self._legend.set_visible(marks)
        if self._shown is not None:
            pixels = self._shown.marked if marks else self._shown.pixels
            self._image.set_from_pixbuf(_pixbuf(*self._shown.size, pixels, *self._edges))


def _row(part):
    row = Gtk.Box(spacing=SPACE, margin=SPACE // 2)
    if part.picture:
        row.pack_start(Gtk.Image.new_from_pixbuf(_pixbuf(*part.picture, THUMBNAIL, THUMBNAIL)), False, False, 0)
    texts = Gtk.Grid(valign=Gtk.Align.CENTER)  # a vertical box would have a background of its own in GIMP's theme
    name = Gtk.Label(xalign=0, ellipsize=Pango.EllipsizeMode.MIDDLE, hexpand=True)
    line = GLib.markup_escape_text(f"{os.path.basename(part.name)}   {part.text}")
    name.set_markup(f"<b>{line}</b>" if part.chosen else line)
    texts.attach(name, 0, 0, 1, 1)
    if part.warning:
        warning = Gtk.Label(xalign=0, wrap=True, max_width_chars=50)
        warning.set_markup(f"<small>⚠ {GLib.markup_escape_text(part.warning)}</small>")
        texts.attach(warning, 0, 1, 1, 1)
    row.pack_start(texts, True, True, 0)
    row.set_tooltip_text(part.name)
    return row


def _pixbuf(width, height, pixels, across, down):
    """Return R'G'B' u8 as large as it fits."""
    whole = GdkPixbuf.Pixbuf.new_from_bytes(
        GLib.Bytes.new(pixels), GdkPixbuf.Colorspace.RGB, False, 8, width, height, 3 * width
    )
    return whole.scale_simple(*fitted(width, height, across, down), GdkPixbuf.InterpType.BILINEAR)
