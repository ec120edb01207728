"""pip in an environment: what it would download, and the installation itself.

uv (0.13.9) is not used: a bare machine has pip and venv; a connection that breaks costs uv what it had of a file, five
times, before it goes on in the middle of it; with PyTorch's index out of reach it gives up; and sizes and the lines
that tell what goes on would stay ours.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path

from libhdrnet._version import __version__
from libhdrnet.install.environment import DISK_IS_FULL, InstallError
from libhdrnet.install.space import Package
from libhdrnet.install.telling import Say, doing_of_pip, run_telling
from libhdrnet.install.tree import CONSTRAINTS, copy_tree

TORCH = ("auto", "cpu", "cuda")
_INDEX = {
    ("linux", "cpu"): "https://download.pytorch.org/whl/cpu",
    ("win32", "cuda"): "https://download.pytorch.org/whl/cu130",
}
"""PyTorch's own, where the ordinary one holds another build."""
_PATIENCE = ("--retries", "2", "--timeout", "20")
"""With what may be out of reach."""
_MISLEADING = ("PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_PREFIX")
"""Variables that would lead pip out of the environment."""
_VARIABLES = {
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_USER": "0",
    "PIP_NO_INPUT": "1",
    "PIP_RESUME_RETRIES": "10",
    "PYTHONNOUSERSITE": "1",
    "PYTHONUTF8": "1",
    "PYTHONUNBUFFERED": "1",
}


@dataclass
class Pip:
    """pip of an environment, with a folder of wheels instead of the network if one is given.

    Nothing is compiled in advance: most of torch is never used, and Python compiles the rest when it first is.
    """

    python: Path
    cache: Path | None = None
    """Where downloads stay for another try; None: where pip keeps them anyway."""
    wheels: Path | None = None
    torch: str = "cpu"
    """The build of PyTorch, cuda or cpu; "auto": chosen by the graphics card."""
    _: KW_ONLY
    say: Say
    _progress: tuple[str, ...] = field(default=(), init=False)

    def __post_init__(self) -> None:
        if self.torch == "auto":
            self.torch = "cuda" if _has_card() else "cpu"

    def renew(self) -> None:
        """Bring pip itself to a version that goes on in the middle of a file when a connection breaks (25.1).

        Where that cannot be had the older one has to do, which may not write the progress of downloads as lines.
        """
        if self.wheels is None:
            with contextlib.suppress(InstallError):
                self.run("install", "pip>=25.1", *_PATIENCE, doing="renewing pip")
                self._progress = ("--progress-bar", "raw")

    def wheel(self, folder: Path) -> str:
        """Return the path of libhdrnet's own wheel, which is built in a folder unless it is at hand."""
        ready = max(self.wheels.glob(f"libhdrnet-{__version__}-*.whl"), default=None) if self.wheels else None
        if ready is None:
            words = ("--no-deps", "--wheel-dir", str(folder), str(copy_tree(folder / "tree")))
            self.run("wheel", *words, doing="packing libhdrnet")
        return str(ready or next(folder.glob("libhdrnet-*.whl")))

    def plan(self, requirement: str) -> list[Package]:
        """Return what an installation takes, without taking anything; raises as `run` does."""
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder, "report.json")
            self.add("--dry-run", "--ignore-installed", "--report", str(report), requirement)
            facts = json.loads(report.read_text("utf-8"))
        self.say("  asking how large they are")
        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(Package.reported, facts["install"]))

    def install(self, packages: Sequence[Package]) -> None:
        """Install exactly these files, and download none again that an earlier try did; raises as `run` does."""
        with tempfile.TemporaryDirectory() as folder:
            listed = Path(folder, "packages.txt")
            listed.write_text("\n".join(package.requirement for package in packages), "utf-8")
            self.run("install", "--no-compile", "--no-deps", "--requirement", str(listed))

    def add(self, *words: str) -> None:
        """Install what is missing for some requirements; raises as `run` does."""
        index = None if self.wheels else _INDEX.get((sys.platform, self.torch))
        extra = ("--extra-index-url", index, *_PATIENCE) if index else ()
        self.run("install", "--no-compile", *extra, "--constraint", str(CONSTRAINTS), *words)

    def run(self, command: str, *words: str, doing: str = "looking for packages") -> None:
        """Run pip and say every few seconds what it is at, until it names a package what it is `doing`.

        Raises InstallError with pip's own last words.
        """
        environment = {name: value for name, value in os.environ.items() if name not in _MISLEADING} | _VARIABLES
        if self.cache:
            environment["PIP_CACHE_DIR"] = str(self.cache)
        if self.wheels:
            words = ("--isolated", "--no-index", "--find-links", str(self.wheels), "--no-cache-dir", *words)
        root = self.python.parents[1]
        packages = next(root.glob("lib/python*/site-packages"), root / "Lib/site-packages")
        done = run_telling(
            [str(self.python), "-m", "pip", command, *self._progress, *words], self.say,
            lambda said: doing_of_pip(said, doing, packages), environment,
        )  # fmt: skip
        if done.returncode:
            raise InstallError(_explain(done.stderr, self.wheels))


def _has_card() -> bool:
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        return "GPU" in subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, timeout=30).stdout
    return False


def _explain(said: str, wheels: Path | None) -> str:
    """Say in one sentence why pip failed."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ").rstrip(".") for line in lines if line.startswith("ERROR: ")]
    errors = errors or [line.rstrip(".") for line in lines[-1:]] or ["it said nothing"]
    if "No space left" in said or "Disk quota" in said:
        return DISK_IS_FULL
    if wheels is not None and ("No matching distribution" in said or "Could not find a version" in said):
        lacks = f"'{wheels}' does not hold all that is needed for this Python ({errors[-1]})"
        return f"{lacks}; add it, or leave out --wheels."
    if any(word in said for word in ("Connection", "Temporary failure", "timed out", "Max retries")):
        return f"nothing could be downloaded ({errors[0]}); connect (behind a proxy set HTTPS_PROXY), and try again."
    return f"pip failed: {errors[0]}; mend that, and try again."
