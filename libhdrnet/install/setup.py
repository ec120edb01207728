"""The installer: libhdrnet in an environment of its own, tried with a demo, and its plug-ins in every host found.

Run by installers/install.py with a bare Python; installers/install.sh and install.ps1 find one.
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from libhdrnet._version import __version__
from libhdrnet.errors import HdrnetError, InputError, OutputError, explain
from libhdrnet.install.commands import install_plugins, uninstall
from libhdrnet.install.environment import InstallError, make_environment, try_out
from libhdrnet.install.hosts import NAMES
from libhdrnet.install.pip import TORCH, Pip
from libhdrnet.install.places import Machine, this_machine, way_to_path
from libhdrnet.install.record import Record, alone
from libhdrnet.install.space import check_space
from libhdrnet.install.telling import say
from libhdrnet.install.traces import stop_server
from libhdrnet.install.tree import ROOT, check_tree, fingerprint
from libhdrnet.install.versions import Version, Versions

_FIND = {
    "gimp": "After its next start GIMP has it in the menu Filters.",
    "darktable": "After its next start darktable has the module hdrnet, and HDR merge in the export module.",
}


def main(words: Sequence[str] | None = None) -> int:
    """Run the installer and return the exit code."""
    options, machine = _parse(words), this_machine()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that it, too, leaves nothing unfinished
    try:
        if options.uninstall:
            uninstall(machine, say, dry_run=options.dry_run)
            return 0
        check_tree()
        if options.env:
            install_into(options)
        elif options.dry_run:
            foretell(options, machine)
        else:
            install(options, machine)
    except (Exception, KeyboardInterrupt) as error:
        if not isinstance(error, HdrnetError | KeyboardInterrupt) and os.environ.get("HDRNET_DEBUG"):
            raise
        text, _, code = explain(error)
        sys.stderr.write(f"install: {text}\n")
        return code
    return 0


def install(options: argparse.Namespace, machine: Machine) -> None:
    """Install libhdrnet and its plug-ins, or the newer version, or what is missing.

    Raises:
        OutputError: there is too little space, or a folder cannot be written.
        InstallError: it failed; the version in use is as before.
    """
    with alone(machine, say):
        versions = Versions(machine)
        versions.sweep()
        # noted, so that it goes with all that a merge or the server leaves there
        Record(machine.data).make_folder(machine.logs)
        mark, version = fingerprint(options.torch), versions.current()
        if version is not None and version.fingerprint == mark and _works(machine, version, options):
            say(f"libhdrnet {version.number} is installed already in '{version.folder}'.")
        else:
            version = _build(options, machine, versions, mark)
            stop_server(finish=True)
            versions.switch(version)
            say(f"libhdrnet {version.number} is installed in '{version.folder}'.")
            versions.sweep()
        for refused in versions.link():
            say(refused)
        shutil.rmtree(versions.cache, ignore_errors=True)
        failures = _install_plugins(options, machine)
        if options.demo and (version.folder / "demo").is_dir():
            say(f"The demo's merged picture: '{version.folder / 'demo' / 'merged.jpg'}'.")
        way = way_to_path(machine)
        command = repr(str(machine.launcher)) if way else "hdrnet"
        say(f"To merge your own: {command} merge DARK MIDDLE BRIGHT -o merged.exr")
        if way:
            say(f"The command 'hdrnet' alone is not found, for '{machine.launcher.parent}' is not on the PATH: {way}.")
        if failures:
            raise failures[0]


def foretell(options: argparse.Namespace, machine: Machine) -> None:
    """Tell what `install` would do, and leave nothing behind.

    Raises:
        OutputError: there is too little space.
        InstallError: it could not be had.
    """
    with tempfile.TemporaryDirectory() as scratch:
        python = make_environment(Path(scratch, "environment"), say)
        pip = Pip(python, Path(scratch, "cache"), options.wheels, options.torch, say=say)
        check_space(machine.data, pip.plan(pip.wheel(Path(scratch))), say, pip.torch, only_tell=True)
    say(f"would install libhdrnet {__version__} into '{machine.data}', and the command '{machine.launcher}'.")
    _install_plugins(options, machine, dry_run=True)


def install_into(options: argparse.Namespace) -> None:
    """Make but the environment `options.env`, to try libhdrnet or to work on it, or bring it up to date.

    Raises:
        InputError: the folder is there and is no environment.
        OutputError: there is too little space.
        InstallError: it failed.
    """
    folder: Path = options.env.absolute()
    python, program = (this_machine().program(folder, name) for name in ("python", "hdrnet"))
    fresh = not (folder / "pyvenv.cfg").exists()
    if fresh and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"'{folder}' is there and is no virtual environment; choose another folder with --env.")
    if fresh or not python.exists():
        say(f"Making an environment in '{folder}'.")
        make_environment(folder, say)
    pip = Pip(python, wheels=options.wheels, torch=options.torch, say=say)
    pip.renew()
    if options.develop:
        say("Installing, with the tools of the tests.")
        pip.add("setuptools>=77")
        pip.add("--no-build-isolation", "--editable", f"{ROOT}[test]")
    else:
        with tempfile.TemporaryDirectory() as scratch:
            wheel = pip.wheel(Path(scratch))
            if fresh:
                check_space(folder, pip.plan(wheel), say, pip.torch)
            say("Installing.")
            pip.add(wheel)
            pip.run("install", "--no-deps", "--force-reinstall", wheel)
    say(f"libhdrnet is installed in '{folder}'.")
    if options.develop:
        return
    if options.demo:
        say(f"Merging the demo's bracket into '{options.output}'.")
        try_out(program, "demo", "--quiet", "-o", options.output, doing="merging")
    say(f'To merge your own: "{program}" merge DARK MIDDLE BRIGHT -o merged.exr')


def _build(options: argparse.Namespace, machine: Machine, versions: Versions, mark: str) -> Version:
    with versions.new() as folder, tempfile.TemporaryDirectory() as scratch:
        say(f"Making an environment in '{folder}'.")
        pip = Pip(make_environment(folder, say), versions.cache, options.wheels, options.torch, say=say)
        pip.renew()
        packages = pip.plan(pip.wheel(Path(scratch)))
        check_space(folder, packages, say, pip.torch)
        say("Installing.")
        pip.install(packages)
        program = machine.program(folder, "hdrnet")
        if options.demo:
            say("Merging the demo's bracket.")
            try_out(program, "demo", "--quiet", "-o", folder / "demo", doing="merging")
        else:
            say("Trying the command.")
            try_out(program, "--version")
        return versions.finish(folder, mark)


def _works(machine: Machine, version: Version, options: argparse.Namespace) -> bool:
    """Tell whether the version in use still starts, and without --no-demo also its libraries."""
    words = ("-c", "import libhdrnet.merge.pipeline") if options.demo else ("-m", "libhdrnet.cli", "--version")
    try:
        try_out(machine.program(version.folder, "python"), *words)
    except InstallError as error:
        say(f"{error} Installing it anew.")
        return False
    return True


def _install_plugins(options: argparse.Namespace, machine: Machine, *, dry_run: bool = False) -> list[OutputError]:
    """Install the plug-ins that were asked for; return why some could not be."""
    failures = []
    for host in {"none": (), "all": NAMES}.get(options.plugins, (options.plugins,)):
        try:
            install_plugins(host, machine, say, dry_run=dry_run)
            if not dry_run:
                say(_FIND[host])
        except InputError as error:
            say(str(error))
        except OutputError as error:
            failures.append(error)
    return failures


def _parse(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="install", allow_abbrev=False,
        description="Install libhdrnet for this user, with its plug-ins for GIMP and darktable; run it again to "
        "upgrade or to repair.",
    )  # fmt: skip
    add = parser.add_argument
    add("--wheels", type=_folder, metavar="DIR", help="take all packages from this folder; no network")
    add("--torch", choices=TORCH, default="auto", help="build of PyTorch (default: by the graphics card)")
    add("--plugins", choices=("all", *NAMES, "none"), default="all", help="hosts (default: all found)")
    add("--no-demo", dest="demo", action="store_false", help="try the command only, merge nothing")
    add("--dry-run", action="store_true", help="say what would be done, with sizes, and change nothing")
    add("--uninstall", action="store_true", help="remove all that was installed, and nothing else")
    add("--env", type=Path, metavar="DIR", help="only a virtual environment there; no plug-ins")
    add("--develop", action="store_true", help="with --env: editable, with the tools of the tests")
    add("-o", "--output", type=Path, default=Path("hdrnet-demo"), metavar="DIR",
        help="with --env: where the demo writes its pictures (default: hdrnet-demo)")  # fmt: skip
    options = parser.parse_args(words)
    if options.develop and not options.env:
        parser.error("--develop needs --env DIR")
    return options


def _folder(word: str) -> Path:
    folder = Path(word).expanduser().absolute()
    if not folder.is_dir():
        raise argparse.ArgumentTypeError(f"{word!r} is no folder")
    return folder
