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
from libhdrnet.install.commands import alone, install_plugins, uninstall_plugins
from libhdrnet.install.hosts import NAMES
from libhdrnet.install.path import way_to_path
from libhdrnet.install.pip import TORCH, InstallError, Package, Pip
from libhdrnet.install.places import Machine, this_machine
from libhdrnet.install.plugins import Say
from libhdrnet.install.record import Record
from libhdrnet.install.space import check_space
from libhdrnet.install.telling import run_telling
from libhdrnet.install.traces import log_folder, remove_traces, stop_server
from libhdrnet.install.tree import check_tree, constraints_file, copy_tree, fingerprint, ready_wheel
from libhdrnet.install.versions import Version, Versions, make_environment

_FIND = {
    "gimp": "After its next start GIMP has it in the menu Filters.",
    "darktable": "After its next start darktable has the module hdrnet, and HDR merge in the export module.",
}


def main(words: Sequence[str] | None = None) -> int:
    """Run the installer and return the exit code."""
    options = _parse(words)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that it, too, leaves nothing unfinished
    try:
        if options.uninstall:
            uninstall(this_machine(), say, dry_run=options.dry_run)
        elif options.env:
            from libhdrnet.install.quickstart import install_into

            install_into(options)
        elif options.dry_run:
            _foretell(options, this_machine())
        else:
            with alone(this_machine(), say):
                _install(options, this_machine())
    except (Exception, KeyboardInterrupt) as error:
        if not isinstance(error, HdrnetError | KeyboardInterrupt) and os.environ.get("HDRNET_DEBUG"):
            raise
        text, _, code = explain(error)
        sys.stderr.write(f"install: {text}\n")
        return code
    return 0


