"""What was installed where, and which folders were made for it.

It is noted before it is done, so that a kill leaves no trace that cannot be found again.
"""

import contextlib
import json
from pathlib import Path
from typing import Any

from libhdrnet.files import write_whole


class Record:
    """The file `installed.json` in libhdrnet's data folder."""

    def __init__(self, data: Path) -> None:
        self.path = data / "installed.json"
        self.lock = data / "installed.lock"

    @property
    def places(self) -> list[tuple[str, Path]]:
        """Each host's name with the folder its plug-in went to."""
        return [(host, Path(folder)) for host, folder in self._read()["places"]]

    @property
    def made(self) -> list[str]:
        """The folders that were made."""
        return list(self._read()["made"])

    def add_place(self, host: str, folder: Path) -> None:
        """Note that a plug-in is about to be installed."""
        facts = self._read()
        if [host, str(folder)] not in facts["places"]:
            facts["places"].append([host, str(folder)])
            self._write(facts)

    def drop_place(self, host: str, folder: Path) -> None:
        """Note that a plug-in is gone."""
        facts = self._read()
        facts["places"] = [place for place in facts["places"] if place != [host, str(folder)]]
        self._write(facts)

    def make_folder(self, folder: Path) -> None:
        """Make a folder with its parents, and note which of them were not there."""
        missing = _missing(folder)
        if missing:
            facts = self._read()
            facts["made"] += [str(path) for path in missing if str(path) not in facts["made"]]
            self._write(facts)
            folder.mkdir(parents=True, exist_ok=True)

    def remove_made_folders(self) -> None:
        """Remove the folders that were made and are empty; they stay noted, for the server may make one again."""
        _remove_empty(self._read()["made"])

    def forget_if_empty(self) -> None:
        """Remove the record, its lock and its folder if nothing else is in there any more."""
        self.remove_made_folders()
        facts = self._read()
        others = {path.name for path in self.path.parent.glob("*")} - {self.path.name, self.lock.name}
        if others or facts["places"]:
            return
        with contextlib.suppress(PermissionError):  # Windows: another installer waits with it
            self.lock.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)
        _remove_empty([*facts["made"], str(self.path.parent)])

    def _read(self) -> dict[str, Any]:
        try:
            facts = json.loads(self.path.read_text("utf-8"))
            return {"places": list(facts["places"]), "made": list(facts["made"])}
        except (OSError, ValueError, KeyError, TypeError):
            return {"places": [], "made": []}

    def _write(self, facts: dict[str, Any]) -> None:
        missing = _missing(self.path.parent)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        facts["made"] += [str(path) for path in missing if str(path) not in facts["made"]]
        write_whole(
            self.path, json.dumps(facts, indent=2, ensure_ascii=False).encode("utf-8", "surrogateescape") + b"\n"
        )


def _missing(folder: Path) -> list[Path]:
    return [path for path in (folder, *folder.parents) if not path.exists()]


def _remove_empty(names: list[str]) -> None:
    """Remove the folders that are empty, the innermost first."""
    for name in sorted(names, key=len, reverse=True):
        with contextlib.suppress(OSError):
            Path(name).rmdir()
