"""The dialog of GIMP 3: GIMP's own for a procedure, with a list of files and a choice of layers, which it lacks."""

import os

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("GimpUi", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import GimpUi, Gtk  # noqa: E402

from gimpfu_compat.declaration import PF_FILES, PF_LAYER, PF_SLIDER  # noqa: E402

SPACE = 6


def ask(procedure, declared, config, image):
    """Let a person set `config`; tell whether she wants it done."""
    GimpUi.init(declared.name)
    title = declared.label.replace("_", "").rstrip("….")
    dialog = GimpUi.ProcedureDialog.new(procedure, config, title)
    content = dialog.get_content_area()
    content.set_spacing(2 * SPACE)
    own = {}
    for place, parameter in enumerate(declared.options):
        if parameter.kind == PF_SLIDER:
            dialog.get_scale_entry(parameter.name, 1.0)
        elif parameter.kind == PF_FILES:
            own[place] = _file_list(dialog, parameter, config)
        elif parameter.kind == PF_LAYER:
            own[place] = _layer_choice(parameter, config, image)
    dialog.fill([parameter.name for parameter in declared.options if parameter.kind not in (PF_FILES, PF_LAYER)])
    for place, widget in own.items():
        content.pack_start(widget, False, False, 0)
        content.reorder_child(widget, place)
    if declared.note:
        label = Gtk.Label(label=declared.note(), xalign=0, wrap=True, max_width_chars=60)
        label.get_style_context().add_class("dim-label")
        content.pack_end(label, False, False, 0)
    content.show_all()
    agreed = dialog.run()
    dialog.destroy()
    return agreed


def _file_list(dialog, parameter, config):
    names = Gtk.ListStore(str, str)

    def show(paths):
        names.clear()
        for path in paths:
            names.append([os.path.basename(path), path])

    def keep():
        config.set_property(parameter.name, [row[1] for row in names])

    def add(_button):
        chooser = Gtk.FileChooserDialog(title=parameter.label, transient_for=dialog, select_multiple=True)
        chooser.add_buttons("gtk-cancel", Gtk.ResponseType.CANCEL, "gtk-open", Gtk.ResponseType.OK)
        chooser.set_default_response(Gtk.ResponseType.OK)
        known = [row[1] for row in names]
        if known:
            chooser.set_current_folder(os.path.dirname(known[-1]))
        if chooser.run() == Gtk.ResponseType.OK:
            show(known + [path for path in chooser.get_filenames() if path not in known])
            keep()
        chooser.destroy()

    def remove(_button):
        model, chosen = view.get_selection().get_selected_rows()
        for path in reversed(chosen):
            model.remove(model.get_iter(path))
        keep()

    show(config.get_property(parameter.name) or ())
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
    box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=SPACE)
    box.pack_start(Gtk.Label(label=parameter.label, use_underline=True, xalign=0), False, False, 0)
    box.pack_start(scrolled, True, True, 0)
    box.pack_start(buttons, False, False, 0)
    box.set_tooltip_text(parameter.help or None)
    return box


def _layer_choice(parameter, config, image):
    layers = [layer for layer in (image.layers if image else ()) if layer.kind == "layer"]
    combo = Gtk.ComboBoxText()
    combo.append_text(parameter.extra or "—")
    for layer in layers:
        combo.append_text(layer.name)
    chosen = config.get_property(parameter.name)
    ids = [layer.native.get_id() for layer in layers]
    combo.set_active(ids.index(chosen.get_id()) + 1 if chosen is not None and chosen.get_id() in ids else 0)

    def keep(_combo):
        place = combo.get_active()
        config.set_property(parameter.name, layers[place - 1].native if place > 0 else None)

    keep(combo)  # a layer remembered from another image is none of this one
    combo.connect("changed", keep)
    box = Gtk.Box(spacing=SPACE)
    box.pack_start(
        Gtk.Label(label=parameter.label, use_underline=True, xalign=0, mnemonic_widget=combo), False, False, 0
    )
    box.pack_start(combo, True, True, 0)
    box.set_tooltip_text(parameter.help or None)
    return box
