"""The words of the command line: `hdrnet COMMAND OPTIONS` into a namespace; imports nothing heavy."""

import argparse
from collections.abc import Sequence
from dataclasses import MISSING, Field, fields
from types import NoneType
from typing import Any, NoReturn, get_args, get_origin

from libhdrnet._version import __version__
from libhdrnet.errors import InputError
from libhdrnet.manual import EPILOGS, GENERAL
from libhdrnet.options import BatchOptions, DeblurFiles, DefocusFiles, MergeFiles, Settings, usual


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
    _add_merge(commands)
    _add_review(commands)
    _add_batch(commands)
    _add_defocus(commands)
    _add_deblur(commands)
    _add_demo(commands)
    _add_pack(commands)
    _add_train(commands)
    _add_eval(commands)
    _add_serve(commands)
    _add_status(commands)
    _add_stop(commands)
    _add_install(commands)
    _add_uninstall(commands)
    _add_doctor(commands)
    return parser


def _add_merge(commands: Any) -> None:
    p = _command(commands, "merge", "merge two or more exposures into one HDR picture")
    _add_options(p, MergeFiles)
    _add_resident(p)


def _add_review(commands: Any) -> None:
    p = _command(commands, "review", "look at a merge in the browser and decide by hand what it takes from where")
    _add_options(p, MergeFiles, but=("output", "model", "mask", "preview", "base", "overwrite"))
    p.add_argument("-o", "--output", metavar="OUT", help="as for merge; where it exists, -2 is added to the name "
                   "(default: FIRST-hdr.exr beside the first image)")  # fmt: skip
    p.add_argument("--no-browser", dest="browser", action="store_false", help="only say the page's address")


def _add_batch(commands: Any) -> None:
    p = _command(commands, "batch", "find the brackets in a folder and merge each; what is done is skipped")
    _add_options(p, BatchOptions)


def _add_defocus(commands: Any) -> None:
    p = _command(commands, "defocus", "map where and how much a picture is out of focus")
    _add_options(p, DefocusFiles)
    _add_resident(p)


def _add_deblur(commands: Any) -> None:
    p = _command(commands, "deblur", "sharpen what is out of focus")
    _add_options(p, DeblurFiles)
    _add_resident(p)


def _add_options(p: argparse.ArgumentParser, kind: type, but: Sequence[str] = ()) -> None:
    """Add the fields of a dataclass of options that have a help: its own, and those of each base under its name."""
    known = {one.name: one for one in fields(kind) if one.metadata.get("help") and one.name not in but}
    for base in sorted(kind.__mro__, key=lambda base: base is Settings):  # last, as they matter least
        own = [name for name in vars(base).get("__annotations__", ()) if name in known]
        if own:
            group = p if base is kind else p.add_argument_group(str(base.__doc__).split("\n")[0].rstrip(".").lower())
            one_of = group.add_mutually_exclusive_group() if "ev" in own else group
            for name in own:
                _add_option(one_of if name in ("times", "ev") else group, known[name])


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
    value = "{:g}..{:g}".format(*told["limits"]) if told["limits"] else "N" if kind is int else one.name.upper()
    p.add_argument(
        *(flags or (f"--{one.name.replace('_', '-')}",)), dest=one.name, type=kind, choices=numbers, help=words,
        metavar=None if numbers else told["metavar"] or value, required=default is MISSING,
        default=None if default is MISSING else default,
    )  # fmt: skip


def _add_demo(commands: Any) -> None:
    p = _command(commands, "demo", "merge a bracket with motion that comes along, to try it")
    p.add_argument("-o", "--output", default="hdrnet-demo", metavar="FOLDER", help="default: hdrnet-demo")
    _add_options(p, Settings)


def _add_pack(commands: Any) -> None:
    p = _command(commands, "pack", "pack the pictures that networks learn from into one file, for another machine")
    p.add_argument("--data", required=True, metavar="FOLDER", help="holds hdr/ (radiance) and sharp/ (photographs)")
    p.add_argument("-o", "--output", required=True, metavar="FILE")
    p.add_argument("--overwrite", action="store_true", help="replace a file that exists")


def _add_train(commands: Any) -> None:
    p = _command(commands, "train", "train a network on synthetic samples")
    p.add_argument("network", metavar="NET", help="psfnet, msffnet or defocus (the thesis's), psfnet-fast, "
                   "msffnet-fast, defocus-fast or selection (ours), or all of ours one after the other")  # fmt: skip
    source = p.add_mutually_exclusive_group(required=True)
    source.add_argument("--data", metavar="FOLDER", help="holds hdr/ (radiance) and sharp/ (photographs)")
    source.add_argument("--pack", metavar="FILE", help="what 'hdrnet pack' made of it")
    p.add_argument("-o", "--output", default="hdrnet-training", metavar="FOLDER", help="checkpoint, log and weights")
    p.add_argument("--recipe", choices=("ours", "thesis"), default="ours", help="patch, batch, rate, budget and loss "
                   "where they are not given: ours (an hour), or the thesis's (days on an accelerator)")  # fmt: skip
    budget = p.add_mutually_exclusive_group()
    budget.add_argument("--minutes", type=float, help="training time, earlier stretches included (ours: 60)")
    budget.add_argument("--steps", type=int, metavar="N", help="number of steps instead of a time")
    p.add_argument("--resume", action="store_true", help="go on from the checkpoint in FOLDER")
    p.add_argument("--start", metavar="FOLDER", help="begin with the weights in FOLDER, not with random ones")
    p.add_argument("--batch", type=int, help="samples a step (ours: 4)")
    p.add_argument("--patch", type=int, help="edge of a sample in pixels (ours: 64)")
    p.add_argument("--rate", type=float, help="first learning rate (1e-4)")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--workers", type=int, default=1, help="threads that make samples; 0: each batch is made when "
                   "it is its turn and seen once (default: 1)")  # fmt: skip
    p.add_argument("--limit", type=int, help="use only that many pictures of each kind")
    p.add_argument("--ablation", metavar="NAME", help="a row of the thesis's tables of ablations, such as no-dab "
                   "(a wrong name lists them)")  # fmt: skip
    p.add_argument("--only", choices=("map", "deblurring"), help="defocus: train what estimates the map alone, or what "
                   "deblurs; the other stays as it is")  # fmt: skip
    p.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")


