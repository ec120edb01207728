"""The words of the command line: `hdrnet COMMAND OPTIONS` into a namespace; imports nothing heavy."""

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn

from libhdrnet._version import __version__
from libhdrnet.errors import InputError
from libhdrnet.manual import EPILOGS, GENERAL


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
    p.add_argument("inputs", nargs="+", metavar="IMAGE", help="RAW, TIFF, PNG, JPEG, EXR or HDR; any order")
    p.add_argument("-o", "--output", required=True, metavar="OUT",
                   help="HDR: .exr, .hdr, .tif (float), .dng (RAW), .avif, .jxl (to show); "
                   "tone-mapped: .jpg, .png")  # fmt: skip
    _add_exposures(p)
    p.add_argument("--reference", type=int, metavar="N", help="image whose content is kept, from 1 (default: chosen)")
    _add_model(p)
    _add_merging(p)
    _add_choices(p)
    p.add_argument(
        "--mask",
        metavar="OUT.png",
        help="also write what was measured (white), made by the network (grey), guessed (black)",
    )
    p.add_argument("--preview", metavar="OUT.jpg", help="also write a tone-mapped picture (.jpg, .png, 16-bit .tif)")
    p.add_argument("--base", metavar="FILE", help="with a gain map: a picture of your own, of the frames' size, that "
                   "other displays show (default: the tone-mapped merge)")  # fmt: skip
    _add_engine(p)


def _add_exposures(p: argparse.ArgumentParser) -> None:
    times = p.add_mutually_exclusive_group()
    times.add_argument("--times", metavar="1/60,1/15,1/4", help="exposure times, if the files do not tell")
    times.add_argument("--ev", metavar="-2,0,2", help="exposures in stops relative to each other")


def _add_model(p: argparse.ArgumentParser) -> None:
    p.add_argument(
        "--model",
        default="auto",
        help="auto (what the frames show, a network where none shows it), psfnet, msffnet or classical",
    )


def _add_choices(p: argparse.ArgumentParser) -> None:
    p.add_argument("--choices", metavar="FILE.png", help="what was decided by hand ('hdrnet review' writes it): a grey "
                   "8-bit PNG of the picture, at any size: 0 nothing, k frame k, 255 the network")  # fmt: skip


def _add_merging(p: argparse.ArgumentParser) -> None:
    """Add how a bracket is merged, one or a folder of them."""
    p.add_argument("--response", default="auto", help="auto, srgb, gamma2.2, linear or estimate (default: auto)")
    p.add_argument(
        "--deghost",
        type=float,
        default=0.5,
        metavar="0..1",
        help="how strictly what moved is left out: 0 not at all, 1 wherever in doubt (default: 0.5)",
    )
    p.add_argument("--skip-unreadable", action="store_true",
                   help="leave frames out that cannot be read, if two remain")  # fmt: skip
    _add_gain_map(p)
    p.add_argument("--no-align", dest="align", action="store_false", help="the frames fit already (tripod)")
    p.add_argument("--tone", metavar="STYLE", help="of tone-mapped pictures: natural, or fusion (of exposures: each "
                   "place as one of them shows it best; for interiors) (default: natural)")  # fmt: skip
    p.add_argument("--exposure", type=float, metavar="STOPS", help="brighter than what is chosen, or darker (-1)")
    p.add_argument("--local", type=float, metavar="0..1",
                   help="how far bright and dark areas are brought together (default: 0.5)")  # fmt: skip
    p.add_argument("--saturation", type=float, metavar="0..2", help="of colours: 0 is grey (default: 1)")
    p.add_argument("--exr-bits", type=int, choices=(16, 32), help="OpenEXR in 32 bits (float) or 16 (half: steps of "
                   "0.05 to 0.1 %%, at most 65504, half as large) (default: 32); DNG in floats (default: integers, as "
                   "long as they hold the lights)")  # fmt: skip
    p.add_argument("--exr-compression", metavar="NAME", help="zip, or dwaa: in 16 bits, two fifths to a sixth as "
                   "large as zip, off by 0.01 stops in the mean, 0.1 in the shadows (default: zip)")  # fmt: skip
    p.add_argument("--scale", default="reference", metavar="SCALE", help="what 1.0 stands for in radiance: reference "
                   "(its white; default), common (one exposure for all of a batch) or absolute (1 cd/m²)")  # fmt: skip
    p.add_argument("--meter-constant", type=float, metavar="K", help="K of the scale absolute, "
                   "L = K N² / (t S); a measured one calibrates a camera (default: 12.5)")  # fmt: skip
    p.add_argument("--hdr-bits", type=int, choices=(10, 12, 16), help="AVIF in 12 bits or 10 (which more "
                   "devices show), JPEG XL in 10, 12 or 16 (default: 12)")  # fmt: skip
    p.add_argument("--gain-map", action="store_true", help="a .jpg, output or preview, also holds what HDR displays "
                   "need (Ultra HDR, ISO 21496-1); so do names that end in .uhdr.jpg")  # fmt: skip


