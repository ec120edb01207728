"""What `hdrnet install` and `hdrnet uninstall` do."""

from contextlib import nullcontext
from pathlib import Path

from libhdrnet.errors import InputError
from libhdrnet.install.commands import alone, install_plugins, uninstall_plugins
from libhdrnet.install.places import this_machine
from libhdrnet.install.plugins import Say


def change(command: str, target: str, say: Say, *, into: str | None, dry_run: bool) -> None:
    """Install or uninstall `target`: gimp, darktable, or (uninstall only) libhdrnet.

    Raises:
        InputError: no host is there, or `into` is no folder.
        OutputError: a folder cannot be written.
    """
    machine = this_machine()
    folder = Path(into).expanduser().absolute() if into else None
    if target == "libhdrnet":
        from libhdrnet.install.setup import uninstall

        if folder:
            raise InputError("--into goes with gimp and darktable; leave it out.")
        uninstall(machine, say, dry_run=dry_run)
        return
    with nullcontext() if dry_run else alone(machine, say):
        if command == "install":
            install_plugins(target, machine, say, into=folder, dry_run=dry_run)
        else:
            uninstall_plugins(target, machine, say, into=folder, dry_run=dry_run)
