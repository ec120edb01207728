"""What a plug-in registers, told in Python-Fu's words; nothing here knows a GIMP."""

from dataclasses import dataclass

__all__ = ["Failure", "Part", "Picture", "PF_BOOL", "PF_DRAWABLE", "PF_FILES", "PF_IMAGE", "PF_INT", "PF_LAYER",
           "PF_RADIO", "PF_SLIDER", "PF_STRING", "register"]  # fmt: skip
PF_IMAGE = "image"
PF_DRAWABLE = "drawable"
PF_LAYER = "layer"
PF_BOOL = "bool"
PF_INT = "int"
PF_SLIDER = "slider"
PF_STRING = "string"
PF_RADIO = "radio"
PF_FILES = "files"

RESULTS = (PF_IMAGE, PF_LAYER)


class Failure(Exception):  # noqa: N818 (it is told to people, not programmers)
    """The plug-in cannot do what was asked: the text is shown, or becomes the PDB's error."""


@dataclass(frozen=True)
class Parameter:
    """A parameter: (kind, name, label, default, extra, help), the last two if there is something to say."""

    kind: str
    name: str
    label: str
    default: object = None
    extra: object = None
    """PF_SLIDER and PF_INT: (lowest, highest, step). PF_RADIO: ((label, value), …), values are texts. PF_FILES: (name,
    value) of the PF_RADIO with which it means something, else it is greyed. PF_STRING: name of the PF_FILES it belongs
    to: it is emptied when those change."""
    help: str = ""

    def choices(self):
        """Return the values of a PF_RADIO."""
        return [value for _, value in self.extra]


@dataclass(frozen=True)
class Part:
    """A line of the list under a preview: an input, with what is to be said of it."""

    name: str
    text: str
    warning: str = ""
    chosen: bool = False
    picture: tuple = ()
    """Its thumbnail: (width, height, bytes of R'G'B' u8)."""


@dataclass(frozen=True)
class Picture:
    """What a preview shows."""

    size: tuple
    """Width and height."""
    pixels: bytes
    """R'G'B' u8."""
    marked: bytes
    """The same with what the tick shows."""
    parts: list
    note: str = ""
    """A sentence, or several, below the picture."""
    finer: object = None
    """A request for a better one, asked if nothing changes; None: this is the best."""


@dataclass
class Procedure:
    """What `register` is told of a procedure, in the order of Python-Fu's `register`."""

    name: str
    """In the PDB, as it is: lower case and hyphens."""
    blurb: str
    """One sentence, the tooltip of the menu entry."""
    help: str
    """What it does, at length."""
    author: str
    copyright: str
    date: str
    label: str
    """Menu entry; `…` at its end if a dialog comes first."""
    image_types: str
    """"RGB*", "*", …; "": an image is not needed, and may be None."""
    parameters: list
    """Tuples as `Parameter`; (PF_IMAGE, …) and (PF_DRAWABLE, …) come first, both or neither."""
    results: list
    """(kind, name, label); PF_IMAGE or PF_LAYER."""
    function: object
    """Called with the image and the drawable, if there are such, and the other parameters by their names, `-` as `_`;
    returns one result, a tuple of several, or None."""
    menu: str = ""
    """Path of the menu, "<Image>/Filters/…"."""
    prepare: object = None
    """Called as prepare(image, drawable, values) before a dialog, with the values of the last time by name; returns
    those to begin with instead."""
    note: object = None
    """Called without arguments for a dialog; returns a line to show in it."""
    preview: object = None
    """Called as preview(image, drawable) for a dialog; returns what makes its preview, an object with `gather(values)`,
    called where GIMP can be asked, which returns a request or raises Failure; `choose(index)`, which returns values to
    set when a part is clicked (in GIMP 3); called in a thread of its own `begin()`, first, which may prepare and fails
    silently, `show(request, outdated)`, which returns a Picture or raises Failure, or anything once `outdated()` is
    true, and `close()` at the end; and the texts `tick`, `legend` and `begun`."""
    action: str = ""
    """Label of the dialog's button, for OK."""

    def __post_init__(self):
        self.parameters = [Parameter(*values) for values in self.parameters]
        self.on_image = [one.kind for one in self.parameters[:2]] == [PF_IMAGE, PF_DRAWABLE]
        self.wants_image = self.on_image and bool(self.image_types)
        self.options = self.parameters[2:] if self.on_image else self.parameters
        for one in self.options:
            if one.kind == PF_RADIO and one.default not in one.choices():
                raise ValueError(f"{self.name}: the default of {one.name!r} is none of {one.choices()}.")
            if one.kind in (PF_SLIDER, PF_INT) and not one.extra[0] <= one.default <= one.extra[1]:
                raise ValueError(f"{self.name}: the default of {one.name!r} is not within {one.extra[:2]}.")
        for kind, name, _ in self.results:
            if kind not in RESULTS:
                raise ValueError(f"{self.name}: the result {name!r} is a {kind}; known are {', '.join(RESULTS)}.")

    def run(self, given, values):
        """Call the function with image and drawable, or nothing, and {name: value} of the options."""
        return self.function(*given, **{name.replace("-", "_"): value for name, value in values.items()})


PROCEDURES = {}


def register(*about, **more):
    """Register a procedure of the PDB and of the menus; its arguments are the fields of `Procedure`."""
    procedure = Procedure(*about, **more)
    if procedure.name in PROCEDURES:
        raise ValueError(f"{procedure.name} is registered twice.")
    PROCEDURES[procedure.name] = procedure
