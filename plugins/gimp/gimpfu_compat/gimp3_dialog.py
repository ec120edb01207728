"""The dialog of GIMP 3: GIMP's own for a procedure, with a list of files and a choice of layers, which it lacks."""

import os
from functools import partial

import gi

gi.require_versions({"Gdk": "3.0", "GimpUi": "3.0", "Gtk": "3.0"})
from gi.repository import Gdk, GimpUi, GObject, Gtk

from gimpfu_compat.declaration import PF_FILES, PF_LAYER, PF_RADIO, PF_SLIDER, PF_STRING
from gimpfu_compat.gimp3_preview import Pane
from gimpfu_compat.preview import SPACE

BESIDE = 220
"""Pixels of a screen's height for what is not scrolled: title, note, settings and buttons."""


def ask(procedure, declared, config, given, values):
    """Let a person set `config`; tell whether she wants it done. `values()` are those of the config, by name."""
    image = given[0] if given else None
    note = declared.note() if declared.note else ""  # before the preview begins: it tells what is there
    GimpUi.init(declared.name)
    title = declared.label.replace("_", "").rstrip("….")
    dialog = GimpUi.ProcedureDialog.new(procedure, config, title)
    if declared.action:
        dialog.set_ok_label(declared.action)
    pane = Pane(declared.preview(*given), values, partial(_set, config)) if declared.preview else None
    content = dialog.get_content_area()
    content.set_spacing(2 * SPACE)
    own = {}
    for place, parameter in enumerate(declared.options):
        if parameter.kind == PF_SLIDER:
            dialog.get_scale_entry(parameter.name, 1.0)
        elif parameter.kind == PF_RADIO:
            dialog.get_widget(parameter.name, Gtk.ComboBox)  # GIMP 3.2 makes buttons without a key of two choices
        elif parameter.kind == PF_FILES:
            own[place] = _file_list(dialog, parameter, config)
            if parameter.extra:
                _grey(own[place], config, *parameter.extra)
        elif parameter.kind == PF_LAYER:
            own[place] = _layer_choice(parameter, config, image)
        elif parameter.kind == PF_STRING:
            dialog.get_widget(parameter.name, GObject.TYPE_NONE).get_entry().set_activates_default(True)
            if parameter.extra:
                empty = partial(config.set_property, parameter.name, "")
                config.connect(f"notify::{parameter.extra}", lambda *_, empty=empty: empty())
    dialog.fill([parameter.name for parameter in declared.options if parameter.kind not in (PF_FILES, PF_LAYER)])
    for place, widget in own.items():
        after = content.get_children()[place]
        content.pack_start(widget, False, False, 0)
        content.reorder_child(widget, content.child_get_property(after, "position"))
    top = rows = _scrolled(content, len(declared.options))
    if pane is not None:
        top = Gtk.Box(spacing=2 * SPACE)
        top.pack_start(pane.widget, True, True, 0)
        top.pack_start(rows, False, False, 0)
    content.pack_start(top, True, True, 0)
    content.reorder_child(top, 0)
    if note:
        label = Gtk.Label(label=note, xalign=0, wrap=True, max_width_chars=60)
        label.get_style_context().add_class("dim-label")
        content.pack_end(label, False, False, 0)
    content.show_all()
    agreed = dialog.run()
    if pane is not None:
        pane.end()
    dialog.destroy()
    return agreed


def _set(config, values):
    for name, value in values.items():
        config.set_property(name, value)


def _grey(widget, config, name, value):
    """Grey a widget while another parameter has not that value."""

    def show(*_):
        widget.set_sensitive(config.get_property(name) == value)

    show()
    config.connect(f"notify::{name}", show)


def _scrolled(content, count):
    """Take the rows of the parameters, the first of the dialog, to where they can be scrolled on a low screen."""
    rows = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=2 * SPACE)
    for row in content.get_children()[:count]:
        content.remove(row)
        rows.pack_start(row, False, False, 0)
    screen = Gdk.Display.get_default().get_monitor(0).get_workarea()
    scrolled = Gtk.ScrolledWindow(
        hscrollbar_policy=Gtk.PolicyType.NEVER, propagate_natural_height=True,
        max_content_height=max(screen.height - BESIDE, 200),
    )  # fmt: skip
    scrolled.add(rows)
    return scrolled


def _file_list(dialog, parameter, config):
    names = Gtk.ListStore(str, str)

    def show(*_):
        names.clear()
        for path in config.get_property(parameter.name) or ():
            names.append([os.path.basename(path), path])

    def add(_button):
        chooser = Gtk.FileChooserDialog(
            title=parameter.label.replace("_", ""), transient_for=dialog, select_multiple=True
        )
        chooser.add_buttons("gtk-cancel", Gtk.ResponseType.CANCEL, "gtk-open", Gtk.ResponseType.OK)
        chooser.set_default_response(Gtk.ResponseType.OK)
        known = [row[1] for row in names]
        if known:
            chooser.set_current_folder(os.path.dirname(known[-1]))
        if chooser.run() == Gtk.ResponseType.OK:
            more = [path for path in chooser.get_filenames() if path not in known]
            config.set_property(parameter.name, known + more)
        chooser.destroy()

    def remove(_button):
        _model, chosen = view.get_selection().get_selected_rows()
        left_out = {names[path][1] for path in chosen}
        config.set_property(parameter.name, [row[1] for row in names if row[1] not in left_out])

    show()
    config.connect(f"notify::{parameter.name}", show)  # GIMP's Reset changes it, too
    view = Gtk.TreeView(model=names, headers_visible=False, tooltip_column=1)
    view.append_column(Gtk.TreeViewColumn("", Gtk.CellRendererText(), text=0))
    view.get_selection().set_mode(Gtk.SelectionMode.MULTIPLE)
    scrolled = Gtk.ScrolledWindow(shadow_type=Gtk.ShadowType.IN, min_content_height=96)
    scrolled.add(view)
    buttons = Gtk.Box(spacing=SPACE)
    for icon, action in (("list-add", add), ("list-remove", remove)):
        button = Gtk.Button.new_from_icon_name(icon, Gtk.IconSize.BUTTON)
        button.connect("clicked", action)
        buttons.pack_start(button, False, False, 0)
    label = Gtk.Label(label=parameter.label, use_underline=True, xalign=0, mnemonic_widget=view)
    box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=SPACE)
    for part in (label, scrolled, buttons):
        box.pack_start(part, part is scrolled, part is scrolled, 0)
    box.set_tooltip_text(parameter.help or None)
    return box


def _layer_choice(parameter, config, image):
    layers = [layer for layer in (image.layers if image else ()) if layer.kind == "layer"]
    ids = [layer.native.get_id() for layer in layers]
    combo = Gtk.ComboBoxText()
    for name in (parameter.extra or "—", *(layer.name for layer in layers)):
        combo.append_text(name)

    def show(*_):
        chosen = config.get_property(parameter.name)
        combo.set_active(ids.index(chosen.get_id()) + 1 if chosen is not None and chosen.get_id() in ids else 0)

    def keep(_combo):
        place = combo.get_active()
        config.set_property(parameter.name, layers[place - 1].native if place > 0 else None)

    show()
    keep(combo)  # a layer remembered from another image is none of this one
    combo.connect("changed", keep)
    config.connect(f"notify::{parameter.name}", show)
    label = Gtk.Label(label=parameter.label, use_underline=True, xalign=0, mnemonic_widget=combo)
    box = Gtk.Box(spacing=SPACE)
    box.pack_start(label, False, False, 0)
    box.pack_start(combo, True, True, 0)
    box.set_tooltip_text(parameter.help or None)
    return box