def _add_eval(commands: Any) -> None:
    p = _command(commands, "eval", "measure methods on a set, beside the thesis's figures, with a report to look at")
    p.add_argument("set", metavar="SET", help="kalantari, tel, challenge123, sen, tursun, moving, ded, dpdd, "
                   "realdof, realistic, pairs (a folder), or built in: synthetic, synthetic-defocus")  # fmt: skip
    p.add_argument("--root", metavar="DIR", help="folder of the set, in the layout in which it is published")
    p.add_argument("--methods", metavar="A,B", help="brackets: ours, classical, psfnet, msffnet, debevec, mertens, "
                   "reference; defocus: ours, unsharp, richardson-lucy, hyper-laplacian (with our map), input; "
                   "NET@FOLDER takes the weights of a training run, such as an ablation's, and psfnet@thesis "
                   "the thesis's form as we trained it")  # fmt: skip
    p.add_argument("-o", "--output", metavar="FOLDER", help="results (default: hdrnet-eval/SET)")
    p.add_argument(
        "--report", metavar="OUT.html", help="also write one page with tables, plots and pictures to compare"
    )
    p.add_argument(
        "--resume", action="store_true", help="go on with the run in FOLDER; more scenes or methods may join"
    )
    p.add_argument("--overwrite", action="store_true", help="replace a report that exists")
    p.add_argument("--limit", type=int, metavar="N", help="only the first N scenes")
    p.add_argument("--scenes", metavar="A,B", help="only these scenes; patterns such as 'motion-*' are fine")
    p.add_argument("--crop", type=int, metavar="N", help="only the central square of N pixels of each scene")
    p.add_argument("--no-align", dest="align", action="store_false", help="do not align the frames (else our methods "
                   "do, and Mertens's fusion by AlignMTB)")  # fmt: skip
    p.add_argument("--as", dest="frames", choices=("linear", "camera", "both"), default="linear",
                   help="brackets with a truth: frames as the set has them, or as a camera gives them (response, JPEG, "
                   "exposures up to 0.3 EV off; one tone curve is forgiven), or both")  # fmt: skip
    p.add_argument("--metrics", metavar="A,B", help="more metrics: jod, lpips (their packages have to be installed)")
    p.add_argument("--predictions", metavar="FOLDER", help="keep every result as float32 .npy: METHOD/SCENE.npy")
    _add_cluster(p)
    _add_options(p, Settings)


def _add_cluster(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--workers", type=int, metavar="N", help="processes of this machine (libhdrnet[cluster])")
    parser.add_argument("--scheduler", metavar="ADDRESS",
                        help="Dask scheduler (tcp://host:8786) whose workers do it, on the same files")  # fmt: skip


def _add_serve(commands: Any) -> None:
    p = _command(commands, "serve", "keep the models in memory and answer hosts (GIMP, darktable, --resident)")
    p.add_argument("--tcp", action="store_true",
                   help="also answer on loopback TCP, with a token file in the home folder (Flatpak)")  # fmt: skip
    p.add_argument("--idle", type=float, default=10.0, metavar="MINUTES", help="end when nobody asked (default: 10)")


def _add_status(commands: Any) -> None:
    _command(commands, "status", "show the resident server: device, models, memory, jobs")


def _add_stop(commands: Any) -> None:
    p = _command(commands, "stop", "end the resident server")
    p.add_argument("--finish", action="store_true", help="let its jobs end first")


def _add_install(commands: Any) -> None:
    p = _command(commands, "install", "install the plug-in into GIMP or darktable")
    _add_places(p, ("gimp", "darktable"))


def _add_uninstall(commands: Any) -> None:
    p = _command(commands, "uninstall", "remove the plug-in from GIMP or darktable, or all of libhdrnet")
    _add_places(p, ("gimp", "darktable", "libhdrnet"))


def _add_places(parser: argparse.ArgumentParser, targets: Sequence[str]) -> None:
    parser.add_argument("target", choices=targets)
    parser.add_argument("--into", metavar="DIR",
                        help="GIMP's folder for plug-ins, or darktable's of settings (default: all found)")  # fmt: skip
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and change nothing")


def _add_doctor(commands: Any) -> None:
    p = _command(commands, "doctor", "check the installation, and say what mends it")
    p.add_argument("--report", metavar="FILE", help="also write it to a new file, without private paths")


def _command(commands: Any, name: str, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=text, description=text[0].upper() + text[1:] + ".", epilog=EPILOGS[name], formatter_class=_Help,
        allow_abbrev=False,
    )  # fmt: skip
    parser.set_defaults(command=name)
    parser.add_argument("--json", action="store_true", help="one JSON object a line instead of text")
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress, no notes")
    return parser


def _add_resident(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--resident", action="store_true", help="let the resident server do it (started if need be)")


def _join_negative_values(argv: Sequence[str]) -> list[str]:
    """Let `--ev -2,0,2` be written with a space: argparse would take -2,0,2 for an option."""
    joined: list[str] = []
    for word in argv:
        if joined and joined[-1] == "--ev" and word.startswith("-"):
            joined[-1] = f"--ev={word}"
        else:
            joined.append(word)
    return joined
