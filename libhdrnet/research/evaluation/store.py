"""A run's folder: a file for each job that is done, so that a run can be killed and go on; then the tables.

run.json            what is measured, and with what
jobs/*.json         a result of each scene and method, written whole
results.json, .csv  all of it, without the pictures
"""

import csv
import hashlib
import io
import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from libhdrnet.errors import InputError
from libhdrnet.files import write_whole, writing
from libhdrnet.research.evaluation.tables import Result, Table, measured


class Store:
    """The folder of one run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._jobs = folder / "jobs"

    def begin(self, settings: dict[str, Any], *, resume: bool) -> None:
        """Make the folder, or go on in it.

        Raises:
            InputError: a run was begun there and `resume` is False, or it has other settings.
            OutputError: it cannot be written.
        """
        path = self.folder / "run.json"
        if path.exists():
            if not resume:
                raise InputError(f"{self.folder}: a run was begun there; go on with --resume, or give another folder.")
            before = _read(path)
            for name in settings:
                if before.get(name) != settings[name]:
                    raise InputError(
                        f"{self.folder}: the run there has {name} {before.get(name)!r}, not {settings[name]!r}; "
                        "give another folder."
                    )
        with writing(self.folder):
            self._jobs.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(settings, indent=2).encode())

    def find(self, key: str) -> Result | None:
        """Return the result of a job that is done and did not fail."""
        path = self._path(key)
        if not path.exists():
            return None
        found = _read(path)
        return None if "error" in found else found

    def keep(self, key: str, result: Result) -> None:
        """Write the result of a job."""
        write_whole(self._path(key), json.dumps(result).encode())

    def finish(self, results: Sequence[Result], tables: Sequence[Table], settings: dict[str, Any]) -> tuple[Path, Path]:
        """Write results.json and results.csv; return their paths."""
        rows = [{k: v for k, v in result.items() if k != "pictures"} for result in results if result["method"]]
        content = {"settings": settings, "results": rows, "tables": [asdict(table) for table in tables]}
        as_json, as_csv = self.folder / "results.json", self.folder / "results.csv"
        write_whole(as_json, json.dumps(content, indent=2).encode())
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, ["scene", "method", *measured(rows), "seconds", "error"], extrasaction="ignore")
        writer.writeheader()
        for row in rows:
            writer.writerow(row | row.get("figures", {}) | {"seconds": f"{row.get('seconds', 0):.2f}"})
        write_whole(as_csv, text.getvalue().encode("utf-8"))
        return as_json, as_csv

    def _path(self, key: str) -> Path:
        readable = re.sub(r"[^\w.-]+", "_", key.replace("\t", "."))[:80]
        return self._jobs / f"{readable}.{hashlib.sha256(key.encode()).hexdigest()[:10]}.json"


def _read(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{path}: is damaged ({error}); remove it, and it is made again.") from error
