"""The words of the command line: `hdrnet COMMAND OPTIONS` into a namespace; imports nothing heavy."""

import argparse
from collections.abc import Sequence
from dataclasses import MISSING, Field, fields
from math import inf
from types import NoneType
from typing import Any, NoReturn, get_args, get_origin

from libhdrnet._version import __version__
from libhdrnet.errors import InputError
from libhdrnet.manual import EPILOGS, GENERAL
from libhdrnet.options import BatchOptions, DeblurFiles, DefocusFiles, MergeFiles, Settings, usual
from libhdrnet.research.options import EvaluationOptions, PackOptions, TrainingOptions


def parse(words: Sequence[str]) -> argparse.Namespace:
    """Return the options; `command` is the command's name.

    Raises:
        InputError: the words make no command.
    """
    return _build_parser().parse_args(_join_negative_values(words))


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are told like all others: in one sentence."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message}; see {self.prog} --help.")


class _Help(argparse.HelpFormatter):
    """Help whose texts keep their paragraphs; those with indented lines stay as they are."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        wrapped = super()._fill_text
        parts = text.rstrip().split("\n\n")
        return "\n\n".join(part if "\n  " in part else wrapped(part, width, indent) for part in parts)


def _build_parser() -> argparse.ArgumentParser:
    """Build the parser of all commands."""
    parser = _Parser(
        prog="hdrnet",
        description="Merge hand-held exposure brackets without ghosts, see defocus, deblur.",
        epilog=GENERAL,
        formatter_class=_Help,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"hdrnet {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for name, (text, kind, own) in COMMANDS.items():
        command = commands.add_parser(
            name, help=text, description=text[0].upper() + text[1:] + ".", epilog=EPILOGS[name], formatter_class=_Help,
            allow_abbrev=False,
        )  # fmt: skip
        command.set_defaults(command=name)
        command.add_argument("--json", action="store_true", help="one JSON object a line instead of text")
        command.add_argument("-q", "--quiet", action="store_true", help="no progress, no notes")
        if kind:
            _add_options(command, kind, _LEFT_OUT.get(name, ()))
        for flags, told in own:
            command.add_argument(*flags, **told)
    return parser


def _add_options(p: argparse.ArgumentParser, kind: type, but: Sequence[str]) -> None:
    """Add the fields of a dataclass of options that have a help: its own, and those of each base under its name."""
    known = {one.name: one for one in fields(kind) if one.metadata.get("help") and one.name not in but}
    for base in sorted(kind.__mro__, key=lambda base: base is Settings):  # last, as they matter least
        own = [known[name] for name in vars(base).get("__annotations__", ()) if name in known]
        if own:
            group = p if base is kind else p.add_argument_group(str(base.__doc__).split("\n")[0].rstrip(".").lower())
            names = {name for one in own if (name := one.metadata["apart"])}
            apart = {None: group, **{name: group.add_mutually_exclusive_group() for name in names}}
            for one in own:
                _add_option(apart[one.metadata["apart"]], one)


def _add_option(p: Any, one: Field[Any]) -> None:
    told, default = one.metadata, one.default
    flags, words = told["flags"], told["help"].replace("%", "%%")
    if isinstance(default, bool):
        word = one.name.replace("_", "-")
        p.add_argument(f"--no-{word}" if default else f"--{word}", dest=one.name, help=words,
                       action="store_false" if default else "store_true")  # fmt: skip
        return
    if (said := usual(one)) is not None:
        words += f" (default: {said:g})" if isinstance(said, float) else f" (default: {said})"
    if flags == ():
        many = "+" if get_origin(one.type) is list else None
        p.add_argument(one.name, metavar=told["metavar"], help=words, nargs=many)
        return
    [kind] = [kind for kind in get_args(one.type) or (one.type,) if kind is not NoneType]
    numbers = told["among"] if kind is int and told["among"] else None  # others are checked by the options themselves
    limited = told["limits"] and told["limits"][1] != inf
    value = "{:g}..{:g}".format(*told["limits"]) if limited else "N" if kind is int else one.name.upper()
    p.add_argument(
        *(flags or (f"--{one.name.replace('_', '-')}",)), dest=one.name, type=kind, choices=numbers, help=words,
        metavar=None if numbers else told["metavar"] or value, required=default is MISSING,
        default=None if default is MISSING else default,
    )  # fmt: skip


def _own(*flags: str, **told: Any) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Describe an option that is the command line's own, as `add_argument` takes it."""
    return flags, told


