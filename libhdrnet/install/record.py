"""What was installed where, and which folders were made for it; and the lock by which one installer waits for another.

It is noted before it is done, so that a kill leaves no trace that cannot be found again; but for the data folder, where
the lock lies that whoever notes has to hold.
"""

import contextlib
import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from libhdrnet.client.hdrnet_client import locked
from libhdrnet.errors import OutputError
from libhdrnet.files import sweep, write_whole, writing
from libhdrnet.install.places import Machine
from libhdrnet.install.telling import Say

WAIT = 600.0
"""Seconds for which a second installer waits for the first."""


class Record:
    """The file `installed.json` in libhdrnet's data folder."""

    def __init__(self, data: Path) -> None:
        self.path = data / "installed.json"
        self.lock = data / "installed.lock"

    @property
    def places(self) -> list[tuple[str, Path]]:
        """Each host's name with the folder its plug-in went to."""
        return [(host, Path(folder)) for host, folder in self._read()["places"]]

    def set_place(self, host: str, folder: Path, *, there: bool) -> None:
        """Note that a plug-in is about to be installed, or that it is gone."""
        with self._changed() as facts:
            facts["places"] = [place for place in facts["places"] if place != [host, str(folder)]]
            facts["places"] += [[host, str(folder)]] * there

    def make_folder(self, folder: Path) -> None:
        """Make a folder with its parents, and note which of them were not there."""
        if missing := _missing(folder):
            self.note_made(missing)
            folder.mkdir(parents=True, exist_ok=True)

    def note_made(self, folders: Iterable[str]) -> None:
        """Note folders that were not there."""
        with self._changed() as facts:
            _note(folders, facts)

    def remove_made_folders(self) -> None:
        """Remove the folders that were made and are empty; they stay noted, for the server may make one again."""
        _remove_empty(self._read()["made"])

    def forget_if_empty(self) -> None:
        """Remove the record, its lock and its folder if nothing else is in there any more."""
        self.remove_made_folders()
        facts, folder = self._read(), self.path.parent
        if facts["places"] or {path.name for path in folder.glob("*")} - {self.path.name, self.lock.name}:
            return
        with contextlib.suppress(PermissionError):  # Windows: another installer waits with it
            self.lock.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)
        _remove_empty([*facts["made"], str(folder)])

    def _read(self) -> dict[str, list[Any]]:
        try:
            facts = json.loads(self.path.read_text("utf-8"))
            return {"places": list(facts["places"]), "made": list(facts["made"])}
        except (OSError, ValueError, KeyError, TypeError):
            return {"places": [], "made": []}

    @contextmanager
    def _changed(self) -> Iterator[dict[str, list[Any]]]:
        facts = self._read()
        yield facts
        _note(_missing(self.path.parent), facts)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(facts, indent=2, ensure_ascii=False) + "\n"
        write_whole(self.path, text.encode("utf-8", "surrogateescape"))


@contextmanager
def alone(machine: Machine, say: Say) -> Iterator[None]:
    """Keep a second installer waiting while inside.

    Raises:
        OutputError: the first does not end, or a folder cannot be written.
    """
    record = Record(machine.data)
    with writing(machine.data, into=True), ExitStack() as stack:
        missing = _missing(machine.data)
        machine.data.mkdir(parents=True, exist_ok=True)
        if not stack.enter_context(locked(str(record.lock))):
            say("another installation is under way; waiting for it to end.")
            if not stack.enter_context(locked(str(record.lock), WAIT)):
                raise OutputError("another installation does not end; see what it does, and try again.")
        sweep(machine.data, 0)  # only who holds the lock writes there
        if missing:
            record.note_made(missing)
        try:
            yield
        finally:
            if machine.system == "win32":
                stack.close()  # an open file cannot be removed there
            record.forget_if_empty()


def _missing(folder: Path) -> list[str]:
    return [str(path) for path in (folder, *folder.parents) if not path.exists()]


def _note(folders: Iterable[str], facts: dict[str, list[Any]]) -> None:
    facts["made"] += [folder for folder in folders if folder not in facts["made"]]


def _remove_empty(names: Iterable[str]) -> None:
    """Remove the folders that are empty, the innermost first."""
    for name in sorted(names, key=len, reverse=True):
        with contextlib.suppress(OSError):
            Path(name).rmdir()
