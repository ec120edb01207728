"""What a plug-in registers, told in Python-Fu's words; nothing here knows a GIMP."""

from dataclasses import dataclass, field

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


@dataclass(frozen=True)
class Procedure:
    """A registered procedure."""

    name: str
    blurb: str
    help: str
    author: str
    copyright: str
    date: str
    label: str
    image_types: str
    parameters: list
    results: list
    function: object
    menu: str
    prepare: object
    note: object
    preview: object
    action: str
    on_image: bool = field(init=False)
    """The first parameters are an image and a drawable of it."""
    wants_image: bool = field(init=False)

    def __post_init__(self):
        kinds = [parameter.kind for parameter in self.parameters[:2]]
        object.__setattr__(self, "on_image", kinds == [PF_IMAGE, PF_DRAWABLE])
        object.__setattr__(self, "wants_image", self.on_image and bool(self.image_types))

    @property
    def options(self):
        """The parameters a person sets."""
        return self.parameters[2:] if self.on_image else self.parameters

    def run(self, given, values):
        """Call the function with image and drawable, or nothing, and {name: value} of the options."""
        return self.function(*given, **{name.replace("-", "_"): value for name, value in values.items()})


PROCEDURES = {}


def register(
    proc_name, blurb, help, author, copyright, date, label, imagetypes, params, results, function, menu=None,
    *, prepare=None, note=None, preview=None, action="",
):  # fmt: skip
    """Register a procedure of the PDB and of the menus, as Python-Fu's `register` did.

    Args:
        proc_name: Name in the PDB, as it is: lower case and hyphens.
        blurb: One sentence, the tooltip of the menu entry.
        help: What it does, at length.
        author: Who wrote it.
        copyright: Who holds the rights.
        date: When.
        label: Menu entry; `…` at its end if a dialog comes first.
        imagetypes: "RGB*", "*", …; "": an image is not needed, and may be None.
        params: Tuples as `Parameter`; (PF_IMAGE, …) and (PF_DRAWABLE, …) come first, both or neither.
        results: (kind, name, label); PF_IMAGE or PF_LAYER.
        function: Called with the image and the drawable, if there are such, and the other `params` by their names, `-`
            as `_`; returns one result, a tuple of several, or None.
        menu: Path of the menu, "<Image>/Filters/…".
        prepare: Called as prepare(image, drawable, values) before a dialog, with the values of the last time by name;
            returns those to begin with instead.
        note: Called without arguments for a dialog; returns a line to show in it.
        preview: Called as preview(image, drawable) for a dialog; returns what makes its preview, an object
            with `gather(values)`, called where GIMP can be asked, which returns a request or raises Failure;
            `choose(index)`, which returns values to set when a part is clicked (in GIMP 3); called in a thread of its
            own `begin()`, first, which may prepare and fails silently, `show(request, outdated)`, which returns a
            Picture or raises Failure, or anything once `outdated()` is true, and `close()` at the end; and the texts
            `tick`, `legend` and `begun`.
        action: Label of the dialog's button, for OK.
    """
    parameters = [Parameter(*values) for values in params]
    for parameter in parameters:
        if parameter.kind == PF_RADIO and parameter.default not in parameter.choices():
            raise ValueError(f"{proc_name}: the default of {parameter.name!r} is none of {parameter.choices()}.")
        if parameter.kind in (PF_SLIDER, PF_INT) and not parameter.extra[0] <= parameter.default <= parameter.extra[1]:
            raise ValueError(f"{proc_name}: the default of {parameter.name!r} is not within {parameter.extra[:2]}.")
    for kind, name, _ in results:
        if kind not in RESULTS:
            raise ValueError(f"{proc_name}: the result {name!r} is a {kind}; known are {', '.join(RESULTS)}.")
    if proc_name in PROCEDURES:
        raise ValueError(f"{proc_name} is registered twice.")
    PROCEDURES[proc_name] = Procedure(
        proc_name, blurb, help, author, copyright, date, label, imagetypes, parameters, list(results), function,
        menu, prepare, note, preview, action,
    )  # fmt: skip