def say(text: str) -> None:
    """Tell the user."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def uninstall(machine: Machine, say: Say, *, dry_run: bool = False) -> None:
    """Remove all that was installed: plug-ins, environment, links, the server's log.

    Raises:
        OutputError: a folder cannot be written.
    """
    if dry_run:
        for host in NAMES:
            uninstall_plugins(host, machine, say, dry_run=True)
        say(f"would remove '{machine.data}'.")
        return
    with alone(machine, say):
        stop_server(finish=False)
        for host in NAMES:
            uninstall_plugins(host, machine, say)
        Versions(machine).remove()
        remove_traces(machine)
    kept = machine.data / "kept"
    say(f"libhdrnet is removed{f'; what you had changed is in {str(kept)!r}' if kept.exists() else ''}.")


def run_demo(program: Path, output: Path | None) -> None:
    """Merge the demo's bracket with an installed `hdrnet`; without `output` only see whether it starts.

    Raises:
        InstallError: it does not work.
    """
    if output:
        _run([str(program), "demo", "--quiet", "-o", str(output)], "merging")
    else:
        _run([str(program), "--version"], "trying")


def _run(words: Sequence[str], doing: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    try:
        done = run_telling(words, say, lambda: doing, environment=environment)
    except OSError as error:
        raise InstallError(f"'{words[0]}' cannot be started ({(error.strerror or str(error)).lower()}).") from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["it said nothing."]
        raise InstallError(f"what was installed does not work: {said[0]}")


def _install(options: argparse.Namespace, machine: Machine) -> None:
    versions = Versions(machine)
    versions.sweep()
    mark = fingerprint(options.torch)
    version = versions.current()
    if version is not None and version.fingerprint == mark and _works(machine, version, options):
        say(f"libhdrnet {version.number} is installed already in '{version.folder}'.")
    else:
        version = _build(options, machine, versions, mark)
        stop_server(finish=True)
        versions.switch(version)
        say(f"libhdrnet {version.number} is installed in '{version.folder}'.")
        versions.sweep()
    _note_log_folder(machine)
    for refused in versions.link():
        say(refused)
    shutil.rmtree(versions.cache, ignore_errors=True)
    failures = _install_plugins(options, machine)
    if options.demo and (version.folder / "demo").is_dir():
        say(f"The demo's merged picture: '{version.folder / 'demo' / 'merged.jpg'}'.")
    way = way_to_path(machine)
    say(
        f"To merge your own: {f'{str(machine.launcher)!r}' if way else 'hdrnet'} merge DARK MIDDLE BRIGHT -o merged.exr"
    )
    if way:
        say(f"The command 'hdrnet' alone is not found, for '{machine.launcher.parent}' is not on the PATH: {way}.")
    if failures:
        raise failures[0]


def _build(options: argparse.Namespace, machine: Machine, versions: Versions, mark: str) -> Version:
    check_tree()
    with versions.new() as folder, tempfile.TemporaryDirectory() as scratch:
        say(f"Making an environment in '{folder}'.")
        pip = Pip(make_environment(folder, say), versions.cache, constraints_file(), options.wheels, say=say)
        pip.renew()
        packages = _plan(pip, options, Path(scratch))
        check_space(folder, packages, say, options.torch)
        say("Installing.")
        pip.install(packages)
        say("Merging the demo's bracket." if options.demo else "Trying the command.")
        _note_log_folder(machine)
        try:
            run_demo(machine.program(folder, "hdrnet"), folder / "demo" if options.demo else None)
        except HdrnetError:
            Record(machine.data).forget_if_empty()
            raise
        return versions.finish(folder, mark)


def _note_log_folder(machine: Machine) -> None:
    """Make the folder of logs and durations, noted, so that it goes with all that a merge or the server makes there."""
    Record(machine.data).make_folder(log_folder(machine))


def _plan(pip: Pip, options: argparse.Namespace, scratch: Path) -> list[Package]:
    wheel = ready_wheel(options.wheels) or pip.build(copy_tree(scratch / "tree"), scratch)
    return pip.plan([str(wheel)], options.torch)


def _works(machine: Machine, version: Version, options: argparse.Namespace) -> bool:
    """Tell whether the version in use still starts, and without --no-demo also its libraries."""
    words = ["-m", "libhdrnet.cli", "--version"] if not options.demo else ["-c", "import libhdrnet.merge.pipeline"]
    try:
        _run([str(machine.program(version.folder, "python")), *words], "trying")
    except InstallError as error:
        say(f"{error} Installing it anew.")
        return False
    return True


def _install_plugins(options: argparse.Namespace, machine: Machine) -> list[HdrnetError]:
    failures: list[HdrnetError] = []
    for host in _hosts(options):
        try:
            if install_plugins(host, machine, say):
                say(_FIND[host])
        except InputError as error:
            say(str(error))
        except OutputError as error:
            failures.append(error)
    return failures


def _hosts(options: argparse.Namespace) -> Sequence[str]:
    if options.plugins == "none":
        return ()
    return NAMES if options.plugins == "all" else (options.plugins,)


def _foretell(options: argparse.Namespace, machine: Machine) -> None:
    """Tell what an installation would do, and leave nothing behind."""
    check_tree()
    with tempfile.TemporaryDirectory() as scratch:
        python = make_environment(Path(scratch, "environment"), say)
        pip = Pip(python, Path(scratch, "cache"), constraints_file(), options.wheels, say=say)
        check_space(machine.data, _plan(pip, options, Path(scratch)), say, options.torch, only_tell=True)
    say(f"would install libhdrnet {__version__} into '{machine.data}', and the command '{machine.launcher}'.")
    for host in _hosts(options):
        try:
            install_plugins(host, machine, say, dry_run=True)
        except InputError as error:
            say(str(error))


def _parse(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="install", allow_abbrev=False,
        description="Install libhdrnet for this user, with its plug-ins for GIMP and darktable; run it again to "
        "upgrade or to repair.",
    )  # fmt: skip
    parser.add_argument("--wheels", type=_folder, metavar="DIR", help="take all packages from this folder; no network")
    parser.add_argument(
        "--torch", choices=TORCH, default="auto", help="build of PyTorch (default: by the graphics card)"
    )
    parser.add_argument("--plugins", choices=("all", *NAMES, "none"), default="all", help="hosts (default: all found)")
    parser.add_argument("--no-demo", dest="demo", action="store_false", help="try the command only, merge nothing")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, with sizes, and change nothing")
    parser.add_argument("--uninstall", action="store_true", help="remove all that was installed, and nothing else")
    parser.add_argument("--env", type=Path, metavar="DIR", help="only a virtual environment there; no plug-ins")
    parser.add_argument("--develop", action="store_true", help="with --env: editable, with the tools of the tests")
    parser.add_argument("-o", "--output", type=Path, default=Path("hdrnet-demo"), metavar="DIR",
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
