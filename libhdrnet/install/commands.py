"""`hdrnet install` and `hdrnet uninstall`: plug-ins in every host that is found or in a chosen folder; all of it."""

from contextlib import nullcontext
from pathlib import Path

from libhdrnet.errors import InputError, OutputError
from libhdrnet.install.hosts import NAMES, find_hosts, let_gimp_make_its_folder
from libhdrnet.install.later import remove_later
from libhdrnet.install.places import Machine, this_machine
from libhdrnet.install.plugins import Plugin
from libhdrnet.install.record import Record, alone
from libhdrnet.install.telling import Say
from libhdrnet.install.traces import remove_traces, stop_server
from libhdrnet.install.versions import Versions


def change(command: str, target: str, say: Say, *, into: str | None, dry_run: bool) -> None:
    """Install or uninstall `target`: gimp, darktable, or (uninstall only) libhdrnet.

    Raises:
        InputError: no host is there, or `into` is no folder.
        OutputError: a folder cannot be written.
    """
    machine = this_machine()
    folder = Path(into).expanduser().absolute() if into else None
    if target == "libhdrnet":
        if folder:
            raise InputError("--into goes with gimp and darktable; leave it out.")
        uninstall(machine, say, dry_run=dry_run)
        return
    with nullcontext() if dry_run else alone(machine, say):
        work = install_plugins if command == "install" else uninstall_plugins
        work(target, machine, say, into=folder, dry_run=dry_run)


def install_plugins(host: str, machine: Machine, say: Say, *, into: Path | None = None, dry_run: bool = False) -> None:
    """Install a host's plug-in; one that fails does not stop the others.

    Raises:
        InputError: no such host was found, or `into` is no folder.
        OutputError: not one folder could be written.
    """
    title, folder = ("GIMP", "folder for plug-ins") if host == "gimp" else ("darktable", "folder of settings")
    if into is not None:
        if not into.is_dir():
            raise InputError(f"'{into}' is no folder; name the {folder} of {title}.")
        Plugin(host, into, machine.data).install(say, dry_run=dry_run)
        return
    failures, done = [], False
    for found in find_hosts(machine):
        if found.name != host:
            continue
        if found.obstacle:
            say(f"{found.title} is left out: {found.obstacle}.")
            continue

        def tell(text: str, title: str = found.title) -> None:
            say(f"{title}: {text}")

        try:
            if not dry_run:
                let_gimp_make_its_folder(found)
            Plugin(host, found.folder, machine.data).install(tell, dry_run=dry_run)
            done = True
        except OutputError as error:
            failures.append(error)
            tell(str(error))
    if failures and not done:
        raise failures[0]
    if not done:
        raise InputError(f"no {title} that could be used was found; install it, or name its {folder} with --into DIR.")


def uninstall_plugins(
    host: str, machine: Machine, say: Say, *, into: Path | None = None, dry_run: bool = False
) -> None:
    """Remove a host's plug-in from wherever it was installed; raise OutputError where a folder cannot be written."""
    noted = [folder for name, folder in Record(machine.data).places if name == host]
    found = [one.folder for one in find_hosts(machine) if one.name == host]
    present = [folder for folder in found if Plugin(host, folder, machine.data).state().version]
    folders = [into] if into is not None else list(dict.fromkeys([*noted, *present]))
    if not folders:
        say(f"no plug-in for {host} is installed.")
    for folder in folders:
        Plugin(host, folder, machine.data).uninstall(say, dry_run=dry_run)


def uninstall(machine: Machine, say: Say, *, dry_run: bool = False) -> None:
    """Remove all that was installed: plug-ins, environment, links, the server's log; raises as `uninstall_plugins`."""
    if dry_run:
        for host in NAMES:
            uninstall_plugins(host, machine, say, dry_run=True)
        say(f"would remove '{machine.data}'.")
        return
    with alone(machine, say):
        stop_server(finish=False)
        for host in NAMES:
            uninstall_plugins(host, machine, say)
        if not Versions(machine).remove():
            remove_later(machine)
        remove_traces(machine)
    kept = machine.data / "kept"
    say(f"libhdrnet is removed{f'; what you had changed is in {str(kept)!r}' if kept.exists() else ''}.")
