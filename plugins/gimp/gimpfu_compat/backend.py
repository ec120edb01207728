"""What plug-ins see of a GIMP, whichever it is; `gimp3` and `gimp2` say what differs there.

`native` is GIMP's own image or item: an object in GIMP 3, a number in GIMP 2.10. Pixels of drawables are bytes in a
named babl format, GEGL converts.
"""

import contextlib
import traceback

from gimpfu_compat.areas import smaller, strips
from gimpfu_compat.declaration import Failure
from gimpfu_compat.words import _, unexpected

RGB_IMAGE = 0
"""GimpImageType."""


class _Held:
    def __init__(self, native):
        self.native = native

    def __eq__(self, other):
        return type(other) is type(self) and self.native.get_id() == other.native.get_id()


class Image(_Held):
    """An image; a back end adds `path`, `set_path(path)`, `layers`, `select(layer)` and `load_metadata(path)`."""

    @property
    def kind(self):
        """Either "rgb", "grey" or "indexed"."""
        return ("rgb", "grey", "indexed")[self.native.get_base_type()]

    def add_layer(self, name, width, height, *, offsets=(0, 0), above=None):
        """Add an opaque layer above another one, or on top."""
        mode = self.native.get_default_new_layer_mode()
        layer = self._new_layer(self.native, name, width, height, RGB_IMAGE, 100.0, mode)
        self._insert(layer, above)
        layer.native.set_offsets(*offsets)
        return layer

    def duplicate_layer(self, layer, name):
        """Add a copy of a layer above it."""
        copy = type(layer)(layer.native.copy())
        self._insert(copy, layer)
        copy.native.set_name(name)
        copy.native.set_lock_content(False)
        return copy

    def _insert(self, layer, above):
        place = self.native.get_item_position(above.native) if above else 0
        self.native.insert_layer(layer.native, above.parent if above else None, place)

    @contextlib.contextmanager
    def undo_group(self):
        """Make what is done inside one step of undo."""
        self.native.undo_group_start()
        try:
            yield
        finally:
            self.native.undo_group_end()

    def copy_metadata(self, other):
        """Take the metadata of another image."""
        metadata = other.native.get_metadata()
        if metadata is not None:
            self.native.set_metadata(metadata)

    def delete(self):
        """Give it up."""
        self.native.delete()


class Layer(_Held):
    """A layer; or another drawable, where `kind` says so.

    A back end adds `offsets`, where its upper left corner lies in the image, and `selected()`, the area that the
    selection touches: the whole without a selection, None beside it.
    """

    @property
    def kind(self):
        """Either "layer", "group", "mask" or "channel"."""
        if self.native.is_group():
            return "group"
        if self.native.is_layer_mask():
            return "mask"
        return "layer" if self.native.is_layer() else "channel"

    @property
    def name(self):
        """Its name."""
        return self.native.get_name()

    @property
    def parent(self):
        """GIMP's own group that it is in, or None."""
        return self.native.get_parent()

    @property
    def size(self):
        """Width and height."""
        return self.native.get_width(), self.native.get_height()

    @property
    def has_alpha(self):
        """It has an alpha channel."""
        return bool(self.native.has_alpha())

    @property
    def locked(self):
        """Its pixels are locked."""
        return bool(self.native.get_lock_content())

    @property
    def visible(self):
        """It is shown."""
        return bool(self.native.get_visible())

    @visible.setter
    def visible(self, shown):
        self.native.set_visible(shown)

    def part(self, area):
        """Return an area of the image as one of the layer."""
        left, top = self.offsets
        return area[0] - left, area[1] - top, *area[2:]

    def read(self, form, area):
        """Give an area's pixels in strips of bytes, in a babl format such as "RGB float" (linear sRGB)."""
        buffer = self.native.get_buffer()
        for strip in strips(area):
            yield self._get(buffer, form, strip)

    def read_small(self, form, area, pixels):
        """Return an area averaged down to about so many pixels: its bytes, width and height."""
        part, factor = smaller(area, pixels)
        return self._get(self.native.get_buffer(), form, part, factor, clamp=True), part[2], part[3]

    def fill(self, form, pixels):
        """Set all pixels of a layer that is new, from strips of bytes."""
        self._set_all(self.native.get_buffer(), form, (0, 0, *self.size), pixels)
        self.native.update(0, 0, *self.size)

    def edit(self, form, area, pixels):
        """Change an area within the selection, undoable."""
        self._set_all(self.native.get_shadow_buffer(), form, area, pixels)
        if not self.native.merge_shadow(True):
            raise Failure(_("the layer “{name}” cannot be changed.").format(name=self.name))
        self.native.update(*area)

    def _set_all(self, buffer, form, area, pixels):
        for strip, block in zip(strips(area), pixels):
            self._set(buffer, form, strip, bytes(block))
        self._flush(buffer)


class Backend:
    """The GIMP that started this program.

    A back end adds `gimp`, GIMP's own functions, `Image`, `Layer`, `images()`, `new_image(width, height)` and
    `run(procedures)`.
    """

    def __init__(self):
        self.interactive = self._in_progress = False
        """Whether a person started the procedure, who wants to see what comes of it; whether its progress is shown."""

    def progress(self, fraction, text):
        """Show how far the work is, from 0 to 1, and at what."""
        if not self._in_progress:
            self._in_progress = True
            self.gimp.progress_init(text)
        self.gimp.progress_set_text(text)
        self.gimp.progress_update(fraction)

    def message(self, text):
        """Tell something that is no error."""
        self.gimp.message(text)

    def perform(self, declared, given, read, ask):
        """Run a procedure on the image and the layer `given`, each None if there is none; return its results.

        `ask(given)`: let a person set the values; without one, None. `read(given)`: return them, by their names.

        Returns:
            A tuple; None: the person gave up.

        Raises:
            Failure: why it cannot be done.
        """
        self.interactive = ask is not None
        try:
            if declared.wants_image and None in given:
                raise Failure(_("select one layer first."))
            on = given if declared.on_image else []
            if ask is not None and not ask(on):
                return None
            done = declared.run(on, read(on))
        except Failure:
            raise
        except Exception as bug:
            traceback.print_exc()
            raise Failure(unexpected(bug)) from bug
        finally:
            if self._in_progress:
                self.gimp.progress_end()
        self.gimp.displays_flush()
        return done if isinstance(done, tuple) else (done,)