def _add_review(commands: Any) -> None:
    p = _command(commands, "review", "look at a merge in the browser and decide by hand what it takes from where")
    p.add_argument("inputs", nargs="+", metavar="IMAGE", help="as for merge")
    p.add_argument("-o", "--output", metavar="OUT", help="as for merge; where it exists, -2 is added to the name "
                   "(default: FIRST-hdr.exr beside the first image)")  # fmt: skip
    _add_exposures(p)
    p.add_argument("--reference", type=int, metavar="N", help="to begin with, from 1 (default: chosen)")
    _add_merging(p)
    _add_choices(p)
    p.add_argument("--no-browser", dest="browser", action="store_false", help="only say the page's address")
    _add_engine(p, overwrite=False)


def _add_batch(commands: Any) -> None:
    p = _command(commands, "batch", "find the brackets in a folder and merge each; what is done is skipped")
    p.add_argument("folder", metavar="FOLDER", help="pictures, told apart by their exposures and times (EXIF)")
    p.add_argument("-o", "--output", metavar="FOLDER", help="for the results (default: hdr in FOLDER)")
    p.add_argument("--format", default=".exr",
                   help=".exr, .hdr, .tif (float), .dng, .avif, .jxl, .jpg or .png (default: .exr)")  # fmt: skip
    p.add_argument("--preview", action="store_true", help="also write a tone-mapped JPEG of each")
    p.add_argument("--frames", type=int, metavar="N", help="pictures in each bracket (default: found out)")
    _add_exposures(p)
    p.add_argument("--list", action="store_true",
                   help="only say which brackets are found, a line each, as --brackets reads it")  # fmt: skip
    p.add_argument("--brackets", metavar="FILE", help="merge these: what --list said, corrected by hand")
    p.add_argument("--overwrite", action="store_true", help="merge again what is done (never replaces an input)")
    _add_model(p)
    _add_merging(p)
    _add_cluster(p)
    _add_engine(p, overwrite=False)


def _add_defocus(commands: Any) -> None:
    p = _command(commands, "defocus", "map where and how much a picture is out of focus")
    p.add_argument("input", metavar="IMAGE")
    p.add_argument("-o", "--output", required=True, metavar="MAP",
                   help=".tif, .exr: radius in pixels; .png, .jpg: scaled to the visible range")  # fmt: skip
    p.add_argument("--colour", action="store_true", help="in false colours, with a scale in pixels below (.png, .jpg)")
    _add_engine(p)


def _add_deblur(commands: Any) -> None:
    p = _command(commands, "deblur", "sharpen what is out of focus")
    p.add_argument("input", metavar="IMAGE")
    p.add_argument("-o", "--output", required=True, metavar="OUT", help="picture of the same depth and profile")
    p.add_argument("--map", metavar="MAP", help="defocus map to use: float .tif or .exr, radius in pixels")
    p.add_argument("--mask", metavar="OUT.png", help="also write where detail was recovered (white), where that is not "
                   "certain (grey) and what was left alone (black)")  # fmt: skip
    p.add_argument("--strength", type=float, default=1.0, metavar="0..1", help="share of the correction (default: 1)")
    _add_gain_map(p)
    _add_engine(p)


def _add_gain_map(p: argparse.ArgumentParser) -> None:
    p.add_argument("--read-gain-map", action="store_true",
                   help="read Ultra HDR JPEGs as HDR displays show them (default: their plain pictures)")  # fmt: skip


def _add_demo(commands: Any) -> None:
    p = _command(commands, "demo", "render a bracket with motion and merge it")
    p.add_argument("-o", "--output", default="hdrnet-demo", metavar="FOLDER", help="default: hdrnet-demo")
    _add_engine(p, overwrite=False)


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
    _add_engine(p, overwrite=False)


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


def _add_engine(parser: argparse.ArgumentParser, overwrite: bool = True) -> None:
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps (default: auto)")
    parser.add_argument("--precision", default="auto", help="auto, fp32, bf16 or fp16 (default: auto)")
    parser.add_argument("--tile", type=int, metavar="N", help="edge of a tile in pixels (default: chosen)")
    parser.add_argument("--threads", type=int, metavar="N", help="most threads to use (default: all cores)")
    if overwrite:
        parser.add_argument(
            "--resident", action="store_true", help="let the resident server do it (started if need be)"
        )
        parser.add_argument("--overwrite", action="store_true", help="replace an output that exists (never an input)")


def _join_negative_values(argv: Sequence[str]) -> list[str]:
    """Let `--ev -2,0,2` be written with a space: argparse would take -2,0,2 for an option."""
    joined: list[str] = []
    for word in argv:
        if joined and joined[-1] == "--ev" and word.startswith("-"):
            joined[-1] = f"--ev={word}"
        else:
            joined.append(word)
    return joined