_RESIDENT = _own("--resident", action="store_true", help="let the resident server do it (started if need be)")
_PLACES = [
    _own("--into", metavar="DIR", help="GIMP's folder for plug-ins, or darktable's of settings (default: all found)"),
    _own("--dry-run", action="store_true", help="say what would be done, and change nothing"),
]
COMMANDS: dict[str, tuple[str, type | None, list[tuple[tuple[str, ...], dict[str, Any]]]]] = {
    "merge": ("merge two or more exposures into one HDR picture", MergeFiles, [_RESIDENT]),
    "review": ("look at a merge in the browser and decide by hand what it takes from where", MergeFiles, [
        _own("-o", "--output", metavar="OUT", help="as for merge; where it exists, -2 is added to the name (default: "
             "FIRST-hdr.exr beside the first image)"),
        _own("--no-browser", dest="browser", action="store_false", help="only say the page's address"),
    ]),
    "batch": ("find the brackets in a folder and merge each; what is done is skipped", BatchOptions, []),
    "defocus": ("map where and how much a picture is out of focus", DefocusFiles, [_RESIDENT]),
    "deblur": ("sharpen what is out of focus", DeblurFiles, [_RESIDENT]),
    "demo": ("merge a bracket with motion that comes along, to try it", Settings, [
        _own("-o", "--output", default="hdrnet-demo", metavar="FOLDER", help="default: hdrnet-demo"),
    ]),
    "pack": ("pack the pictures that networks learn from into one file, for another machine", PackOptions, []),
    "train": ("train a network on synthetic samples", TrainingOptions, []),
    "eval": ("measure methods on a set, beside the thesis's figures, with a report to look at", EvaluationOptions, []),
    "serve": ("keep the models in memory and answer hosts (GIMP, darktable, --resident)", None, [
        _own("--tcp", action="store_true",
             help="also answer on loopback TCP, with a token file in the home folder (Flatpak)"),
        _own("--idle", type=float, default=10.0, metavar="MINUTES", help="end when nobody asked (default: 10)"),
    ]),
    "status": ("show the resident server: device, models, memory, jobs", None, []),
    "stop": ("end the resident server", None, [_own("--finish", action="store_true", help="let its jobs end first")]),
    "install": ("install the plug-in into GIMP or darktable", None, [
        _own("target", choices=("gimp", "darktable")), *_PLACES,
    ]),
    "uninstall": ("remove the plug-in from GIMP or darktable, or all of libhdrnet", None, [
        _own("target", choices=("gimp", "darktable", "libhdrnet")), *_PLACES,
    ]),
    "doctor": ("check the installation, and say what mends it", None, [
        _own("--report", metavar="FILE", help="also write it to a new file, without private paths"),
    ]),
}  # fmt: skip
"""Of each its help, its options, and those that are the command line's own."""
_LEFT_OUT = {"review": ("output", "model", "mask", "preview", "base", "overwrite")}


def _join_negative_values(argv: Sequence[str]) -> list[str]:
    """Let `--ev -2,0,2` be written with a space: argparse would take -2,0,2 for an option."""
    joined: list[str] = []
    for word in argv:
        if joined and joined[-1] == "--ev" and word.startswith("-"):
            joined[-1] = f"--ev={word}"
        else:
            joined.append(word)
    return joined
