"""The files of the plug-ins, as they lie in a checkout or in an installed libhdrnet."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from libhdrnet.errors import InputError
from libhdrnet.install.catalogue import compiled

PACKAGE = Path(__file__).parents[1]
FOLDERS = (PACKAGE / "plugins", PACKAGE.parent / "plugins")
"""In a wheel, in a checkout."""
NAME = "hdrnet"
"""Of the folder that a plug-in is."""


@dataclass(frozen=True)
class Source:
    """A file to install; a catalogue of translations (.po) is installed compiled."""

    path: Path
    executable: bool = False

    def read(self) -> bytes:
        """Return what is to be in it."""
        return compiled(self.path.read_text("utf-8")) if self.path.suffix == ".po" else self.path.read_bytes()


def checksum(data: bytes) -> str:
    """Return the SHA-256 of `data`."""
    return sha256(data).hexdigest()


def plugin_files(host: str) -> dict[str, Source]:
    """Return the files of a host's plug-in by their paths, as "hdrnet/hdrnet.py".

    Raises:
        InputError: this libhdrnet was built without it.
    """
    base = next((folder / host for folder in FOLDERS if (folder / host).is_dir()), None)
    if base is None:
        raise InputError(f"this libhdrnet carries no plug-in for {host}; install a whole release of libhdrnet.")
    files = _tree(base / NAME, NAME)
    for path in sorted(base.parent.glob("locale/*.po")):
        files[f"{NAME}/locale/{path.stem}/LC_MESSAGES/{NAME}.mo"] = Source(path)
    if host == "darktable":
        return {"hdrnet.lua": Source(base / "hdrnet.lua"), **files}
    files.update(_tree(base / "gimpfu_compat", f"{NAME}/gimpfu_compat"))
    files[f"{NAME}/hdrnet_client.py"] = Source(PACKAGE / "client/hdrnet_client.py")
    return {path: Source(one.path, executable=path == f"{NAME}/hdrnet.py") for path, one in files.items()}


def _tree(folder: Path, name: str) -> dict[str, Source]:
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and "__pycache__" not in path.parts)
    return {f"{name}/{path.relative_to(folder).as_posix()}": Source(path) for path in paths}
