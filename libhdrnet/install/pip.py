"""pip in libhdrnet's own environment: what it would download and how large that is, and the installation itself."""

import contextlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from libhdrnet.errors import HdrnetError
from libhdrnet.install.plugins import Say
from libhdrnet.install.sizes import sizes_of
from libhdrnet.install.telling import PipAtWork, run_telling

TORCH = ("auto", "cpu", "cuda")
_CPU_INDEX = "https://download.pytorch.org/whl/cpu"
_CUDA_INDEX = "https://download.pytorch.org/whl/cu130"
_MISLEADING = ("PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_PREFIX")
"""Variables that would lead pip out of the environment."""


class InstallError(HdrnetError):
    """Something could not be installed; what was there before still is."""


@dataclass(frozen=True)
class Package:
    """One file that pip would install."""

    name: str
    version: str
    url: str
    digest: str
    """SHA-256; may be empty for local files."""
    size: int | None
    """Bytes to download or to read; None where the server does not tell."""
    unpacked: int
    """Bytes on disk; estimated where the server does not give parts of files."""

    @property
    def is_local(self) -> bool:
        """Tell whether the file lies on this disk."""
        return self.url.startswith("file:")

    @property
    def requirement(self) -> str:
        """The words by which pip installs this very file."""
        return f"{self.name} @ {self.url}{f'#sha256={self.digest}' if self.digest else ''}"


class Pip:
    """pip of an environment, with a folder of wheels instead of the network if one is given.

    Nothing is compiled in advance: most of torch is never used, and Python compiles the rest when it first is.
    """

    def __init__(
        self, python: Path, cache: Path | None, constraints: Path, wheels: Path | None = None, *, say: Say
    ) -> None:
        self._python = python
        self._cache = cache
        self._constraints = constraints
        self._wheels = wheels
        self._say = say

    def renew(self) -> None:
        """Bring pip itself to a version that goes on in the middle of a file when a connection breaks (25.1).

        Where that cannot be had the older one has to do.
        """
        if self._wheels is None:
            with contextlib.suppress(InstallError):
                words = ("--upgrade", "pip>=25.1", "--retries", "2", "--timeout", "20")
                self.run("install", *words, doing="renewing pip")

    def build(self, tree: Path, folder: Path) -> Path:
        """Build the wheel of a source tree and return its path."""
        self.run("wheel", "--no-deps", "--wheel-dir", str(folder), str(tree), doing="packing libhdrnet")
        return next(folder.glob("libhdrnet-*.whl"))

    def plan(self, requirements: Sequence[str], torch: str) -> list[Package]:
        """Return what an installation takes, without taking anything.

        Raises:
            InstallError: it cannot be had.
        """
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder, "report.json")
            words = ["--dry-run", "--ignore-installed", "--report", str(report), *self._index(torch)]
            self.run("install", *words, "--constraint", str(self._constraints), *requirements)
            facts = json.loads(report.read_text("utf-8"))
        self._say("  asking how large they are")
        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(_package, facts["install"]))

    def install(self, packages: Sequence[Package]) -> None:
        """Install exactly these files; what was downloaded before an interruption is not downloaded again.

        Raises:
            InstallError: it failed.
        """
        with tempfile.TemporaryDirectory() as folder:
            listed = Path(folder, "packages.txt")
            listed.write_text("\n".join(package.requirement for package in packages), "utf-8")
            self.run("install", "--no-compile", "--no-deps", "--requirement", str(listed))

    def add(self, *requirements: str, torch: str) -> None:
        """Install what is missing for these requirements.

        Raises:
            InstallError: it failed.
        """
        words = ["--no-compile", *self._index(torch), "--constraint", str(self._constraints)]
        self.run("install", *words, *requirements)

    def run(self, command: str, *words: str, doing: str = "looking for packages") -> None:
        """Run pip and say every few seconds what it is at, until it names a package what it is `doing`.

        Raises:
            InstallError: it failed; the message ends with pip's own last words.
        """
        packages = self._packages()
        if _can_tell_progress(packages):
            words = ("--progress-bar", "raw", *words)
        variables = {
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_USER": "0",
            "PIP_NO_INPUT": "1",
            "PIP_RESUME_RETRIES": "10",
            "PYTHONNOUSERSITE": "1",
            "PYTHONUTF8": "1",
            "PYTHONUNBUFFERED": "1",
        }
        if self._cache:
            variables["PIP_CACHE_DIR"] = str(self._cache)
        if self._wheels:
            words = ("--isolated", "--no-index", "--find-links", str(self._wheels), "--no-cache-dir", *words)
        kept = {name: value for name, value in os.environ.items() if name not in _MISLEADING}
        work = PipAtWork(doing, packages)
        done = run_telling(
            [str(self._python), "-m", "pip", command, *words], self._say, work.doing, hear=work.hear,
            environment=kept | variables,
        )  # fmt: skip
        if done.returncode:
            raise InstallError(_explain(done.stderr, self._wheels))

    def _packages(self) -> Path:
        environment = self._python.parents[1]
        return next(environment.glob("lib/python*/site-packages"), environment / "Lib/site-packages")

    def _index(self, torch: str) -> list[str]:
        """Name PyTorch's own index where the ordinary one holds another build; it may be out of reach."""
        wanted = choose_torch(torch)
        index = {("linux", "cpu"): _CPU_INDEX, ("win32", "cuda"): _CUDA_INDEX}.get((sys.platform, wanted))
        if self._wheels or index is None:
            return []
        return ["--extra-index-url", index, "--retries", "2", "--timeout", "20"]


def _can_tell_progress(packages: Path) -> bool:
    """Tell whether an environment's pip writes the progress of downloads as lines (24.1)."""
    found = (re.match(r"pip-(\d+)\.(\d+)", path.name) for path in packages.glob("pip-*.dist-info"))
    return any((int(one[1]), int(one[2])) >= (24, 1) for one in found if one)


def choose_torch(wanted: str) -> str:
    """Return the build of torch: cuda, mps or cpu."""
    if wanted != "auto":
        return wanted
    if sys.platform == "darwin":
        return "mps" if platform.machine() == "arm64" else "cpu"
    return "cuda" if _has_nvidia() else "cpu"


def _has_nvidia() -> bool:
    program = shutil.which("nvidia-smi")
    if program is None:
        return False
    try:
        done = subprocess.run([program, "-L"], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return False
    return "GPU" in done.stdout


def _package(facts: dict[str, dict[str, dict[str, dict[str, str]]]]) -> Package:
    about, place = facts["metadata"], facts["download_info"]
    url = str(place["url"])
    digest = str(place.get("archive_info", {}).get("hashes", {}).get("sha256", ""))
    size, unpacked = sizes_of(url)
    return Package(str(about["name"]), str(about["version"]), url, digest, size, unpacked)


def _explain(said: str, wheels: Path | None) -> str:
    """Say in one sentence why pip failed."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")] or lines[-1:]
    reason = (errors or ["it said nothing"])[0].rstrip(".")
    if "No space left" in said or "Disk quota" in said:
        return "the disk is full; free some space, and try again."
    if wheels is not None and ("No matching distribution" in said or "Could not find a version" in said):
        last = errors[-1].rstrip(".")
        return f"'{wheels}' does not hold all that is needed for this Python ({last}); add it, or leave out --wheels."
    if any(
        word in said for word in ("NewConnectionError", "Connection", "Temporary failure", "timed out", "Max retries")
    ):
        return f"nothing could be downloaded ({reason}); connect (behind a proxy set HTTPS_PROXY), and try again."
    return f"pip failed: {reason}; mend that, and try again."
