"""The dialog of GIMP 2.10: GTK 2, a row for each parameter."""

import ctypes
import os
from functools import partial

from gimpfu_compat.declaration import PF_BOOL, PF_FILES, PF_INT, PF_LAYER, PF_RADIO, PF_SLIDER, PF_STRING
from gimpfu_compat.gimp2_preview import Pane
from gimpfu_compat.gtk2 import CANCEL, HELP, OK, connect, gtk, labelled, ui
from gimpfu_compat.libgimp2 import gimp, glib, taken
from gimpfu_compat.preview import SPACE


def ask(declared, values, given):
    """Let a person change `values` ({name: value}); tell whether she wants it done."""
    image = given[0] if given else None
    note = declared.note() if declared.note else ""  # before the preview begins: it tells what is there
    ui.gimp_ui_init(declared.name.encode(), False)
    dialog = _dialog(declared.label.replace("_", "").rstrip("….").encode(), (declared.action or "gtk-ok").encode())
    gtk.gtk_dialog_add_button(dialog, b"gtk-help", HELP)
    table = gtk.gtk_table_new(len(declared.options) + 1, 2, False)
    gtk.gtk_table_set_row_spacings(table, SPACE)
    gtk.gtk_table_set_col_spacings(table, SPACE)
    gtk.gtk_container_set_border_width(table, 2 * SPACE)
    reads = {}
    beside = gtk.gtk_hbox_new(False, SPACE)
    pane = None
    if declared.preview:
        pane = Pane(declared.preview(*given), lambda: {name: read() for name, read in reads.items()})
        gtk.gtk_box_pack_start(beside, pane.widget, False, False, 0)
    gtk.gtk_box_pack_end(beside, table, True, True, 0)
    gtk.gtk_box_pack_start(gtk.gtk_dialog_get_content_area(dialog), beside, True, True, 0)
    focuses = {}
    for row, option in enumerate(declared.options):
        widget, focus, reads[option.name] = _widget(option, values[option.name], image)
        focuses[option.name] = focus, widget
        if option.help:
            gtk.gtk_widget_set_tooltip_text(widget, option.help.encode())
        if option.kind != PF_BOOL:
            label = gtk.gtk_label_new_with_mnemonic(option.label.encode())
            gtk.gtk_misc_set_alignment(label, 0.0, 0.5)
            gtk.gtk_label_set_mnemonic_widget(label, focus)
            gtk.gtk_table_attach_defaults(table, label, 0, 1, row, row + 1)
        gtk.gtk_table_attach_defaults(table, widget, 0 if option.kind == PF_BOOL else 1, 2, row, row + 1)
    _connect(declared.options, focuses, reads)
    if note:
        gtk.gtk_table_attach_defaults(table, labelled(note), 0, 2, len(declared.options), len(declared.options) + 1)
    gtk.gtk_widget_show_all(dialog)
    while (answer := gtk.gtk_dialog_run(dialog)) == HELP:
        gimp.gimp_help(None, declared.name.encode())
    if pane is not None:
        pane.end()
    if answer == OK:
        values.update({name: read() for name, read in reads.items()})
    _close(dialog)
    return answer == OK


def _connect(options, widgets, reads):
    """Let texts be emptied when the files they belong to change, and grey lists of files that mean nothing now."""
    for option in options:
        own = widgets[option.name][1]
        if option.kind == PF_STRING and option.extra:
            buffer = gtk.gtk_text_view_get_buffer(widgets[option.extra][0])
            connect(buffer, b"changed", partial(gtk.gtk_entry_set_text, own, b""))
        elif option.kind == PF_FILES and option.extra:
            name, value = option.extra

            def show(own=own, name=name, value=value):
                gtk.gtk_widget_set_sensitive(own, reads[name]() == value)

            show()
            connect(widgets[name][0], b"changed", show)


def _dialog(title, action=b"gtk-ok"):
    dialog = gtk.gtk_dialog_new()
    gtk.gtk_window_set_title(dialog, title)
    gtk.gtk_dialog_add_button(dialog, b"gtk-cancel", CANCEL)
    agree = gtk.gtk_dialog_add_button(dialog, action, OK)
    gtk.gtk_dialog_set_default_response(dialog, OK)
    gtk.gtk_widget_grab_focus(agree)  # as in GIMP's own dialogs: Return agrees
    return dialog


