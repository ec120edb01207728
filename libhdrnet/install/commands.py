"""`hdrnet install` and `hdrnet uninstall` for a host: in every one that is found, or in a chosen folder."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from libhdrnet.client.hdrnet_client import locked
from libhdrnet.errors import HdrnetError, InputError, OutputError
from libhdrnet.files import output_error
from libhdrnet.install.first_start import let_gimp_make_its_folder
from libhdrnet.install.hosts import Host, find_hosts
from libhdrnet.install.places import Machine
from libhdrnet.install.plugins import Plugin, Say, check_folder
from libhdrnet.install.record import Record

WAIT = 600.0
"""Seconds for which a second installer waits for the first."""


def install_plugins(host: str, machine: Machine, say: Say, *, into: Path | None = None, dry_run: bool = False) -> int:
    """Install a host's plug-in and return into how many; one that fails does not stop the others.

    Raises:
        InputError: no such host was found, or `into` is no folder.
        OutputError: not one folder could be written.
    """
    if into is not None:
        check_folder(host, into)
        Plugin(host, into, machine.data).install(say, dry_run=dry_run)
        return 1
    hosts = [found for found in find_hosts(machine) if found.name == host]
    failures: list[HdrnetError] = []
    done = 0
    for found in hosts:
        if found.obstacle:
            say(f"{found.title} is left out: {found.obstacle}.")
            continue
        try:
            if not dry_run:
                let_gimp_make_its_folder(found)
            Plugin(host, found.folder, machine.data).install(_named(found, say), dry_run=dry_run)
            done += 1
        except OutputError as error:
            failures.append(error)
            say(f"{found.title}: {error}")
    if failures and not done:
        raise failures[0]
    if not done:
        title, folder = ("GIMP", "folder for plug-ins") if host == "gimp" else ("darktable", "folder of settings")
        raise InputError(f"no {title} that could be used was found; install it, or name its {folder} with --into DIR.")
    return done


def uninstall_plugins(
    host: str, machine: Machine, say: Say, *, into: Path | None = None, dry_run: bool = False
) -> None:
    """Remove a host's plug-in from wherever it was installed.

    Raises:
        OutputError: a folder cannot be written.
    """
    noted = [folder for name, folder in Record(machine.data).places if name == host]
    found = [one.folder for one in find_hosts(machine) if one.name == host]
    present = [folder for folder in found if Plugin(host, folder, machine.data).state().version]
    folders = [into] if into is not None else list(dict.fromkeys([*noted, *present]))
    if not folders:
        say(f"no plug-in for {host} is installed.")
    for folder in folders:
        Plugin(host, folder, machine.data).uninstall(say, dry_run=dry_run)


@contextmanager
def alone(machine: Machine, say: Say) -> Iterator[None]:
    """Keep a second installer waiting while inside.

    Raises:
        OutputError: the first does not end, or the data folder cannot be written.
    """
    record = Record(machine.data)
    try:
        record.make_folder(machine.data)
        with ExitStack() as stack:
            if not stack.enter_context(locked(str(record.lock))):
                say("another installation is under way; waiting for it to end.")
                if not stack.enter_context(locked(str(record.lock), WAIT)):
                    raise OutputError("another installation does not end; see what it does, and try again.")
            try:
                yield
            finally:
                if machine.system == "win32":
                    stack.close()  # an open file cannot be removed there
                record.forget_if_empty()
    except OutputError:
        raise
    except OSError as error:
        raise output_error(Path(error.filename or machine.data), error) from error


def _named(host: Host, say: Say) -> Say:
    return lambda text: say(f"{host.title}: {text}")