def _close(dialog):
    gtk.gtk_widget_destroy(dialog)
    while gtk.gtk_events_pending():  # it has to be gone before the work begins
        gtk.gtk_main_iteration()


def _widget(option, value, image):
    """Make what a parameter is set with: the widget, its part that takes the focus, a function that reads it."""
    if option.kind == PF_BOOL:
        widget = gtk.gtk_check_button_new_with_mnemonic(option.label.encode())
        gtk.gtk_toggle_button_set_active(widget, value)
        return widget, widget, lambda: bool(gtk.gtk_toggle_button_get_active(widget))
    if option.kind == PF_INT:
        widget = gtk.gtk_spin_button_new_with_range(*map(float, option.extra))
        gtk.gtk_spin_button_set_value(widget, float(value))
        return widget, widget, lambda: int(gtk.gtk_spin_button_get_value(widget))
    if option.kind == PF_SLIDER:
        widget = gtk.gtk_hscale_new_with_range(*map(float, option.extra))
        gtk.gtk_range_set_value(widget, value)
        return widget, widget, lambda: gtk.gtk_range_get_value(widget)
    if option.kind == PF_STRING:
        widget = gtk.gtk_entry_new()
        gtk.gtk_entry_set_text(widget, value.encode())
        gtk.gtk_entry_set_activates_default(widget, True)
        return widget, widget, lambda: gtk.gtk_entry_get_text(widget).decode()
    if option.kind == PF_RADIO:
        return _choice([label for label, _ in option.extra], option.choices(), value)
    if option.kind == PF_LAYER:
        layers = [layer for layer in image.layers if layer.kind == "layer"]
        return _choice([option.extra or "—", *(layer.name for layer in layers)], [None, *layers], value)
    return _file_list(option.label, value)


def _choice(labels, values, value):
    widget = gtk.gtk_combo_box_text_new()
    for label in labels:
        gtk.gtk_combo_box_text_append_text(widget, label.encode())
    gtk.gtk_combo_box_set_active(widget, values.index(value) if value in values else 0)
    return widget, widget, lambda: values[gtk.gtk_combo_box_get_active(widget)]


def _file_list(label, files):
    """Make a text with a path a line, and a button that adds some."""
    view = gtk.gtk_text_view_new()
    buffer = gtk.gtk_text_view_get_buffer(view)

    def show(paths):
        gtk.gtk_text_buffer_set_text(buffer, "\n".join(paths).encode(), -1)

    def read():
        first, last = (ctypes.create_string_buffer(256) for _ in range(2))  # GtkTextIter is smaller
        gtk.gtk_text_buffer_get_bounds(buffer, first, last)
        text = gtk.gtk_text_buffer_get_text(buffer, first, last, False)
        return [line.strip() for line in text.splitlines() if line.strip()]

    def add():
        known = read()
        folder = os.path.dirname(known[-1]) if known else os.path.expanduser("~")
        show([*known, *(path for path in _choose_files(label.replace("_", ""), folder) if path not in known)])

    show(files)
    scrolled = gtk.gtk_scrolled_window_new(None, None)
    gtk.gtk_widget_set_size_request(scrolled, 360, 90)
    gtk.gtk_container_add(scrolled, view)
    button = gtk.gtk_button_new_from_stock(b"gtk-add")
    connect(button, b"clicked", add)
    box = gtk.gtk_vbox_new(False, SPACE)
    gtk.gtk_box_pack_start(box, scrolled, True, True, 0)
    gtk.gtk_box_pack_start(box, button, False, False, 0)
    return box, view, read


def _choose_files(title, folder):
    dialog = _dialog(title.encode())
    chooser = gtk.gtk_file_chooser_widget_new(0)
    gtk.gtk_file_chooser_set_select_multiple(chooser, True)
    gtk.gtk_file_chooser_set_current_folder(chooser, os.fsencode(folder))
    gtk.gtk_box_pack_start(gtk.gtk_dialog_get_content_area(dialog), chooser, True, True, 0)
    gtk.gtk_window_set_default_size(dialog, 700, 500)
    gtk.gtk_widget_show_all(dialog)
    files = []
    if gtk.gtk_dialog_run(dialog) == OK:
        first = node = gtk.gtk_file_chooser_get_filenames(chooser)
        while node:
            files.append(taken(node.contents.data))
            node = node.contents.next
        glib.g_slist_free(first)
    _close(dialog)
    return files
